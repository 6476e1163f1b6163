import { prepared } from '@vectorlane/database';
import { openTestDatabase, type TestDatabase } from '../support/test-database';

// On a server, where each connection has a session of its own, a marked statement is planned once for it.

let database: TestDatabase;

beforeAll(async () => {
  database = await openTestDatabase({ schema: 'none', settings: { DATABASE_POOL_SIZE: '1' } });
  await database.dataSource.query('CREATE TABLE items (id integer PRIMARY KEY, body integer)');
  await database.dataSource.query('INSERT INTO items VALUES (1, 10), (2, 20)');
});
afterAll(() => database.close());

const ask = (sql: string, id: number): Promise<unknown> => database.dataSource.query(sql, [id]);
const kept = (): Promise<{ statement: string; times: string }[]> =>
  database.dataSource.query(
    `SELECT statement, generic_plans + custom_plans AS times FROM pg_prepared_statements ORDER BY name`,
  );

it('keeps what is marked, and that alone', async () => {
  const marked = prepared('SELECT body FROM items WHERE id = $1');
  for (const id of [1, 2, 1]) expect(await ask(marked, id)).toEqual([{ body: id * 10 }]);
  expect(await ask('SELECT id FROM items WHERE id = $1', 2)).toEqual([{ id: 2 }]);
  expect(await kept()).toEqual([{ statement: marked, times: '3' }]);
});

it('answers when a column has got another type meanwhile, or the session has forgotten', async () => {
  const overtaken = prepared('SELECT body, 1 AS one FROM items WHERE id = $1');
  const forgotten = prepared('SELECT body, 2 AS two FROM items WHERE id = $1');
  expect(await ask(overtaken, 1)).toEqual([{ body: 10, one: 1 }]);
  await database.dataSource.query('ALTER TABLE items ALTER COLUMN body TYPE text');
  for (const id of [1, 2]) expect(await ask(overtaken, id)).toEqual([{ body: `${id}0`, one: 1 }]);

  expect(await ask(forgotten, 1)).toEqual([{ body: '10', two: 2 }]);
  await database.dataSource.query('DEALLOCATE ALL');
  for (const id of [1, 2]) expect(await ask(forgotten, id)).toEqual([{ body: `${id}0`, two: 2 }]);
  expect(await kept()).toEqual([]);
});

it('passes on what is wrong with a statement', async () => {
  const wrong = prepared('SELECT body / 0 FROM (SELECT id AS body FROM items WHERE id = $1) AS one');
  for (const id of [1, 2]) await expect(ask(wrong, id)).rejects.toMatchObject({ code: '22012' });
  await expect(ask(prepared('SELECT nothing FROM items WHERE id = $1'), 1)).rejects.toMatchObject({ code: '42703' });
});
