// npm packages which neither the program nor its checkout has a use for (suites, peers of benchmarks), as a lock file
// of their own names them: installed in a folder of their own below .cache.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { retried, run } from '../test-servers/process.mjs';
import { ROOT } from './files.mjs';
import { lock } from './lock.mjs';

/**
 * @param {string} wanted folder with `package.json` and `package-lock.json`
 * @param {string} name what they are called below .cache
 * @returns {Promise<string>} the folder, with `node_modules` in it
 */
export async function installLocked(wanted, name) {
  const files = ['package.json', 'package-lock.json'].map((file) => ({ file, source: join(ROOT, wanted, file) }));
  const folders = join(ROOT, '.cache', name);
  const key = createHash('sha256')
    .update(readFileSync(join(ROOT, wanted, 'package-lock.json')))
    .digest('hex')
    .slice(0, 16);
  const folder = join(folders, `npm-${key}`);
  const stamp = join(folder, '.complete');
  if (existsSync(stamp)) return folder;
  const unlock = await lock(name);
  try {
    if (existsSync(stamp)) return folder;
    mkdirSync(folders, { recursive: true });
    for (const old of readdirSync(folders)) rmSync(join(folders, old), { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const { file, source } of files) copyFileSync(source, join(folder, file));
    const bounds = ['--ignore-scripts', '--no-audit', '--no-fund', '--silent'];
    await retried(() => run('npm', ['ci', ...bounds], { cwd: folder, timeoutMs: 300_000 }));
    writeFileSync(stamp, '');
    return folder;
  } finally {
    unlock();
  }
}
