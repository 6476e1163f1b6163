// What all servers of this benchmark answer with, and the key that opens them.
import { createHash } from 'node:crypto';

export const KEY_ID = 'BenchBench01';
const SECRET = 'q'.repeat(43);
export const KEY = `vl_${KEY_ID}_${SECRET}`;
export const SECRET_SHA256 = createHash('sha256').update(SECRET).digest();
/** A minute, for each key: more than the one of all of them comes to here. */
export const LIMIT = 1_000_000;
/** The one page of others that may call. */
export const ORIGIN = 'https://app.example';
export const MODES = ['vector', 'keyword', 'hybrid'];
export const BUCKETS = [0.01, 0.05, 0.1, 0.5, 1, 2, 5];
export const DOCUMENT_ID = '5a3c0d4e-6f0b-4b8c-9d53-0f3f6c9f0b11';

const PASSAGE =
  'In the cold months the colony forms a cluster around the queen and shivers to keep warm. The bees on the outside ' +
  'move inwards by and by, so that each has its turn in the middle, and the honey above is eaten from below upwards.';

/** Five passages, as a search is answered. */
export const HITS = Array.from({ length: 5 }, (_, at) => ({
  documentId: DOCUMENT_ID,
  chunkId: `0b8f7f0e-93f1-4f6c-8b43-4f5a2f8f2c7${at}`,
  content: PASSAGE,
  score: 0.98 - at / 10,
  place: { heading: 'Bees > Winter' },
  metadata: { filename: 'bees.md', format: 'md', charStart: 120, charEnd: 340, document: { shelf: at } },
}));

export const QUESTION = { query: 'how do bees survive the winter?', topK: 5, mode: 'hybrid' };

/** As it is told to callers. */
export const DOCUMENT = {
  id: DOCUMENT_ID,
  collection: 'default',
  revision: 1,
  filename: 'bees.md',
  format: 'md',
  lane: 'fast',
  status: 'completed',
  sizeBytes: 4_096,
  metadata: { shelf: 7 },
  attempts: 0,
  stage: 'completed',
  percent: 100,
  chunkCount: 12,
  timings: { extractMs: 12, embedMs: 230 },
  createdAt: '2026-11-30T12:00:00.000Z',
  updatedAt: '2026-11-30T12:00:01.000Z',
};
