import { Injectable } from '@nestjs/common';
import { inTransaction } from '@vectorlane/database';
import { DataSource } from 'typeorm';
import { EmbeddingSpacesRepository } from '../embedding-spaces.repository';
import { vectorParameter } from '../vector-parameter';
import { filterCondition, type SearchFilter } from './filter-condition';
import { COUNTED_CHUNKS, FilterReach } from './filter-reach';
import { SqlParameters } from './sql-parameters';

/** A chunk found by its meaning. */
export interface Neighbour {
  readonly chunkId: string;
  /** By which its words are known; none where they are not analysed yet. */
  readonly number: number | undefined;
  /** Cosine similarity to the question, -1 to 1. */
  readonly cosine: number;
}

interface NeighbourRow {
  chunk_id: string;
  number: string | null;
  distance: number;
}

/**
 * How wide the index is searched: enough for the ten nearest to be the right ones, and with a filter as much wider as
 * it passes less (bench/search.md). The index goes on by itself where too few pass.
 */
const LEAST_EF = 400;
const MOST_EF = 1_000;
/** Vectors that a search of the index looks at before it gives up. */
const LONGEST_LOOK = 40_000;

/**
 * Nearest chunks by cosine distance. No way of searching costs more for a larger collection, but for one that is the
 * last resort: when the index has found too few after its longest look, every chunk that passes is read.
 */
@Injectable()
export class VectorsRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly spaces: EmbeddingSpacesRepository,
    private readonly reach: FilterReach,
  ) {}

  /**
   * @param vector L2-normalised, of the active space
   * @param way `exact` reads every vector that passes the filter, as a check on the other
   */
  async find(
    vector: Float32Array,
    limit: number,
    filter: SearchFilter,
    way: 'fast' | 'exact' = 'fast',
  ): Promise<Neighbour[]> {
    const search = { vector: vectorParameter(vector), limit, filter };
    if (way === 'exact') return this.exactly(search);
    const { share, chunks } = await this.reach.of(filter);
    // Few enough to read all of them; the index would lead through all the others.
    if (chunks <= COUNTED_CHUNKS) return this.exactly(search);
    const found = await this.byIndex(search, share);
    if (found.length >= limit) return found;
    return this.exactly(search);
  }

  /** Cosine similarities of some chunks, by chunk id; one without a vector in this space has none. */
  async cosines(vector: Float32Array, chunkIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    if (chunkIds.length === 0) return new Map();
    const rows = await this.dataSource.query<{ chunk_id: string; distance: number }[]>(
      `SELECT chunk_id, embedding <=> $1::vector AS distance FROM ${this.spaces.active.table} WHERE chunk_id = ANY($2::uuid[])`,
      [vectorParameter(vector), chunkIds],
    );
    return new Map(rows.map(({ chunk_id, distance }) => [chunk_id, 1 - distance]));
  }

  /** @param share of the chunks that pass the filter */
  private async byIndex({ vector, limit, filter }: VectorSearch, share: number): Promise<Neighbour[]> {
    const parameters = new SqlParameters();
    const query = `${parameters.add(vector)}::vector`;
    const from = this.passing(filter, parameters);
    return this.read(
      `SELECT e.chunk_id, e.embedding <=> ${query} AS distance FROM ${from}
        ORDER BY e.embedding <=> ${query} LIMIT ${parameters.add(limit)}`,
      parameters,
      Math.min(MOST_EF, Math.max(limit, Math.ceil(LEAST_EF / Math.max(share, LEAST_EF / MOST_EF)))),
    );
  }

  private async exactly({ vector, limit, filter }: VectorSearch): Promise<Neighbour[]> {
    const parameters = new SqlParameters();
    const query = `${parameters.add(vector)}::vector`;
    const from = this.passing(filter, parameters);
    return this.read(
      // An order that the index does not have: a search of it would end too early.
      `SELECT e.chunk_id, e.embedding <=> ${query} AS distance FROM ${from}
        ORDER BY (e.embedding <=> ${query}) + 0, e.chunk_id LIMIT ${parameters.add(limit)}`,
      parameters,
    );
  }

  private passing(filter: SearchFilter, parameters: SqlParameters): string {
    const condition = filterCondition(filter, parameters, 'v', 'document_id');
    return `${this.spaces.active.table} e JOIN visible_chunks v ON v.id = e.chunk_id
              ${condition === undefined ? '' : `WHERE ${condition}`}`;
  }

  private async read(nearest: string, { values }: SqlParameters, ef?: number): Promise<Neighbour[]> {
    const numbered = `SELECT n.chunk_id, n.distance, w.number FROM (${nearest}) AS n
                        LEFT JOIN chunk_words w ON w.chunk_id = n.chunk_id ORDER BY n.distance, n.chunk_id`;
    const rows = await inTransaction(this.dataSource, async (manager) => {
      if (ef !== undefined) {
        // Goes on along the index until enough rows pass the join and the filter, or the look is over.
        await manager.query(
          `SELECT set_config('hnsw.iterative_scan', 'strict_order', true), set_config('hnsw.ef_search', $1, true),
                  set_config('hnsw.max_scan_tuples', $2, true)`,
          [String(ef), String(LONGEST_LOOK)],
        );
      }
      return manager.query<NeighbourRow[]>(numbered, values);
    });
    return rows.map(({ chunk_id, number, distance }) => ({
      chunkId: chunk_id,
      number: number === null ? undefined : Number(number),
      cosine: 1 - distance,
    }));
  }
}

interface VectorSearch {
  readonly vector: Buffer;
  readonly limit: number;
  readonly filter: SearchFilter;
}
