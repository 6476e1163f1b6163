import { createRequire } from 'node:module';
import { Scope } from '@vectorlane/domain';
import type { ListedKey } from '../api-schemas';
import { CONNECTION_OPTIONS, type CommandDefinition, type ParsedCommandLine } from '../command-line';
import { connect } from '../connection';
import type { Io } from '../terminal';
import { minuteOf, printable, renderTable } from '../text-layout';

export const keysDefinition: CommandDefinition = {
  name: 'keys',
  summary: 'Makes, lists and revokes API keys. Needs a key with the scope admin.',
  usage: [
    'keys -- create --name NAME --scopes read,write [--expires 2027-12-31] [--rate-limit 600]',
    'keys -- create --name NAME --scopes read,write,admin --offline',
    'keys -- list',
    'keys -- revoke ID [--yes]',
  ],
  options: {
    name: { value: 'NAME', description: 'what the key is for' },
    scopes: { value: 'LIST', description: `what it may do, separated by commas: ${Scope.options.join(', ')}` },
    expires: {
      value: 'DATE',
      description: 'from then on it opens nothing, such as 2027-12-31 or 2027-12-31T12:00:00Z; without: never',
    },
    'rate-limit': {
      value: 'N',
      description:
        'requests a minute of its own, or none for as many as it likes; without: as many as the address it is used from',
    },
    offline: {
      description: 'make the key in the database itself, for a server that is not running: the first key in production',
    },
    yes: { short: 'y', description: 'revoke without asking' },
    ...CONNECTION_OPTIONS,
  },
  notes: ['A new key is printed once, alone on standard output; the server keeps nothing it could be read from.'],
};

type Action = (line: ParsedCommandLine, io: Io) => Promise<number>;
const ACTIONS: Readonly<Record<string, Action>> = { create, list, revoke };

export async function runKeys(line: ParsedCommandLine, io: Io): Promise<number> {
  const [name] = line.positionals;
  if (name === undefined) throw line.error(`say what to do: ${Object.keys(ACTIONS).join(', ')}`);
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (action === undefined) throw line.error(`there is no "${name}"; say one of ${Object.keys(ACTIONS).join(', ')}`);
  const allowed = name === 'revoke' ? 2 : 1;
  if (line.positionals.length > allowed) throw line.error(`there are words too many after "${name}"`);
  if (line.flag('offline') && name !== 'create') throw line.error('--offline goes with create alone');
  return action(line, io);
}

async function create(line: ParsedCommandLine, io: Io): Promise<number> {
  const name = line.required('name');
  const scopes = scopesFrom(line);
  const expiresAt = expiryFrom(line, io.clock.now());
  const rateLimitPerMinute = rateLimitFrom(line);
  if (line.flag('offline')) {
    if (expiresAt !== undefined) throw line.error('--expires does not go with --offline');
    const limit = rateLimitPerMinute === undefined ? [] : ['--rate-limit', String(rateLimitPerMinute)];
    return loadOfflineKeys()(['create', '--offline', '--name', name, '--scopes', scopes.join(','), ...limit]);
  }
  const client = await connect(line, io);
  const created = await client.createKey(
    {
      name,
      scopes,
      ...(expiresAt === undefined ? {} : { expiresAt }),
      ...(rateLimitPerMinute === undefined ? {} : { rateLimitPerMinute }),
    },
    io.interrupt,
  );
  io.stdout.write(`${created.key}\n`);
  io.stderr.write(
    `Key ${printable(created.id)} ("${printable(created.name)}", ${created.scopes.join(', ')}). It is shown this once.\n`,
  );
  return 0;
}

function scopesFrom(line: ParsedCommandLine): Scope[] {
  const words = line
    .required('scopes')
    .split(',')
    .map((word) => word.trim());
  const scopes = Scope.options.filter((scope) => words.includes(scope));
  const unknown = words.find((word) => !Scope.options.some((scope) => scope === word));
  if (unknown !== undefined) throw line.error(`--scopes takes ${Scope.options.join(', ')}, not "${unknown}"`);
  return scopes;
}

function rateLimitFrom(line: ParsedCommandLine): number | 'none' | undefined {
  const text = line.text('rate-limit')?.trim();
  if (text === undefined || text === 'none') return text;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw line.error(`--rate-limit must be a whole number or none, not "${text}"`);
  return Number(text);
}

function expiryFrom(line: ParsedCommandLine, now: number): string | undefined {
  const text = line.text('expires')?.trim();
  if (text === undefined) return undefined;
  const date = new Date(text);
  const wellFormed = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text);
  // A day that is not in the calendar is no date in most forms, but Date turns 31 February into 3 March.
  const inCalendar =
    wellFormed && new Date(`${text.slice(0, 10)}T00:00:00Z`).toISOString().startsWith(text.slice(0, 10));
  if (!inCalendar || Number.isNaN(date.getTime()))
    throw line.error('--expires must be a date such as 2027-12-31 or 2027-12-31T12:00:00Z');
  if (date.getTime() <= now) throw line.error('--expires lies in the past');
  return date.toISOString();
}

async function list(line: ParsedCommandLine, io: Io): Promise<number> {
  const client = await connect(line, io);
  const keys = await client.listKeys(io.interrupt);
  const rows = [
    ['ID', 'NAME', 'SCOPES', 'LIMIT', 'CREATED', 'LAST USED', 'STATE'],
    ...keys.map((key) => rowOf(key, io.clock.now())),
  ];
  io.stdout.write(renderTable(rows));
  return 0;
}

function rowOf(key: ListedKey, now: number): string[] {
  const { id, name, scopes, createdAt, lastUsedAt, expiresAt, revokedAt } = key;
  const limit = typeof key.rateLimitPerMinute === 'number' ? `${key.rateLimitPerMinute}/min` : key.rateLimitPerMinute;
  const expired = typeof expiresAt === 'string' && Date.parse(expiresAt) <= now;
  const expiry = typeof expiresAt === 'string' ? `until ${minuteOf(expiresAt)}` : 'active';
  const state = typeof revokedAt === 'string' ? `revoked ${minuteOf(revokedAt)}` : expired ? 'expired' : expiry;
  const used = lastUsedAt ? minuteOf(lastUsedAt) : 'never';
  return [id, name, scopes.join(','), limit ?? 'address', minuteOf(createdAt), used, state].map((cell) =>
    printable(cell),
  );
}

async function revoke(line: ParsedCommandLine, io: Io): Promise<number> {
  const id = line.positionals[1];
  if (id === undefined || id.trim() === '') throw line.error('say which key: revoke ID (list shows them)');
  if (!line.flag('yes')) {
    if (io.confirm === undefined) throw line.error('nobody is here to confirm it; add --yes');
    if (!(await io.confirm(`Revoke key ${printable(id)}? Programs that use it are locked out.`))) {
      io.stderr.write('Nothing was changed.\n');
      return 0;
    }
  }
  const client = await connect(line, io);
  await client.revokeKey(id, io.interrupt);
  io.stdout.write(`Key ${printable(id)} is revoked.\n`);
  return 0;
}

/** Loaded when asked for: it brings the whole database layer, which no other command needs. */
function loadOfflineKeys(): typeof import('../offline-keys').runOfflineKeys {
  const load = createRequire(__filename);
  return (load('../offline-keys') as typeof import('../offline-keys')).runOfflineKeys;
}
