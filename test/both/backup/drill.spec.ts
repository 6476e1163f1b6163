import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { restoreBackup, rowsOf, writeBackup } from '@vectorlane/backup';
import { freshDataFolder, freshLocation, onServer } from '../../support/test-database';
import { acceptedDigest, fillLibrary, type Library, readLibrary } from './drill-library';
import { sized } from '../../support/sizes';
import { Place, temporaryFolder } from './seeded-database';

jest.setTimeout(180_000);

const DOCUMENTS = sized(250, 1_000);
const SEARCHES = 50;

/** Of the ten best by the index, how many are there again: a rebuilt index is searched along other edges. */
const SAME_BY_INDEX = 0.95;

const sources = [
  ['an embedded database', freshDataFolder] as const,
  ...(onServer ? [['a server', freshLocation] as const] : []),
];

/** The second target is how a user grows: from the embedded profile into the server profile. */
describe.each(sources)(`the drill: ${DOCUMENTS} documents of %s`, (_, locate) => {
  it(`backed up, destroyed and restored into ${onServer ? 'a server' : 'an embedded database'}, are the same`, async () => {
    const temporary = await temporaryFolder();
    const file = join(temporary.path, 'drill.backup');
    const source = await Place.empty(locate());
    await fillLibrary(source, DOCUMENTS);
    const before = await readLibrary(source, SEARCHES);
    expectWhole(before);
    const { header } = await writeBackup(source.config, file);
    expect(rowsOf(header, 'documents')).toBe(DOCUMENTS);

    await source.dispose();
    await expect(stat(source.config.DATA_DIR)).rejects.toThrow('ENOENT');

    const target = await Place.empty(freshLocation());
    try {
      await restoreBackup(target.config, file);
      const after = await readLibrary(target, SEARCHES);
      expect(after.counts).toEqual(before.counts);
      expect(after.contents).toEqual(before.contents);
      expect(after.answers).toEqual(before.answers);
      expect(overlap(before.byIndex, after.byIndex)).toBeGreaterThan(SAME_BY_INDEX);
    } finally {
      await target.dispose();
      await temporary.dispose();
    }
  });
});

/** What is compared is there at all: a comparison of nothing with nothing would pass. */
function expectWhole(library: Library): void {
  expect(library.counts).toEqual({ documents: DOCUMENTS, chunks: DOCUMENTS, texts: DOCUMENTS, contents: DOCUMENTS });
  const contents = library.contents as { stored: string; accepted: string }[];
  expect(contents.map(({ stored }) => stored)).toEqual(contents.map((__, number) => acceptedDigest(number)));
  expect(contents.every(({ stored, accepted }) => stored === accepted)).toBe(true);
  expect(library.answers.map((answer) => answer.length)).toEqual(Array.from({ length: SEARCHES }, () => 10));
  expect(new Set(library.answers.flat()).size).toBeGreaterThan(DOCUMENTS / 4);
}

function overlap(before: Library['byIndex'], after: Library['byIndex']): number {
  const same = before.map((answer, index) => answer.filter((id) => after[index]?.includes(id)).length);
  return same.reduce((sum, count) => sum + count, 0) / before.flat().length;
}
