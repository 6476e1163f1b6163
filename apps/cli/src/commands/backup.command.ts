import { stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { loadClientSettings } from '@vectorlane/config';
import type { CommandDefinition, ParsedCommandLine } from '../command-line';
import type { Io } from '../terminal';
import { printable } from '../text-layout';

export const backupDefinition: CommandDefinition = {
  name: 'backup',
  summary: 'Writes documents, texts, chunks, vectors and API keys (hashed) into one file, or checks such a file.',
  usage: ['backup -- [FILE or FOLDER]', 'backup -- verify FILE'],
  options: { help: { short: 'h', description: 'show this help' } },
  notes: [
    'It works on the database of the environment it runs in (DATABASE_URL, or DATA_DIR). On servers the service goes on meanwhile; ' +
      'with the embedded database it has to be stopped first.',
    'Without a name the file is called vectorlane-<date>-<time>.backup. Only its owner can read it; keep it so: it holds every document. ' +
      'It has its name when it is whole; an interrupted backup leaves at most a file *.partial-*, which can be deleted.',
    'Exit code: 0 done or whole, 1 failed or damaged, 2 wrong usage, 130 after Ctrl-C.',
  ],
};

export async function runBackup(line: ParsedCommandLine, io: Io): Promise<number> {
  const [first, second, ...more] = line.positionals;
  const from = loadClientSettings(io.environment).callerDir ?? process.cwd();
  if (first === 'verify') {
    if (second === undefined) throw line.error('say which file: verify FILE');
    if (more.length > 0) throw line.error('there are words too many after "verify"');
    return loadOfflineBackup().verify(resolve(from, second), io);
  }
  if (second !== undefined) throw line.error('name one file or folder');
  return loadOfflineBackup().write(await targetOf(resolve(from, first ?? '.'), line, io), io);
}

/** @throws UsageError when there is such a file already: a backup never replaces another. */
async function targetOf(path: string, line: ParsedCommandLine, io: Io): Promise<string> {
  const there = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (there === undefined) return path;
  if (!there.isDirectory()) throw line.error(`${printable(path)} is there already; choose another name`);
  const [date = '', time = ''] = new Date(io.clock.now()).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').split('T');
  return targetOf(join(path, `vectorlane-${date}-${time}.backup`), line, io);
}

/** Loaded when asked for: it brings the whole database layer, which the other commands do without. */
export function loadOfflineBackup(): typeof import('../offline-backup') {
  return createRequire(__filename)('../offline-backup') as typeof import('../offline-backup');
}
