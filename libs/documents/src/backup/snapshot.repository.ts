import { appliedMigrations } from '@vectorlane/database';
import type { PoolClient } from 'pg';
import type { SpaceIdentity } from '../embedding-spaces.repository';
import { type BackedUpTable, TABLES, tableName, vectorsOf } from './backed-up-tables';
import { asKept, columnsOf, isBytes, isVector, queryRaw, type RawRow, type TableColumn } from './table-columns';

/** One table as a backup takes it. */
export interface SnapshotSection {
  readonly name: string;
  readonly columns: readonly TableColumn[];
  readonly rows: number;
  /** Of the values that make up most of it. */
  readonly approximateBytes: number;
}

/** Everything that is to be kept, as it was at one moment, on one connection of the caller's. */
export class SnapshotRepository {
  private readonly sources = new Map<SnapshotSection, { table: BackedUpTable; tableName: string }>();

  constructor(private readonly client: PoolClient) {}

  /** Opens the snapshot that all later reads see. It takes no lock that the service would ever wait for. */
  async begin(): Promise<void> {
    await this.client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    // Texts of values that any server reads alike, and plans for reading all rows.
    await this.client.query(
      `SELECT set_config('TimeZone', 'UTC', true), set_config('DateStyle', 'ISO', true),
              set_config('bytea_output', 'hex', true), set_config('cursor_tuple_fraction', '1', true)`,
    );
  }

  async end(): Promise<void> {
    await this.client.query('COMMIT');
  }

  /** Names of the migrations that the database has; none when it was never migrated. */
  migrations(): Promise<readonly string[]> {
    return appliedMigrations(this.client);
  }

  /** The current space, whose vectors are kept, and the sections in the order in which they go back in. */
  async describe(): Promise<{ space: SpaceIdentity | null; sections: SnapshotSection[] }> {
    const { rows } = await this.client.query<{ id: number } & SpaceIdentity>(
      `SELECT id, model, weights_digest AS "weightsDigest", number_type AS "numberType", dimension, pooling
         FROM embedding_spaces WHERE is_current`,
    );
    const { id: spaceId, ...identity } = rows[0] ?? { id: undefined };
    const space = 'model' in identity ? identity : null;
    const sections: SnapshotSection[] = [];
    for (const table of space === null ? TABLES : [...TABLES, vectorsOf(space.dimension)]) {
      const section = await this.measure(await this.asOfSchema(table), tableName(table.name, spaceId));
      if (section !== undefined) sections.push(section);
    }
    return { space, sections };
  }

  /**
   * The rows of a section that `describe` gave, in pages.
   * @param blockBytes what a page may hold where rows differ much in size
   */
  async *pages(section: SnapshotSection, blockBytes: number): AsyncGenerator<readonly RawRow[]> {
    const source = this.sources.get(section);
    if (source === undefined) throw new Error(`The section "${section.name}" is not of this snapshot.`);
    const { table } = source;
    await this.client.query(
      `DECLARE section NO SCROLL CURSOR FOR ${selection(table, source.tableName, section.columns)}`,
    );
    const bytes = section.columns.map(isBytes);
    for (let count = table.page === 'by-size' ? 1 : table.page; ;) {
      const page = await queryRaw(this.client, `FETCH ${count} FROM section`, bytes);
      yield page;
      if (page.length < count) break;
      if (table.page === 'by-size') count = rowsLike(page.at(-1), blockBytes);
    }
    await this.client.query('CLOSE section');
  }

  private async asOfSchema(table: BackedUpTable): Promise<BackedUpTable> {
    const { rowsWithout } = table;
    if (rowsWithout === undefined || (await columnsOf(this.client, rowsWithout.table)).length > 0) return table;
    return { ...table, rows: rowsWithout.rows };
  }

  /** Nothing for a table of a migration that this database does not have yet. */
  private async measure(table: BackedUpTable, name: string): Promise<SnapshotSection | undefined> {
    const columns = await columnsOf(this.client, name);
    if (columns.length === 0) return undefined;
    const { rows } = await this.client.query<{ rows: string; bytes: string }>(
      `SELECT count(*) AS rows, coalesce(sum(${table.size}), 0) AS bytes FROM ${name} t ${table.rows}`,
    );
    const section = {
      name: table.name,
      columns,
      rows: Number(rows[0]?.rows),
      approximateBytes: Number(rows[0]?.bytes),
    };
    this.sources.set(section, { table, tableName: name });
    return section;
  }
}

const MAX_PAGE_ROWS = 1_000;

/** How many rows no larger than this one make a block. */
function rowsLike(row: RawRow = [], blockBytes: number): number {
  const size = row.reduce((sum, value) => sum + (value?.length ?? 0), 0);
  return Math.max(1, Math.min(MAX_PAGE_ROWS, Math.floor(blockBytes / Math.max(1, size))));
}

function selection(table: BackedUpTable, name: string, columns: readonly TableColumn[]): string {
  const values = columns.map((column) => {
    const expression = table.expressions?.[column.name] ?? `t.${column.name}`;
    // Binary, and exact: the text of a vector is three times as long.
    return isVector(column.type) ? `vector_send(${expression}::${asKept(column.type)})` : expression;
  });
  const { page, size, nullsFirst } = table;
  // An earlier schema may not have the column yet.
  const byNulls = columns.some((column) => column.name === nullsFirst) ? `ORDER BY t.${nullsFirst} NULLS FIRST` : '';
  const order = page === 'by-size' ? `ORDER BY ${size} DESC` : byNulls;
  return `SELECT ${values.join(', ')} FROM ${name} t ${table.rows} ${order}`;
}
