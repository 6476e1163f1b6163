// Takes out of the image's production packages what this platform never loads: other platforms' native code, types,
// source maps, the TypeScript compiler (an optional peer of the OpenAPI module) and, unless WITH_WEIGHTS=1, the
// weights.
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = 'node_modules';
let removedBytes = 0;

/** @param {string} path @returns {number} */
const sizeOf = (path) => {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats?.isDirectory()) return stats?.size ?? 0;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
};
/** @param {...string} parts */
const remove = (...parts) => {
  const path = join(root, ...parts);
  if (!existsSync(path)) return;
  removedBytes += sizeOf(path);
  rmSync(path, { recursive: true });
};
/**
 * Native code of a package that ships every platform: keeps the folder of this one, and fails when there is none.
 * @param {...string} parts
 */
const keepPlatform = (...parts) => {
  const folder = join(root, ...parts);
  for (const platform of readdirSync(folder)) {
    if (platform !== process.platform) remove(...parts, platform);
    else
      for (const arch of readdirSync(join(folder, platform)))
        if (arch !== process.arch) remove(...parts, platform, arch);
  }
  if (!existsSync(join(folder, process.platform, process.arch)))
    throw new Error(`${folder} has nothing for this platform`);
};
/** @param {string} folder @param {RegExp} pattern */
const removeFiles = (folder, pattern) => {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) removeFiles(path, pattern);
    else if (pattern.test(entry.name)) {
      removedBytes += statSync(path).size;
      rmSync(path);
    }
  }
};

keepPlatform('onnxruntime-node', 'bin', 'napi-v6');
const weights = ['@alvix', 'xenova-models', 'dist', 'Xenova'];
remove(...weights, 'all-MiniLM-L6-v2');
if (process.env.WITH_WEIGHTS !== '1') remove(...weights, 'gte-small', 'onnx');
remove('typescript');
removeFiles(root, /\.(d\.[cm]?ts|map|md|markdown)$/);
console.log(`Took out ${Math.round(removedBytes / 1e6)} MB; ${Math.round(sizeOf(root) / 1e6)} MB stay.`);
