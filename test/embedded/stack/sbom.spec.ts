import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { read, ROOT } from '../../support/compose-file';
import type { Untyped } from '../../support/test-app';

/** The bill of materials: everything that is locked, with its digest and a licence that is on the list. */
const { isAllowed, licenceOf, mayBeUsed } = jest.requireActual<Untyped>(join(ROOT, 'scripts/sbom/licences.mjs'));

it.each([
  ['MIT', true],
  ['GPL-3.0-only', false],
  ['GPL-3.0-only OR MIT', true],
  ['(MIT OR CC0-1.0)', true],
  ['MIT AND GPL-3.0-only', false],
  ['(GPL-2.0-only OR MIT) AND (Apache-2.0 OR LGPL-3.0-only)', true],
  ['GPL-2.0-only WITH Classpath-exception-2.0', false],
  ['SEE LICENSE IN LICENSE.md', false],
  ['(MIT', false],
  ['', false],
  [undefined, false],
])('a package under %j may be used: %j', (expression, allowed) => {
  expect(isAllowed(expression)).toBe(allowed);
});

it('refuses a package that tells no licence, or several without saying how they go together', () => {
  const licence = { license: { id: 'MIT' } };
  expect(mayBeUsed({ name: 'a', version: '1', licenses: [licence] })).toBe(true);
  expect(mayBeUsed({ name: 'a', version: '1' })).toBe(false);
  expect(mayBeUsed({ name: 'a', version: '1', licenses: [licence, licence] })).toBe(false);
});

it('is CycloneDX, without a network, and names every locked package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vectorlane-sbom-'));
  try {
    const path = join(folder, 'sbom.json');
    const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts/sbom.mjs'), path], {
      encoding: 'utf8',
      timeout: 60_000,
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const bom = JSON.parse(readFileSync(path, 'utf8'));
    expect(bom).toMatchObject({ bomFormat: 'CycloneDX', metadata: { component: { name: 'vectorlane' } } });
    const purls = new Set(bom.components.map(({ purl }: Untyped) => decodeURIComponent(purl as string)));
    const { packages } = JSON.parse(read('package-lock.json'));
    const locked = Object.entries<Untyped>(packages).flatMap(([where, { name, version }]) =>
      where === '' ? [] : [`pkg:npm/${name ?? where.split('node_modules/').at(-1)}@${version}`],
    );
    expect(locked.filter((purl) => !purls.has(purl))).toEqual([]);
    const python = [...read('apps/ai-worker/requirements.lock').matchAll(/^([\w.-]+)==([^\s;]+)(.*)$/gm)]
      .filter(([, , , marker = '']) => !marker.includes("== 'emscripten'"))
      .map(([, name, version]) => `pkg:pypi/${name}@${version}`);
    expect(python.length).toBeGreaterThan(20);
    expect(python.filter((purl) => !purls.has(purl))).toEqual([]);
    const bare = bom.components.filter((one: Untyped) => one.hashes?.length === 0 || licenceOf(one) === undefined);
    expect(bare.map(({ purl }: Untyped) => purl)).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 90_000);
