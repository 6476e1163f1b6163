import { randomInt } from 'node:crypto';
import { inTransaction } from '@vectorlane/database';
import { openTestDatabase, type TestDatabase } from '../../support/test-database';

// 5,000 mixed queries and transactions from 20 callers; at the end the tables hold what the callers know they hold.

jest.setTimeout(300_000);

const CALLERS = 20;
const STEPS = 250;
let database: TestDatabase;

beforeAll(async () => {
  database = await openTestDatabase({ schema: 'none', settings: { DATABASE_CONNECT_TIMEOUT_MS: '60000' } });
  await database.dataSource.query(
    'CREATE TABLE ledger (caller integer, step integer, body text, PRIMARY KEY (caller, step))',
  );
});
afterAll(() => database.close());

it('comes out right', async () => {
  const { dataSource } = database;
  const wrong: string[] = [];

  const runCaller = async (caller: number): Promise<Map<number, string>> => {
    const kept = new Map<number, string>();
    for (let step = 0; step < STEPS; step += 1) {
      const body = `${caller}/${step}/`.padEnd(randomInt(5, 20_000), 'x');
      const insert = 'INSERT INTO ledger VALUES ($1, $2, $3) RETURNING step';
      const kind = randomInt(6);
      if (kind === 0) {
        const rows = await dataSource.query<{ step: number }[]>(insert, [caller, step, body]);
        if (rows[0]?.step !== step) wrong.push(`insert ${caller}/${step}`);
        kept.set(step, body);
      } else if (kind === 1) {
        await inTransaction(dataSource, async (manager) => {
          await manager.query(insert, [caller, step, 'draft']);
          await manager.query('UPDATE ledger SET body = $3 WHERE caller = $1 AND step = $2', [caller, step, body]);
        });
        kept.set(step, body);
      } else if (kind === 2) {
        const refused = inTransaction(dataSource, async (manager) => {
          await manager.query(insert, [caller, step, body]);
          throw new Error('rolled back');
        });
        await refused.catch((error: Error) => error.message === 'rolled back' || wrong.push(error.message));
      } else if (kind === 3) {
        const code = await dataSource.query('SELECT 1/$1::integer', [0]).then(
          () => 'none',
          (error: { driverError: { code: string } }) => error.driverError.code,
        );
        if (code !== '22012') wrong.push(`error ${code}`);
      } else if (kind === 4) {
        const rows = await dataSource.query<{ caller: number; body: string }[]>(
          'SELECT $1::integer AS caller, $2::text AS body',
          [caller, body],
        );
        if (rows.length !== 1 || rows[0]?.caller !== caller || rows[0].body !== body)
          wrong.push(`echo ${caller}/${step}`);
      } else {
        const rows = await dataSource.query<{ step: number; body: string }[]>(
          'SELECT step, body FROM ledger WHERE caller = $1 ORDER BY step DESC LIMIT 3',
          [caller],
        );
        for (const row of rows) if (kept.get(row.step) !== row.body) wrong.push(`read ${caller}/${row.step}`);
      }
    }
    return kept;
  };

  const kept = await Promise.all(Array.from({ length: CALLERS }, (_, caller) => runCaller(caller)));
  expect(wrong).toEqual([]);
  for (const [caller, expected] of kept.entries()) {
    const rows = await dataSource.query<{ step: number; body: string }[]>(
      'SELECT step, body FROM ledger WHERE caller = $1',
      [caller],
    );
    expect(new Map(rows.map(({ step, body }) => [step, body]))).toEqual(expected);
  }
});
