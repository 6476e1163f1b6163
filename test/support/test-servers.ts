import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { Client } from 'pg';

/**
 * Where a test's data lives: nowhere when the engines run inside, else a database of its own on the server that
 * TEST_DATABASE_URL names and a logical database of its own on TEST_REDIS_URL.
 */
export interface TestServers {
  readonly settings: Record<string, string>;
  close(): Promise<void>;
}

export async function openTestServers(): Promise<TestServers> {
  const databaseUrl = process.env['TEST_DATABASE_URL'];
  const redisUrl = process.env['TEST_REDIS_URL'];
  if (!databaseUrl || !redisUrl) return { settings: {}, close: () => Promise.resolve() };

  const name = `vectorlane_test_${randomBytes(6).toString('hex')}`;
  await administrate(databaseUrl, `CREATE DATABASE ${name}`);
  const database = new URL(databaseUrl);
  database.pathname = `/${name}`;
  const redis = await claimRedisDatabase(redisUrl);
  return {
    settings: { DATABASE_URL: database.href, REDIS_URL: redis.url },
    close: async () => {
      await redis.release();
      await administrate(databaseUrl, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

async function administrate(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** Logical databases 1 to 15 are handed out by a key in database 0, so that suites running side by side do not meet. */
async function claimRedisDatabase(redisUrl: string): Promise<{ url: string; release(): Promise<void> }> {
  const redis = new Redis(redisUrl);
  try {
    for (let index = 1; index <= 15; index += 1) {
      if ((await redis.set(`test-database:${index}`, process.pid, 'EX', 1_800, 'NX')) !== 'OK') continue;
      await redis.select(index);
      await redis.flushdb();
      await redis.select(0);
      const url = new URL(redisUrl);
      url.pathname = `/${index}`;
      return {
        url: url.href,
        release: async () => {
          const last = new Redis(redisUrl);
          await last.select(index);
          await last.flushdb();
          await last.select(0);
          await last.del(`test-database:${index}`);
          await last.quit();
        },
      };
    }
    throw new Error('All logical databases of the test Redis are taken.');
  } finally {
    await redis.quit();
  }
}
