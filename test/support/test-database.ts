import { mkdtemp, rm } from 'node:fs/promises';
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
import type { DataSource } from 'typeorm';
import { clusterTemplate, copyFolder, type Schema } from './data-folder';
import { freshDatabase } from './test-servers';

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
  readonly schema?: Schema;
  readonly settings?: Readonly<Record<string, string>>;
}

export async function openTestDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const { schema = 'product' } = options;
  const location = await freshLocation(schema);
  const config = testConfig(location, options.settings);
  const backend = await openBackend(config);
  if (schema === 'product') await migrate(backend, config);
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

/** A data folder with a cluster, whatever the suite runs on. */
export async function freshDataFolder(schema: Schema = 'none'): Promise<DatabaseLocation> {
  const dataDir = await mkdtemp(join(tmpdir(), 'vectorlane-database-'));
  await copyFolder(await clusterTemplate(schema), join(dataDir, 'pglite'));
  return { settings: { DATA_DIR: dataDir }, dispose: () => rm(dataDir, { recursive: true, force: true }) };
}

export async function freshLocation(schema: Schema = 'none'): Promise<DatabaseLocation> {
  const serverUrl = process.env['TEST_DATABASE_URL'];
  if (!serverUrl) return freshDataFolder(schema);
  const dataDir = await mkdtemp(join(tmpdir(), 'vectorlane-database-'));
  const database = await freshDatabase(serverUrl, schema);
  return {
    // The two addresses go together in a configuration; nothing here connects to the second.
    settings: {
      DATA_DIR: dataDir,
      DATABASE_URL: database.url,
      REDIS_URL: process.env['TEST_REDIS_URL'] ?? 'redis://127.0.0.1:1',
    },
    dispose: async () => {
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
