import { appliedMigrations } from '@vectorlane/database';
import type { PoolClient } from 'pg';
import {
  createVectorIndex,
  createVectorTable,
  convertedTableOf,
  type SpaceIdentity,
  tableOf,
} from '../embedding-spaces.repository';
import { LEFT_OUT, TABLES, tableName } from './backed-up-tables';
import { asKept, columnsOf, type RawRow, type TableColumn } from './table-columns';

const ROWS_PER_STATEMENT = 250;
/** An index of some 100,000 vectors is built within this; with less the build slows down many times over. */
const INDEX_MEMORY = '256MB';
/** disk_full: also what a container says whose shared memory is too small for building with several processes. */
const NO_SPACE = '53100';

/** A table that is filled: its name is this program's, columns and types are the database's own. */
export interface RestoreTarget {
  readonly table: string;
  readonly columns: readonly TableColumn[];
}

/** What a restore does to the tables, on one connection of the caller's, who has the transaction. */
export class RestoreRepository {
  constructor(private readonly client: PoolClient) {}

  /** Names of the migrations that the database has; none when it was never migrated. */
  migrations(): Promise<readonly string[]> {
    return appliedMigrations(this.client);
  }

  /** How many connections services have to this database: they are known by the name their connections have. */
  async connectionsOfServices(): Promise<number> {
    const { rows } = await this.client.query<{ connections: number }>(
      `SELECT count(*)::integer AS connections FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'vectorlane'`,
    );
    return rows[0]?.connections ?? 0;
  }

  /** What a wipe would lose. */
  async held(): Promise<{ documents: number; keys: number }> {
    const { rows } = await this.client.query<{ documents: string; keys: string }>(
      'SELECT (SELECT count(*) FROM documents) AS documents, (SELECT count(*) FROM api_keys) AS keys',
    );
    return { documents: Number(rows[0]?.documents), keys: Number(rows[0]?.keys) };
  }

  /** Keeps every service out until the end of the transaction. */
  async lock(): Promise<void> {
    await this.client.query(`SET LOCAL lock_timeout = '10s'`);
    await this.client.query('LOCK TABLE documents, contents, api_keys IN ACCESS EXCLUSIVE MODE');
  }

  /** Empties every table of ours. Rights granted on the tables stay. */
  async wipe(): Promise<void> {
    const { rows } = await this.client.query<{ id: number }>('SELECT id FROM embedding_spaces');
    for (const { id } of rows) {
      await this.client.query(`DROP TABLE IF EXISTS ${convertedTableOf(id)} CASCADE`);
      await this.client.query(`DROP TABLE ${tableOf(id)}`);
      await this.client.query(`DROP FUNCTION IF EXISTS ${convertedTableOf(id)}_copy()`);
    }
    const tables = [...TABLES.map(({ name }) => name), ...LEFT_OUT].filter((name) => name !== 'migrations');
    await this.client.query(`TRUNCATE ${tables.join(', ')} RESTART IDENTITY`);
  }

  /** Makes the space current, with a table for its vectors and no index yet. @returns its id */
  async createSpace(space: SpaceIdentity): Promise<number> {
    const { rows } = await this.client.query<{ id: number }>(
      `INSERT INTO embedding_spaces (model, weights_digest, number_type, dimension, pooling, is_current)
       VALUES ($1, $2, $3, $4, $5, true) RETURNING id`,
      [space.model, space.weightsDigest, space.numberType, space.dimension, space.pooling],
    );
    const id = rows[0]?.id;
    if (id === undefined) throw new Error('The new embedding space was not returned.');
    await createVectorTable(this.client, tableOf(id), space.dimension);
    return id;
  }

  /** @returns the table of a section of a backup, with all its columns */
  async target(section: string, spaceId: number | undefined): Promise<RestoreTarget> {
    const table = tableName(section, spaceId);
    return { table, columns: await columnsOf(this.client, table) };
  }

  /** Inserts rows whose values are in the order of the target's columns. */
  async insert({ table, columns }: RestoreTarget, rows: Iterable<RawRow>): Promise<void> {
    const names = columns.map(({ name }) => name).join(', ');
    let batch: RawRow[] = [];
    const flush = async (): Promise<void> => {
      const tuples = batch.map(
        (_, row) =>
          `(${columns.map(({ type }, column) => `$${row * columns.length + column + 1}::${asKept(type)}`).join(', ')})`,
      );
      await this.client.query(`INSERT INTO ${table} (${names}) VALUES ${tuples.join(', ')}`, batch.flat());
      batch = [];
    };
    for (const row of rows) {
      batch.push(row);
      if (batch.length >= ROWS_PER_STATEMENT) await flush();
    }
    if (batch.length > 0) await flush();
  }

  /** After the rows: several times as fast as keeping it while they come, and nobody is searching yet. */
  async buildVectorIndex(spaceId: number): Promise<void> {
    await this.client.query(
      `SELECT set_config('maintenance_work_mem', $1, true)
        WHERE pg_size_bytes(current_setting('maintenance_work_mem')) < pg_size_bytes($1)`,
      [INDEX_MEMORY],
    );
    await this.client.query('SAVEPOINT before_index');
    try {
      await createVectorIndex(this.client, tableOf(spaceId));
    } catch (error) {
      if ((error as { code?: unknown }).code !== NO_SPACE) throw error;
      await this.client.query('ROLLBACK TO SAVEPOINT before_index');
      await this.client.query('SET LOCAL max_parallel_maintenance_workers = 0');
      await createVectorIndex(this.client, tableOf(spaceId));
    }
  }

  /** Without statistics the first searches would be planned for empty tables; nobody else makes them when embedded. */
  async analyze(targets: Iterable<RestoreTarget>): Promise<void> {
    for (const { table } of targets) await this.client.query(`ANALYZE ${table}`);
  }
}
