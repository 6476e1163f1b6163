import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '@vectorlane/config';
import { GuardedPool, KNOWN_MIGRATIONS, openBackend } from '@vectorlane/database';
import { SnapshotRepository, type SnapshotSection } from '@vectorlane/documents';
import { VERSION } from '@vectorlane/health';
import {
  BackupRefusedError,
  type BackupHeader,
  type BackupRun,
  type BackupSummary,
  BLOCK_BYTES,
} from './backup-format';
import { BackupWriter } from './backup-writer';
import { encodeRow } from './row-codec';

/** A page is many rows, and counting reads whole tables: more than a request may take, and still not for ever. */
const STATEMENT_TIMEOUT_MS = 600_000;
/** Between two pages the file is written, perhaps to a slow disk far away. */
const IDLE_TRANSACTION_TIMEOUT_MS = 600_000;

/**
 * Writes everything that is to be kept into `path`, as it was at one moment, in memory of a few blocks whatever there
 * is. On a server the service goes on meanwhile; the embedded database must not be in use.
 * @throws DataFolderInUseError · BackupRefusedError when there is nothing to back up, or a newer program made it
 */
export async function writeBackup(config: Config, path: string, run: BackupRun = {}): Promise<BackupSummary> {
  if (config.embedded) await requireCluster(config);
  const backend = await openBackend(config);
  try {
    const pool = new GuardedPool({
      ...backend.connection,
      application_name: 'vectorlane-backup',
      max: 1,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      idle_in_transaction_session_timeout: IDLE_TRANSACTION_TIMEOUT_MS,
    });
    // A connection that is lost fails the query that runs on it, and that is where it is told.
    pool.on('error', () => undefined);
    try {
      const client = await pool.connect();
      let healthy = false;
      try {
        const summary = await writeSnapshot(new SnapshotRepository(client), path, run);
        healthy = true;
        return summary;
      } finally {
        // After a failure its transaction may be open: the connection is not used again.
        client.release(!healthy);
      }
    } finally {
      await pool.end();
    }
  } finally {
    await backend.close();
  }
}

/** Opening a folder without a database would make one. */
async function requireCluster({ DATA_DIR }: Config): Promise<void> {
  const made = await stat(join(DATA_DIR, 'pglite', 'PG_VERSION')).catch(() => undefined);
  if (made === undefined) {
    throw new BackupRefusedError(
      `There is no embedded database in ${DATA_DIR}. Set DATA_DIR to the folder of the service, or DATABASE_URL and REDIS_URL to its servers.`,
    );
  }
}

async function writeSnapshot(snapshot: SnapshotRepository, path: string, run: BackupRun): Promise<BackupSummary> {
  await snapshot.begin();
  const { header, sections } = await describe(snapshot);
  const totalBytes = sections.reduce((sum, { approximateBytes }) => sum + approximateBytes, 0);
  const writer = await BackupWriter.create(path);
  try {
    await writer.start(header);
    let bytes = 0;
    let documents = 0;
    for (const section of sections) {
      const end = await writeSection(snapshot, writer, section, (blockBytes, rows) => {
        run.signal?.throwIfAborted();
        bytes += blockBytes;
        if (section.name === 'documents') documents += rows;
        run.onProgress?.({ phase: 'writing', section: section.name, bytes, totalBytes, documents });
      });
      if (end.rows !== section.rows) {
        throw new Error(`${end.rows} rows of ${end.name} were read, ${section.rows} were counted.`);
      }
    }
    const finished = await writer.finish();
    await snapshot.end();
    return { path, header, ...finished };
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** @throws BackupRefusedError */
async function describe(
  snapshot: SnapshotRepository,
): Promise<{ header: BackupHeader; sections: readonly SnapshotSection[] }> {
  const startedAt = new Date().toISOString();
  const migrations = await snapshot.migrations();
  if (!migrations.includes(KNOWN_MIGRATIONS[0] ?? '')) {
    throw new BackupRefusedError('There is nothing to back up: Vectorlane has never been started on this database.');
  }
  const unknown = migrations.find((name) => !KNOWN_MIGRATIONS.includes(name));
  if (unknown !== undefined) {
    throw new BackupRefusedError(
      `A newer version of Vectorlane has been at work on this database (${unknown}): make the backup with that version.`,
    );
  }
  const { space, sections } = await snapshot.describe();
  const described = sections.map(({ columns, ...section }) => ({
    ...section,
    columns: columns.map((column) => ({ ...column })),
  }));
  return { header: { product: VERSION, startedAt, migrations: [...migrations], space, sections: described }, sections };
}

async function writeSection(
  snapshot: SnapshotRepository,
  writer: BackupWriter,
  section: SnapshotSection,
  onBlock: (bytes: number, rows: number) => void,
): Promise<{ name: string; rows: number }> {
  let parts: Buffer[] = [];
  let blockBytes = 0;
  let blockRows = 0;
  // The block before is compressed and written while the next one is read, and no more than that.
  let writing = Promise.resolve();
  const flush = async (): Promise<void> => {
    if (blockRows === 0) return;
    const [block, rows] = [Buffer.concat(parts, blockBytes), blockRows];
    [parts, blockBytes, blockRows] = [[], 0, 0];
    await writing;
    onBlock(block.length, rows);
    writing = writer.writeBlock(block, rows);
    // Seen to at the next `await writing`; until then it must not count as unhandled.
    writing.catch(() => undefined);
  };
  try {
    for await (const page of snapshot.pages(section, BLOCK_BYTES)) {
      for (const row of page) {
        for (const part of encodeRow(row)) {
          parts.push(part);
          blockBytes += part.length;
        }
        blockRows += 1;
        if (blockBytes >= BLOCK_BYTES) await flush();
      }
    }
    await flush();
  } finally {
    // Also when reading failed: nobody may write on after the caller has given the file up.
    await writing;
  }
  return writer.endSection(section.name);
}
