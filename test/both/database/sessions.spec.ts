import {
  GuardedPool,
  inTransaction,
  NothingCommittedError,
  openBackend,
  poolOf,
  SecondCheckoutError,
} from '@vectorlane/database';
import { dependencyOf } from '@vectorlane/errors';
import type { PoolClient } from 'pg';
import { type EntityManager, QueryFailedError } from 'typeorm';
import { eventually } from '../../support/eventually';
import { freshLocation, openTestDatabase, testConfig, type TestDatabase } from '../../support/test-database';
import { Stopwatch } from '../../support/stopwatch';

// The same promises on PGlite and on a real server: each caller gets its own rows, and transactions are its own.

jest.setTimeout(60_000);

/** Long enough for a transaction of a test on a machine that is busy with others. */
const IDLE_MS = 3_000;
let database: TestDatabase;

beforeAll(async () => {
  database = await openTestDatabase({
    schema: 'none',
    settings: { DATABASE_IDLE_TRANSACTION_TIMEOUT_MS: String(IDLE_MS) },
  });
  await database.dataSource.query('CREATE TABLE items (id integer PRIMARY KEY, body text)');
});
afterAll(() => database.close());
beforeEach(() => database.dataSource.query('TRUNCATE items'));

const countItems = async (): Promise<number> => {
  const rows = await database.dataSource.query<{ count: string }[]>('SELECT count(*) FROM items');
  return Number(rows[0]?.count);
};

describe('parallel callers', () => {
  it.each(['the data source', 'a pool of 20 connections'])('each get their own rows from %s', async (source) => {
    const pool = source === 'the data source' ? undefined : database.openPool(20);
    const sizes = [50, 2_000, 300_000, 70_000, 900, 120_000, 8_191, 8_192];
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const text = `${index}:`.padEnd(sizes[index % sizes.length] ?? 0, String.fromCharCode(97 + (index % 26)));
        const statement = 'SELECT $1::text AS text, $2::integer AS index';
        const rows =
          pool === undefined
            ? await database.dataSource.query<{ text: string; index: number }[]>(statement, [text, index])
            : (await pool.query<{ text: string; index: number }>(statement, [text, index])).rows;
        return rows.length === 1 && rows[0]?.text === text && rows[0].index === index;
      }),
    );
    expect(answers).toEqual(Array<boolean>(200).fill(true));
    await pool?.end();
  });

  it.each([1, 20])('20 transactions, 10 rolled back, keep exactly 10 (%s connections)', async (connections) => {
    const pool = database.openPool(connections);
    await Promise.all(
      Array.from({ length: 20 }, async (_, id) => {
        const client = await pool.connect();
        try {
          await client.query('BEGIN');
          await client.query('INSERT INTO items VALUES ($1, $2)', [id, 'first']);
          await new Promise((resolve) => setImmediate(resolve));
          await client.query('UPDATE items SET body = $2 WHERE id = $1', [id, 'second']);
          await client.query(id % 2 === 0 ? 'COMMIT' : 'ROLLBACK');
        } finally {
          client.release();
        }
      }),
    );
    const { rows } = await pool.query<{ id: number; body: string }>('SELECT id, body FROM items ORDER BY id');
    expect(rows).toEqual(Array.from({ length: 10 }, (_, half) => ({ id: half * 2, body: 'second' })));
    await pool.end();
  });
});

