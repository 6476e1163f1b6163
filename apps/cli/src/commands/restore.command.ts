import { resolve } from 'node:path';
import { loadClientSettings } from '@vectorlane/config';
import type { CommandDefinition, ParsedCommandLine } from '../command-line';
import type { Io } from '../terminal';
import { loadOfflineBackup } from './backup.command';

export const restoreDefinition: CommandDefinition = {
  name: 'restore',
  summary: 'Puts a backup into an empty database, embedded or on a server, whichever it was made from.',
  usage: ['restore -- FILE', 'restore -- FILE --replace [--yes]'],
  options: {
    replace: { description: 'lose every document and API key that is in the database now' },
    yes: { short: 'y', description: 'replace without asking' },
    help: { short: 'h', description: 'show this help' },
  },
  notes: [
    'It works on the database of the environment it runs in (DATABASE_URL, or DATA_DIR). Every process of the service has to be stopped.',
    'The file is checked to its end before anything is touched. Then everything happens in one transaction: after a crash or Ctrl-C the ' +
      'database is as it was. Documents that were being worked on are taken up again at the next start.',
    'API keys are those of the backup afterwards. Exit code: 0 done, 1 refused or failed, 2 wrong usage, 130 after Ctrl-C.',
  ],
};

export async function runRestore(line: ParsedCommandLine, io: Io): Promise<number> {
  const [file, ...more] = line.positionals;
  if (file === undefined) throw line.error('say which file');
  if (more.length > 0) throw line.error('there are words too many after the file');
  const replace = line.flag('replace');
  if (line.flag('yes') && !replace) throw line.error('--yes goes with --replace alone');
  if (replace && !line.flag('yes')) {
    if (io.confirm === undefined) throw line.error('nobody is here to confirm --replace; add --yes');
    if (!(await io.confirm('Replace the database? Every document and API key that is in it now is lost.'))) {
      io.stderr.write('Nothing was changed.\n');
      return 0;
    }
  }
  const from = loadClientSettings(io.environment).callerDir ?? process.cwd();
  return loadOfflineBackup().restore(resolve(from, file), replace, io);
}
