import { DeliveryStatus } from '@vectorlane/domain';
import { type Action, runAction } from '../actions';
import type { Delivery, ListedWebhook } from '../api-schemas';
import { CONNECTION_OPTIONS, type CommandDefinition, type ParsedCommandLine } from '../command-line';
import { connect } from '../connection';
import type { Io } from '../terminal';
import { asJson, minuteOf, printable, renderTable } from '../text-layout';

export const webhooksDefinition: CommandDefinition = {
  name: 'webhooks',
  summary: 'Lists webhooks and what became of their deliveries, and sends one again. Needs the scope admin.',
  usage: [
    'webhooks -- list',
    `webhooks -- deliveries ID [--status ${DeliveryStatus.options.join('|')}] [--limit 20]`,
    'webhooks -- send ID DELIVERY…',
    'webhooks -- test ID',
  ],
  options: {
    status: { value: 'STATUS', description: 'deliveries of that status alone' },
    limit: { value: 'N', description: 'so many deliveries at most, newest first (20)' },
    json: { description: "print the server's answer as JSON (list and deliveries)" },
    ...CONNECTION_OPTIONS,
  },
  notes: ['What was delivered is kept for three days. Exit code: 0 done, 1 refused or failed, 2 wrong usage.'],
};

const ACTIONS: Readonly<Record<string, Action>> = {
  list: { run: list, options: ['json'] },
  deliveries: { run: deliveries, options: ['status', 'limit', 'json'] },
  send: { run: send, options: [] },
  test: { run: test, options: [] },
};
const MOST_LISTED = 10_000;

export function runWebhooks(line: ParsedCommandLine, io: Io): Promise<number> {
  return runAction(line, io, ACTIONS);
}

async function list(line: ParsedCommandLine, io: Io, words: readonly string[]): Promise<number> {
  if (words.length > 0) throw line.error('there are words too many after "list"');
  const client = await connect(line, io);
  const webhooks = await client.listWebhooks(io.interrupt);
  if (line.flag('json')) io.stdout.write(asJson(webhooks));
  else if (webhooks.length === 0) io.stderr.write('There are no webhooks.\n');
  else io.stdout.write(renderTable([['ID', 'STATE', 'COLLECTIONS', 'EVENTS', 'ADDRESS'], ...webhooks.map(rowOf)]));
  return 0;
}

function rowOf({ id, url, types, collections, ...webhook }: ListedWebhook): string[] {
  return [id, stateOf(webhook), collections?.join(',') ?? 'all', types?.join(',') ?? 'all', url].map((cell) =>
    printable(cell),
  );
}

function stateOf({
  enabled,
  disabledReason,
  failingSince,
}: Omit<ListedWebhook, 'id' | 'url' | 'types' | 'collections'>) {
  if (!enabled) return `off${disabledReason === null ? '' : `: ${disabledReason}`}`;
  return failingSince === null ? 'on' : `failing since ${minuteOf(failingSince)}`;
}

async function deliveries(line: ParsedCommandLine, io: Io, words: readonly string[]): Promise<number> {
  const id = only(line, words, 'deliveries ID');
  const limit = line.integer('limit', { min: 1, max: MOST_LISTED, default: 20 });
  const status = line.has('status') ? line.choice('status', DeliveryStatus.options, 'failed') : undefined;
  const client = await connect(line, io);
  const found = await client.listDeliveries(id, status, limit, io.interrupt);
  if (line.flag('json')) {
    io.stdout.write(asJson(found.deliveries));
    return 0;
  }
  if (found.deliveries.length === 0) {
    io.stderr.write('There are no deliveries like that.\n');
    return 0;
  }
  const header = ['ID', 'STATUS', 'TRIES', 'EVENT', 'MADE', 'LAST ANSWER'];
  io.stdout.write(renderTable([header, ...found.deliveries.map(deliveryRow)]));
  if (found.more) io.stderr.write(`The newest ${limit}; --limit shows more.\n`);
  return 0;
}

function deliveryRow({ id, status, attempts, type, createdAt, lastStatus, lastError }: Delivery): string[] {
  const answer = lastError ?? (lastStatus === null ? '-' : String(lastStatus));
  return [id, status, String(attempts), type, minuteOf(createdAt), answer].map((cell) => printable(cell));
}

async function send(line: ParsedCommandLine, io: Io, words: readonly string[]): Promise<number> {
  const [id, ...wanted] = words;
  if (id === undefined || wanted.length === 0) throw line.error('say which: send ID DELIVERY… (deliveries lists them)');
  const client = await connect(line, io);
  for (const delivery of wanted) await client.sendAgain(id, delivery, io.interrupt);
  io.stdout.write(`${wanted.length} sent again.\n`);
  return 0;
}

async function test(line: ParsedCommandLine, io: Io, words: readonly string[]): Promise<number> {
  const id = only(line, words, 'test ID');
  const client = await connect(line, io);
  await client.sendTestEvent(id, io.interrupt);
  io.stdout.write(`A test is on its way: npm run webhooks -- deliveries ${printable(id)}\n`);
  return 0;
}

function only(line: ParsedCommandLine, words: readonly string[], usage: string): string {
  const [word, ...more] = words;
  if (word === undefined || more.length > 0) throw line.error(`say one webhook: ${usage} (list shows them)`);
  return word;
}
