import { inTransaction } from '@vectorlane/database';
import { openTestDatabase, type TestDatabase } from '../../support/test-database';

jest.setTimeout(60_000);

const DIMENSION = 8;
const ROWS = 1_000;
let database: TestDatabase;

/** Points on a curve: the neighbours of one are those with the nearest numbers. */
const pointOf = (index: number): number[] =>
  Array.from({ length: DIMENSION }, (_, axis) =>
    (axis % 2 === 0 ? Math.cos : Math.sin)((index / ROWS) * (1 + (axis >> 1))),
  );

beforeAll(async () => {
  database = await openTestDatabase();
  const { dataSource } = database;
  await dataSource.query(
    `CREATE TABLE points (id integer PRIMARY KEY, kind integer, embedding vector(${DIMENSION}) NOT NULL)`,
  );
  await dataSource.query('CREATE INDEX points_by_distance ON points USING hnsw (embedding vector_l2_ops)');
  const ids = Array.from({ length: ROWS }, (_, id) => id);
  await dataSource.query(
    'INSERT INTO points SELECT id, id % 100, embedding::vector FROM unnest($1::integer[], $2::text[]) AS p (id, embedding)',
    [ids, ids.map((id) => JSON.stringify(pointOf(id)))],
  );
});
afterAll(() => database.close());

const nearest = 'SELECT id FROM points ORDER BY embedding <-> $1::vector LIMIT 5';

it('finds nearest neighbours through the HNSW index', async () => {
  const rows = await inTransaction(database.dataSource, async (manager) => {
    await manager.query('SET LOCAL enable_seqscan = off');
    const plan = await manager.query<Record<string, string>[]>(
      `EXPLAIN ${nearest.replace('$1', `'${JSON.stringify(pointOf(500))}'`)}`,
    );
    expect(JSON.stringify(plan)).toContain('points_by_distance');
    return manager.query<{ id: number }[]>(nearest, [JSON.stringify(pointOf(500))]);
  });
  expect(rows.map(({ id }) => id).sort()).toEqual([498, 499, 500, 501, 502]);
});

it('fills a filtered answer by scanning on', async () => {
  const filtered = 'SELECT id FROM points WHERE kind = 7 ORDER BY embedding <-> $1::vector LIMIT 10';
  const count = (scan: string): Promise<number> =>
    inTransaction(database.dataSource, async (manager) => {
      await manager.query('SET LOCAL enable_seqscan = off');
      await manager.query('SET LOCAL enable_bitmapscan = off');
      await manager.query(`SET LOCAL hnsw.iterative_scan = ${scan}`);
      return (await manager.query<unknown[]>(filtered, [JSON.stringify(pointOf(900))])).length;
    });
  expect(await count('off')).toBeLessThan(10);
  expect(await count('strict_order')).toBe(10);
});

it('takes a vector as a binary parameter', async () => {
  // vector_recv: dimension and an unused field as int16, then float4 values, all big-endian.
  const values = pointOf(250);
  const bytes = Buffer.alloc(4 + 4 * DIMENSION);
  bytes.writeInt16BE(DIMENSION, 0);
  for (const [axis, value] of values.entries()) bytes.writeFloatBE(value, 4 + 4 * axis);
  const rows = await database.dataSource.query<{ id: number }[]>(nearest.replace('$1::vector', '$1'), [bytes]);
  expect(rows[0]?.id).toBe(250);
  await database.dataSource.query('INSERT INTO points VALUES (5000, 1, $1)', [bytes]);
  const stored = await database.dataSource.query<{ distance: number }[]>(
    'SELECT a.embedding <-> b.embedding AS distance FROM points a, points b WHERE a.id = 5000 AND b.id = 250',
  );
  expect(stored[0]?.distance).toBeCloseTo(0, 6);
});
