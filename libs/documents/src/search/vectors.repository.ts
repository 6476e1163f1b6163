import { Injectable } from '@nestjs/common';
import { inTransaction } from '@vectorlane/database';
import { toSql } from 'pgvector';
import { DataSource } from 'typeorm';
import { EmbeddingSpacesRepository } from '../embedding-spaces.repository';
import { filterCondition, type SearchFilter, SqlParameters } from './filter-condition';

/** A chunk found by one of the two ways of searching. */
export interface Candidate {
  readonly chunkId: string;
  /** Higher is better; comparable within one answer. */
  readonly score: number;
}

/**
 * Up to this many matching chunks a filter is answered exactly: reading them all is faster than searching the index.
 */
const EXACT_CHUNKS = 2_000;
/** … and so is any filter that lets through less than this share of all chunks. */
const EXACT_SHARE = 0.03;
/** An upper bound on the share's reach: beyond it the index is searched however selective the filter. */
const EXACT_CHUNKS_MOST = 50_000;

/** Nearest chunks by cosine distance. */
@Injectable()
export class VectorsRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly spaces: EmbeddingSpacesRepository,
  ) {}

  /** @param vector L2-normalised, of the active space */
  async find(vector: Float32Array, limit: number, filter: SearchFilter | undefined): Promise<Candidate[]> {
    const exact = filter !== undefined && (await this.isSelective(filter));
    const { table } = this.spaces.active;
    const parameters = new SqlParameters();
    const query = `${parameters.add(toSql([...vector]))}::vector`;
    const condition = filterCondition(filter, parameters, 'v', 'document_id');
    const where = condition === undefined ? '' : `WHERE ${condition}`;
    const limit$ = parameters.add(limit);
    const from = `${table} e JOIN visible_chunks v ON v.id = e.chunk_id ${where}`;
    const sql = exact
      ? // Materialised first, so that the planner cannot turn it into a search of the index that ends too early.
        `WITH matching AS MATERIALIZED (SELECT e.chunk_id, e.embedding FROM ${from})
         SELECT chunk_id, embedding <=> ${query} AS distance FROM matching ORDER BY distance, chunk_id LIMIT ${limit$}`
      : `SELECT e.chunk_id, e.embedding <=> ${query} AS distance FROM ${from} ORDER BY e.embedding <=> ${query} LIMIT ${limit$}`;
    const rows = await inTransaction(this.dataSource, async (manager) => {
      // Goes on along the index until enough rows pass the join and the filter; without it a filter starves the answer.
      await manager.query(
        `SELECT set_config('hnsw.iterative_scan', 'strict_order', true), set_config('hnsw.ef_search', $1, true)`,
        [String(Math.min(1_000, Math.max(40, limit * 2)))],
      );
      return manager.query<{ chunk_id: string; distance: number }[]>(sql, parameters.values);
    });
    return rows.map(({ chunk_id, distance }) => ({ chunkId: chunk_id, score: Math.min(1, Math.max(0, 1 - distance)) }));
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
