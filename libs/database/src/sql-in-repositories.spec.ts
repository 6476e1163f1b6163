import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

const ROOT = join(__dirname, '../../..');
const STATEMENT =
  /\b(SELECT\s+[^;]*?\bFROM\b|INSERT INTO\b|UPDATE\s+\w+\s+(AS\s+\w+\s+)?SET\b|DELETE FROM\b|TRUNCATE\b|ALTER TABLE\b)/;

/** Where SQL stands (docs/architecture.md, “Persistence”). */
const HOMES = [/\.repository\.ts$/, /^libs\/database\//, /^libs\/documents\//];

function* sources(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && entry.name !== 'node_modules') yield* sources(path);
    else if (entry.name.endsWith('.ts') && !entry.name.endsWith('.spec.ts')) yield path;
  }
}

const withSql = ['libs', 'apps']
  .flatMap((folder) => [...sources(join(ROOT, folder))])
  .filter((path) => STATEMENT.test(readFileSync(path, 'utf8')))
  .map((path) => relative(ROOT, path).split(sep).join('/'));

describe('SQL', () => {
  it('is found where it stands', () => {
    expect(withSql).toEqual(expect.arrayContaining(['libs/documents/src/documents.repository.ts']));
    expect(withSql.length).toBeGreaterThan(8);
  });

  it('stands in repositories and migrations alone', () => {
    expect(withSql.filter((path) => !HOMES.some((home) => home.test(path)))).toEqual([]);
  });
});
