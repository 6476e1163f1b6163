import { Logger } from '@nestjs/common';
import { Config } from '@vectorlane/config';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { dataSourceOptions } from './data-source';
import type { DatabaseBackend } from './database-backend';
import { MIGRATIONS } from './migrations';

/** Iterative index scans came with it: without them a filtered search finds too little. */
const MIN_PGVECTOR = [0, 8] as const;

/**
 * Brings the database up to this program: the vector extension, then each migration in a transaction of its own. A
 * crash in between leaves those before done and recorded, and the next start goes on from there.
 *
 * On a connection without `statement_timeout`, as a migration takes as long as its table is large, closed before the
 * service opens its own. The bound on idle transactions stays.
 */
export async function migrate(
  backend: DatabaseBackend,
  config: Config,
  migrations: NonNullable<DataSourceOptions['migrations']> = MIGRATIONS,
): Promise<void> {
  const logger = new Logger('Database');
  await backend.exclusively(async () => {
    const dataSource = new DataSource({
      ...dataSourceOptions(backend, config),
      migrations,
      migrationsTransactionMode: 'each',
      maxQueryExecutionTime: 0,
      extra: { ...backend.connection, max: 1, statement_timeout: 0 },
    });
    await dataSource.initialize();
    try {
      await requireVectorExtension(dataSource);
      const done = await dataSource.runMigrations();
      if (done.length > 0) logger.log({ migrations: done.map(({ name }) => name) }, 'database migrated');
    } finally {
      await dataSource.destroy();
    }
  });
}

/** @throws Error saying what the operator has to do */
async function requireVectorExtension(dataSource: DataSource): Promise<void> {
  try {
    await dataSource.query('CREATE EXTENSION IF NOT EXISTS vector');
  } catch (error) {
    throw new Error(
      `The extension "vector" (pgvector ${MIN_PGVECTOR.join('.')} or newer) cannot be created: ${(error as Error).message}. ` +
        'Install pgvector on the server, or have its administrator run CREATE EXTENSION vector in this database.',
      { cause: error },
    );
  }
  const rows = await dataSource.query<{ version: string }[]>(
    `SELECT extversion AS version FROM pg_extension WHERE extname = 'vector'`,
  );
  const version = rows[0]?.version ?? '0';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < MIN_PGVECTOR[0] || (major === MIN_PGVECTOR[0] && minor < MIN_PGVECTOR[1])) {
    throw new Error(
      `pgvector ${version} is too old, ${MIN_PGVECTOR.join('.')} is needed: install it and run ALTER EXTENSION vector UPDATE.`,
    );
  }
}
