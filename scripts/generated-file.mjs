// A file that is written from the program: written, or (--check) compared with what is committed.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './bootstrap.mjs';

/**
 * As `npm run format` would leave it.
 * @param {string} name path in the repository @param {string} source TypeScript
 */
export async function formatted(name, source) {
  // Here and not above: what only compares needs no package.
  const { format } = await import('oxfmt');
  const { printWidth, singleQuote, trailingComma } = JSON.parse(readFileSync(join(ROOT, '.oxfmtrc.json'), 'utf8'));
  const { code, errors } = await format(name, source, { printWidth, singleQuote, trailingComma });
  if (errors.length > 0) throw new Error(`${name} cannot be formatted: ${errors[0].message}`);
  return code;
}

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
