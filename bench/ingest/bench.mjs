// What it costs to take documents in. With the model: chunks, beside the same chunks embedded and nothing else done,
// on servers and in one process. With an embedder that costs nothing: documents, beside a queue whose jobs copy the
// finished rows.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../scripts/bootstrap.mjs';
import { sameVectors } from '../embed/same-vectors.mjs';
import { startContender } from '../support/contender.mjs';
import { connected } from '../support/database.mjs';
import { compared } from '../support/harness.mjs';
import { openModel } from '../support/model.mjs';
import { cpuMicrosOf } from '../support/processes.mjs';
import { startMeasuredServers } from '../support/servers.mjs';
import { inParallel, startService, startWorker } from '../support/service.mjs';
import { documentOf, MIX_DOCUMENTS } from '../support/texts.mjs';
import { withoutModel } from './without-model.mjs';

/**
 * @typedef {{ texts: string[], chunks: string[][], first: number[] }} Documents first: number of each one's first chunk
 * @typedef {{ service: import('../support/service.mjs').Service, pids: number[],
 *   completed(count: number): Promise<void>, stored?: (documentId: string) => Promise<number[][]> }} Profile stored:
 *   its vectors in order
 */

const EMBEDDING = 'embedding alone';
const FULL = { units: 8 * MIX_DOCUMENTS, rounds: 5, warmUp: MIX_DOCUMENTS };
const QUICK = { units: 1, rounds: 1, warmUp: 0 };
/** One thread, as there is in the loop beside it; each line of the log that an operator sees by default. */
const SETTINGS = { EMBEDDING_THREADS: '1', LOG_LEVEL: 'info' };
const CLIENTS = 2;
/** Half precision, in which they are stored. */
const STORED_TOLERANCE = 5e-4;

