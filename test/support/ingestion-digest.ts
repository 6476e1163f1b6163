import { createHash } from 'node:crypto';
import type { Untyped } from './test-app';

/**
 * Known documents in, one digest each out: two runs ended the same when their digests are equal. Which chunk ids and
 * how many generations it took is left out; everything else a reader sees is in.
 */

export interface GeneratedDocument {
  readonly filename: string;
  readonly content: string;
  /** A word that occurs in this document alone. */
  readonly marker: string;
}

/** What readers see of one document. */
export interface Reading {
  readonly ordinals: readonly number[];
  /** Chunks that a search for its marker finds. */
  readonly hits: number;
  /** Over all that is seen. */
  readonly digest: string;
}

/** Most hits of one search. A document with more chunks than this might show others of them in each run. */
const HITS = 100;

/** A GET, or a POST of JSON when there is a body. */
export type RequestApi = (path: string, body?: object) => Promise<Response>;

/** Numbers in [0, 1), the same row for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const WORDS = (
  'river stone bridge winter market engine garden letter copper window harbour lamp forest train bread clock salt ' +
  'ladder mirror orchard paper rope signal tower valley wheel anchor basket candle drawer feather glass hammer island ' +
  'carries holds follows opens measures repairs crosses gathers keeps turns behind under beside between without the a ' +
  'every another old quiet heavy narrow bright distant'
).split(' ');

/** Each a text of its own, in turn in every format of the fast lane; about `chunks` times `wordsPerChunk` words. */
export function generateDocuments(
  random: () => number,
  count: number,
  { chunks, wordsPerChunk }: { chunks: () => number; wordsPerChunk: number },
): GeneratedDocument[] {
  const formats = Object.keys(FORMATS) as (keyof typeof FORMATS)[];
  return Array.from({ length: count }, (_, index) => {
    const format = formats[index % formats.length]!;
    const marker = `zq${[...index.toString(6).padStart(4, '0')].map((digit) => 'bdfgkm'[Number(digit)]).join('')}`;
    const words = Math.round(chunks() * wordsPerChunk);
    const paragraphs = generateParagraphs(random, words);
    return { filename: `${marker}.${format}`, content: FORMATS[format](marker, paragraphs), marker };
  });
}

function generateParagraphs(random: () => number, words: number): string[] {
  const pick = (): string => WORDS[Math.floor(random() * WORDS.length)]!;
  const paragraphs: string[] = [];
  for (let left = words; left > 0;) {
    const sentences: string[] = [];
    for (let sentence = 0; sentence < 4 && left > 0; sentence += 1) {
      const length = Math.min(left, 6 + Math.floor(random() * 9));
      left -= length;
      sentences.push(`${Array.from({ length }, pick).join(' ')}.`);
    }
    paragraphs.push(sentences.join(' '));
  }
  return paragraphs;
}

const FORMATS = {
  txt: (marker: string, paragraphs: string[]) => [`Note ${marker}.`, ...paragraphs].join('\n\n'),
  md: (marker: string, paragraphs: string[]) =>
    [`# ${marker}`, ...paragraphs.map((text, index) => (index % 6 === 0 ? `## Part ${index}\n\n${text}` : text))].join(
      '\n\n',
    ),
  html: (marker: string, paragraphs: string[]) =>
    `<!doctype html><html><body><p>${marker}</p>${paragraphs.map((text) => `<p>${text}</p>`).join('\n')}</body></html>`,
  json: (marker: string, paragraphs: string[]) => JSON.stringify({ name: marker, paragraphs }, null, 2),
  csv: (marker: string, paragraphs: string[]) =>
    ['number,text', `0,${marker}`, ...paragraphs.map((text, index) => `${index + 1},"${text}"`)].join('\n'),
} as const;

/**
 * Reads one completed document in every way there is: its bytes, its text, its chunks page by page, and search.
 * @throws Error on an answer other than 200
 */
export async function readDocument(request: RequestApi, id: string, marker: string): Promise<Reading> {
  const get = async (path: string, body?: object): Promise<Response> => {
    const response = await request(path, body);
    if (response.status !== 200) throw new Error(`${path} was answered ${response.status}: ${await response.text()}`);
    return response;
  };
  const document = (await (await get(`/api/documents/${id}`)).json()) as Untyped;
  const bytes = Buffer.from(await (await get(`/api/documents/${id}/content`)).arrayBuffer());
  const text = await (await get(`/api/documents/${id}/text`)).text();
  const chunks: Untyped[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const query = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page = (await (await get(`/api/documents/${id}/chunks?limit=5${query}`)).json()) as Untyped;
    chunks.push(...page.items);
    cursor = page.nextCursor as string | null;
  }
  if (chunks.length > HITS) throw new Error(`${document.filename} has too many chunks to compare: ${chunks.length}.`);
  const found = (await (await get('/api/search', { query: marker, mode: 'keyword', topK: HITS })).json()) as Untyped;
  const hits = (found.results as Untyped[])
    .map(({ documentId, metadata }) => [documentId === id, metadata.charStart, metadata.charEnd])
    .sort((one, other) => one[1] - other[1]);
  const seen = [
    createHash('sha256').update(bytes).digest('hex'),
    document.filename,
    document.chunkCount,
    text,
    chunks.map(({ ordinal, content, charStart, charEnd }) => [ordinal, content, charStart, charEnd]),
    hits,
  ];
  return {
    ordinals: chunks.map(({ ordinal }) => ordinal as number),
    hits: hits.length,
    digest: createHash('sha256').update(JSON.stringify(seen)).digest('hex'),
  };
}
