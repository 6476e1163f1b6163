// What CHANGELOG.md says of releases: which was the last one, and what has broken since.

/** @typedef {import('./compare.mjs').Change} Change */

const RELEASE = /^## \[(\d+\.\d+\.\d+)\]/m;

/** @param {string} changelog @returns {string} the version of the last release */
export function lastRelease(changelog) {
  const [, version] = RELEASE.exec(changelog) ?? [];
  if (version === undefined) throw new Error('CHANGELOG.md names no release.');
  return version;
}

/**
 * The entries under "### Breaking" since that release, each as the names that it has in backticks.
 * @param {string} changelog @param {string} version @returns {string[][]}
 */
export function breakingEntries(changelog, version) {
  const [since = ''] = changelog.split(`\n## [${version}]`);
  const sections = since.split(/^#{2,3} /m).filter((section) => section.startsWith('Breaking\n'));
  const entries = sections.flatMap((section) => section.split(/^- /m).slice(1));
  return entries.map((entry) => [...entry.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name.replace(/\s+/g, ' ')));
}

/**
 * An entry names a change where it has its subject, and either the schema that it is of or every operation.
 * @param {Change} change @param {string[][]} entries
 */
export function isNamed({ subject, schemas, operations }, entries) {
  return entries.some((names) => {
    const words = new Set(names.flatMap((name) => [name, ...name.split(/[^\w./-]+/)]));
    const whose = schemas.some((name) => words.has(name)) || operations.every((name) => words.has(name));
    return words.has(subject) && whose;
  });
}
