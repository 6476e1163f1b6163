import { Problem } from '@vectorlane/errors';
import { z } from 'zod';

export interface Page<T> {
  readonly items: readonly T[];
  /** Pass it to get the next page; null at the end. */
  readonly nextCursor: string | null;
}

/**
 * Where a page ended, as callers carry it to the next request: opaque to them, so that what it holds can change. It is
 * made and read by the repository whose order it stands for.
 */
export class KeysetCursor<Position extends readonly (string | number)[]> {
  constructor(private readonly schema: z.ZodType<Position>) {}

  encode(position: Position): string {
    return Buffer.from(JSON.stringify(position)).toString('base64url');
  }

  /** @throws Problem `INVALID_CURSOR` for everything that `encode` did not make */
  decode(cursor: string): Position {
    let value: unknown;
    try {
      value = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    } catch (cause) {
      throw invalid(cause);
    }
    const parsed = this.schema.safeParse(value);
    if (!parsed.success) throw invalid(parsed.error);
    // Base64 is decoded leniently: signs it does not know are skipped, and so would be a second text for one position.
    if (this.encode(parsed.data) !== cursor) throw invalid(undefined);
    return parsed.data;
  }
}

function invalid(cause: unknown): Problem {
  return new Problem('INVALID_CURSOR', 'Pass the `nextCursor` of an earlier answer unchanged, or none.', { cause });
}

/**
 * A moment to the microsecond as `momentOf` prints it: one that exists, and that PostgreSQL takes (it has no year 0).
 */
export const momentSchema = z
  .string()
  .regex(/^(?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
  .refine((value) => {
    const date = new Date(value);
    return !Number.isNaN(date.getTime()) && date.toISOString().slice(0, 19) === value.slice(0, 19);
  });

/** SQL for a timestamp to the microsecond: a JavaScript date would round it, and repeat or skip rows between pages. */
export function momentOf(column: string): string {
  return `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}
