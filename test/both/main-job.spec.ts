import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CORPUS, FOREIGN } from '../support/corpus';
import { TestApp } from '../support/test-app';

/**
 * The promise of the product, whole: texts in every format go in, and each is found by a question that shares as few
 * words with it as possible.
 */
let service: TestApp;
beforeAll(async () => {
  service = await TestApp.start({ FAST_LANE_CONCURRENCY: '4' }, 'local');
  const files = [...new Set([...CORPUS, ...FOREIGN].map(({ file }) => file))];
  const ids: string[] = [];
  for (const file of files) {
    const { status, body } = await service.upload(file, await readFile(join(__dirname, '../corpus', file)));
    expect(status).toBe(202);
    ids.push(body.id as string);
  }
  for (const id of ids) expect(await service.finished(id, 150_000)).toMatchObject({ status: 'completed' });
}, 240_000);
afterAll(() => service?.stop(), 60_000);

interface Hit {
  readonly content: string;
  readonly metadata: { readonly filename: string };
}
const search = async (body: object): Promise<Hit[]> => (await service.json('/api/search', body)).body.results;

it('has at least 30 texts in all five formats', () => {
  const files = new Set([...CORPUS, ...FOREIGN].map(({ file }) => file));
  expect(files.size).toBeGreaterThanOrEqual(30);
  expect(new Set([...files].map((file) => file.split('.').at(-1)))).toEqual(
    new Set(['txt', 'md', 'html', 'json', 'csv']),
  );
});

describe('each text is found by a question in other words, in the top 3', () => {
  it.each(CORPUS.map((entry) => [entry.query, entry] as const))('%s', async (query, { file, expect: passage }) => {
    const hits = await search({ query, topK: 3 });
    const found = hits.filter(({ metadata }) => metadata.filename === file);
    expect(hits.map(({ metadata }) => metadata.filename)).toContain(file);
    expect(found.map(({ content }) => content).join('\n')).toContain(passage);
  });
});

describe('texts in other languages are found by their own words', () => {
  it.each(FOREIGN.map((entry) => [entry.language, entry.words, entry.file] as const))(
    '%s: %s',
    async (_, words, file) => {
      for (const mode of ['keyword', 'hybrid']) {
        const hits = await search({ query: words, topK: 3, mode });
        expect(hits.map(({ metadata }) => metadata.filename)).toContain(file);
      }
    },
  );
});
