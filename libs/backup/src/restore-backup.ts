import type { Config } from '@vectorlane/config';
import {
  closeDataSource,
  type DatabaseBackend,
  dataSourceOptions,
  KNOWN_MIGRATIONS,
  migrate,
  MIGRATIONS,
  openBackend,
  openDataSource,
  stepDownTo,
} from '@vectorlane/database';
import { RestoreRepository, TABLES } from '@vectorlane/documents';
import type { PoolClient } from 'pg';
import { WordIndexRepository } from '@vectorlane/documents';
import type { DataSource } from 'typeorm';
import { type BackupHeader, BackupRefusedError, type BackupRun, type BackupSummary } from './backup-format';
import { BackupReader } from './backup-reader';
import { fill } from './restore-rows';
import { requireEmpty, requireNoService } from './restore-target';
import { verifyWith } from './verify-backup';

const IDLE_TRANSACTION_TIMEOUT_MS = 600_000;
const CLOSE_TIMEOUT_MS = 5_000;

export interface RestoreOptions extends BackupRun {
  /** Wipes what is in the database. Without it anything but an empty one is refused. */
  readonly replace?: boolean;
}

/**
 * Reads the backup to its end first, and then puts it into the database, all of it in one transaction: a crash at any
 * moment leaves the database as it was before. Afterwards the database is brought up to this program.
 * @throws DamagedBackupError · BackupRefusedError · DataFolderInUseError, with nothing changed
 */
export async function restoreBackup(
  config: Config,
  path: string,
  options: RestoreOptions = {},
): Promise<BackupSummary> {
  const reader = await BackupReader.open(path);
  try {
    const summary = await verifyWith(reader, options);
    requireKnown(summary.header);
    const backend = await openBackend(config);
    try {
      await restoreInto(backend, config, reader, summary, options);
    } finally {
      await backend.close();
    }
    return summary;
  } finally {
    await reader.close();
  }
}

/** @throws BackupRefusedError for a backup of a newer version */
function requireKnown({ migrations, product, sections }: BackupHeader): void {
  const unknown =
    migrations.find((name) => !KNOWN_MIGRATIONS.includes(name)) ??
    sections.map(({ name }) => name).find((name) => name !== 'vectors' && TABLES.every((table) => table.name !== name));
  if (unknown === undefined) return;
  throw new BackupRefusedError(
    `This backup was made by a newer version of Vectorlane (${product}, with ${unknown}): restore it with that version or a later one.`,
  );
}

async function restoreInto(
  backend: DatabaseBackend,
  config: Config,
  reader: BackupReader,
  summary: BackupSummary,
  options: RestoreOptions,
): Promise<void> {
  const dataSource = await openDataSource({
    ...dataSourceOptions(backend, config),
    migrations: MIGRATIONS,
    maxQueryExecutionTime: 0,
    extra: {
      ...backend.connection,
      application_name: 'vectorlane-restore',
      max: 1,
      // The index of a large collection takes as long as it takes.
      statement_timeout: 0,
      idle_in_transaction_session_timeout: IDLE_TRANSACTION_TIMEOUT_MS,
    },
  });
  try {
    await withClient(dataSource, async (client) => {
      const restore = new RestoreRepository(client);
      if (!config.embedded) await requireNoService(restore);
      await requireEmpty(restore, options.replace === true);
    });
    await migrate(backend, config);
    // A service that starts meanwhile waits for this as it waits for migrations.
    await backend.exclusively(() => replaceAll(dataSource, reader, summary, options));
  } finally {
    await closeDataSource(dataSource, CLOSE_TIMEOUT_MS);
  }
  // Of an older backup. After a crash just before, the next start of the service does it, and what comes then.
  await migrate(backend, config);
  await analyseWords(backend, config);
}

/** Words are not in a backup: they follow from the chunks, and another version may read them in another way. */
async function analyseWords(backend: DatabaseBackend, config: Config): Promise<void> {
  const dataSource = await openDataSource(dataSourceOptions(backend, config));
  try {
    const words = new WordIndexRepository(dataSource);
    await words.analyseAll();
    await words.foldAll();
  } finally {
    await closeDataSource(dataSource, CLOSE_TIMEOUT_MS);
  }
}

async function withClient<T>(dataSource: DataSource, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const queryRunner = dataSource.createQueryRunner();
  try {
    return await work((await queryRunner.connect()) as PoolClient);
  } finally {
    await queryRunner.release();
  }
}

async function replaceAll(
  dataSource: DataSource,
  reader: BackupReader,
  { header, trailer }: BackupSummary,
  options: RestoreOptions,
): Promise<void> {
  const queryRunner = dataSource.createQueryRunner();
  try {
    const restore = new RestoreRepository((await queryRunner.connect()) as PoolClient);
    await queryRunner.startTransaction();
    try {
      await restore.lock();
      // Once more, behind the lock: what came in since the first look is not wiped unasked.
      await requireEmpty(restore, options.replace === true);
      await restore.wipe();
      await stepDownTo(header.migrations, dataSource, queryRunner);
      await fill(restore, reader, { header, trailer, ...options });
      options.signal?.throwIfAborted();
      await queryRunner.commitTransaction();
    } catch (error) {
      await queryRunner.rollbackTransaction().catch((rollbackError: unknown) => {
        // The connection is gone, and the transaction with it.
        if (error instanceof Error) error.cause ??= rollbackError;
      });
      throw error;
    }
  } finally {
    await queryRunner.release();
  }
}
