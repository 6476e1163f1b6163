// A PostgreSQL and a Redis of its own for one side of a benchmark, of which it is known what they take.
import { Redis } from 'ioredis';
import pg from 'pg';
import { startServers } from '../../scripts/test-servers/servers.mjs';
import { parentOf } from './processes.mjs';

/** @typedef {Awaited<ReturnType<typeof startMeasuredServers>>} MeasuredServers */

export async function startMeasuredServers() {
  const servers = await startServers();
  const { TEST_DATABASE_URL: url, TEST_REDIS_URL: redisUrl } = servers.env;
  const admin = new pg.Client({ connectionString: url });
  try {
    await admin.connect();
    const { rows } = await admin.query('SELECT pg_backend_pid() AS pid');
    const redis = new Redis(redisUrl);
    const process = /process_id:(\d+)/.exec(await redis.info('server'))?.[1];
    redis.disconnect();
    return {
      redisUrl,
      /** Of the servers; their children are below them. */
      pids: [parentOf(rows[0].pid), Number(process)],
      /** @param {string} name @returns {Promise<string>} URL of a new database */
      async database(name) {
        await admin.query(`CREATE DATABASE ${name}`);
        const own = new URL(url);
        own.pathname = `/${name}`;
        return own.href;
      },
      async stop() {
        await admin.end();
        await servers.stop();
      },
    };
  } catch (error) {
    await admin.end();
    await servers.stop();
    throw error;
  }
}
