// Memory and PostgreSQL connections of each kind of process on servers: at rest, and at most while 40 documents come
// in, once with the model in the process and once with an endpoint. Needs the servers that `npm run test:server`
// installs. node bench/process-memory.mjs
import pg from 'pg';
import { startServers } from '../scripts/test-servers/servers.mjs';
import { memoryOf } from './support/processes.mjs';
import { inParallel, startService, startWorker } from './support/service.mjs';
import { startSlowEmbedder } from './support/slow-embedder.mjs';

const DOCUMENTS = 40;
const MIB = 2 ** 20;

const servers = await startServers();
const embedder = await startSlowEmbedder({ latencyMs: 20, dimensions: 16 });
const database = new pg.Client({ connectionString: servers.env.TEST_DATABASE_URL });
await database.connect();

/**
 * Each pair of embedders and roles has a database and a Redis database of its own: spaces are not mixed.
 * @param {number} index
 * @param {NodeJS.ProcessEnv} extra
 */
async function settingsOf(index, extra) {
  await database.query(`CREATE DATABASE bench_${index}`);
  const url = new URL(servers.env.TEST_DATABASE_URL);
  url.pathname = `/bench_${index}`;
  return { DATABASE_URL: url.href, REDIS_URL: `${servers.env.TEST_REDIS_URL}/${index}`, ...extra };
}

/** @param {number} index */
async function connections(index) {
  const { rows } = await database.query('SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = $1', [
    `bench_${index}`,
  ]);
  return rows[0].count;
}

process.stdout.write(
  '| process | embeddings | at rest | at most | connections, API and worker together |\n|---|---|---|---|---|\n',
);
/** @param {number} index */
const text = (index) => `Note ${index}. ${'The keeper lights the lamp and writes down the weather. '.repeat(60)}`;
/** @type {[string, NodeJS.ProcessEnv][]} */
const EMBEDDERS = [
  ['in the process', {}],
  ['an endpoint', embedder.settings],
];
let index = 0;
try {
  for (const [where, embeddings] of EMBEDDERS) {
    for (const roles of [['all'], ['api', 'worker']]) {
      index += 1;
      const settings = await settingsOf(index, embeddings);
      const api = await startService({ ...settings, ROLE: roles[0] });
      /** @type {[string, number][]} */
      const processes = [[`\`ROLE=${roles[0]}\``, api.pid]];
      const worker = roles[1] && (await startWorker(settings));
      if (worker) processes.push(['worker', worker.pid]);
      await api.call('/api/search', { query: 'who lights the lamp?' });
      const atRest = processes.map(([, pid]) => memoryOf(pid).resident);
      await inParallel(Array.from({ length: DOCUMENTS }), 8, async (_, note) => {
        await api.call('/api/documents/text', { text: text(note) });
        await api.call('/api/search', { query: `note ${note}` });
      });
      await api.untilIdle();
      const open = await connections(index);
      for (const [at, [name, pid]] of processes.entries()) {
        /** @param {number} bytes */
        const mib = (bytes) => `${Math.round(bytes / MIB)} MiB`;
        process.stdout.write(`| ${name} | ${where} | ${mib(atRest[at])} | ${mib(memoryOf(pid).peak)} | ${open} |\n`);
      }
      if (worker) await worker.stop();
      await api.stop();
    }
  }
} finally {
  await database.end();
  await embedder.stop();
  await servers.stop();
}
