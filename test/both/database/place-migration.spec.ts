import { randomBytes, randomUUID } from 'node:crypto';
import { migrate, MIGRATIONS } from '@vectorlane/database';
import { Place } from '@vectorlane/domain';
import { openTestDatabase, type TestDatabase } from '../../support/test-database';

jest.setTimeout(120_000);

const PLACE = MIGRATIONS.findIndex((Migration) => new Migration().name.startsWith('PlaceOfAChunk'));
const id = randomUUID();

/** Every kind of row that the old columns could hold: heading, page, row_number, json_path. */
const OLD: readonly (readonly [string | null, number | null, number | null, string | null])[] = [
  [null, null, null, null],
  ['Bees > Winter', 3, null, null],
  ['Quotes " and \\ 日本', null, 7, null],
  [null, 2_147_483_647, 1, `$['a'][0]`],
  ['', 0, 0, ''],
];

let database: TestDatabase;

beforeAll(async () => {
  database = await openTestDatabase({ schema: 'none' });
  await migrate(database.backend, database.config, MIGRATIONS.slice(0, PLACE));
  const { dataSource } = database;
  await dataSource.query('INSERT INTO contents (id) VALUES ($1)', [id]);
  await dataSource.query(
    `INSERT INTO documents (id, sha256, content_id, filename, format, lane, media_type, size_bytes, status, stage,
                            generation, visible_generation)
     VALUES ($1, $2, $1, 'old.txt', 'txt', 'fast', 'text/plain', 1, 'completed', 'completed', 1, 1)`,
    [id, randomBytes(32)],
  );
  for (const [ordinal, [heading, page, row, jsonPath]] of OLD.entries()) {
    await dataSource.query(
      `INSERT INTO chunks (id, document_id, generation, ordinal, content, char_start, char_end, token_count, heading,
                           page, row_number, json_path)
       VALUES ($1, $2, 1, $3, 'honey', 0, 5, 3, $4, $5, $6, $7)`,
      [randomUUID(), id, ordinal, heading, page, row, jsonPath],
    );
  }
});
afterAll(() => database.close());

it('makes one value of the four columns, and goes back', async () => {
  const old = 'SELECT ordinal, heading, page, row_number, json_path FROM visible_chunks ORDER BY ordinal';
  const before = await database.dataSource.query<Record<string, unknown>[]>(old);
  await migrate(database.backend, database.config, MIGRATIONS.slice(0, PLACE + 1));

  const placed = await database.dataSource.query<{ place: unknown }[]>(
    'SELECT place FROM visible_chunks ORDER BY ordinal',
  );
  expect(placed.map(({ place }) => Place.parse(place))).toEqual([
    {},
    { page: 3, heading: 'Bees > Winter' },
    { row: 7, heading: 'Quotes " and \\ 日本' },
    { page: 2_147_483_647, row: 1, jsonPath: `$['a'][0]` },
    {},
  ]);

  const queryRunner = database.dataSource.createQueryRunner();
  await new MIGRATIONS[PLACE]!().down(queryRunner);
  await queryRunner.release();
  expect(await database.dataSource.query(old)).toEqual(
    before.map((row) =>
      row['ordinal'] === 4 ? { ...row, heading: null, page: null, row_number: null, json_path: null } : row,
    ),
  );
});
