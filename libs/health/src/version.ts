import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The program's version, from the nearest package.json above: the same from sources and from `dist`. */
export const VERSION = readVersion(__dirname);

function readVersion(folder: string): string {
  const path = join(folder, 'package.json');
  try {
    const { version } = JSON.parse(readFileSync(path, 'utf8')) as { version?: string };
    if (version !== undefined) return version;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  if (dirname(folder) === folder) throw new Error('package.json was not found above the program.');
  return readVersion(dirname(folder));
}
