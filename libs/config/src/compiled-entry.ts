import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of package.json: the same from sources, from `dist` and from the bundle. */
export const INSTALLED_AT = folderOfPackage(__dirname);

function folderOfPackage(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  if (dirname(folder) === folder) throw new Error('package.json was not found above the program.');
  return folderOfPackage(dirname(folder));
}

/**
 * Where the entry point of a thread or child process lies as JavaScript. Node cannot run TypeScript in a thread; under
 * a test, which runs from sources, the compiled twin in `dist` is taken (`npm test` builds first).
 * @param source without extension, from the repository's root: `libs/redis/src/embedded/valkey.thread`
 * @throws Error when it has not been built
 */
export function compiledEntry(source: string): string {
  const entry = join(INSTALLED_AT, 'dist', `${source}.js`);
  if (!existsSync(entry)) throw new Error(`${entry} is missing; run npm run build.`);
  return entry;
}
