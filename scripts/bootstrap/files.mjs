// The files of the checkout, read and compared.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** Built by Vite, for a browser. */
export const CONSOLE = join(ROOT, 'apps', 'console');

/** A message for the person at the terminal; no stack. */
export class BootstrapError extends Error {}

/** @param {unknown} error @returns {string | undefined} the system's name for it, such as ENOENT */
export function codeOf(error) {
  return /** @type {NodeJS.ErrnoException} */ (error).code;
}

/**
 * Adds the files below the folder whose names are wanted, in an order that is the same everywhere.
 * @param {string} folder
 * @param {string[]} files
 * @param {(name: string) => boolean} wanted
 */
export function addFiles(folder, files, wanted) {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.isDirectory()) addFiles(join(folder, entry.name), files, wanted);
    else if (wanted(entry.name)) files.push(join(folder, entry.name));
  }
}

/**
 * One digest of names and contents, and of the major version of Node.
 * @param {string[]} files
 */
export function hashOf(files) {
  const hash = createHash('sha256').update(process.versions.node.split('.')[0]);
  for (const file of files) hash.update(relative(ROOT, file)).update('\0').update(readFileSync(file));
  return hash.digest('hex');
}

/**
 * @returns the text, or undefined where there is no such file
 * @param {string} file
 */
export function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** The sources of the service. Tests, and what builds files for them, are left out. */
export function compiledSources() {
  /** @type {string[]} */
  const files = [];
  /** @param {string} name */
  const isSource = (name) => name.endsWith('.ts') && !/(\.spec|[-.]fixture|\.d)\.ts$/.test(name);
  for (const folder of ['apps', 'libs']) addFiles(join(ROOT, folder), files, isSource);
  return files.filter((file) => !file.startsWith(CONSOLE));
}

/** @param {string} source @returns {string} where it is compiled to */
export function outputOf(source) {
  return join(ROOT, 'dist', relative(ROOT, source)).replace(/\.ts$/, '.js');
}
