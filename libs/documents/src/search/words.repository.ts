import { Injectable } from '@nestjs/common';
import { LANGUAGES, PAIR_BITS } from '@vectorlane/analysis';
import { prepared } from '@vectorlane/database';
import { DataSource } from 'typeorm';
import type { CollectionScope } from '../collections/collection-scope';
import { EmbeddingSpacesRepository } from '../embedding-spaces.repository';
import { vectorParameter } from '../vector-parameter';
import { unpackPostings, type UnpackedPostings } from './postings';
import { filterCondition, isPlain, type SearchFilter } from './filter-condition';
import { PostingsMemory, type RememberedRows } from './postings-memory';
import { SqlParameters } from './sql-parameters';

/** Chunks of one word, as they are stored: some of the rows that make up its postings. */
export interface WordRun {
  readonly term: string;
  readonly firstNumber: number;
  /** How many chunks the row holds. */
  readonly chunks: number;
  /** Left out where the word is so frequent that its postings are beyond what a search reads. */
  readonly postings: UnpackedPostings | undefined;
}

/** Of the chunks that were analysed in one language. */
export interface LanguageTotals {
  readonly language: string;
  readonly chunks: number;
  /** Words of all of them together. */
  readonly length: number;
}

/** A chunk that readers see. */
export interface VisibleChunk {
  readonly chunkId: string;
  /** To the vector that was given; undefined without one, and where the chunk has none. */
  readonly cosine: number | undefined;
}

export interface WordReading {
  readonly runs: readonly WordRun[];
  readonly languages: readonly LanguageTotals[];
}

/**
 * Before the name of a language: the word that every chunk of that language holds. Its row counts are the size of the
 * collection, so that nothing has to be counted in a search.
 */
export const EVERY_CHUNK = '\u0001';
/** All of these words. As constants: with parameters one plan for all searches would seem dearer than a new one. */
const BY_RANGE = 'term > chr(1) AND term < chr(2)';

/** Looked up one by one; thousands are better read by another plan. */
const FEW_NUMBERS = 500;

interface RunRow {
  term: string;
  first_number: string;
  chunks: number;
  length: string | null;
  version: string | null;
  within: boolean | null;
  postings: Buffer | null;
}

/**
 * Tells a row from every other one, earlier and later ones too: rows are never changed, and one transaction writes none
 * of them twice.
 */
const VERSION = `concat_ws(' ', term, collection, first_number, chunks, octet_length(postings), xmin)`;

/** What a search asks of the words of chunks. Chunks are known by their numbers here. */
@Injectable()
export class WordsRepository {
  private readonly memory = new PostingsMemory();

  constructor(
    private readonly dataSource: DataSource,
    private readonly spaces: EmbeddingSpacesRepository,
  ) {}

  /**
   * The postings of some words, rarest first as far as the budget reaches, and the totals of every language.
   * @param scope the collections whose words they are: the weight of a word says nothing of any other
   * @param budget chunks of all words together; the rarest word is read in any case
   */
  async read(scope: CollectionScope, terms: readonly string[], budget: number): Promise<WordReading> {
    const remembered = new Map(terms.map((term) => [term, this.memory.get(scope.id, term)]));
    const parameters = new SqlParameters();
    const terms$ = parameters.addLookup(terms, 'text');
    const budget$ = parameters.add(budget);
    const remembered$ = `${parameters.add([...remembered.values()].flatMap((rows) => [...rows.keys()]))}::text[]`;
    const own = scope.condition('collection', parameters) ?? 'true';
    // By name where the collections are: each is then looked up, and no other is read.
    const everyChunk = scope.isNarrow
      ? `term = ANY(${parameters.addLookup(
          LANGUAGES.map((language) => EVERY_CHUNK + language),
          'text',
        )})`
      : BY_RANGE;
    const rows = await this.dataSource.query<RunRow[]>(
      prepared(`WITH found AS MATERIALIZED (
         SELECT term, first_number, chunks, postings, ${VERSION} AS version
           FROM words WHERE term = ANY(${terms$}) AND ${own}
         UNION ALL
         SELECT term, first_number, chunks, postings, ${VERSION}
           FROM fresh_words WHERE term = ANY(${terms$}) AND ${own}),
       totals AS (SELECT term, sum(chunks) AS chunks FROM found GROUP BY term),
       read AS (SELECT term, sum(chunks) OVER (ORDER BY chunks, term) - chunks < ${budget$} AS within FROM totals)
       SELECT term, first_number, chunks, NULL::bigint AS length, version, within,
              CASE WHEN within AND version <> ALL(${remembered$}) THEN postings END AS postings
         FROM found JOIN read USING (term)
       UNION ALL
       SELECT term, 0, sum(chunks)::integer, sum(length), NULL, NULL, NULL
         FROM (SELECT term, chunks, length FROM words WHERE ${everyChunk} AND ${own}
               UNION ALL
               SELECT term, chunks, length FROM fresh_words WHERE ${everyChunk} AND ${own}) AS every
        GROUP BY term`),
      parameters.values,
    );
    const runs: WordRun[] = [];
    const languages: LanguageTotals[] = [];
    const read = new Map<string, Map<string, UnpackedPostings>>();
    for (const { term, first_number, chunks, length, version, within, postings: packed } of rows) {
      if (term.startsWith(EVERY_CHUNK)) {
        languages.push({ language: term.slice(EVERY_CHUNK.length), chunks, length: Number(length) });
        continue;
      }
      const run = { term, firstNumber: Number(first_number), chunks };
      if (within !== true || version === null) {
        runs.push({ ...run, postings: undefined });
        continue;
      }
      const postings = unpacked(version, chunks, packed, remembered.get(term));
      runs.push({ ...run, postings });
      const rowsOfWord = read.get(term) ?? new Map<string, UnpackedPostings>();
      read.set(term, rowsOfWord.set(version, postings));
    }
    for (const [term, rowsOfWord] of read) this.memory.put(scope.id, term, rowsOfWord);
    return { runs, languages };
  }

