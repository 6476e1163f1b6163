// What all but the model costs: documents whose vectors come from an endpoint that costs nothing, beside BullMQ jobs
// which COPY the same rows. The rows are made by a rehearsal.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../scripts/bootstrap.mjs';
import { startContender } from '../support/contender.mjs';
import { connected, untilIdle } from '../support/database.mjs';
import { startFreeEmbedder } from '../support/free-embedder.mjs';
import { compared } from '../support/harness.mjs';
import { cpuMicrosOf } from '../support/processes.mjs';
import { startMeasuredServers } from '../support/servers.mjs';
import { inParallel, startService, startWorker } from '../support/service.mjs';
import { documentOf, MIX_DOCUMENTS } from '../support/texts.mjs';

const COPY = 'BullMQ and COPY';
const GOAL = 0.5;
const CLIENTS = 4;
/** Compared row by row, before others are timed. */
const VERIFIED = MIX_DOCUMENTS;
const FULL = { units: 8 * 3 * MIX_DOCUMENTS, rounds: 5, warmUp: 6 * MIX_DOCUMENTS };
const QUICK = { units: 1, rounds: 1, warmUp: 0 };
/** Rows stay as they were written: nothing is folded or swept in the rehearsal. */
const UNTOUCHED = { RECONCILE_INTERVAL_MS: '600000' };

/** @param {{ quick: boolean }} options @returns {Promise<import('../support/harness.mjs').Comparison[]>} */
export async function withoutModel({ quick }) {
  const size = quick ? QUICK : FULL;
  const count = VERIFIED + size.warmUp + size.units * size.rounds;
  const texts = Array.from({ length: count }, (_, number) => documentOf(number));
  const folder = mkdtempSync(join(tmpdir(), 'vectorlane-bench-'));
  /** @type {(() => Promise<void>)[]} */
  const stops = [];
  try {
    const embedder = await startFreeEmbedder();
    stops.push(embedder.stop);
    const own = await startMeasuredServers();
    stops.push(own.stop);
    const theirs = await startMeasuredServers();
    stops.push(theirs.stop);
    const base = { ...embedder.settings, LOG_LEVEL: 'info' };

    const [rehearsed, peers] = [await theirs.database('rehearsal'), await theirs.database('peer')];
    const there = { ...base, ...UNTOUCHED };
    const ids = await rehearse({ ...there, DATABASE_URL: rehearsed, REDIS_URL: `${theirs.redisUrl}/1` }, texts);
    // It makes the tables and goes.
    await (
      await startService({ ...there, DATABASE_URL: peers, REDIS_URL: `${theirs.redisUrl}/2`, ROLE: 'api' })
    ).stop();
    const contender = await startContender(join(ROOT, 'bench/ingest/copy.mjs'), {
      log: join(folder, 'log'),
      args: [peers, theirs.redisUrl],
    });
    stops.push(contender.stop);
    await contender.ask('rows', { url: rehearsed, ids });
    let copied = 0;
    const peer = {
      name: COPY,
      cpuMicros: async () => (await contender.cpuMicros()) + cpuMicrosOf(theirs.pids),
      async work(/** @type {number} */ documents) {
        await contender.ask('store', range(copied, documents));
        copied += documents;
      },
    };

    const settings = { ...base, DATABASE_URL: await own.database('ours'), REDIS_URL: own.redisUrl };
    const service = await startService({ ...settings, ROLE: 'api' });
    stops.push(service.stop);
    const worker = await startWorker(settings);
    stops.push(worker.stop);
    const pids = [service.pid, worker.pid, ...own.pids];
    let sent = 0;
    const ours = {
      name: 'ours',
      cpuMicros: () => cpuMicrosOf(pids),
      async work(/** @type {number} */ documents) {
        const numbers = range(sent, documents);
        sent += documents;
        await send(service, texts, numbers);
        await worker.completed(documents);
      },
    };
    for (const side of [ours, peer]) await side.work(VERIFIED);
    const tables = /** @type {[string, string][]} */ (await contender.ask('tables'));
    await verify({ ours: settings.DATABASE_URL, rehearsed, peers }, ids.slice(0, VERIFIED), tables);
    const what = { case: 'ingesting, no model', unit: 'document', goals: { [COPY]: GOAL } };
    return await compared({ ...what, better: 'more' }, [ours, peer], size);
  } finally {
    for (const stop of stops.reverse()) await stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {number} from @param {number} count */
const range = (from, count) => Array.from({ length: count }, (_, at) => from + at);

/**
 * @param {import('../support/service.mjs').Service} service
 * @param {readonly string[]} texts
 * @param {number[]} numbers
 * @returns {Promise<string[]>} ids of the documents
 */
async function send(service, texts, numbers) {
  /** @type {string[]} */
  const ids = [];
  await inParallel(numbers, CLIENTS, async (number, at) => {
    const document = { text: texts[number], filename: `${number}.txt` };
    ids[at] = (await service.call('/api/documents/text', document)).id;
  });
  return ids;
}

/** @param {NodeJS.ProcessEnv} settings @param {readonly string[]} texts @returns {Promise<string[]>} ids */
async function rehearse(settings, texts) {
  const service = await startService(settings);
  const database = await connected(settings.DATABASE_URL ?? '');
  try {
    const ids = await send(service, texts, range(0, texts.length));
    await untilIdle(database);
    return ids;
  } finally {
    await database.end();
    await service.stop();
  }
}

/**
 * That the peer's rows are those of the rehearsal, and ours say the same under other ids.
 * @param {{ ours: string, rehearsed: string, peers: string }} urls
 * @param {readonly string[]} ids
 * @param {readonly [table: string, which: string][]} tables
 */
async function verify(urls, ids, tables) {
  const [own, rehearsed, peers] = await Promise.all([urls.ours, urls.rehearsed, urls.peers].map(connected));
  try {
    for (const id of ids) {
      for (const [table, which] of tables) {
        const rows = `SELECT count(*)::int AS count, md5(string_agg(t::text, E'\n' ORDER BY t::text)) AS digest
                        FROM ${table} t WHERE ${which}`;
        const [made, copied] = await Promise.all([rehearsed, peers].map((one) => one.query(rows, [id])));
        assert.deepEqual(copied.rows, made.rows, `${table} of ${id}`);
        assert.ok(made.rows[0].count > 0, `${table} has rows`);
      }
    }
    const [vectors] = tables.flatMap(([table]) => (table.startsWith('vectors_') ? [table] : []));
    const said = `SELECT md5(string_agg(concat(d.filename, c.ordinal, c.content, c.place, v.embedding), E'\n'
                                        ORDER BY d.filename, c.ordinal)) AS digest
                    FROM visible_chunks c JOIN documents d ON d.id = c.document_id JOIN ${vectors} v ON v.chunk_id = c.id
                   WHERE d.filename = ANY($1)`;
    const names = ids.map((_, number) => `${number}.txt`);
    const [ours, theirs] = await Promise.all([own, rehearsed].map((one) => one.query(said, [names])));
    assert.deepEqual(ours.rows, theirs.rows, 'chunks and vectors');
  } finally {
    await Promise.all([own, rehearsed, peers].map((one) => one.end()));
  }
}
