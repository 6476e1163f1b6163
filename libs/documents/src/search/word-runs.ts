import type { EntityManager } from 'typeorm';
import { decodePostings, encodePostings, type Posting } from './postings';

/** Rows of postings: how they are packed, joined, written and taken out. */

/** A word of a collection. */
export interface Key {
  readonly term: string;
  readonly collection: string;
}

export interface Run extends Key {
  readonly firstNumber: string;
  readonly chunks: number;
  readonly length: number | null;
  readonly postings: Buffer;
}

export interface RunRow extends Key {
  first_number: string;
  chunks: number;
  length: string | null;
  postings: Buffer;
}

/** Postings of one row: some 30 kB, so that a change of one never rewrites much. */
export const MAX_RUN = 10_000;

export function toRun({ term, collection }: Key, postings: readonly Posting[], length: number | null): Run {
  const { first, bytes } = encodePostings(postings);
  return { term, collection, firstNumber: String(first), chunks: postings.length, length, postings: bytes };
}

/** Rows of one word as few rows, in order of their numbers. */
export function join(runs: readonly Run[]): Run[] {
  const [key] = runs;
  if (key === undefined) return [];
  const postings = runs
    .flatMap((run) => decodePostings(Number(run.firstNumber), run.postings))
    .sort((a, b) => a.number - b.number);
  const joined: Run[] = [];
  for (let from = 0; from < postings.length; from += MAX_RUN) {
    const part = postings.slice(from, from + MAX_RUN);
    joined.push(toRun(key, part, key.length === null ? null : sumLengths(part)));
  }
  return joined;
}

export function sumLengths(postings: readonly Posting[]): number {
  return postings.reduce((sum, { length }) => sum + length, 0);
}

export async function insert(
  manager: EntityManager,
  table: 'words' | 'fresh_words',
  runs: readonly Run[],
): Promise<void> {
  if (runs.length === 0) return;
  await manager.query(
    `INSERT INTO ${table} (term, collection, first_number, chunks, length, postings)
     SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::integer[], $5::bigint[], $6::bytea[])`,
    [
      runs.map(({ term }) => term),
      runs.map(({ collection }) => collection),
      runs.map(({ firstNumber }) => firstNumber),
      runs.map(({ chunks }) => chunks),
      runs.map(({ length }) => length),
      runs.map(({ postings }) => postings),
    ],
  );
}

export async function remove(
  manager: EntityManager,
  runs: readonly { term: string; collection: string; firstNumber: string }[],
): Promise<RunRow[]> {
  if (runs.length === 0) return [];
  return manager.query<RunRow[]>(
    `WITH taken AS (
       DELETE FROM words w
        USING unnest($1::text[], $2::text[], $3::bigint[]) AS key(term, collection, first_number)
        WHERE w.term = key.term AND w.collection = key.collection AND w.first_number = key.first_number
       RETURNING w.term, w.collection, w.first_number, w.chunks, w.length, w.postings)
     SELECT * FROM taken`,
    [
      runs.map(({ term }) => term),
      runs.map(({ collection }) => collection),
      runs.map(({ firstNumber }) => firstNumber),
    ],
  );
}

export function toRuns(rows: readonly RunRow[]): Run[] {
  return rows.map(({ term, collection, first_number, chunks, length, postings }) => ({
    term,
    collection,
    firstNumber: first_number,
    chunks,
    length: length === null ? null : Number(length),
    postings,
  }));
}

export function groupBy<T>(items: readonly T[], keyOfItem: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOfItem(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

export const keyOf = ({ term, collection }: Key): string => `${term}\u0000${collection}`;
