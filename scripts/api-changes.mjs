// What openapi.json would break for clients of the last release, unless CHANGELOG.md names it under "### Breaking".
// --keep, at a release, keeps what later versions are compared with.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { breakingEntries, isNamed, lastRelease } from './api-changes/changelog.mjs';
import { breakingChanges } from './api-changes/compare.mjs';
import { BootstrapError, main, ROOT } from './bootstrap.mjs';

/** Words for readers, of which no client depends. */
const PROSE = new Set(['description', 'summary', 'title', 'example', 'examples', 'tags', 'externalDocs', 'info']);

/** @typedef {import('./api-changes/compare.mjs').OpenApi} OpenApi */

await main(async () => {
  const changelog = await readFile(join(ROOT, 'CHANGELOG.md'), 'utf8');
  const version = lastRelease(changelog);
  const name = `docs/releases/openapi-${version}.json`;
  const kept = join(ROOT, name);
  const openapi = readFileSync(join(ROOT, 'openapi.json'), 'utf8');
  if (process.argv.includes('--keep')) {
    writeFileSync(kept, `${JSON.stringify(withoutProse(JSON.parse(openapi)), null, 1)}\n`);
    process.stdout.write(`Wrote ${name}.\n`);
    return;
  }
  if (!existsSync(kept)) {
    throw new BootstrapError(
      `${name} is missing: \`node scripts/api-changes.mjs --keep\` with the sources of ${version}.`,
    );
  }
  /** @type {OpenApi[]} */
  const [before = {}, after = {}] = [JSON.parse(readFileSync(kept, 'utf8')), JSON.parse(openapi)];
  const entries = breakingEntries(changelog, version);
  const unnamed = breakingChanges(before, after).filter((change) => !isNamed(change, entries));
  if (unnamed.length === 0) return;
  const lines = unnamed.map(({ subject, what, at, schemas, operations }) => {
    const where = schemas.length > 0 ? `${[...new Set(schemas)].join(', now ')} in ` : '';
    return `${where}${operations.join(', ')}: ${at === '' || at === subject ? '' : `${at}: `}\`${subject}\` ${what}`;
  });
  process.stdout.write(`Breaks clients of ${version}, and CHANGELOG.md does not say so under "### Breaking":\n`);
  process.stdout.write(`${lines.join('\n')}\n`);
  process.exitCode = 1;
});

/** @param {unknown} value @returns {unknown} */
function withoutProse(value, isSchemaFields = false) {
  if (Array.isArray(value)) return value.map((part) => withoutProse(part));
  if (typeof value !== 'object' || value === null) return value;
  // What stands in `properties` is names of fields, of which one may be called `title`.
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => isSchemaFields || !PROSE.has(key))
      .map(([key, part]) => [key, withoutProse(part, key === 'properties')]),
  );
}