describe('a transaction', () => {
  it('keeps what came before a savepoint when the rest is rolled back', async () => {
    await inTransaction(database.dataSource, async (manager) => {
      await manager.query('INSERT INTO items VALUES (1)');
      await expect(
        manager.transaction(async (nested) => {
          await nested.query('INSERT INTO items VALUES (2)');
          throw new Error('inner');
        }),
      ).rejects.toThrow('inner');
      await manager.query('INSERT INTO items VALUES (3)');
    });
    const rows = await database.dataSource.query<{ id: number }[]>('SELECT id FROM items ORDER BY id');
    expect(rows.map(({ id }) => id)).toEqual([1, 3]);
  });

  it('is rolled back by an error in it, and the next caller finds a clean connection', async () => {
    await expect(
      inTransaction(database.dataSource, async (manager) => {
        await manager.query('INSERT INTO items VALUES (1)');
        await manager.query('INSERT INTO items VALUES (1)');
      }),
    ).rejects.toMatchObject({ driverError: { code: '23505' } });
    expect(await countItems()).toBe(0);
  });

  it('does not pass for committed when a failed statement in it was swallowed', async () => {
    const work = inTransaction(database.dataSource, async (manager) => {
      await manager.query('INSERT INTO items VALUES (1)');
      await manager.query('SELECT 1/0').catch(() => undefined);
    });
    const failure = await work.catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(QueryFailedError);
    expect((failure as QueryFailedError).driverError).toBeInstanceOf(NothingCommittedError);
    expect(await countItems()).toBe(0);
  });

  it.each(['inTransaction', 'dataSource.transaction'])(
    'of %s is refused a second connection at once',
    async (entry) => {
      const { dataSource } = database;
      const watch = Stopwatch.start();
      const work = async (): Promise<void> => {
        await dataSource.query('SELECT 1');
      };
      const failure = entry === 'inTransaction' ? inTransaction(dataSource, work) : dataSource.transaction(work);
      await expect(failure).rejects.toBeInstanceOf(SecondCheckoutError);
      expect(watch.stop()).toBeLessThan(1_000);
      await expect(dataSource.query('SELECT 1 AS one')).resolves.toEqual([{ one: 1 }]);
    },
  );

  it('leaves no guard behind in work that outlives it', async () => {
    let resume: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (resume = resolve));
    let late: Promise<unknown> = Promise.resolve();
    await inTransaction(database.dataSource, () => {
      late = gate.then(() => database.dataSource.query('SELECT 2 AS two'));
      return Promise.resolve();
    });
    resume();
    await expect(late).resolves.toEqual([{ two: 2 }]);
  });

  it('is done again after a serialisation failure, and no more than three times', async () => {
    let runs = 0;
    const value = await inTransaction(database.dataSource, async (manager) => {
      runs += 1;
      if (runs < 3) await manager.query(`DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$`);
      return 'done';
    });
    expect({ value, runs }).toEqual({ value: 'done', runs: 3 });

    runs = 0;
    const hopeless = inTransaction(database.dataSource, async (manager) => {
      runs += 1;
      await manager.query(`DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40P01'; END $$`);
    });
    await expect(hopeless).rejects.toMatchObject({ driverError: { code: '40P01' } });
    expect(runs).toBe(4);
  });

  it('left idle is rolled back after the bound, its client is told, and the next caller goes on', async () => {
    const pool = database.openPool(1);
    const client = await pool.connect();
    const told = new Promise<Error & { code?: string }>((resolve) => client.once('error', resolve));
    client.on('error', () => undefined);
    await client.query('BEGIN');
    await client.query('INSERT INTO items VALUES (1)');
    const started = performance.now();
    const watch = Stopwatch.start();
    const next = countItems();
    expect(await told).toMatchObject({ code: '25P03' });
    expect(performance.now() - started).toBeGreaterThan(IDLE_MS * 0.8);
    expect(watch.stop()).toBeLessThan(IDLE_MS + 2_000);
    expect(await next).toBe(0);
    await expect(client.query('SELECT 1')).rejects.toThrow();
    client.release();
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await pool.end();
  });

  it('of a client that goes away in the middle is rolled back', async () => {
    const pool = database.openPool(1);
    const client = await pool.connect();
    client.on('error', () => undefined);
    await client.query('BEGIN');
    await client.query('INSERT INTO items VALUES (1)');
    client.connection.stream.destroy();
    client.release(true);
    expect(await countItems()).toBe(0);
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await pool.end();
  });
});

describe.each([
  ['between two statements', (manager: EntityManager) => manager.query('SELECT 1')],
  ['before its end', () => Promise.resolve()],
])('a transaction whose connection is lost %s', (_when, then) => {
  it('is the fault of the database, nothing of it stays, and the next one goes on', async () => {
    const { dataSource } = database;
    const work = inTransaction(dataSource, async (manager) => {
      await manager.query('INSERT INTO items VALUES (1)');
      poolOf(dataSource).cut(new Error('The server is gone.'));
      await eventually(() => manager.queryRunner?.isReleased === true);
      await then(manager);
    });
    const error: unknown = await work.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(dependencyOf(error)).toBe('database');
    expect(await inTransaction(dataSource, (manager) => manager.query('SELECT 1 AS one'))).toEqual([{ one: 1 }]);
    await eventually(async () => (await countItems()) === 0);
  });
});

describe('a connection', () => {
  it('does not find what an earlier one left in its session', async () => {
    const location = await freshLocation();
    const backend = await openBackend(testConfig(location));
    const pool = new GuardedPool({ ...backend.connection, max: 1 });
    const settings = async (client: PoolClient): Promise<unknown> =>
      (await client.query(`SELECT current_setting('work_mem') AS memory, to_regclass('pg_temp.scratch') AS scratch`))
        .rows[0];
    const byName = { name: 'by-name', text: 'SELECT $1::integer AS one', values: [1] };
    try {
      const first = await pool.connect();
      const before = await settings(first);
      await first.query(`SET work_mem = '12MB'`);
      await first.query('CREATE TEMPORARY TABLE scratch (a integer)');
      await first.query(byName);
      first.release(true);
      const next = await pool.connect();
      expect(await settings(next)).toEqual(before);
      expect((await next.query(byName)).rows).toEqual([{ one: 1 }]);
      next.release();
    } finally {
      await pool.end();
      await backend.close();
      await location.dispose();
    }
  });

  it('refuses COPY FROM STDIN, which nobody feeds, and goes on', async () => {
    const { dataSource } = database;
    await expect(dataSource.query('COPY items FROM STDIN')).rejects.toThrow(/COPY/);
    await expect(dataSource.query('SELECT 1; COPY items FROM STDIN')).rejects.toThrow(/COPY/);
    await expect(dataSource.query('SELECT $1::integer AS one', [1])).resolves.toEqual([{ one: 1 }]);
  });

  it('survives parameters and answers of many megabytes', async () => {
    const bytes = Buffer.alloc(24 * 1024 * 1024, 7);
    const rows = await database.dataSource.query<{ bytes: Buffer }[]>('SELECT $1::bytea AS bytes', [bytes]);
    expect(rows[0]?.bytes.equals(bytes)).toBe(true);
  });
});
