import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { read, ROOT } from '../support/compose-file';
import { TestApp } from '../support/test-app';

/**
 * The README's showcase is a promise: the folder it ingests, the question it asks and the file it names as the answer.
 */
const readme = read('README.md');
const folder = /^npm run ingest -- (\S+)$/m.exec(readme)?.[1] ?? '';
const question = /^npm run search -- "([^"]+)"$/m.exec(readme)?.[1] ?? '';
const answer = /<!-- showcase: the first passage comes from (\S+) -->/.exec(readme)?.[1] ?? '';

/** So many uploads that nobody waits for the next one, and so few that they do not wait for each other. */
const AT_ONCE = 8;

it('asks a question that finds its answer first', async () => {
  const app = await TestApp.start({}, 'local');
  try {
    const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.md'),
    );
    expect(files.map((name) => basename(name))).toContain(answer);
    for (let from = 0; from < files.length; from += AT_ONCE) {
      await Promise.all(
        files.slice(from, from + AT_ONCE).map((name) => app.ingest(basename(name), read(folder, name))),
      );
    }
    const { body } = await app.json('/api/search', { query: question });
    expect(body.results[0].metadata.filename).toBe(answer);
  } finally {
    await app.stop();
  }
}, 240_000);

it('has one screen of introduction: a picture, two commands, a question', () => {
  const screen = readme.split('\n').slice(0, 40).join('\n');
  expect(screen).toMatch(/!\[[^\]]+\]\(docs\/pipeline\.svg\)/);
  expect(screen).toContain('npm start');
  expect(screen).toContain('npm test');
  expect(screen).toContain(question);
  const width = Number(/<svg [^>]*\bwidth="(\d+)"/.exec(read('docs/pipeline.svg'))?.[1]);
  expect(width).toBeGreaterThan(0);
  expect(width).toBeLessThanOrEqual(840); // GitHub's column
});
