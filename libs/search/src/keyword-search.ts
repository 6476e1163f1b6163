import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type ChunksByConfig, CorpusStatistics } from './corpus-statistics';
import { filterCondition } from './filter-condition';
import type { Candidate, SearchFilter } from './search.types';
import { SqlParameters } from './sql-parameters';

/** BM25 (Robertson): saturation of a term's frequency, and how much a chunk's length counts. */
const K1 = 0.9;
const B = 0.4;
/** Chunks scored exactly; chosen by how rare the words are that they hold. */
const SCORED_CHUNKS = 200;
/** A word in more chunks than this says nothing about any of them; counting goes no further. */
const COUNTED_CHUNKS = 10_000;
/** Words of one query that are looked up in each configuration, the longest: the others say little. */
const LOOKED_UP_WORDS = 64;
/** Words of one query that are scored, rarest first. */
const QUERY_WORDS = 32;

interface Lexeme {
  readonly config: string;
  readonly lexeme: string;
  /** Which word of the query it is, the same in every configuration. */
  readonly place: number;
  /** Chunks of the configuration that hold it. */
  readonly chunks: number;
}

interface Term extends Lexeme {
  /** Inverse document frequency: how much the word says. */
  readonly idf: number;
}

/**
 * Chunks that hold any of the query's words, best first, for questions in plain words. The query is read once in every
 * text search configuration that some chunk uses, so that each chunk is matched in its own language.
 */
@Injectable()
export class KeywordSearch {
  constructor(
    private readonly dataSource: DataSource,
    private readonly statistics: CorpusStatistics,
  ) {}

  async find(query: string, limit: number, filter: SearchFilter | undefined): Promise<Candidate[]> {
    const terms = weigh(await this.lookUp(query), await this.statistics.chunksByConfig());
    return terms.some(({ chunks }) => chunks > 0) ? this.score(terms, limit, filter) : [];
  }

  /** The query's lexemes in each configuration in use, and in how many chunks each is. */
  private async lookUp(query: string): Promise<readonly Lexeme[]> {
    const configs = [...(await this.statistics.chunksByConfig()).keys()];
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

  private async score(terms: readonly Term[], limit: number, filter: SearchFilter | undefined): Promise<Candidate[]> {
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
    const best = bestPossible(terms);
    return rows.map(({ chunk_id, score }) => ({ chunkId: chunk_id, score: Math.min(1, score / best) }));
  }
}

/**
 * Inverse document frequency of each lexeme, rarest first. A word's frequency is taken over all configurations that
 * read it as a word, so that a chunk whose language was taken for another one's is weighed like its neighbours; and it
 * counts as far as they read the collection, so that a stop word of one language is not a rare word of the others.
 */
export function weigh(lexemes: readonly Lexeme[], chunksByConfig: ChunksByConfig): Term[] {
  const total = [...chunksByConfig.values()].reduce((sum, chunks) => sum + chunks, 0);
  const words = new Map<number, { found: number; all: number }>();
  for (const { config, place, chunks } of lexemes) {
    const word = words.get(place) ?? { found: 0, all: 0 };
    words.set(place, { found: word.found + chunks, all: word.all + (chunksByConfig.get(config) ?? 0) });
  }
  return lexemes
    .map((lexeme) => {
      const { found, all } = words.get(lexeme.place) ?? { found: 0, all: 0 };
      const rarity = Math.log(1 + (Math.max(all, found) - found + 0.5) / (found + 0.5));
      return { ...lexeme, idf: rarity * Math.min(1, all / Math.max(1, total)) };
    })
    .sort((a, b) => b.idf - a.idf)
    .slice(0, QUERY_WORDS * chunksByConfig.size);
}

/**
 * The BM25 score of a chunk that holds every word of the query without end: what a score is measured by, so that a chunk
 * which holds one word of ten is worth little even when it is the best there is.
 */
function bestPossible(terms: readonly Term[]): number {
  const byPlace = new Map(terms.map(({ place, idf }) => [place, idf]));
  return [...byPlace.values()].reduce((sum, idf) => sum + idf * (K1 + 1), 0);
}
