import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { Config, loadConfig } from '@vectorlane/config';
import {
  closeDataSource,
  type DatabaseBackend,
  dataSourceOptions,
  GuardedPool,
  migrate,
  openBackend,
  openDataSource,
} from '@vectorlane/database';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { clusterTemplate } from './data-folder';

/**
 * A database of its own for one test file: in a temporary data folder, or a fresh one on the server that
 * TEST_DATABASE_URL names. Tests do not know which, except those of what only one of them has.
 */

if (!process.env['TEST_LOG_LEVEL']) Logger.overrideLogger(false);

export const onServer = Boolean(process.env['TEST_DATABASE_URL']);

export interface DatabaseLocation {
  /** `DATA_DIR`, or `DATABASE_URL` as well: for a configuration, or another process. */
  readonly settings: Readonly<Record<string, string>>;
  dispose(): Promise<void>;
}

export interface TestDatabase {
  readonly dataSource: DataSource;
  readonly backend: DatabaseBackend;
  readonly config: Config;
  readonly embedded: boolean;
  /** More connections beside the data source's own. They end with the database. */
  openPool(size: number): GuardedPool;
  close(): Promise<void>;
}

export interface TestDatabaseOptions {
  /** Default: the product's migrations. `none` leaves the database empty. */
  readonly schema?: 'product' | 'none';
  readonly settings?: Readonly<Record<string, string>>;
}

export async function openTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const location = await freshLocation();
  const config = testConfig(location, options.settings);
  const backend = await openBackend(config);
  if (options.schema !== 'none') await migrate(backend, config);
  const dataSource = await openDataSource(dataSourceOptions(backend, config));
  const pools: GuardedPool[] = [];
  return {
    dataSource,
    backend,
    config,
    embedded: config.embedded,
    openPool(size) {
      const pool = new GuardedPool({ ...backend.connection, max: size });
      pool.on('error', () => undefined); // tests end connections on purpose; their queries tell
      pools.push(pool);
      return pool;
    },
    async close() {
      for (const pool of pools) if (!pool.ending) await pool.end();
      await closeDataSource(dataSource, 5_000);
      await backend.close();
      await location.dispose();
    },
  };
}

export function testConfig(location: DatabaseLocation, settings: Readonly<Record<string, string>> = {}): Config {
  return loadConfig({ NODE_ENV: 'test', LOG_LEVEL: 'silent', ...location.settings, ...settings });
}

/** A data folder with an empty cluster, whatever the suite runs on. */
export async function freshDataFolder(): Promise<DatabaseLocation> {
  const dataDir = await mkdtemp(join(tmpdir(), 'vectorlane-database-'));
  await cp(await clusterTemplate(), join(dataDir, 'pglite'), { recursive: true });
  return { settings: { DATA_DIR: dataDir }, dispose: () => rm(dataDir, { recursive: true, force: true }) };
}

export async function freshLocation(): Promise<DatabaseLocation> {
  const serverUrl = process.env['TEST_DATABASE_URL'];
  if (!serverUrl) return freshDataFolder();
  const dataDir = await mkdtemp(join(tmpdir(), 'vectorlane-database-'));
  const name = `vectorlane_test_${randomBytes(6).toString('hex')}`;
  await administrate(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    // The two addresses go together in a configuration; nothing here connects to the second.
    settings: {
      DATA_DIR: dataDir,
      DATABASE_URL: url.href,
      REDIS_URL: process.env['TEST_REDIS_URL'] ?? 'redis://127.0.0.1:1',
    },
    dispose: async () => {
      await administrate(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`);
      await rm(dataDir, { recursive: true, force: true });
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
