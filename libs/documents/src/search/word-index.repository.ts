import { Injectable } from '@nestjs/common';
import { analyse, ANALYSER_VERSION, isLanguage, PAIR_BITS, pairsOf } from '@vectorlane/analysis';
import { inTransaction } from '@vectorlane/database';
import { DataSource, type EntityManager } from 'typeorm';
import { decodePostings, type Posting } from './postings';
import {
  groupBy,
  insert,
  join,
  type Key,
  keyOf,
  MAX_RUN,
  remove,
  type Run,
  type RunRow,
  sumLengths,
  toRun,
  toRuns,
} from './word-runs';
import { EVERY_CHUNK } from './words.repository';

/** A chunk whose words are to be stored. */
export interface ChunkText {
  readonly id: string;
  readonly heading: string | null;
  readonly content: string;
}

interface StaleRow extends ChunkText {
  readonly collection: string;
  readonly language: string;
  readonly stale: boolean;
}

/**
 * A run is joined with the one before when that is not this many times as large: few rows, and few rewrites of each.
 */
const GROWTH = 4;
/** Chunks analysed again in one transaction: the embedded database is one session for everybody. */
const PAGE = 16;
/** Words folded, and rows looked through, in one transaction. */
const FOLDED_WORDS = 128;
const PURGED_RUNS = 128;
/** Chunks that are gone: as many, and as large a share, may stay in the postings. */
const GONE_LEFT = 1_000;
const GONE_SHARE = 0.1;
const GONE_AT_A_TIME = 500_000;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/**
 * For the rest of a transaction. The table of fresh rows fills and empties between two looks of the planner, which
 * takes it for empty where the last cleaning up left its pages: then it would read all of it in each step.
 */
const BY_INDEX_ALONE = `SELECT set_config(name, 'off', true)
  FROM unnest(ARRAY['enable_seqscan', 'enable_hashagg', 'enable_hashjoin', 'enable_mergejoin']) AS name`;

/**
 * The words of chunks, written: what ingestion adds, folding of small rows into large ones, the removal of chunks that
 * are gone, and new analysis after a change of the analyser. Each step is a short transaction that leaves a whole
 * index, so that a crash costs nothing but the step; readers see each word either before or after it.
 */
