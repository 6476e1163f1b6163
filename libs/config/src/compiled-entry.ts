import { existsSync } from 'node:fs';
import { sep } from 'node:path';

/**
 * Where the entry point of a thread or child process lies as JavaScript. Node cannot run TypeScript in a thread; under
 * a test, which runs from sources, the compiled twin in `dist` is taken (`npm test` builds first).
 * @param folder `__dirname` of the caller
 * @param name file name without extension, `valkey.thread`
 * @throws Error when it has not been built
 */
export function compiledEntry(folder: string, name: string): string {
  const compiled = folder.includes(`${sep}dist${sep}libs${sep}`);
  const at = folder.lastIndexOf(`${sep}libs${sep}`);
  const twin = compiled || at < 0 ? folder : `${folder.slice(0, at)}${sep}dist${folder.slice(at)}`;
  const entry = `${twin}${sep}${name}.js`;
  if (!existsSync(entry)) throw new Error(`${entry} is missing; run npm run build.`);
  return entry;
}
