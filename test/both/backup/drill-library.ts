import { createHash } from 'node:crypto';
import {
  CollectionScope,
  EmbeddingSpacesRepository,
  FilterReach,
  PassagesRepository,
  SwitchesRepository,
  VectorsRepository,
  WordIndexRepository,
  WordsRepository,
} from '@vectorlane/documents';
import type { EmbeddingProvider } from '@vectorlane/embeddings';
import { Metrics } from '@vectorlane/metrics';
import { SearchService } from '@vectorlane/search';
import type { DataSource } from 'typeorm';
import { CandidateSearch } from '../../../libs/search/src/candidate-search';
import { KeywordSearch } from '../../../libs/search/src/keyword-search';
import type { RecallProbe } from '../../../libs/search/src/recall-probe';
import type { Place } from './seeded-database';

/**
 * A library of many small documents and questions to it. Words are hashed into the vectors, so that the product's own
 * search runs without a model, and every document and question is the same in each run.
 */

const DIMENSION = 32;
const SPACE = {
  model: 'hashed words',
  weightsDigest: 'd',
  numberType: 'fp32',
  dimension: DIMENSION,
  pooling: 'mean',
} as const;
const WORDS_EACH = 40;
const VOCABULARY = Array.from({ length: 2_000 }, (_, index) => spelled(index));
/** Parts of one that numbers of two bytes hold exactly: on every engine the same vectors are the same. */
const EXACT = 2_048;
/** Rows of one statement. */
const BATCH = 250;

export interface Library {
  readonly counts: unknown;
  /** SHA-256 of the bytes that are there, document by document. */
  readonly contents: unknown;
  /** Ten best chunks of each question by meaning and by words, exact and in order. */
  readonly answers: readonly (readonly string[])[];
  /** The same by the vector index, which is approximate and rebuilt by a restore. */
  readonly byIndex: readonly (readonly string[])[];
}

export async function fillLibrary(place: Place, documents: number): Promise<void> {
  await place.fill(async (dataSource) => {
    const { table } = await new EmbeddingSpacesRepository(dataSource).activate(SPACE, 'refuse');
    for (let from = 0; from < documents; from += BATCH) {
      const numbers = Array.from({ length: Math.min(BATCH, documents - from) }, (_, index) => from + index);
      const texts = numbers.map(textOf);
      const bytes = texts.map((text) => Buffer.from(text));
      const ids = numbers.map((number) => uuid('d', number));
      const chunkIds = numbers.map((number) => uuid('c', number));
      await dataSource.query('INSERT INTO contents (id) SELECT unnest($1::uuid[])', [ids]);
      await dataSource.query(
        'INSERT INTO content_parts SELECT id, 0, bytes FROM unnest($1::uuid[], $2::bytea[]) AS t(id, bytes)',
        [ids, bytes],
      );
      await dataSource.query(
        `INSERT INTO documents (id, sha256, content_id, filename, format, lane, media_type, size_bytes, metadata, status, stage,
                                generation, visible_generation, chunk_count, language)
         SELECT id, sha256(bytes), id, 'note ' || number, 'txt', 'fast', 'text/plain', length(bytes), '{"drill": true}',
                'completed', 'completed', 1, 1, 1, 'english'
           FROM unnest($1::uuid[], $2::bytea[], $3::integer[]) AS t(id, bytes, number)`,
        [ids, bytes, numbers],
      );
      await dataSource.query(
        'INSERT INTO document_texts SELECT id, 1, text FROM unnest($1::uuid[], $2::text[]) AS t(id, text)',
        [ids, texts],
      );
      await dataSource.query(
        `INSERT INTO chunks (id, document_id, generation, ordinal, content, char_start, char_end, token_count)
         SELECT chunk_id, id, 1, 0, text, 0, length(text), ${WORDS_EACH}
           FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS t(chunk_id, id, text)`,
        [chunkIds, ids, texts],
      );
      await dataSource.query(
        `INSERT INTO ${table} SELECT id, vector::vector FROM unnest($1::uuid[], $2::text[]) AS t(id, vector)`,
        [chunkIds, texts.map((text) => `[${hashed(text).join()}]`)],
      );
    }
  });
}

