// Whether a document costs the same among ten thousand (with --large, a hundred thousand) as among one thousand.
import assert from 'node:assert/strict';
import { connected, untilIdle } from '../support/database.mjs';
import { startFreeEmbedder } from '../support/free-embedder.mjs';
import { compared } from '../support/harness.mjs';
import { cpuMicrosOf } from '../support/processes.mjs';
import { startMeasuredServers } from '../support/servers.mjs';
import { inParallel, startService } from '../support/service.mjs';
import { textOf } from '../support/texts.mjs';

const GOAL = 1.15;
/** A chunk each. */
const WORDS = 120;
const CLIENTS = 4;
const FULL = { levels: [10_000, 1_000], size: { units: 64, rounds: 9, warmUp: 32 } };
const LARGE = { ...FULL, levels: [100_000, 10_000, 1_000] };
const QUICK = { levels: [40, 20], size: { units: 8, rounds: 1, warmUp: 0 } };

/**
 * @param {{ quick: boolean, large: boolean }} options
 * @returns {Promise<Partial<import('../support/harness.mjs').Result>>}
 */
export async function run({ quick, large }) {
  const { levels, size } = quick ? QUICK : large ? LARGE : FULL;
  const nameOf = (/** @type {number} */ level) => `among ${level.toLocaleString('en')}`;
  const embedder = await startFreeEmbedder();
  const stops = [embedder.stop];
  try {
    const sides = [];
    for (const level of levels) {
      const servers = await startMeasuredServers();
      stops.push(servers.stop);
      const url = await servers.database('ours');
      const service = await startService({ ...embedder.settings, DATABASE_URL: url, REDIS_URL: servers.redisUrl });
      stops.push(service.stop);
      const database = await connected(url);
      stops.push(() => database.end());
      let sent = 0;
      const work = async (/** @type {number} */ count) => {
        const numbers = Array.from({ length: count }, (_, at) => sent + at);
        sent += count;
        await inParallel(numbers, CLIENTS, (number) =>
          service.call('/api/documents/text', { text: textOf(number, WORDS), filename: `${number}.txt` }),
        );
        await untilIdle(database);
      };
      await work(level);
      const [{ documents, chunks }] = (await service.call('/api/collections')).items;
      assert.deepEqual({ documents, chunks }, { documents: level, chunks: level });
      await database.query('VACUUM ANALYZE');
      sides.push({ name: nameOf(level), cpuMicros: () => cpuMicrosOf([service.pid, ...servers.pids]), work });
    }
    const [most, ...fewer] = levels;
    const goals = Object.fromEntries(fewer.map((level) => [nameOf(level), GOAL]));
    return {
      title: 'A document among many',
      about:
        'Short texts, a chunk each, from `POST /api/documents/text` to completed, in two databases that hold so many ' +
        'already: CPU of the service, PostgreSQL and Redis together. Vectors come from an endpoint whose CPU is not counted.',
      comparisons: await compared({ case: `ingesting ${nameOf(most)}`, unit: 'document', goals }, sides, size),
    };
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}
