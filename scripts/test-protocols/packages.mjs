// Suites that come from npm, in a folder of their own: the service and its checkout have no use for them.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { lock } from '../bootstrap/lock.mjs';
import { ROOT } from '../bootstrap.mjs';
import { retried, run } from '../test-servers/process.mjs';

const WANTED = join(ROOT, 'test', 'protocols');
const FOLDERS = join(ROOT, '.cache', 'protocols');

/** @returns {Promise<string>} the folder, with `node_modules` in it */
export async function installSuites() {
  const key = createHash('sha256')
    .update(readFileSync(join(WANTED, 'package-lock.json')))
    .digest('hex')
    .slice(0, 16);
  const folder = join(FOLDERS, `npm-${key}`);
  const stamp = join(folder, '.complete');
  if (existsSync(stamp)) return folder;
  const unlock = await lock('protocols-npm');
  try {
    if (existsSync(stamp)) return folder;
    mkdirSync(FOLDERS, { recursive: true });
    for (const name of readdirSync(FOLDERS)) rmSync(join(FOLDERS, name), { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const name of ['package.json', 'package-lock.json']) copyFileSync(join(WANTED, name), join(folder, name));
    const bounds = ['--ignore-scripts', '--no-audit', '--no-fund', '--silent'];
    await retried(() => run('npm', ['ci', ...bounds], { cwd: folder, timeoutMs: 300_000 }));
    writeFileSync(stamp, '');
    return folder;
  } finally {
    unlock();
  }
}
