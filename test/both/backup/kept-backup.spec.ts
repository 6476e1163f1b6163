import { join } from 'node:path';
import { restoreBackup, rowsOf } from '@vectorlane/backup';
import { KNOWN_MIGRATIONS } from '@vectorlane/database';
import { Place } from './seeded-database';

jest.setTimeout(120_000);

/**
 * Backups that earlier versions wrote, kept as files: what is in them is restored as it was and brought up to this
 * program, as a database of that version is at the first start.
 */
const KEPT = join(__dirname, '../../fixtures/backups');

let place: Place;

beforeAll(async () => {
  place = await Place.empty();
});
afterAll(() => place.dispose());

it('version 0.1.0: six formats, positions in four columns', async () => {
  const { header } = await restoreBackup(place.config, join(KEPT, '0.1.0.backup'));
  expect([header.product, header.migrations.length, rowsOf(header, 'chunks')]).toEqual(['0.1.0', 3, 14]);

  await place.use(async (dataSource) => {
    expect(await dataSource.query('SELECT name FROM migrations ORDER BY id')).toEqual(
      KNOWN_MIGRATIONS.map((name) => ({ name })),
    );
    const places = await dataSource.query<{ filename: string; places: unknown }[]>(
      'SELECT filename, jsonb_agg(place ORDER BY ordinal) AS places FROM visible_chunks GROUP BY 1 ORDER BY 1',
    );
    expect(Object.fromEntries(places.map(({ filename, places: of }) => [filename, of]))).toEqual({
      'bees.md': [{ heading: 'Bees' }, { heading: 'Bees > Honey' }],
      'note.txt': [{}],
      'report.docx': expect.any(Array),
      'rivers.csv': [{ row: 1 }],
      'ships.json': [{ jsonPath: "$['ships'][0]", heading: 'ships' }],
      'two-columns.pdf': expect.arrayContaining([expect.objectContaining({ page: 1 })]),
    });
    const found = await dataSource.query(
      `SELECT filename, metadata FROM visible_chunks
        WHERE content LIKE '%combs%' AND place ->> 'heading' = 'Bees > Honey'`,
    );
    expect(found).toEqual([{ filename: 'bees.md', metadata: { kept: true } }]);
    const [space] = await dataSource.query<{ id: number }[]>('SELECT id FROM embedding_spaces WHERE is_current');
    const vectors = await dataSource.query(`SELECT count(*)::integer AS count FROM vectors_${space?.id}`);
    expect(vectors).toEqual([{ count: 14 }]);
  });
});
