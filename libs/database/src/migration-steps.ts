import { MigrationExecutor, type DataSource, type QueryRunner } from 'typeorm';
import { MIGRATIONS } from './migrations';

/** For code that has to know which schema a database has, or needs another one than the newest: backups. */

/** Names of the migrations that this program knows, in the order they run. */
export const KNOWN_MIGRATIONS: readonly string[] = MIGRATIONS.map((Migration) => new Migration().name);

interface Queries {
  query(text: string): Promise<{ rows: unknown[] }>;
}

/** Names of the migrations that the database has, in the order they ran; none when it was never migrated. */
export async function appliedMigrations(client: Queries): Promise<readonly string[]> {
  const { rows: tables } = await client.query(`SELECT to_regclass('migrations') IS NOT NULL AS made`);
  if ((tables[0] as { made: boolean }).made !== true) return [];
  const { rows } = await client.query('SELECT name FROM migrations ORDER BY id');
  return (rows as { name: string }[]).map(({ name }) => name);
}

/**
 * Takes the schema down to those of the migrations that `names` lists, newest first, inside the transaction that
 * `queryRunner` has open. For tables that are empty: what a migration added is gone with it.
 * @param dataSource one that was opened with this program's migrations
 */
export async function stepDownTo(
  names: readonly string[],
  dataSource: DataSource,
  queryRunner: QueryRunner,
): Promise<void> {
  const executor = new MigrationExecutor(dataSource, queryRunner);
  executor.transaction = 'none';
  for (let left = KNOWN_MIGRATIONS.length; left > 0; left -= 1) {
    const applied = await executor.getExecutedMigrations();
    if (applied.every(({ name }) => names.includes(name))) return;
    await executor.undoLastMigration();
  }
}

export { MIGRATIONS };
