import { createVectorIndex, createVectorTable } from '@vectorlane/documents';
import type { PoolClient } from 'pg';
import { tableName } from './backed-up-tables';
import {
  type BackupHeader,
  BackupRefusedError,
  type BackupRun,
  type BackupSection,
  type BackupTrailer,
} from './backup-format';
import type { BackupReader, RowBlock } from './backup-reader';
import { decodeRows, type Row } from './row-codec';
import { columnsOf, isBytes, isVector, type TableColumn } from './table-columns';

const ROWS_PER_STATEMENT = 250;
/** An index of some 100,000 vectors is built within this; with less the build slows down many times over. */
const INDEX_MEMORY = '256MB';
/** disk_full: also what a container says whose shared memory is too small for building with several processes. */
const NO_SPACE = '53100';

/**
 * Puts all rows of the backup into empty tables of the same schema, inside the caller's transaction: table names are
 * this program's, columns and types the database's own; those in the file are only compared with them.
 * @throws DamagedBackupError when the file is not what it was a moment ago, BackupRefusedError when it does not fit
 */
export async function fill(
  client: PoolClient,
  reader: BackupReader,
  { header, trailer, ...run }: BackupRun & { header: BackupHeader; trailer: BackupTrailer },
): Promise<void> {
  const spaceId = await createSpace(client, header);
  const targets = new Map<string, Target>();
  for (const section of header.sections) targets.set(section.name, await targetOf(client, section, spaceId));

  const totalBytes = trailer.bytes;
  let bytes = 0;
  let documents = 0;
  // `blocks` checks all over again: the file may have changed since it was verified, and nothing is committed yet.
  for await (const block of reader.blocks()) {
    run.signal?.throwIfAborted();
    await insertBlock(client, block, targets);
    bytes += block.rows.length;
    if (block.section.name === 'documents') documents += block.count;
    run.onProgress?.({ phase: 'restoring', section: block.section.name, bytes, totalBytes, documents });
  }
  if (spaceId !== undefined) {
    run.onProgress?.({ phase: 'indexing', section: 'vectors', bytes, totalBytes, documents });
    await buildIndex(client, spaceId);
  }
  // Without statistics the first searches would be planned for empty tables; the embedded database has nobody else to do it.
  for (const { table } of targets.values()) await client.query(`ANALYZE ${table}`);
  run.signal?.throwIfAborted();
}

interface Target {
  readonly table: string;
  /** In the order of the file's columns. */
  readonly columns: readonly TableColumn[];
}

async function createSpace(client: PoolClient, { space }: BackupHeader): Promise<number | undefined> {
  if (space === null) return undefined;
  const { rows } = await client.query<{ id: number }>(
    `INSERT INTO embedding_spaces (model, weights_digest, number_type, dimension, pooling, is_current)
     VALUES ($1, $2, $3, $4, $5, true) RETURNING id`,
    [space.model, space.weightsDigest, space.numberType, space.dimension, space.pooling],
  );
  const id = rows[0]?.id;
  if (id === undefined) throw new Error('The new embedding space was not returned.');
  await createVectorTable(client, id, space.dimension);
  return id;
}

/** @throws BackupRefusedError when the table has other columns: the file was not made from the schema it names */
async function targetOf(client: PoolClient, section: BackupSection, spaceId: number | undefined): Promise<Target> {
  const table = tableName(section.name, spaceId);
  const columns = await columnsOf(client, table);
  const matching = section.columns.map((wanted) =>
    columns.find(({ name, type }) => name === wanted.name && bareType(type) === bareType(wanted.type)),
  );
  if (columns.length !== section.columns.length || matching.some((column) => column === undefined)) {
    throw new BackupRefusedError(`This backup does not fit: its "${section.name}" has other columns than the table.`);
  }
  return { table, columns: matching.filter((column) => column !== undefined) };
}

/** The extension may live in another schema on another server. */
function bareType(type: string): string {
  return isVector(type) ? type.slice(type.indexOf('vector(')) : type;
}

async function insertBlock(client: PoolClient, block: RowBlock, targets: ReadonlyMap<string, Target>): Promise<void> {
  const target = targets.get(block.section.name);
  if (target === undefined) throw new Error(`There is no table for the section "${block.section.name}".`);
  let batch: Row[] = [];
  for (const row of decodeRows(block.rows, target.columns.map(isBytes))) {
    batch.push(row);
    if (batch.length < ROWS_PER_STATEMENT) continue;
    await insert(client, target, batch);
    batch = [];
  }
  if (batch.length > 0) await insert(client, target, batch);
}

async function insert(client: PoolClient, { table, columns }: Target, rows: readonly Row[]): Promise<void> {
  const width = columns.length;
  const tuples = rows.map(
    (_, row) => `(${columns.map(({ type }, column) => `$${row * width + column + 1}::${type}`).join(', ')})`,
  );
  const names = columns.map(({ name }) => name).join(', ');
  await client.query(`INSERT INTO ${table} (${names}) VALUES ${tuples.join(', ')}`, rows.flat());
}

/** After the rows: several times as fast as keeping it while they come, and nobody is searching yet. */
async function buildIndex(client: PoolClient, spaceId: number): Promise<void> {
  await client.query(
    `SELECT set_config('maintenance_work_mem', $1, true)
      WHERE pg_size_bytes(current_setting('maintenance_work_mem')) < pg_size_bytes($1)`,
    [INDEX_MEMORY],
  );
  await client.query('SAVEPOINT before_index');
  try {
    await createVectorIndex(client, spaceId);
  } catch (error) {
    if ((error as { code?: unknown }).code !== NO_SPACE) throw error;
    await client.query('ROLLBACK TO SAVEPOINT before_index');
    await client.query('SET LOCAL max_parallel_maintenance_workers = 0');
    await createVectorIndex(client, spaceId);
  }
}
