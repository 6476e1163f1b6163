import { Injectable } from '@nestjs/common';
import { prepared } from '@vectorlane/database';
import { DataSource } from 'typeorm';
import { EmbeddingSpacesRepository } from '../embedding-spaces.repository';
import { vectorParameter } from '../vector-parameter';
import { filterCondition, isPlain, type SearchFilter } from './filter-condition';
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
 * How wide the index is searched: enough for the ten nearest to be the right ones. With a filter so much wider that as
 * many of the ten are found as without one, and at least 60 of what is looked at pass (bench/search.md). The index goes
 * on by itself where too few pass.
 */
const LEAST_EF = 400;
const WIDENING = 1 / 6;
const LEAST_PASSING = 60;
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

  /** @param share of the chunks that pass the filter */
  private async byIndex({ vector, limit, filter }: VectorSearch, share: number): Promise<Neighbour[]> {
    const parameters = new SqlParameters();
    const query = `${parameters.add(vector)}::vector`;
    const wide = Math.max(LEAST_EF * share ** -WIDENING, LEAST_PASSING / share);
    const ef = Math.min(MOST_EF, Math.max(limit, Math.ceil(wide)));
    const nearest = `SELECT e.chunk_id, e.embedding <=> ${query} AS distance FROM ${this.passing(filter, parameters)}
                        AND ${this.searching(ef, parameters)}
                      ORDER BY e.embedding <=> ${query} LIMIT ${limit}`;
    return this.read(isPlain(filter) ? prepared(numbered(nearest)) : numbered(nearest), parameters);
  }

  /**
   * A condition that always holds, which sets how the index is searched: it goes on along the index until enough rows
   * pass the join and the filter, or the look is over. PostgreSQL answers a condition without a column before it reads
   * the first row, and what it has set is gone with the statement: so that this needs no transaction around it, which
   * would be three more messages.
   */
  private searching(ef: number, parameters: SqlParameters): string {
    return `(SELECT set_config('hnsw.iterative_scan', 'strict_order', true)
                 || set_config('hnsw.ef_search', ${parameters.add(String(ef))}, true)
                 || set_config('hnsw.max_scan_tuples', ${parameters.add(String(LONGEST_LOOK))}, true)) IS NOT NULL`;
  }

  private async exactly({ vector, limit, filter }: VectorSearch): Promise<Neighbour[]> {
    const parameters = new SqlParameters();
    const query = `${parameters.add(vector)}::vector`;
    // An order that the index does not have: a search of it would end too early.
    const nearest = `SELECT e.chunk_id, e.embedding <=> ${query} AS distance FROM ${this.passing(filter, parameters)}
                      ORDER BY (e.embedding <=> ${query}) + 0, e.chunk_id LIMIT ${limit}`;
    return this.read(numbered(nearest), parameters);
  }

  private passing(filter: SearchFilter, parameters: SqlParameters): string {
    const condition = filterCondition(filter, parameters, 'v', 'document_id');
    return `${this.spaces.active.table} e JOIN visible_chunks v ON v.id = e.chunk_id WHERE ${condition ?? 'true'}`;
  }

  private async read(sql: string, { values }: SqlParameters): Promise<Neighbour[]> {
    const rows = await this.dataSource.query<NeighbourRow[]>(sql, values);
    return rows.map(({ chunk_id, number, distance }) => ({
      chunkId: chunk_id,
      number: number === null ? undefined : Number(number),
      cosine: 1 - distance,
    }));
  }
}

const numbered = (nearest: string): string =>
  `SELECT n.chunk_id, n.distance, w.number FROM (${nearest}) AS n
     LEFT JOIN chunk_words w ON w.chunk_id = n.chunk_id ORDER BY n.distance, n.chunk_id`;

interface VectorSearch {
  readonly vector: Buffer;
  readonly limit: number;
  readonly filter: SearchFilter;
}
