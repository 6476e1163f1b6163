import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '@vectorlane/config';
import { appliedMigrations, GuardedPool, KNOWN_MIGRATIONS, openBackend } from '@vectorlane/database';
import { VERSION } from '@vectorlane/health';
import type { PoolClient } from 'pg';
import { type BackedUpTable, TABLES, tableName, vectorsOf } from './backed-up-tables';
import {
  BackupRefusedError,
  type BackupHeader,
  type BackupRun,
  type BackupSection,
  type BackupSummary,
  BLOCK_BYTES,
} from './backup-format';
import { BackupWriter } from './backup-writer';
import { encodeRow } from './row-codec';
import { columnsOf, isBytes, isVector, queryRaw, type TableColumn } from './table-columns';

/** A page is many rows, and counting reads whole tables: more than a request may take, and still not for ever. */
const STATEMENT_TIMEOUT_MS = 600_000;
/** Between two pages the file is written, perhaps to a slow disk far away. */
const IDLE_TRANSACTION_TIMEOUT_MS = 600_000;

interface Source {
  readonly table: BackedUpTable;
  readonly tableName: string;
  readonly columns: readonly TableColumn[];
  readonly section: BackupSection;
}

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
        const summary = await writeSnapshot(client, path, run);
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

async function writeSnapshot(client: PoolClient, path: string, run: BackupRun): Promise<BackupSummary> {
  // One snapshot for all that follows. It takes no lock that the service would ever wait for.
  await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
  // Texts of values that any server reads alike, and plans for reading all rows.
  await client.query(
    `SELECT set_config('TimeZone', 'UTC', true), set_config('DateStyle', 'ISO', true),
            set_config('bytea_output', 'hex', true), set_config('cursor_tuple_fraction', '1', true)`,
  );
  const { header, sources } = await describe(client);
  const totalBytes = header.sections.reduce((sum, { approximateBytes }) => sum + approximateBytes, 0);
  const writer = await BackupWriter.create(path);
  try {
    await writer.start(header);
    let bytes = 0;
    let documents = 0;
    for (const source of sources) {
      const end = await writeSection(client, writer, source, (blockBytes, rows) => {
        run.signal?.throwIfAborted();
        bytes += blockBytes;
        if (source.section.name === 'documents') documents += rows;
        run.onProgress?.({ phase: 'writing', section: source.section.name, bytes, totalBytes, documents });
      });
      if (end.rows !== source.section.rows) {
        throw new Error(`${end.rows} rows of ${end.name} were read, ${source.section.rows} were counted.`);
      }
    }
    const finished = await writer.finish();
    await client.query('COMMIT');
    return { path, header, ...finished };
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** @throws BackupRefusedError */
async function describe(client: PoolClient): Promise<{ header: BackupHeader; sources: Source[] }> {
  const startedAt = new Date().toISOString();
  const migrations = await appliedMigrations(client);
  if (!migrations.includes(KNOWN_MIGRATIONS[0] ?? '')) {
    throw new BackupRefusedError('There is nothing to back up: Vectorlane has never been started on this database.');
  }
  const unknown = migrations.find((name) => !KNOWN_MIGRATIONS.includes(name));
  if (unknown !== undefined) {
    throw new BackupRefusedError(
      `A newer version of Vectorlane has been at work on this database (${unknown}): make the backup with that version.`,
    );
  }
  const { rows } = await client.query<{ id: number } & NonNullable<BackupHeader['space']>>(
    `SELECT id, model, weights_digest AS "weightsDigest", number_type AS "numberType", dimension, pooling
       FROM embedding_spaces WHERE is_current`,
  );
  const { id: spaceId, ...space } = rows[0] ?? { id: undefined };
  const current = 'model' in space ? space : null;
  const sources: Source[] = [];
  for (const table of current === null ? TABLES : [...TABLES, vectorsOf(current.dimension)]) {
    const name = tableName(table.name, spaceId);
    const columns = await columnsOf(client, name);
    // Of a migration that this database does not have yet.
    if (columns.length === 0) continue;
    const measured = await client.query<{ rows: string; bytes: string }>(
      `SELECT count(*) AS rows, coalesce(sum(${table.size}), 0) AS bytes FROM ${name} t ${table.rows}`,
    );
    const section = {
      name: table.name,
      columns: columns.map((column) => ({ ...column })),
      rows: Number(measured.rows[0]?.rows),
      approximateBytes: Number(measured.rows[0]?.bytes),
    };
    sources.push({ table, tableName: name, columns, section });
  }
  const sections = sources.map(({ section }) => section);
  return { header: { product: VERSION, startedAt, migrations: [...migrations], space: current, sections }, sources };
}

async function writeSection(
  client: PoolClient,
  writer: BackupWriter,
  source: Source,
  onBlock: (bytes: number, rows: number) => void,
): Promise<{ name: string; rows: number }> {
  const { table, columns } = source;
  await client.query(`DECLARE section NO SCROLL CURSOR FOR ${selection(source)}`);
  const bytes = columns.map(isBytes);
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
    for (let count = table.page === 'by-size' ? 1 : table.page; ;) {
      const page = await queryRaw(client, `FETCH ${count} FROM section`, bytes);
      for (const row of page) {
        for (const part of encodeRow(row)) {
          parts.push(part);
          blockBytes += part.length;
        }
        blockRows += 1;
        if (blockBytes >= BLOCK_BYTES) await flush();
      }
      if (page.length < count) break;
      if (table.page === 'by-size') count = pageAfter(page);
    }
    await flush();
  } finally {
    // Also when reading failed: nobody may write on after the caller has given the file up.
    await writing;
  }
  await client.query('CLOSE section');
  return writer.endSection(source.section.name);
}

const MAX_PAGE_ROWS = 1_000;

/** How many rows no larger than the last one make a block. */
function pageAfter(page: readonly (readonly (string | Buffer | null)[])[]): number {
  const last = page.at(-1) ?? [];
  const size = last.reduce((sum, value) => sum + (value?.length ?? 0), 0);
  return Math.max(1, Math.min(MAX_PAGE_ROWS, Math.floor(BLOCK_BYTES / Math.max(1, size))));
}

function selection({ table, tableName: name, columns }: Source): string {
  const values = columns.map((column) => {
    const expression = table.expressions?.[column.name] ?? `t.${column.name}`;
    // Binary, and exact: the text of a vector is three times as long.
    return isVector(column.type) ? `vector_send(${expression})` : expression;
  });
  const order = table.page === 'by-size' ? `ORDER BY ${table.size} DESC` : '';
  return `SELECT ${values.join(', ')} FROM ${name} t ${table.rows} ${order}`;
}