/** @param {{ quick: boolean }} options @returns {Promise<Partial<import('../support/harness.mjs').Result>>} */
export async function run({ quick }) {
  const size = quick ? QUICK : FULL;
  const comparisons = [];
  const folder = mkdtempSync(join(tmpdir(), 'vectorlane-bench-'));
  try {
    const documents = await prepared(folder, size.warmUp + size.units * size.rounds + (quick ? 1 : MIX_DOCUMENTS));
    const raw = await startContender(join(ROOT, 'bench/embed/raw.mjs'), {
      log: join(folder, 'log'),
      args: [join(folder, 'models')],
    });
    try {
      await raw.ask('texts', documents.chunks.flat());
      if (!quick) {
        const what = { case: 'ingesting, servers', goals: { [EMBEDDING]: 0.9 } };
        comparisons.push(...(await onServers((profile) => comparedTo(raw, documents, profile, what, size))));
      }
      const what = { case: 'ingesting, one process', goals: { [EMBEDDING]: 0.8 } };
      comparisons.push(...(await embedded((profile) => comparedTo(raw, documents, profile, what, size))));
    } finally {
      await raw.stop();
    }
    comparisons.push(...(await withoutModel({ quick })));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return {
    title: 'Taking documents in',
    about:
      'Notes, letters, articles and reports (120 to 2,000 words, a chunk to a dozen) from `POST /api/documents/text` to ' +
      'completed. With the model, in one thread: CPU of the API, the worker, PostgreSQL and Redis together (or of the one ' +
      'process), beside a loop that embeds the same chunks. Without: vectors come from an endpoint whose CPU is not ' +
      'counted; beside BullMQ jobs which COPY the finished rows, with every index and key, in one transaction each.',
    comparisons,
  };
}

/** @param {string} folder @param {number} count @returns {Promise<Documents>} */
async function prepared(folder, count) {
  const { chunksOf } = await openModel(join(folder, 'models'));
  const texts = Array.from({ length: count }, (_, number) => documentOf(number));
  const chunks = [];
  const first = [];
  let number = 0;
  for (const text of texts) {
    first.push(number);
    chunks.push(await chunksOf(text));
    number += chunks[chunks.length - 1].length;
  }
  return { texts, chunks, first };
}

/** @template T @param {(profile: Profile) => Promise<T>} work */
async function onServers(work) {
  const servers = await startMeasuredServers();
  const stops = [servers.stop];
  try {
    const settings = { ...SETTINGS, DATABASE_URL: await servers.database('ours'), REDIS_URL: servers.redisUrl };
    const service = await startService({ ...settings, ROLE: 'api' });
    stops.push(service.stop);
    const worker = await startWorker(settings);
    stops.push(worker.stop);
    const database = await connected(settings.DATABASE_URL);
    stops.push(() => database.end());
    return await work({
      service,
      pids: [service.pid, worker.pid, ...servers.pids],
      completed: worker.completed,
      async stored(documentId) {
        const { rows: spaces } = await database.query('SELECT id FROM embedding_spaces WHERE is_current');
        const { rows } = await database.query(
          `SELECT e.embedding::text AS vector FROM chunks c JOIN vectors_${spaces[0].id} e ON e.chunk_id = c.id
            WHERE c.document_id = $1 ORDER BY c.ordinal`,
          [documentId],
        );
        return rows.map(({ vector }) => JSON.parse(vector));
      },
    });
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

/** @template T @param {(profile: Profile) => Promise<T>} work */
async function embedded(work) {
  const service = await startService(SETTINGS);
  try {
    return await work({ service, pids: [service.pid], completed: service.completed });
  } finally {
    await service.stop();
  }
}

/**
 * @param {import('../support/contender.mjs').Contender} raw that has the chunks
 * @param {Documents} documents
 * @param {Profile} profile
 * @param {{ case: string, goals: Record<string, number> }} what
 * @param {typeof FULL} size
 */
async function comparedTo(raw, documents, profile, what, size) {
  const { service, pids } = profile;
  const timed = size.warmUp + size.units * size.rounds;
  for (let number = timed; number < documents.texts.length; number += 1) await verify(raw, documents, profile, number);
  let [sent, looped] = [0, 0];
  /** @param {number} from @param {number} count */
  const range = (from, count) => Array.from({ length: count }, (_, at) => from + at);
  /** @param {number[]} numbers */
  const chunksOf = (numbers) => numbers.flatMap((number) => range(documents.first[number], documents.chunks[number].length)); // prettier-ignore
  const ours = {
    name: 'ours',
    cpuMicros: () => cpuMicrosOf(pids),
    async work(/** @type {number} */ count) {
      const numbers = range(sent, count);
      sent += count;
      await inParallel(numbers, CLIENTS, (number) =>
        service.call('/api/documents/text', { text: documents.texts[number], filename: `${number}.txt` }),
      );
      await profile.completed(count);
      return chunksOf(numbers).length;
    },
  };
  const peer = {
    name: EMBEDDING,
    cpuMicros: raw.cpuMicros,
    async work(/** @type {number} */ count) {
      const chunks = chunksOf(range(looped, count));
      looped += count;
      await raw.ask('embed', chunks);
      return chunks.length;
    },
  };
  const rows = await compared({ ...what, unit: 'chunk', better: 'more' }, [ours, peer], size);
  const { items } = await service.call('/api/collections');
  assert.equal(items[0].chunks, documents.chunks.flat().length, 'chunks that are there in the end');
  return rows;
}

/**
 * That a document comes to the same chunks and vectors as in the loop.
 * @param {import('../support/contender.mjs').Contender} raw
 * @param {Documents} documents
 * @param {Profile} profile
 * @param {number} number
 */
async function verify(raw, { texts, chunks, first }, { service, completed, stored }, number) {
  const { id } = await service.call('/api/documents/text', { text: texts[number], filename: `${number}.txt` });
  await completed(1);
  const { items } = await service.call(`/api/documents/${id}/chunks?limit=100`);
  const contents = items.map((/** @type {{ content: string }} */ { content }) => content);
  assert.deepEqual(contents, chunks[number]);
  const { results } = await service.call('/api/search', { query: contents[0], mode: 'vector', topK: 1 });
  assert.equal(results[0].content, contents[0], 'the nearest to itself');
  if (stored === undefined) return;
  const numbers = contents.map((/** @type {string} */ _, /** @type {number} */ at) => first[number] + at);
  sameVectors(await stored(id), await raw.ask('vectors', numbers), STORED_TOLERANCE);
}
