// What packages bring along and running never reads. The images leave it out (docker/prune-packages.mjs), and so does
// what `npm start` installs; tests and checks read some of it.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Types, source maps and pages about a package, not its licence. */
const BESIDE_THE_CODE = /^(?!licen[cs]e).*\.(d\.[cm]?ts|map|md|markdown)$/i;

/**
 * Other platforms' native code, a second model's weights, the TypeScript compiler (an optional peer of the OpenAPI
 * module), types, source maps and pages.
 * @param {string} root the folder `node_modules`
 * @returns {string[]} files and folders
 */
export function unneeded(root) {
  const found = [
    ...otherPlatforms(join(root, 'onnxruntime-node', 'bin', 'napi-v6')),
    join(root, '@alvix', 'xenova-models', 'dist', 'Xenova', 'all-MiniLM-L6-v2'),
    join(root, 'typescript'),
  ].filter((path) => existsSync(path));
  addBesideTheCode(root, new Set(found), found);
  return found;
}

/** @param {string} path @returns {number} bytes of a file, or of all below a folder */
export function sizeOf(path) {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats?.isDirectory()) return stats?.size ?? 0;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

/** @param {string} folder with one for each platform, each with one for each architecture */
function otherPlatforms(folder) {
  if (!existsSync(join(folder, process.platform, process.arch)))
    throw new Error(`${folder} has nothing for this platform`);
  const others = (/** @type {string} */ place, /** @type {string} */ ours) =>
    readdirSync(place)
      .filter((name) => name !== ours)
      .map((name) => join(place, name));
  return [...others(folder, process.platform), ...others(join(folder, process.platform), process.arch)];
}

/** @param {string} folder @param {Set<string>} known what lies there is found already @param {string[]} found */
function addBesideTheCode(folder, known, found) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!known.has(path)) addBesideTheCode(path, known, found);
    } else if (BESIDE_THE_CODE.test(entry.name)) found.push(path);
  }
}
