import { Injectable } from '@nestjs/common';
import { createHash, randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import { filterCondition, type SearchFilter } from './filter-condition';
import { SqlParameters } from './sql-parameters';

/** How much passes a filter, about. */
export interface Reach {
  /** Of all documents; 1 where there is no filter. */
  readonly share: number;
  /** Exact as far as `COUNTED_CHUNKS`; Infinity beyond, and where the share is large. */
  readonly chunks: number;
}

/** Chunks are counted as far as this. */
export const COUNTED_CHUNKS = 5_000;
/** Where such a share of the documents passes, enough does of what is found without the filter. */
const LARGE_SHARE = 0.3;
const SAMPLED_DOCUMENTS = 300;
const SMALL_COLLECTION_CHUNKS = 2_000;

/** Every way of searching finds what it should whatever passes; by an old measure it only looks longer. */
const REMEMBERED_MS = 5_000;
const REMEMBERED = 1_000;

const ALL: Reach = { share: 1, chunks: Infinity };

/** What each way of searching goes by: how far it must look, and whether the few that pass are better read. */
@Injectable()
export class FilterReach {
  /** By what the filter asks for, the oldest first: callers ask with the same again and again. */
  private readonly measured = new Map<string, { readonly reach: Promise<Reach>; readonly at: number }>();

  constructor(private readonly dataSource: DataSource) {}

  /** @param now for tests */
  of(filter: SearchFilter, now = performance.now()): Promise<Reach> {
    const { values, condition } = asSql(filter);
    if (condition === undefined) return Promise.resolve(ALL);
    const key = createHash('sha256')
      .update(JSON.stringify([condition, values]))
      .digest('base64');
    const known = this.measured.get(key);
    if (known !== undefined && now - known.at < REMEMBERED_MS) return known.reach;
    const reach = this.measure(filter);
    this.measured.delete(key);
    this.measured.set(key, { reach, at: now });
    reach.catch(() => this.measured.delete(key));
    const [oldest] = this.measured.size > REMEMBERED ? this.measured.keys() : [];
    if (oldest !== undefined) this.measured.delete(oldest);
    return reach;
  }

  private async measure(filter: SearchFilter): Promise<Reach> {
    // What is in a small collection is counted at once, whatever its share.
    const small = filter.scope.isNarrow ? await this.count(filter) : Infinity;
    if (small <= SMALL_COLLECTION_CHUNKS) return { share: 1, chunks: small };
    const share = await this.sample(filter);
    if (share >= LARGE_SHARE) return { share, chunks: Infinity };
    return { share, chunks: filter.scope.isNarrow ? small : await this.count(filter) };
  }

  /** Which share of the documents passes, by some that follow one another by their ids, which are random. */
  private async sample(filter: SearchFilter): Promise<number> {
    const parameters = new SqlParameters();
    const condition = filterCondition(filter, parameters, 'd', 'id') ?? 'true';
    const rows = await this.dataSource.query<{ share: number | null }[]>(
      `SELECT avg(CASE WHEN ${condition} THEN 1 ELSE 0 END)::double precision AS share
         FROM (SELECT id, collection, format, metadata FROM documents
                WHERE visible_generation IS NOT NULL AND id >= ${parameters.add(randomUUID())}
                ORDER BY id LIMIT ${SAMPLED_DOCUMENTS}) AS d`,
      parameters.values,
    );
    return rows[0]?.share ?? 0;
  }

  private async count(filter: SearchFilter): Promise<number> {
    const parameters = new SqlParameters();
    const condition = filterCondition(filter, parameters, 'd', 'id') ?? 'true';
    const rows = await this.dataSource.query<{ chunks: string }[]>(
      `SELECT coalesce(sum(chunk_count), 0) AS chunks
         FROM (SELECT d.chunk_count FROM documents d
                WHERE d.visible_generation IS NOT NULL AND ${condition} LIMIT ${COUNTED_CHUNKS}) AS passing`,
      parameters.values,
    );
    const chunks = Number(rows[0]?.chunks ?? 0);
    return chunks > COUNTED_CHUNKS ? Infinity : chunks;
  }
}

function asSql(filter: SearchFilter): { condition: string | undefined; values: readonly unknown[] } {
  const parameters = new SqlParameters();
  return { condition: filterCondition(filter, parameters, 'd', 'id'), values: parameters.values };
}
