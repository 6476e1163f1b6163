import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { filterCondition, type SearchFilter, SqlParameters } from './filter-condition';
import type { Candidate } from './vectors.repository';

/** How many visible chunks each text search configuration reads. */
export type ChunksByConfig = ReadonlyMap<string, number>;

/** BM25 (Robertson): saturation of a term's frequency, and how much a chunk's length counts. */
export const K1 = 0.9;
const B = 0.4;
/** Chunks scored exactly; chosen by how rare the words are that they hold. */
const SCORED_CHUNKS = 200;
/** A word in more chunks than this says nothing about any of them; counting goes no further. */
const COUNTED_CHUNKS = 10_000;
/** Words of one query that are looked up in each configuration, the longest: the others say little. */
const LOOKED_UP_WORDS = 64;
/** How old the counts may be: word weights move slowly, and a search must not count documents each time. */
const FRESH_MS = 10_000;
/** Documents up to which the counts are read for every search all the same: it takes a millisecond or two. */
const SMALL = 5_000;

export interface Lexeme {
  readonly config: string;
  readonly lexeme: string;
  /** Which word of the query it is, the same in every configuration. */
  readonly place: number;
  /** Chunks of the configuration that hold it. */
  readonly chunks: number;
}

export interface Term extends Lexeme {
  /** Inverse document frequency: how much the word says. */
  readonly idf: number;
}

/** The words of chunks, each chunk read in the text search configuration of its language. */
@Injectable()
export class WordsRepository {
  private counts: ChunksByConfig = new Map();
  private readAt = Number.NEGATIVE_INFINITY;
  private documents = -1;

  constructor(private readonly dataSource: DataSource) {}

  async chunksByConfig(): Promise<ChunksByConfig> {
    // Small collections change by the document, and somebody is watching; large ones hardly change in ten seconds.
    if (performance.now() - this.readAt < FRESH_MS && this.documents > SMALL) return this.counts;
    const rows = await this.dataSource.query<{ config: string; documents: string; chunks: string }[]>(
      `SELECT text_search_config::text AS config, count(*) AS documents, sum(chunk_count) AS chunks
         FROM documents WHERE visible_generation IS NOT NULL AND text_search_config IS NOT NULL GROUP BY 1`,
    );
    this.counts = new Map(rows.map(({ config, chunks }) => [config, Number(chunks)]));
    this.documents = rows.reduce((sum, { documents }) => sum + Number(documents), 0);
    this.readAt = performance.now();
    return this.counts;
  }

  /** The query's lexemes in each configuration in use, and in how many chunks each is. */
  async lookUp(query: string): Promise<readonly Lexeme[]> {
    const configs = [...(await this.chunksByConfig()).keys()];
    return this.dataSource.query<Lexeme[]>(
      `WITH lexemes AS (
         SELECT c.config, w.lexeme, w.positions[1] AS place
           FROM unnest($2::regconfig[]) AS c(config),
                LATERAL (SELECT lexeme, positions FROM unnest(to_tsvector(c.config, $1)) ORDER BY length(lexeme) DESC LIMIT ${LOOKED_UP_WORDS}) AS w)
       SELECT lexemes.config::text AS config, lexemes.lexeme, lexemes.place, counted.chunks::integer AS chunks
         FROM lexemes, LATERAL (
           SELECT count(*) AS chunks FROM (
             SELECT 1 FROM chunks k
              WHERE k.config = lexemes.config AND k.tsv @@ quote_literal(lexemes.lexeme)::tsquery
              LIMIT ${COUNTED_CHUNKS}) AS capped) AS counted`,
      [query, configs],
    );
  }

  async score(terms: readonly Term[], limit: number, filter: SearchFilter | undefined): Promise<Candidate[]> {
    const parameters = new SqlParameters();
    const held = terms.filter(({ chunks }) => chunks > 0);
    const terms$ = `${parameters.add(JSON.stringify(held))}::jsonb`;
    const condition = filterCondition(filter, parameters, 'v', 'document_id');
    const rows = await this.dataSource.query<{ chunk_id: string; score: number }[]>(
      `WITH terms AS MATERIALIZED (
         SELECT config::regconfig AS config, lexeme, idf, quote_literal(lexeme)::tsquery AS query
           FROM jsonb_to_recordset(${terms$}) AS t(config text, lexeme text, idf float8)),
       queries AS MATERIALIZED (
         SELECT config, string_agg(quote_literal(lexeme), ' | ')::tsquery AS any_of FROM terms GROUP BY config),
       candidates AS MATERIALIZED (
         SELECT v.id, v.tsv, v.config, v.token_count, present.weight
           FROM queries q
           JOIN visible_chunks v ON v.config = q.config AND v.tsv @@ q.any_of,
                LATERAL (SELECT sum(t.idf) AS weight FROM terms t WHERE t.config = v.config AND v.tsv @@ t.query) AS present
          ${condition === undefined ? '' : `WHERE ${condition}`}
          ORDER BY present.weight DESC, v.id
          LIMIT ${SCORED_CHUNKS}),
       average AS (SELECT avg(token_count)::float8 AS tokens FROM candidates)
       SELECT c.id AS chunk_id,
              sum(t.idf * f.times * (${K1} + 1) / (f.times + ${K1} * (1 - ${B} + ${B} * c.token_count / average.tokens))) AS score
         FROM candidates c
        CROSS JOIN average
        CROSS JOIN LATERAL unnest(c.tsv) AS w(lexeme, positions, weights)
         JOIN terms t ON t.config = c.config AND t.lexeme = w.lexeme
        CROSS JOIN LATERAL (SELECT coalesce(cardinality(w.positions), 1)::float8 AS times) AS f
        GROUP BY c.id
        ORDER BY score DESC, c.id
        LIMIT ${parameters.add(limit)}`,
      parameters.values,
    );
    return rows.map(({ chunk_id, score }) => ({ chunkId: chunk_id, score }));
  }
}
