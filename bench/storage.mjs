// How much disk a chunk takes in PostgreSQL, by table and index, and what that makes for a million: prose of about 256
// tokens a chunk, vectors of 384 dimensions from a stand-in (their size does not depend on what they say). Needs the
// servers that `npm run test:server` installs. node bench/storage.mjs
import pg from 'pg';
import { startServers } from '../scripts/test-servers/servers.mjs';
import { inParallel, startService } from './support/service.mjs';
import { startSlowEmbedder } from './support/slow-embedder.mjs';

const DOCUMENTS = Number(process.env.BENCH_DOCUMENTS ?? 40);
const SENTENCES = 1_600;

/**
 * Words as often as in prose: a few everywhere, most of them rare.
 * @param {number} index
 */
function word(index) {
  const rank = Math.floor(Math.exp(((index * 7_919) % 1_000) / 100));
  return `w${rank.toString(36)}ord`;
}

/** @param {number} note */
function text(note) {
  const sentences = Array.from({ length: SENTENCES }, (_, line) => {
    const words = Array.from({ length: 9 }, (_, at) => word(note * 131 + line * 17 + at * 3));
    return `The keeper of ${note} ${words.join(' ')} on day ${line}.`;
  });
  return sentences.join(' ');
}

const servers = await startServers();
const embedder = await startSlowEmbedder({ latencyMs: 0, dimensions: 384 });
const service = await startService({
  DATABASE_URL: servers.env.TEST_DATABASE_URL,
  REDIS_URL: servers.env.TEST_REDIS_URL,
  FAST_LANE_CONCURRENCY: '4',
  ...embedder.settings,
});
const database = new pg.Client({ connectionString: servers.env.TEST_DATABASE_URL });
try {
  await database.connect();
  await inParallel(Array.from({ length: DOCUMENTS }), 4, (_, note) =>
    service.call('/api/documents/text', { text: text(note), filename: `${note}.txt` }),
  );
  await service.untilIdle();
  await database.query('VACUUM ANALYZE');
  const { rows: counted } = await database.query('SELECT count(*)::int AS chunks FROM visible_chunks');
  const { chunks } = counted[0];
  const { rows } = await database.query(
    `SELECT relname AS name, pg_table_size(oid)::float AS heap, pg_indexes_size(oid)::float AS indexes
       FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
        AND pg_total_relation_size(oid) > 200000 ORDER BY pg_total_relation_size(oid) DESC`,
  );
  /** @param {number} bytes */
  const perMillion = (bytes) => `${(((bytes / chunks) * 1e6) / 1e9).toFixed(2)} GB`;
  process.stdout.write(`${chunks} chunks of ${DOCUMENTS} documents\n\n`);
  process.stdout.write('| table | rows, per million chunks | indexes, per million chunks |\n|---|---|---|\n');
  for (const { name, heap, indexes } of rows) {
    process.stdout.write(`| \`${name}\` | ${perMillion(heap)} | ${perMillion(indexes)} |\n`);
  }
  const total = rows.reduce((sum, { heap, indexes }) => sum + heap + indexes, 0);
  process.stdout.write(`| together | ${perMillion(total)} | |\n`);
} finally {
  await database.end();
  await service.stop();
  await embedder.stop();
  await servers.stop();
}
