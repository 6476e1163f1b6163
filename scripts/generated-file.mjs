// A file that is written from the program: written, or (--check) compared with what is committed.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './bootstrap.mjs';

/** @param {string} name path in the repository @param {string} content */
export function writeOrCheck(name, content) {
  const path = join(ROOT, name);
  if (!process.argv.includes('--check')) {
    writeFileSync(path, content);
    process.stdout.write(`Wrote ${name}.\n`);
    return;
  }
  if (readFileSync(path, 'utf8') === content) return;
  process.stdout.write(`${name} is not what the program says any more. Run \`npm run generate\` and commit it.\n`);
  process.exitCode = 1;
}
