import { Problem } from '@vectorlane/errors';
import { z } from 'zod';

// As PostgreSQL prints it, and a moment that exists: anything else would be refused by the database, not by us.
const moment = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
  .refine(
    (value) => !Number.isNaN(Date.parse(value)) && new Date(value).toISOString().slice(0, 19) === value.slice(0, 19),
  );
const documentPosition = z.tuple([moment, z.uuid()]);
const chunkPosition = z.tuple([z.number().int().min(0).max(2_147_483_647)]);

/** Where a page of documents ended: creation time (microseconds, as PostgreSQL prints it) and id. */
export type DocumentPosition = z.infer<typeof documentPosition>;

/** Opaque to callers, so that what it holds can change. */
export function encodeCursor(position: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** @throws Problem `INVALID_CURSOR` */
export function decodeDocumentCursor(cursor: string): DocumentPosition {
  return decode(cursor, documentPosition);
}

/** @throws Problem `INVALID_CURSOR` */
export function decodeChunkCursor(cursor: string): number {
  return decode(cursor, chunkPosition)[0];
}

function decode<T>(cursor: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch (cause) {
    throw invalid(cause);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw invalid(parsed.error);
  return parsed.data;
}

function invalid(cause: unknown): Problem {
  return new Problem('INVALID_CURSOR', 'Pass the `nextCursor` of an earlier answer unchanged, or none.', { cause });
}
