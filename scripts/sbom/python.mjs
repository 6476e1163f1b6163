// The Python packages of the AI worker's lock files.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { read } from '../bootstrap/files.mjs';
import { ROOT } from '../bootstrap.mjs';
import { run } from '../test-servers/process.mjs';

/**
 * @typedef {import('./licences.mjs').Component} Component
 * @typedef {{ name: string, version: string, sha256: string[], scope: 'required' | 'optional' }} Locked
 */

/** What a package says of its licence where it has no SPDX expression: its classifiers, or words of its own. */
const SPDX_OF = /** @type {const} */ ([
  [/Apache/i, 'Apache-2.0'],
  [/BSD 3|BSD-3|3-Clause/i, 'BSD-3-Clause'],
  [/BSD/i, 'BSD-3-Clause'],
  [/Mozilla Public License 2/i, 'MPL-2.0'],
  [/Python Software Foundation/i, 'PSF-2.0'],
  [/ISC/, 'ISC'],
  [/\bMIT\b/, 'MIT'],
]);

/** An SPDX expression in the field for words, where older tools put it. */
const EXPRESSION = /^[\w.+-]+(?: (?:AND|OR) [\w.+-]+)+$/;
/** Packages for a Python in a browser, where the AI worker does not run. */
const BROWSER = /;.*sys_platform == 'emscripten'/;

/** Prints, for each installed package: name, version, licence expression, classifiers, licence in words. */
const READ = `
import json, re
from importlib.metadata import distributions
print(json.dumps([[
  re.sub(r'[-_.]+', '-', d.metadata['Name']).lower(), d.version, d.metadata.get('License-Expression') or '',
  [c for c in d.metadata.get_all('Classifier') or [] if c.startswith('License ::')],
  (d.metadata.get('License') or '').splitlines()[:1],
] for d in distributions()]))`;

/** @returns {Locked[]} */
export function lockedPython() {
  /** @type {Map<string, Locked>} */
  const found = new Map();
  for (const [file, scope] of /** @type {const} */ ([
    ['requirements.lock', 'required'],
    ['requirements-dev.lock', 'optional'],
  ])) {
    const text = readFileSync(join(ROOT, 'apps', 'ai-worker', file), 'utf8').replaceAll('\\\n', ' ');
    for (const line of text.split('\n')) {
      const [, name, version] = /^([A-Za-z0-9][\w.-]*)==(\S+)/.exec(line) ?? [];
      if (name === undefined || version === undefined || found.has(name)) continue;
      if (BROWSER.test(line)) continue;
      const sha256 = [...line.matchAll(/--hash=sha256:([0-9a-f]{64})/g)].map(([, digest = '']) => digest);
      found.set(name, { name, version, sha256, scope });
    }
  }
  return [...found.values()];
}

/**
 * Of the packages that are locked now, by `name==version`: another version may have another licence.
 * @param {string} path
 * @param {readonly Locked[]} locked
 * @returns {Record<string, string>}
 */
export function pythonLicences(path, locked) {
  /** @type {Record<string, string>} */
  const kept = JSON.parse(read(path) ?? '{}');
  const names = new Set(locked.map(keyOf));
  return Object.fromEntries(Object.entries(kept).filter(([key]) => names.has(key)));
}

/**
 * @param {string} python of an environment that has them
 * @param {readonly Locked[]} locked
 * @returns {Promise<Record<string, string>>}
 */
export async function readLicences(python, locked) {
  /** @type {[string, string, string, string[], string[]][]} */
  const installed = JSON.parse(await run(python, ['-c', READ], { timeoutMs: 60_000 }));
  const names = new Set(locked.map(keyOf));
  /** @type {Record<string, string>} */
  const licences = {};
  for (const [name, version, expression, classifiers, words] of installed) {
    const key = `${name}==${version}`;
    const [written = ''] = words;
    const told = EXPRESSION.test(written) ? written : [...classifiers, ...words].map(spdxOf).find(Boolean);
    const licence = expression || told;
    if (names.has(key) && licence) licences[key] = licence;
  }
  return licences;
}

/** @param {string} text */
function spdxOf(text) {
  return SPDX_OF.find(([pattern]) => pattern.test(text))?.[1];
}

/**
 * @param {readonly Locked[]} locked
 * @param {Record<string, string>} licences
 * @returns {Component[]}
 */
export function pythonComponents(locked, licences) {
  return locked.map((one) => {
    const expression = licences[keyOf(one)];
    const purl = `pkg:pypi/${one.name}@${one.version}`;
    return {
      'bom-ref': purl,
      type: 'library',
      name: one.name,
      version: one.version,
      scope: one.scope,
      purl,
      // One for each platform's file.
      hashes: one.sha256.map((content) => ({ alg: 'SHA-256', content })),
      ...(expression !== undefined && { licenses: [{ expression }] }),
    };
  });
}

/** @param {Locked} one */
function keyOf({ name, version }) {
  return `${name}==${version}`;
}
