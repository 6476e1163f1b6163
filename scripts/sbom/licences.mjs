// Which licences may be in a program under Apache-2.0, and how a component tells its own.

/** Permissive, or copyleft for their own files alone. */
const ALLOWED = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'CNRI-Python',
  'HPND',
  'ISC',
  'MIT',
  'MIT-0',
  'MIT-CMU',
  'MPL-2.0',
  // Of fonts: to be shipped with any program, and not sold by themselves.
  'OFL-1.1',
  'PSF-2.0',
  'Python-2.0',
  'Unlicense',
  'Zlib',
]);
/** Licences of data, by package: they say nothing of programs. */
const ALLOWED_FOR = new Map([['caniuse-lite', 'CC-BY-4.0']]);
/** Packages that tell their licence in a form that is not read, or cannot be installed everywhere. */
const TOLD_OTHERWISE = new Map([
  ['busboy@1.6.0', 'MIT'],
  ['colorama@0.4.6', 'BSD-3-Clause'],
  ['pypdfium2@5.15.2', 'BSD-3-Clause AND Apache-2.0'],
  ['streamsearch@1.1.0', 'MIT'],
]);

/**
 * @typedef {{ license: { id?: string, name?: string } } | { expression: string }} LicenceEntry
 * @typedef {{ type: string, name: string, version: string, purl: string, 'bom-ref': string,
 *   hashes?: { alg: string, content: string }[], licenses?: LicenceEntry[], [field: string]: unknown }} Component
 */

/**
 * With its licence, where it tells it in a way that is not read.
 * @param {Component} component
 * @returns {Component}
 */
export function completed(component) {
  const expression = TOLD_OTHERWISE.get(`${component.name}@${component.version}`);
  return expression === undefined ? component : { ...component, licenses: [{ expression }] };
}

/**
 * As an SPDX expression.
 * @param {Component} component
 * @returns {string | undefined}
 */
export function licenceOf({ licenses }) {
  const [first, ...more] = licenses ?? [];
  if (first === undefined || more.length > 0) return undefined;
  return 'expression' in first ? first.expression : (first.license.id ?? first.license.name);
}

/** @param {Component} component */
export function mayBeUsed(component) {
  const licence = licenceOf(component);
  return isAllowed(licence) || (licence !== undefined && ALLOWED_FOR.get(component.name) === licence);
}

/**
 * Whether an SPDX expression leaves a choice that is on the list: every part of an AND, one part of an OR.
 * @param {string | undefined} expression
 * @returns {boolean}
 */
export function isAllowed(expression) {
  if (expression === undefined) return false;
  const words = expression.match(/[()]|[^\s()]+/g) ?? [];
  /** @returns {boolean} */
  const either = () => {
    let result = both();
    while (words[0] === 'OR') {
      words.shift();
      const other = both();
      result ||= other;
    }
    return result;
  };
  const both = () => {
    let result = one();
    while (words[0] === 'AND') {
      words.shift();
      const other = one();
      result &&= other;
    }
    return result;
  };
  const one = () => {
    const word = words.shift() ?? '';
    if (word !== '(') return ALLOWED.has(word);
    const inside = either();
    return words.shift() === ')' && inside;
  };
  const result = either();
  // An exception (`WITH …`) or anything else that is not read here is for a person to decide.
  return result && words.length === 0;
}
