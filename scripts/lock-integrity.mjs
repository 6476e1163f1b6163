// npm run lock: gives every package of the lock files the digest of its tarball, for registries that do not say it.
// With --check: fails when one has none, and touches nothing.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './bootstrap.mjs';

const run = promisify(execFile);
const PATHS = ['package-lock.json', 'bench/peers/package-lock.json', 'test/protocols/package-lock.json'];
const AT_A_TIME = 40;

/** @typedef {{ name?: string, version: string, link?: boolean, integrity?: string }} LockedPackage */

const locks = await Promise.all(
  PATHS.map(async (name) => {
    const path = join(ROOT, name);
    return {
      path,
      lock: /** @type {{ packages: Record<string, LockedPackage> }} */ (JSON.parse(await readFile(path, 'utf8'))),
    };
  }),
);
const missing = locks.flatMap(({ lock }) =>
  Object.entries(lock.packages).filter(
    ([path, { link, integrity }]) => path !== '' && link !== true && !/^sha512-/.test(integrity ?? ''),
  ),
);

if (process.argv.includes('--check')) {
  for (const [path] of missing) process.stdout.write(`${path} has no integrity; run: npm run lock\n`);
  process.exit(missing.length > 0 ? 1 : 0);
}

/** @type {Map<string, LockedPackage[]>} */
const wanted = new Map();
for (const [path, entry] of missing) {
  const spec = `${entry.name ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)}@${entry.version}`;
  wanted.set(spec, [...(wanted.get(spec) ?? []), entry]);
}
const folder = await mkdtemp(join(tmpdir(), 'vectorlane-lock-'));
try {
  const specs = [...wanted.keys()];
  for (let at = 0; at < specs.length; at += AT_A_TIME) {
    const batch = specs.slice(at, at + AT_A_TIME);
    const { stdout } = await run(
      'npm',
      ['pack', '--json', '--ignore-scripts', '--pack-destination', folder, ...batch],
      {
        cwd: folder,
        maxBuffer: 512 * 1024 * 1024,
        timeout: 600_000,
      },
    );
    const packed = /** @type {{ id: string, integrity: string }[]} */ (JSON.parse(stdout));
    for (const { id, integrity } of packed) for (const entry of wanted.get(id) ?? []) entry.integrity = integrity;
    process.stdout.write(`${Math.min(specs.length, at + AT_A_TIME)} of ${specs.length}\n`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
// npm sorts the fields of an entry itself, with integrity before what describes the package.
for (const { path: file, lock } of locks) {
  for (const [path, { version, ...rest }] of Object.entries(lock.packages)) {
    if (path === '' || rest.integrity === undefined) continue;
    const { name, integrity, ...others } = rest;
    lock.packages[path] = { ...(name !== undefined && { name }), version, integrity, ...others };
  }
  await writeFile(file, `${JSON.stringify(lock, null, 2)}\n`);
}
