import { inTransaction, untilAborted } from '@vectorlane/database';
import { onServer, openTestDatabase, type TestDatabase } from '../../support/test-database';
import { eventually } from '../../support/eventually';

// Work that nobody waits for any more: what it runs is cancelled, what it would run is refused, and its connection is
// as good as new for the next one.

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase({ schema: 'none', settings: { DATABASE_POOL_SIZE: '2' } });
});
afterAll(() => database?.close());

const gone = new Error('nobody waits');
const answer = async (): Promise<unknown> => database.dataSource.query('SELECT 42 AS answer');

it('leaves work alone that is not aborted', async () => {
  expect(await untilAborted(new AbortController().signal, answer)).toEqual([{ answer: 42 }]);
  expect(await untilAborted(undefined, answer)).toEqual([{ answer: 42 }]);
});

it('refuses a statement once the work is aborted', async () => {
  await expect(untilAborted(AbortSignal.abort(gone), answer)).rejects.toThrow(gone);
});

it('gives up waiting for a connection, which then goes to the next', async () => {
  const pool = database.openPool(1);
  const held = await pool.connect();
  const abort = new AbortController();
  const waiting = untilAborted(abort.signal, () => pool.query('SELECT 1'));
  const next = pool.query('SELECT 2 AS two');
  abort.abort(gone);
  await expect(waiting).rejects.toThrow(gone);
  held.release();
  expect((await next).rows).toEqual([{ two: 2 }]);
});

it('rolls a transaction back that is aborted in the middle, and its connection serves the next', async () => {
  await database.dataSource.query('CREATE TABLE kept (n integer)');
  const abort = new AbortController();
  const work = untilAborted(abort.signal, () =>
    inTransaction(database.dataSource, async (manager) => {
      await manager.query('INSERT INTO kept VALUES (1)');
      abort.abort(gone);
      await manager.query('INSERT INTO kept VALUES (2)');
      abort.signal.throwIfAborted();
    }),
  );
  await expect(work).rejects.toThrow();
  expect(await database.dataSource.query('SELECT n FROM kept')).toEqual([]);
});

const forServers = onServer ? it : undefined;
forServers?.('cancels the statement under way, and nothing else on that connection', async () => {
  for (let round = 0; round < 5; round += 1) {
    const abort = new AbortController();
    const slow = untilAborted(abort.signal, () => database.dataSource.query(`SELECT pg_sleep(600), ${round} AS round`));
    slow.catch(() => undefined);
    await eventually(async () => {
      const rows = await database.dataSource.query<unknown[]>(
        `SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(600), ${round}%' AND state = 'active'`,
      );
      return rows.length === 1;
    });
    abort.abort(gone);
    await expect(slow).rejects.toThrow();
    expect(await Promise.all([answer(), answer(), answer()])).toEqual(Array(3).fill([{ answer: 42 }]));
  }
});
