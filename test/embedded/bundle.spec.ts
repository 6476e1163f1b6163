import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/compose-file';

const FOLDER = join(ROOT, 'dist', 'bundle');

/** What scripts/bundle.mjs leaves for libs/launch. */
describe('the bundle of the programs', () => {
  const [first = ''] = readFileSync(join(FOLDER, 'programs.js'), 'latin1').split('\n', 1);

  it('names the code that was made of it, and there is no other', () => {
    expect(first).toMatch(/^\/\/programs\.[0-9a-f]{16}\.code$/);
    expect(readdirSync(FOLDER).toSorted()).toEqual([first.slice(2), 'programs.js']);
  });

  it('comes with code that this Node takes', () => {
    // In a process of its own: V8 refuses code under other flags, and Jest's workers have some.
    const program = `
      const { readFileSync } = require('node:fs');
      const { Script } = require('node:vm');
      const cachedData = readFileSync(process.argv[2]);
      process.stdout.write(String(new Script(readFileSync(process.argv[1], 'latin1'), { cachedData }).cachedDataRejected));`;
    const files = [join(FOLDER, 'programs.js'), join(FOLDER, first.slice(2))];
    expect(execFileSync(process.execPath, ['-e', program, ...files], { encoding: 'utf8' })).toBe('false');
  });
});
