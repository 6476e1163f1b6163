import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { METRICS } from '@vectorlane/metrics';
import { PROBES } from '@vectorlane/http';
import { read, ROOT } from '../../support/compose-file';
import { loggedFields } from '../../support/logged-fields';
import { evidenceSection, operationsSection } from '../../support/operations-page';

/**
 * docs/operations.md against the code: what an operator can meet is on the page. The log of a real run is compared in
 * test/both/logging. docs/evidence.md names only tests that exist.
 */

const missing = (title: string, wanted: readonly string[]): string[] => {
  const { names } = operationsSection(title);
  return wanted.filter((name) => !names.has(name));
};

it('every probe is described', () => {
  expect(PROBES.size).toBeGreaterThan(3);
  expect(
    missing(
      'Probes',
      [...PROBES].map((path) => `GET ${path}`),
    ),
  ).toEqual([]);
});

it('every metric has a row', () => {
  const names = Object.values(METRICS).map(({ name }) => name);
  expect(missing('Metrics', names)).toEqual([]);
  const rows = [...operationsSection('Metrics').text.matchAll(/^\| `([a-z_]+)` /gm)].map(([, name]) => name);
  expect(rows.toSorted()).toEqual(names.toSorted());
});

it('every field that is logged by name is explained', () => {
  const fields = loggedFields();
  expect(fields.length).toBeGreaterThan(40);
  expect(missing('Logs', fields)).toEqual([]);
});

it('every setting that is named exists', () => {
  const known = read('docs/configuration.md');
  const named = [...operationsSection('Settings').names].map((name) => name.split('=')[0] ?? '');
  const settings = named.filter((name) => /^[A-Z_]+$/.test(name));
  expect(settings.length).toBeGreaterThan(10);
  expect(settings.filter((name) => !known.includes(`| \`${name}\` |`))).toEqual([]);
});

it('every test that evidence.md names exists', () => {
  const places = [...evidenceSection('Shown by').names].filter((name) => /^(test|libs)\//.test(name));
  expect(places.length).toBeGreaterThan(20);
  const kinds = ['', '.spec.ts'];
  const isThere = (place: string): boolean => kinds.some((kind) => existsSync(join(ROOT, `${place}${kind}`)));
  expect(places.filter((place) => !isThere(place))).toEqual([]);
});

it.each(['docs/operations.md', 'docs/evidence.md', 'docs/contract.md'])(
  'every page that %s links to exists',
  (page) => {
    const links = [...read(page).matchAll(/\]\((?!https?:)([^)#]+)(#[^)]+)?\)/g)].map(([, link = '']) => link);
    expect(links.length).toBeGreaterThan(2);
    expect(links.filter((link) => !existsSync(join(ROOT, 'docs', link)))).toEqual([]);
  },
);
