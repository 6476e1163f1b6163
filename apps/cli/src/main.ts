import { InvalidSettingsError } from '@vectorlane/config';
import { ApiProblem } from './api-errors';
import {
  parseCommandLine,
  renderHelp,
  UsageError,
  type CommandDefinition,
  type ParsedCommandLine,
} from './command-line';
import { alertsDefinition, runAlerts } from './commands/alerts.command';
import { backupDefinition, runBackup } from './commands/backup.command';
import { documentsDefinition, runDocuments } from './commands/documents.command';
import { ingestDefinition, runIngest } from './commands/ingest.command';
import { keysDefinition, runKeys } from './commands/keys.command';
import { mcpDefinition, runMcp } from './commands/mcp.command';
import { restoreDefinition, runRestore } from './commands/restore.command';
import { runSearch, searchDefinition } from './commands/search.command';
import { runWebhooks, webhooksDefinition } from './commands/webhooks.command';
import { Interrupted, processIo, type Io } from './terminal';
import { printable } from './text-layout';

/** The command line client: picks the command, and turns whatever goes wrong into one message and an exit code. */
interface Command {
  readonly definition: CommandDefinition;
  readonly run: (line: ParsedCommandLine, io: Io) => Promise<number>;
}

const COMMANDS: readonly Command[] = [
  { definition: ingestDefinition, run: runIngest },
  { definition: searchDefinition, run: runSearch },
  { definition: documentsDefinition, run: runDocuments },
  { definition: keysDefinition, run: runKeys },
  { definition: webhooksDefinition, run: runWebhooks },
  { definition: alertsDefinition, run: runAlerts },
  { definition: mcpDefinition, run: runMcp },
  { definition: backupDefinition, run: runBackup },
  { definition: restoreDefinition, run: runRestore },
];

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const DEFAULT_COLUMNS = 80;

/**
 * Runs one command.
 * @param argv the words after the program's name
 * @returns the exit code: 0 done, 1 failed or refused, 2 wrong usage, 130 or 143 after a signal
 */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = argv;
  try {
    if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
      const text = overview();
      (name === undefined ? io.stderr : io.stdout).write(text);
      return name === undefined ? EXIT_USAGE : 0;
    }
    const command = COMMANDS.find(({ definition }) => definition.name === name);
    if (command === undefined) throw new UsageError(`There is no command "${name}"`);
    const line = parseCommandLine(command.definition, rest);
    if (line.flag('help')) {
      io.stdout.write(renderHelp(command.definition, io.stdout.columns ?? DEFAULT_COLUMNS));
      return 0;
    }
    return await command.run(line, io);
  } catch (error) {
    return explain(error, io);
  }
}

function overview(): string {
  const commands = COMMANDS.map(({ definition }) => `  npm run ${definition.name.padEnd(9)} ${definition.summary}`);
  const first = 'The command line client of Vectorlane.';
  return [first, '', ...commands, '', 'More on each: npm run ingest -- --help', ''].join('\n');
}

function explain(error: unknown, io: Io): number {
  const say = (text: string) => io.stderr.write(`${printable(text, true)}\n`);
  if (error instanceof Interrupted) return error.exitCode;
  if (error instanceof UsageError) {
    const command = error.command ?? 'ingest';
    say(`${error.message}.\nHelp: npm run ${command} -- --help`);
    return EXIT_USAGE;
  }
  if (error instanceof InvalidSettingsError) {
    say(error.message);
    return EXIT_USAGE;
  }
  if (error instanceof ApiProblem) {
    say(`The server refused: ${error.message}${advice(error)}`);
    return EXIT_FAILED;
  }
  say(error instanceof Error ? error.message : String(error));
  return EXIT_FAILED;
}

function advice({ status, code }: ApiProblem): string {
  if (status === 401) {
    const which = code === 'MISSING_API_KEY' ? 'Give a key' : 'Give another key';
    return `\n${which} by --key, VECTORLANE_API_KEY or the file api-key in DATA_DIR.`;
  }
  if (status === 403) return '\nGive a key with the scope that is needed; npm run keys -- list shows what each opens.';
  return '';
}

/** Runs the command of this process and sets its exit code; output still under way is written before the end. */
export async function runFromProcess(): Promise<void> {
  process.exitCode = await main(process.argv.slice(2), processIo());
}

if (require.main === module) void runFromProcess();