  /**
   * Which of the chunks readers see, and pass the filter.
   * @param pairs only chunks that have all of these (`pairsOf` a phrase)
   * @param vector of the question, to tell how near each of them is
   * @returns by number
   */
  async visible(
    numbers: readonly number[],
    filter: SearchFilter | undefined,
    { pairs, vector }: { readonly pairs?: string; readonly vector?: Float32Array | undefined } = {},
  ): Promise<ReadonlyMap<number, VisibleChunk>> {
    if (numbers.length === 0) return new Map();
    const parameters = new SqlParameters();
    const numbers$ = parameters.addLookup(numbers, 'bigint');
    const condition = filter && filterCondition(filter, parameters, 'd', 'id');
    const pairs$ = pairs === undefined ? undefined : `${parameters.add(pairs)}::bit(${PAIR_BITS})`;
    const vector$ = vector && `${parameters.add(vectorParameter(vector))}::vector`;
    const sql = `SELECT w.number, c.id, ${vector$ === undefined ? 'NULL' : `e.embedding <=> ${vector$}`} AS distance
                   FROM chunk_words w
                   JOIN chunks c ON c.id = w.chunk_id
                   JOIN documents d ON d.id = c.document_id AND d.visible_generation = c.generation
                   ${vector$ === undefined ? '' : `LEFT JOIN ${this.spaces.active.table} e ON e.chunk_id = c.id`}
                  WHERE w.number = ANY(${numbers$})
                    ${pairs$ === undefined ? '' : `AND w.pairs & ${pairs$} = ${pairs$}`}
                    ${condition === undefined ? '' : `AND ${condition}`}`;
    const isUsual = pairs === undefined && numbers.length <= FEW_NUMBERS && (filter === undefined || isPlain(filter));
    const rows = await this.dataSource.query<{ number: string; id: string; distance: number | null }[]>(
      isUsual ? prepared(sql) : sql,
      parameters.values,
    );
    return new Map(
      rows.map(({ number, id, distance }) => [
        Number(number),
        { chunkId: id, cosine: distance === null ? undefined : 1 - distance },
      ]),
    );
  }

  /** The chunks that pass the filter, when there are not more than `most`: then they alone need to be looked at. */
  async passing(filter: SearchFilter, most: number): Promise<ReadonlySet<number> | undefined> {
    const parameters = new SqlParameters();
    const condition = filterCondition(filter, parameters, 'd', 'id');
    if (condition === undefined) return undefined;
    const rows = await this.dataSource.query<{ number: string }[]>(
      `SELECT w.number
         FROM documents d
         JOIN chunks c ON c.document_id = d.id AND c.generation = d.visible_generation
         JOIN chunk_words w ON w.chunk_id = c.id
        WHERE ${condition}
        LIMIT ${parameters.add(most + 1)}`,
      parameters.values,
    );
    return rows.length > most ? undefined : new Set(rows.map(({ number }) => Number(number)));
  }
}

/** What the database sent, or left out because it is remembered. */
function unpacked(
  version: string,
  chunks: number,
  packed: Buffer | null,
  remembered: RememberedRows | undefined,
): UnpackedPostings {
  if (packed !== null) return unpackPostings(chunks, packed);
  const postings = remembered?.get(version);
  if (postings === undefined) throw new Error(`Neither sent nor remembered: postings of ${version}.`);
  return postings;
}
