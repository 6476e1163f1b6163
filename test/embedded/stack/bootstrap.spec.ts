import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ROOT } from '../../support/compose-file';

/** scripts/bootstrap.mjs in a checkout of its own, with an npm and a build that leave their traces. */

const NATIVE = `onnxruntime-node/bin/napi-v6/${process.platform}/${process.arch}/onnxruntime_binding.node`;
/** Its answer to `npm ci`: what it was called with, and packages. */
const NPM = `
const { appendFileSync, existsSync, mkdirSync, writeFileSync } = require('node:fs');
const { dirname, join } = require('node:path');
appendFileSync(process.env.CALLS, process.argv.slice(2).join(' ') + '\\n');
const files = ['${NATIVE}', 'pg/index.js', 'pg/index.d.ts', 'vite/bin/vite.js'];
if (!process.argv.includes('--omit=dev')) files.push('jest/index.js');
for (const file of files) {
  mkdirSync(dirname(join('node_modules', file)), { recursive: true });
  writeFileSync(join('node_modules', file), file.startsWith('vite')
    ? "const { mkdirSync, writeFileSync } = require('node:fs'); mkdirSync('dist/console', { recursive: true });" +
      "writeFileSync('dist/console/index.html', '')"
    : '');
}
if (process.env.NPM_FAILS) process.exit(1);
`;
const BUNDLE = `
import { mkdirSync, writeFileSync } from 'node:fs';
mkdirSync('dist/bundle', { recursive: true });
writeFileSync('dist/bundle/programs.js', '');
`;

// A dozen processes, on a machine with much else to do.
jest.setTimeout(180_000);

let checkout: string;
const at = (...parts: string[]): string => join(checkout, ...parts);
const write = (path: string, text: string): void => {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), text);
};
beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'vectorlane-bootstrap-'));
  for (const part of ['bootstrap', 'bootstrap.mjs']) {
    cpSync(join(ROOT, 'scripts', part), at('scripts', part), { recursive: true });
  }
  write('npm/npm-cli.js', NPM);
  write('scripts/compile.mjs', '');
  write('scripts/bundle.mjs', BUNDLE);
  write('package.json', '{}');
  write('package-lock.json', '{"packages":{}}');
  write('.npmrc', '');
  write('tsconfig.json', '');
});
afterEach(() => rmSync(checkout, { recursive: true, force: true }));

/** Runs it, and tells what npm was asked. */
function bootstrap(options: { toRun: boolean }, environment: Record<string, string> = {}): string[] {
  const asked = JSON.stringify(options);
  const program = `import('./scripts/bootstrap.mjs').then(({ bootstrap, main }) => main(() => bootstrap(${asked})))`;
  rmSync(at('calls'), { force: true });
  const { status, stderr } = spawnSync(process.execPath, ['-e', program], {
    cwd: checkout,
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, npm_execpath: at('npm', 'npm-cli.js'), CALLS: at('calls'), ...environment },
  });
  if (status !== 0 && environment['NPM_FAILS'] === undefined) throw new Error(stderr);
  return existsSync(at('calls')) ? readFileSync(at('calls'), 'utf8').trim().split('\n') : [];
}
const installed = (path: string): boolean => existsSync(at('node_modules', path));

it('a start installs what running needs, other commands the rest, and what is complete stays so', () => {
  expect(bootstrap({ toRun: true })).toEqual([expect.stringMatching(/^ci --omit=dev /)]);
  expect([NATIVE, 'pg/index.js', 'pg/index.d.ts', 'jest/index.js'].map(installed)).toEqual([true, true, false, false]);
  expect(bootstrap({ toRun: true })).toEqual([]);

  expect(bootstrap({ toRun: false })).toEqual([expect.not.stringContaining('--omit')]);
  expect(['pg/index.d.ts', 'jest/index.js'].map(installed)).toEqual([true, true]);
  expect(bootstrap({ toRun: false })).toEqual([]);
  expect(bootstrap({ toRun: true })).toEqual([]);

  write('package-lock.json', '{"packages":{},"lockfileVersion":3}');
  expect(bootstrap({ toRun: true })).toEqual([expect.not.stringContaining('--omit')]);
  expect(installed('jest/index.js')).toBe(true);
});

it('an installation that fails leaves what was there as it was, for a program that runs', () => {
  bootstrap({ toRun: true });
  expect(bootstrap({ toRun: false }, { NPM_FAILS: '1' })).toHaveLength(1);
  expect(['pg/index.js', 'jest/index.js'].map(installed)).toEqual([true, false]);
  expect(bootstrap({ toRun: true })).toEqual([]);
  expect(bootstrap({ toRun: false })).toHaveLength(1);
  expect(existsSync(at('.cache', 'packages'))).toBe(false);
});

it('packages of development that were added by hand to what a start installed do not count', () => {
  bootstrap({ toRun: true });
  write('node_modules/.package-lock.json', '{"packages":{}}');
  expect(bootstrap({ toRun: false })).toHaveLength(1);
  write('node_modules/.package-lock.json', '{"packages":{}}');
  rmSync(at('node_modules', '.vectorlane-lock-hash'));
  expect(bootstrap({ toRun: false })).toEqual([]);
});
