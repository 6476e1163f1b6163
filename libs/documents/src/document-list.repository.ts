import { Injectable } from '@nestjs/common';
import { KeysetCursor, momentOf, momentSchema, type Page } from '@vectorlane/database';
import type { DocumentStatus, Lane } from '@vectorlane/domain';
import { Problem } from '@vectorlane/errors';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { type Document, DOCUMENT_COLUMNS } from './document';
import { filterCondition, matchesNothing, type SearchFilter } from './search/filter-condition';
import { SqlParameters } from './search/sql-parameters';

export interface DocumentFilter extends SearchFilter {
  readonly status?: readonly DocumentStatus[];
  readonly lane?: readonly Lane[];
  readonly filename?: string;
  /** A part of the name, whatever the case of its letters. */
  readonly filenameContains?: string;
  readonly externalId?: string;
  /** Both exclusive. */
  readonly createdAfter?: Date;
  readonly createdBefore?: Date;
}

export const DocumentOrder = z.enum(['createdAt', 'updatedAt', 'filename', 'sizeBytes']);
export type DocumentOrder = z.infer<typeof DocumentOrder>;

export interface ListOrder {
  readonly by: DocumentOrder;
  readonly descending: boolean;
}

export interface Total {
  readonly total: number;
  readonly isEstimate: boolean;
}

interface Sort {
  readonly column: string;
  /** As a cursor holds it, so that the next page begins exactly behind it. */
  readonly position: string;
  readonly type: string;
  readonly schema: z.ZodType<string>;
}

const time = (column: string): Sort => ({
  column,
  position: momentOf(column),
  type: 'timestamptz',
  schema: momentSchema,
});
/** Names in the order of their code points, which is the same on every database. */
const NAME = 'filename COLLATE "C"';
const SORTS: Readonly<Record<DocumentOrder, Sort>> = {
  createdAt: time('created_at'),
  updatedAt: time('updated_at'),
  filename: {
    column: NAME,
    position: 'filename',
    type: 'text',
    schema: z.string().refine((name) => !name.includes('\u0000') && name.isWellFormed()),
  },
  sizeBytes: {
    column: 'size_bytes',
    position: 'size_bytes::text',
    type: 'bigint',
    schema: z.string().regex(/^\d{1,18}$/),
  },
};

/** The order, and what it goes by and the id of the last document of a page. */
const cursors = new KeysetCursor(z.tuple([DocumentOrder, z.string(), z.uuid()]));

/** Counted exactly as far as that; beyond it the planner's estimate is as good as anybody needs. */
const COUNTED = 10_000;

/** Documents in pages. */
@Injectable()
export class DocumentListRepository {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Keyset, so that a page is never shifted by what arrives meanwhile.
   * @throws Problem `INVALID_CURSOR`, also for one of another order
   */
  async list(
    filter: DocumentFilter,
    order: ListOrder,
    limit: number,
    cursor: string | undefined,
  ): Promise<Page<Document>> {
    const { column, position, type } = SORTS[order.by];
    const [direction, beyond] = order.descending ? ['DESC', '<'] : ['ASC', '>'];
    const parameters = new SqlParameters();
    const conditions = [conditionOf(filter, parameters)];
    if (cursor !== undefined) {
      const [value, id] = positionOf(cursor, order.by);
      conditions.push(`(${column}, id) ${beyond} (${parameters.add(value)}::${type}, ${parameters.add(id)}::uuid)`);
    }
    const rows = await this.dataSource.query<(Document & { position: string })[]>(
      `SELECT ${DOCUMENT_COLUMNS}, ${position} AS position FROM documents d
        WHERE ${conditions.join(' AND ')}
        ORDER BY ${column} ${direction}, id ${direction} LIMIT ${parameters.add(limit + 1)}`,
      parameters.values,
    );
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    const more = rows.length > limit && last !== undefined;
    return { items, nextCursor: more ? cursors.encode([order.by, last.position, last.id]) : null };
  }

  async count(filter: DocumentFilter): Promise<Total> {
    const parameters = new SqlParameters();
    const selection = `SELECT 1 FROM documents d WHERE ${conditionOf(filter, parameters)}`;
    const [counted] = await this.dataSource.query<{ total: number }[]>(
      `SELECT count(*)::integer AS total FROM (${selection} LIMIT ${COUNTED + 1}) AS matching`,
      parameters.values,
    );
    const total = counted?.total ?? 0;
    if (total <= COUNTED) return { total, isEstimate: false };
    const [planned] = await this.dataSource.query<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }[]>(
      `EXPLAIN (FORMAT JSON) ${selection}`,
      parameters.values,
    );
    return { total: Math.max(COUNTED + 1, planned?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? 0), isEstimate: true };
  }
}

function conditionOf(filter: DocumentFilter, parameters: SqlParameters): string {
  const { status, lane, filename, filenameContains, externalId, createdAfter, createdBefore, ...rest } = filter;
  if (matchesNothing(rest)) return 'false';
  const conditions = ['revision_of IS NULL', filterCondition(rest, parameters, 'd', 'id') ?? 'true'];
  if (externalId !== undefined) conditions.push(`external_id = ${parameters.add(externalId)}`);
  if (status) conditions.push(`status = ANY(${parameters.add(status)}::text[])`);
  if (lane) conditions.push(`lane = ANY(${parameters.add(lane)}::text[])`);
  if (filename !== undefined) conditions.push(`filename = ${parameters.add(filename)}`);
  if (filenameContains !== undefined) {
    conditions.push(`position(lower(${parameters.add(filenameContains)}) in lower(filename)) > 0`);
  }
  if (createdAfter) conditions.push(`created_at > ${parameters.add(createdAfter.toISOString())}::timestamptz`);
  if (createdBefore) conditions.push(`created_at < ${parameters.add(createdBefore.toISOString())}::timestamptz`);
  return conditions.join(' AND ');
}

function positionOf(cursor: string, by: DocumentOrder): [value: string, id: string] {
  const [order, value, id] = cursors.decode(cursor);
  if (order === by && SORTS[by].schema.safeParse(value).success) return [value, id];
  throw new Problem(
    'INVALID_CURSOR',
    'Pass the `nextCursor` of an earlier answer of the same order unchanged, or none.',
  );
}
