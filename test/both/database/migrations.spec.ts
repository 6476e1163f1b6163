import { openTestDatabase, type TestDatabase } from '../../support/test-database';
import { migrate } from '@vectorlane/database';
import { onServer } from '../../support/test-database';
import { Child, LIBRARY } from '../../support/children/child';

jest.setTimeout(120_000);

let database: TestDatabase;

beforeAll(async () => {
  database = await openTestDatabase({ schema: 'none' });
});
afterAll(() => database.close());

// The lock on the data folder keeps embedded processes apart: only a server can have five at once.
const describeOnServer = onServer ? describe : undefined;

describeOnServer?.('five processes starting at once', () => {
  it('run each migration once', async () => {
    const settings = JSON.stringify({ DATABASE_URL: database.config.DATABASE_URL, REDIS_URL: 'redis://127.0.0.1:1' });
    const children = Array.from({ length: 5 }, () => Child.start('run-migrations.cjs', LIBRARY, settings));
    const codes = await Promise.all(children.map((child) => child.exited));
    expect({ codes, errors: children.map(({ stderr }) => stderr.includes('Error')) }).toEqual({
      codes: [0, 0, 0, 0, 0],
      errors: [false, false, false, false, false],
    });
    const runs = await database.dataSource.query<unknown[]>('SELECT pid FROM runs');
    expect(runs).toHaveLength(1);
  });
});

describe('migrate', () => {
  it('makes the schema, and finds nothing to do the second time', async () => {
    await migrate(database.backend, database.config);
    const recorded = (): Promise<{ name: string }[]> =>
      database.dataSource.query('SELECT name FROM migrations ORDER BY id');
    const before = await recorded();
    expect(before[0]?.name).toBe('InitialSchema1764000000000');
    await migrate(database.backend, database.config);
    expect(await recorded()).toEqual(before);
    const extension = await database.dataSource.query<unknown[]>(`SELECT 1 FROM pg_extension WHERE extname = 'vector'`);
    expect(extension).toHaveLength(1);
  });

  it('leaves a failed migration undone and unrecorded, those before it done', async () => {
    class Before1950000000000 {
      readonly name = 'Before1950000000000';
      up = (runner: { query(sql: string): Promise<unknown> }): Promise<unknown> =>
        runner.query('CREATE TABLE kept (a integer)');
      down = (): Promise<void> => Promise.resolve();
    }
    class Broken1950000000001 {
      readonly name = 'Broken1950000000001';
      up = async (runner: { query(sql: string): Promise<unknown> }): Promise<void> => {
        await runner.query('CREATE TABLE half_done (a integer)');
        await runner.query('SELECT 1/0');
      };
      down = (): Promise<void> => Promise.resolve();
    }
    await expect(
      migrate(database.backend, database.config, [Before1950000000000, Broken1950000000001]),
    ).rejects.toThrow('division by zero');
    const rows = await database.dataSource.query<unknown[]>(
      `SELECT to_regclass('kept') IS NOT NULL AS kept, to_regclass('half_done') IS NOT NULL AS half_done,
              (SELECT count(*)::integer FROM migrations WHERE name LIKE 'Broken%') AS recorded`,
    );
    expect(rows).toEqual([{ kept: true, half_done: false, recorded: 0 }]);
  });
});
