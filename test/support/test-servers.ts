import { randomBytes } from 'node:crypto';
import { loadConfig } from '@vectorlane/config';
import { migrate, openBackend } from '@vectorlane/database';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { digestOfMigrations, type Schema } from './data-folder';

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

  const database = await freshDatabase(databaseUrl, 'product');
  const redis = await claimRedisDatabase(redisUrl);
  return {
    settings: { DATABASE_URL: database.url, REDIS_URL: redis.url },
    close: async () => {
      await redis.release();
      await database.drop();
    },
  };
}

/** @param schema `product` may save the service its migrations; it makes them where it has to */
export async function freshDatabase(
  serverUrl: string,
  schema: Schema,
): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `vectorlane_test_${randomBytes(6).toString('hex')}`;
  // A server of somebody else's is left as it was found: nothing of ours outlives a test there.
  const template =
    schema === 'product' && process.env['TEST_SERVERS_ARE_OURS'] ? await databaseTemplate(serverUrl) : '';
  await administrate(serverUrl, (client) =>
    client.query(`CREATE DATABASE ${name}${template && ` TEMPLATE ${template}`}`),
  );
  return {
    url: databaseAt(serverUrl, name),
    drop: () => administrate(serverUrl, (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`)),
  };
}

/** @returns the name of a database with the product's tables, made by the suite that comes first */
async function databaseTemplate(serverUrl: string): Promise<string> {
  const name = `vectorlane_template_${await digestOfMigrations()}`;
  await administrate(serverUrl, async (client) => {
    const isThere = async (): Promise<boolean> =>
      (await client.query('SELECT FROM pg_database WHERE datname = $1', [name])).rowCount === 1;
    if (await isThere()) return;
    await client.query(`SELECT pg_advisory_lock(hashtext('vectorlane_template'))`);
    if (await isThere()) return;
    const making = `${name}_making`;
    await client.query(`DROP DATABASE IF EXISTS ${making} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${making}`);
    // The two addresses go together in a configuration; nothing here connects to the second.
    const config = loadConfig({
      NODE_ENV: 'test',
      DATABASE_URL: databaseAt(serverUrl, making),
      REDIS_URL: 'redis://127.0.0.1:1',
    });
    const backend = await openBackend(config);
    try {
      await migrate(backend, config);
    } finally {
      await backend.close();
    }
    await client.query(`ALTER DATABASE ${making} RENAME TO ${name}`);
  });
  return name;
}

function databaseAt(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function administrate(url: string, work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

/** Logical databases 1 to 15 are handed out by a key in database 0, so that suites running side by side do not meet. */
export async function claimRedisDatabase(redisUrl: string): Promise<{ url: string; release(): Promise<void> }> {
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
