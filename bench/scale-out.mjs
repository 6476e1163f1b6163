// Do two workers do twice the work of one? One API, one or two workers in turn, and an embedder that takes a fixed time
// for each request. Needs the servers that `npm run test:server` installs. node bench/scale-out.mjs
import { startServers } from '../scripts/test-servers/servers.mjs';
import { memoryOf } from './support/processes.mjs';
import { inParallel, startService, startWorker } from './support/service.mjs';
import { startSlowEmbedder } from './support/slow-embedder.mjs';

const LATENCY_MS = Number(process.env.BENCH_LATENCY_MS ?? 600);
const DOCUMENTS = Number(process.env.BENCH_DOCUMENTS ?? 80);
const ROUNDS = [1, 2, 2, 1, 1, 2];

const servers = await startServers();
const embedder = await startSlowEmbedder({ latencyMs: LATENCY_MS, dimensions: 16 });
const settings = {
  DATABASE_URL: servers.env.TEST_DATABASE_URL,
  REDIS_URL: servers.env.TEST_REDIS_URL,
  ...embedder.settings,
};
const api = await startService({ ...settings, ROLE: 'api' });

/** @type {Record<number, number[]>} */
const rates = { 1: [], 2: [] };
const memory = [];
try {
  for (const [round, count] of ROUNDS.entries()) {
    const workers = await Promise.all(Array.from({ length: count }, () => startWorker(settings)));
    // All of them wait in line, and the workers hold their first ones, when the clock starts.
    embedder.shut();
    await inParallel(Array.from({ length: DOCUMENTS }), 8, (_, index) =>
      api.call('/api/documents/text', { text: `Round ${round}, note ${index}: a keeper lights the lamp.` }),
    );
    const startedAt = performance.now();
    embedder.open();
    await api.untilIdle();
    const rate = DOCUMENTS / ((performance.now() - startedAt) / 1_000);
    rates[count].push(rate);
    memory.push(...workers.map(({ pid }) => memoryOf(pid).resident / 2 ** 20));
    process.stdout.write(`${count} worker${count > 1 ? 's' : ''}: ${rate.toFixed(2)} documents a second\n`);
    for (const worker of workers) await worker.stop();
  }
  /** @param {number[]} values */
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  /** @param {number[]} values */
  const spread = (values) => `${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)}`;
  process.stdout.write(
    `\n${DOCUMENTS} documents a round, ${LATENCY_MS} ms a vector\n\n` +
      '| workers | documents a second, mean | in the rounds |\n|---|---|---|\n' +
      [1, 2].map((count) => `| ${count} | ${mean(rates[count]).toFixed(2)} | ${spread(rates[count])} |\n`).join('') +
      `\ntwo do ${(mean(rates[2]) / mean(rates[1])).toFixed(2)} times the work of one\n` +
      `a worker's memory after a round: ${mean(memory).toFixed(0)} MiB\n`,
  );
} finally {
  await api.stop();
  await embedder.stop();
  await servers.stop();
}
