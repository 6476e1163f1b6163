import { Logger } from '@nestjs/common';
import { Config } from '@vectorlane/config';
import { defaults } from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import type { DatabaseBackend } from './database-backend';
import { EmbeddedBackend } from './embedded/embedded-backend';
import { GuardedPool } from './guarded-pool';
import { guardTransactions } from './in-transaction';
import { ServerBackend } from './server/server-backend';
import { DatabaseLogger } from './typeorm-logger';

const SLOW_QUERY_MS = 1_000;

type PostgresOptions = Extract<DataSourceOptions, { type: 'postgres' }>;

/** Makes the database reachable: locks the data folder and starts the engine, or waits for the server. */
export function openBackend(config: Config): Promise<DatabaseBackend> {
  return config.DATABASE_URL === undefined
    ? EmbeddedBackend.open(config)
    : ServerBackend.open(config, config.DATABASE_URL);
}

/** TypeORM on that backend. The schema is what the migrations made: `synchronize` would drop hand-written indexes. */
export function dataSourceOptions(backend: DatabaseBackend, config: Config): PostgresOptions {
  const logger = new Logger('Database');
  return {
    type: 'postgres',
    ...(backend.connection.connectionString !== undefined && { url: backend.connection.connectionString }),
    driver: { Pool: GuardedPool, defaults },
    extra: backend.connection,
    synchronize: false,
    migrationsRun: false,
    installExtensions: false,
    logger: new DatabaseLogger(config.LOG_LEVEL === 'debug' || config.LOG_LEVEL === 'trace'),
    maxQueryExecutionTime: SLOW_QUERY_MS,
    // The pool has dropped that connection already and makes another one for the next caller.
    poolErrorHandler: (error: Error) => logger.warn(`A database connection was lost: ${error.message}`),
  };
}

/** Connects. Every transaction of the result is guarded against asking for a second connection. */
export async function openDataSource(options: DataSourceOptions): Promise<DataSource> {
  const dataSource = new DataSource(options);
  guardTransactions(dataSource);
  return dataSource.initialize();
}

/** The pool under a data source that `openDataSource` made, for what must not go through TypeORM. */
export function poolOf(dataSource: DataSource): GuardedPool {
  const { master } = dataSource.driver as unknown as { master?: unknown };
  if (!(master instanceof GuardedPool)) throw new Error('The data source is not connected, or not one of ours.');
  return master;
}

/**
 * Closes the connections: running queries may finish, then they are cut.
 * @throws Error when some had to be cut; the data source is closed all the same
 */
export async function closeDataSource(dataSource: DataSource, timeoutMs: number): Promise<void> {
  if (!dataSource.isInitialized) return;
  const pool = poolOf(dataSource);
  const finished = await pool.drain(timeoutMs);
  const reason = new Error('The database connection was closed while the query ran.');
  if (!finished) pool.cut(reason);
  await dataSource.destroy();
  if (!finished) throw new Error(`Queries still ran after ${timeoutMs} ms and were cut off.`);
}