@Injectable()
export class WordIndexRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Stores the words of new chunks, in the transaction that stores the chunks themselves. */
  async add(manager: EntityManager, collection: string, language: string, chunks: readonly ChunkText[]): Promise<void> {
    if (chunks.length === 0) return;
    const rows = await manager.query<{ number: string; chunk_id: string }[]>(
      `INSERT INTO chunk_words (chunk_id, analyser, pairs)
       SELECT chunk_id, $2, pairs::bit(${PAIR_BITS})
         FROM unnest($1::uuid[], $3::text[]) WITH ORDINALITY AS given(chunk_id, pairs, place) ORDER BY place
       RETURNING number, chunk_id`,
      [chunks.map(({ id }) => id), ANALYSER_VERSION, chunks.map(({ content }) => pairsOf([content]))],
    );
    const numbers = new Map(rows.map(({ number, chunk_id }) => [chunk_id, Number(number)]));
    const postings = new Map<string, Posting[]>();
    const put = (term: string, posting: Posting): void => {
      const known = postings.get(term);
      if (known === undefined) postings.set(term, [posting]);
      else known.push(posting);
    };
    let total = 0;
    for (const chunk of chunks.toSorted((a, b) => (numbers.get(a.id) ?? 0) - (numbers.get(b.id) ?? 0))) {
      const number = numbers.get(chunk.id);
      if (number === undefined) throw new Error(`Chunk ${chunk.id} was given no number.`);
      const { length, times } = countWords(chunk, language);
      total += length;
      put(EVERY_CHUNK + language, { number, times: 1, length });
      for (const [term, count] of times) put(term, { number, times: count, length });
    }
    const runs = Array.from(postings, ([term, list]) =>
      toRun({ term, collection }, list, term.startsWith(EVERY_CHUNK) ? total : null),
    );
    await insert(manager, 'fresh_words', runs);
  }

  /** How many batches of chunks are fresh, as far as `most`. */
  async freshBatches(most: number): Promise<number> {
    const rows = await this.dataSource.query<unknown[]>(
      `SELECT 1 FROM fresh_words WHERE term > $1 AND term < $2 LIMIT $3`,
      [EVERY_CHUNK, '\u0002', most],
    );
    return rows.length;
  }

  /**
   * Folds the fresh rows of the next words into their large ones.
   * @returns the last of those words, to go on after it; undefined when there was none left
   */
  private async fold(after: Key | undefined): Promise<Key | undefined> {
    return inTransaction(this.dataSource, async (manager) => {
      await manager.query(BY_INDEX_ALONE);
      const from = [after?.term ?? '', after?.collection ?? ''];
      const next = await manager.query<Key[]>(
        `SELECT DISTINCT term, collection FROM fresh_words WHERE (term, collection) > ($1, $2)
          ORDER BY term, collection LIMIT $3`,
        [...from, FOLDED_WORDS],
      );
      const last = next.at(-1);
      if (last === undefined) return undefined;
      // From the first to the last of them, not each by itself: nothing is left to choose in how they are found.
      const fresh = toRuns(
        await manager.query<RunRow[]>(
          `WITH taken AS (
             DELETE FROM fresh_words WHERE (term, collection) > ($1, $2) AND (term, collection) <= ($3, $4)
             RETURNING term, collection, first_number, chunks, length, postings)
           SELECT * FROM taken`,
          [...from, last.term, last.collection],
        ),
      );
      // Somebody else has them already.
      if (fresh.length === 0) return last;
      const groups = groupBy(fresh, keyOf);
      const absorbed = await this.takeAbsorbed(manager, groups);
      const runs = [...groups].flatMap(([key, own]) => {
        const all = [...own, ...(absorbed.get(key) ?? [])];
        return all.length === 1 ? all : join(all);
      });
      await insert(manager, 'words', runs);
      return last;
    });
  }

  /**
   * Analyses all chunks that no analyser, or another one, has read, and remembers that it is done.
   * @param goOn asked after each page
   * @returns whether it is done
   */
  async analyseAll(goOn: () => Promise<boolean> = () => Promise.resolve(true)): Promise<boolean> {
    if (await this.isCurrent()) return true;
    for (let after = await this.analyseNext(); after !== undefined; after = await this.analyseNext(after)) {
      if (!(await goOn())) return false;
    }
    await this.markCurrent();
    return true;
  }

  /** Folds what is fresh, all of it. @param goOn asked after each step */
  async foldAll(goOn: () => Promise<boolean> = () => Promise.resolve(true)): Promise<void> {
    for (let after = await this.fold(undefined); after !== undefined; after = await this.fold(after)) {
      if (!(await goOn())) return;
    }
    // The rows that were folded take space until then.
    await this.dataSource.query('VACUUM fresh_words');
  }

  /**
   * Takes chunks that are gone out of the postings, once they are a tenth of them: until then they only cost time. What
   * says how many chunks there are goes last, so that a crash leaves the next pass the same work.
   * @param goOn asked after each step
   * @param left how many chunks that are gone may stay
   */
  async removeAllGone(goOn: () => Promise<boolean> = () => Promise.resolve(true), left = GONE_LEFT): Promise<void> {
    const { numbers, of } = await this.gone();
    if (numbers.size <= left || (left > 0 && numbers.size < of * GONE_SHARE)) return;
    for (const only of ['words', 'totals'] as const) {
      for (
        let after = await this.removeGone(numbers, only, undefined);
        after !== undefined;
        after = await this.removeGone(numbers, only, after)
      ) {
        if (!(await goOn())) return;
      }
    }
  }

  /**
   * Analyses the next chunks that no analyser, or another one, has read.
   * @param after chunk id to go on after
   * @returns where to go on; undefined at the end, which is then remembered
   */
  private async analyseNext(after: string = FIRST_ID): Promise<string | undefined> {
    return inTransaction(this.dataSource, async (manager) => {
      const rows = await manager.query<StaleRow[]>(
        `SELECT c.id, d.collection, coalesce(d.language, 'simple') AS language, w.analyser IS DISTINCT FROM $2 AS stale,
                CASE WHEN w.analyser IS DISTINCT FROM $2 THEN c.place ->> 'heading' END AS heading,
                CASE WHEN w.analyser IS DISTINCT FROM $2 THEN c.content END AS content
           FROM (SELECT id, document_id, place, content FROM chunks WHERE id > $1 ORDER BY id LIMIT $3) AS c
           JOIN documents d ON d.id = c.document_id
           LEFT JOIN chunk_words w ON w.chunk_id = c.id
          ORDER BY c.id`,
        [after, ANALYSER_VERSION, PAGE],
      );
      const stale = rows.filter((row) => row.stale);
      if (stale.length > 0) {
        const ids = stale.map(({ id }) => id);
        // One that is deleted meanwhile cannot be referred to: it is left out, and those that are left stay until the
        // end.
        const held = await manager.query<{ id: string }[]>(
          'SELECT id FROM chunks WHERE id = ANY($1::uuid[]) FOR KEY SHARE',
          [ids],
        );
        const here = new Set(held.map(({ id }) => id));
        await manager.query('DELETE FROM chunk_words WHERE chunk_id = ANY($1::uuid[])', [ids]);
        const groups = groupBy(
          stale.filter(({ id }) => here.has(id)),
          ({ collection, language }) => `${collection}\u0000${language}`,
        );
        for (const chunks of groups.values()) {
          const [{ collection, language }] = chunks as [StaleRow];
          await this.add(manager, collection, language, chunks);
        }
      }
      return rows.at(-1)?.id;
    });
  }

  /** Whether every chunk has been read by this analyser. */
  private async isCurrent(): Promise<boolean> {
    const rows = await this.dataSource.query<unknown[]>('SELECT 1 FROM word_analyser WHERE version = $1', [
      ANALYSER_VERSION,
    ]);
    return rows.length > 0;
  }

  private async markCurrent(): Promise<void> {
    await this.dataSource.query(
      `INSERT INTO word_analyser (version) VALUES ($1) ON CONFLICT (one) DO UPDATE SET version = excluded.version`,
      [ANALYSER_VERSION],
    );
  }

  /** Numbers in the postings whose chunk is gone, and how many chunks the postings hold in all. */
  private async gone(): Promise<{ numbers: ReadonlySet<number>; of: number }> {
    const rows = await this.dataSource.query<RunRow[]>(
      `SELECT term, collection, first_number, chunks, postings FROM words WHERE term > $1 AND term < $2`,
      [EVERY_CHUNK, '\u0002'],
    );
    const numbers = new Set<number>();
    let all = 0;
    for (const run of rows) {
      if (numbers.size >= GONE_AT_A_TIME) break;
      const held = decodePostings(Number(run.first_number), run.postings).map(({ number }) => number);
      all += held.length;
      const missing = await this.dataSource.query<{ number: string }[]>(
        `SELECT number FROM unnest($1::bigint[]) AS held(number)
          WHERE NOT EXISTS (SELECT 1 FROM chunk_words w WHERE w.number = held.number)`,
        [held],
      );
      for (const { number } of missing) numbers.add(Number(number));
    }
    return { numbers, of: all };
  }

  /**
   * Takes chunks that are gone out of the next rows.
   * @returns where to go on; undefined at the end
   */
  private async removeGone(
    gone: ReadonlySet<number>,
    only: 'words' | 'totals',
    after: (Key & { firstNumber: string }) | undefined,
  ): Promise<(Key & { firstNumber: string }) | undefined> {
    const [from, to] = only === 'totals' ? [EVERY_CHUNK, '\u0002'] : ['\u0002', '\u{10ffff}'];
    return inTransaction(this.dataSource, async (manager) => {
      const page = toRuns(
        await manager.query<RunRow[]>(
          `SELECT term, collection, first_number, chunks, length, postings FROM words
            WHERE (term, collection, first_number) > ($1, $2, $3::bigint) AND term < $4
            ORDER BY term, collection, first_number LIMIT $5
              FOR UPDATE`,
          [after?.term ?? from, after?.collection ?? '', after?.firstNumber ?? '-1', to, PURGED_RUNS],
        ),
      );
      const changed: Run[] = [];
      const kept: Run[] = [];
      for (const run of page) {
        const postings = decodePostings(Number(run.firstNumber), run.postings);
        const left = postings.filter(({ number }) => !gone.has(number));
        if (left.length === postings.length) continue;
        changed.push(run);
        if (left.length > 0) kept.push(toRun(run, left, run.length === null ? null : sumLengths(left)));
      }
      await remove(manager, changed);
      await insert(manager, 'words', kept);
      return page.at(-1);
    });
  }

  /** Takes the large rows that the fresh ones are joined with out of the table. */
  private async takeAbsorbed(
    manager: EntityManager,
    groups: ReadonlyMap<string, readonly Run[]>,
  ): Promise<Map<string, Run[]>> {
    const keys = [...groups.values()].flatMap((runs) => runs.slice(0, 1));
    const present = await manager.query<{ term: string; collection: string; first_number: string; chunks: number }[]>(
      `SELECT w.term, w.collection, w.first_number, w.chunks
         FROM unnest($1::text[], $2::text[]) AS key(term, collection)
         JOIN words w ON w.term = key.term AND w.collection = key.collection
        ORDER BY w.term, w.collection, w.chunks, w.first_number`,
      [keys.map(({ term }) => term), keys.map(({ collection }) => collection)],
    );
    const wanted: { term: string; collection: string; firstNumber: string }[] = [];
    for (const [key, rows] of groupBy(present, keyOf)) {
      let size = groups.get(key)?.reduce((sum, { chunks }) => sum + chunks, 0) ?? 0;
      // From the smallest up.
      for (const { term, collection, first_number, chunks } of rows) {
        if (chunks >= size * GROWTH || chunks >= MAX_RUN) break;
        size += chunks;
        wanted.push({ term, collection, firstNumber: first_number });
      }
    }
    const taken = toRuns(await remove(manager, wanted));
    return groupBy(taken, keyOf);
  }
}

/** The words of a chunk, its headings among them, and how long it is for BM25. */
function countWords(chunk: ChunkText, language: string): { length: number; times: Map<string, number> } {
  const text = chunk.heading === null ? chunk.content : `${chunk.heading}\n${chunk.content}`;
  const times = new Map<string, number>();
  let length = 0;
  for (const { term, beside } of analyse(text, isLanguage(language) ? language : 'simple')) {
    if (!beside) length += 1;
    times.set(term, (times.get(term) ?? 0) + 1);
  }
  return { length: Math.max(1, length), times };
}
