import { Injectable } from '@nestjs/common';
import { inTransaction } from '@vectorlane/database';
import { toSql } from 'pgvector';
import { DataSource } from 'typeorm';
import { EmbeddingSpacesRepository } from '../embedding-spaces.repository';
import { filterCondition, type SearchFilter, SqlParameters } from './filter-condition';

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
 * Up to this many matching chunks a filter is answered exactly: reading them all is faster than searching the index.
 */
const EXACT_CHUNKS = 2_000;
/** … and so is any filter that lets through less than this share of all chunks. */
const EXACT_SHARE = 0.03;
/** An upper bound on the share's reach: beyond it the index is searched however selective the filter. */
const EXACT_CHUNKS_MOST = 50_000;

/**
 * How wide the index is searched: as many as are wanted, and enough for a few to be the right ones. The index goes on
 * by itself where the filter lets too few through.
 */
const LEAST_EF = 100;
const MOST_EF = 1_000;

/** Nearest chunks by cosine distance. */
@Injectable()
export class VectorsRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly spaces: EmbeddingSpacesRepository,
  ) {}

  /** @param vector L2-normalised, of the active space */
  async find(vector: Float32Array, limit: number, filter: SearchFilter | undefined): Promise<Neighbour[]> {
    const exact = filter !== undefined && (await this.isSelective(filter));
    const { table } = this.spaces.active;
    const parameters = new SqlParameters();
    const query = `${parameters.add(toSql([...vector]))}::vector`;
    const condition = filterCondition(filter, parameters, 'v', 'document_id');
    const where = condition === undefined ? '' : `WHERE ${condition}`;
    const limit$ = parameters.add(limit);
    const from = `${table} e JOIN visible_chunks v ON v.id = e.chunk_id ${where}`;
    const nearest = exact
      ? // Materialised first, so that the planner cannot turn it into a search of the index that ends too early.
        `WITH matching AS MATERIALIZED (SELECT e.chunk_id, e.embedding FROM ${from})
         SELECT chunk_id, embedding <=> ${query} AS distance FROM matching ORDER BY distance, chunk_id LIMIT ${limit$}`
      : `SELECT e.chunk_id, e.embedding <=> ${query} AS distance FROM ${from} ORDER BY e.embedding <=> ${query} LIMIT ${limit$}`;
    const numbered = `SELECT n.chunk_id, n.distance, w.number FROM (${nearest}) AS n
                        LEFT JOIN chunk_words w ON w.chunk_id = n.chunk_id ORDER BY n.distance, n.chunk_id`;
    const rows = await inTransaction(this.dataSource, async (manager) => {
      // Goes on along the index until enough rows pass the join and the filter; without it a filter starves the answer.
      await manager.query(
        `SELECT set_config('hnsw.iterative_scan', 'strict_order', true), set_config('hnsw.ef_search', $1, true)`,
        [String(Math.min(MOST_EF, Math.max(LEAST_EF, limit)))],
      );
      return manager.query<NeighbourRow[]>(numbered, parameters.values);
    });
    return rows.map(({ chunk_id, number, distance }) => ({
      chunkId: chunk_id,
      number: number === null ? undefined : Number(number),
      cosine: 1 - distance,
    }));
  }

  /** Cosine similarities of some chunks, by chunk id; one without a vector in this space has none. */
  async cosines(vector: Float32Array, chunkIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    if (chunkIds.length === 0) return new Map();
    const rows = await this.dataSource.query<{ chunk_id: string; distance: number }[]>(
      `SELECT chunk_id, embedding <=> $1::vector AS distance FROM ${this.spaces.active.table} WHERE chunk_id = ANY($2::uuid[])`,
      [toSql([...vector]), chunkIds],
    );
    return new Map(rows.map(({ chunk_id, distance }) => [chunk_id, 1 - distance]));
  }

  private async isSelective(filter: SearchFilter): Promise<boolean> {
    const parameters = new SqlParameters();
    const condition = filterCondition(filter, parameters, 'd', 'id');
    if (condition === undefined) return false;
    const rows = await this.dataSource.query<{ matching: string; all: string }[]>(
      `SELECT coalesce(sum(d.chunk_count) FILTER (WHERE ${condition}), 0) AS matching, coalesce(sum(d.chunk_count), 0) AS all
         FROM documents d WHERE d.visible_generation IS NOT NULL`,
      parameters.values,
    );
    const matching = Number(rows[0]?.matching ?? 0);
    const all = Number(rows[0]?.all ?? 0);
    return matching <= EXACT_CHUNKS || (matching <= all * EXACT_SHARE && matching <= EXACT_CHUNKS_MOST);
  }
}