export function readLibrary(place: Place, questions: number): Promise<Library> {
  return place.use(async (dataSource) => {
    await new WordIndexRepository(dataSource).analyseAll();
    const search = await searchOn(dataSource);
    const scope = CollectionScope.allBut([]);
    const asked = Array.from({ length: questions }, (_, index) => wordsOf(7_919 * (index + 1), 3).join(' '));
    const answers: string[][] = [];
    const byIndex: string[][] = [];
    for (const query of asked) {
      // What every document matches makes the answer an exact one.
      const { hits } = await search.search({
        query,
        topK: 10,
        mode: 'hybrid',
        filter: { scope, metadata: [['drill', { eq: true }]] },
      });
      answers.push(hits.map(({ chunkId }) => chunkId));
      byIndex.push(
        (await search.search({ query, topK: 10, mode: 'vector', filter: { scope } })).hits.map(
          ({ chunkId }) => chunkId,
        ),
      );
    }
    const [counts] = await dataSource.query<unknown[]>(
      `SELECT (SELECT count(*)::integer FROM documents WHERE status = 'completed') AS documents,
              (SELECT count(*)::integer FROM visible_chunks) AS chunks,
              (SELECT count(*)::integer FROM document_texts) AS texts,
              (SELECT count(*)::integer FROM contents) AS contents`,
    );
    const contents = await dataSource.query<unknown[]>(
      `SELECT d.id, encode(sha256(string_agg(p.bytes, '' ORDER BY p.part)), 'hex') AS stored, encode(d.sha256, 'hex') AS accepted
         FROM documents d JOIN content_parts p ON p.content_id = d.content_id GROUP BY d.id, d.sha256 ORDER BY d.id`,
    );
    return { counts, contents, answers, byIndex };
  });
}

export const acceptedDigest = (number: number): string => createHash('sha256').update(textOf(number)).digest('hex');

async function searchOn(dataSource: DataSource): Promise<SearchService> {
  const spaces = new EmbeddingSpacesRepository(dataSource);
  await spaces.activate(SPACE, 'refuse');
  const passages = new PassagesRepository(dataSource);
  const reach = new FilterReach(dataSource);
  const keywords = new KeywordSearch(new WordsRepository(dataSource, spaces), reach);
  const vectors = new VectorsRepository(dataSource, spaces, reach);
  const probe = { offer: () => undefined } as Partial<RecallProbe> as RecallProbe;
  const candidates = new CandidateSearch(vectors, keywords, passages, probe, reach);
  const provider = {
    space: SPACE,
    reads: () => true,
    embed: (texts: readonly string[]) => Promise.resolve(texts.map(hashed)),
  };
  return new SearchService(
    provider as Partial<EmbeddingProvider> as EmbeddingProvider,
    candidates,
    passages,
    new Metrics(),
    new SwitchesRepository(dataSource),
  );
}

const textOf = (number: number): string => wordsOf(number + 1, WORDS_EACH).join(' ');

/** Words by a linear congruential generator: as good as drawn, and the same every time. */
function wordsOf(seed: number, count: number): string[] {
  let state = Math.imul(seed, 2_654_435_761) >>> 0;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return VOCABULARY[Math.floor((state / 2 ** 32) * VOCABULARY.length)] ?? '';
  });
}

/** Syllables that no stemmer cuts. */
function spelled(index: number): string {
  const syllables = [
    'bak',
    'dom',
    'fup',
    'gil',
    'hoz',
    'jun',
    'kav',
    'lor',
    'mub',
    'nik',
    'pod',
    'rav',
    'tol',
    'vuk',
    'wim',
  ];
  return [index, Math.floor(index / 15), Math.floor(index / 225)].map((digit) => syllables[digit % 15]).join('');
}

function hashed(text: string): Float32Array {
  const vector = new Float32Array(DIMENSION);
  for (const word of text.split(' ')) {
    // SHA-256: as many bytes as there are places.
    for (const [place, byte] of createHash('sha256').update(word).digest().entries()) {
      vector[place] = (vector[place] ?? 0) + byte - 127.5;
    }
  }
  const length = Math.hypot(...vector);
  return vector.map((value) => Math.round((value / length) * EXACT) / EXACT);
}

const uuid = (kind: string, number: number): string =>
  `${kind.repeat(8)}-0000-4000-8000-${String(number).padStart(12, '0')}`;
