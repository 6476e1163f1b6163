import { DocumentStatus } from '@vectorlane/domain';
import { type Action, runAction } from '../actions';
import type { ListedDocument } from '../api-schemas';
import { CONNECTION_OPTIONS, type CommandDefinition, type ParsedCommandLine } from '../command-line';
import { connect } from '../connection';
import type { Io } from '../terminal';
import { asJson, minuteOf, plural, printable, renderTable } from '../text-layout';

export const documentsDefinition: CommandDefinition = {
  name: 'documents',
  summary: 'Lists, shows, deletes and retries documents.',
  usage: [
    `documents -- list [--status ${DocumentStatus.options.join('|')}] [--format pdf] [--limit 20]`,
    'documents -- show ID',
    'documents -- delete ID… [--yes]',
    'documents -- retry ID…',
    `documents -- retry --failed [--filter '{"format":["pdf"]}']`,
  ],
  options: {
    status: { value: 'STATUS', description: 'list those alone' },
    format: { value: 'FORMAT', description: 'list those alone, such as pdf' },
    limit: { value: 'N', description: 'list so many at most, newest first (20)' },
    failed: { description: 'retry everything that failed for a reason that may have passed' },
    filter: { value: 'JSON', description: 'of those, retry only what it matches: the form that search takes' },
    json: { description: "print the server's answer as JSON (list and show)" },
    yes: { short: 'y', description: 'delete without asking' },
    ...CONNECTION_OPTIONS,
  },
  notes: ['Exit code: 0 done, 1 refused or failed, 2 wrong usage, 130 after Ctrl-C.'],
};

const ACTIONS: Readonly<Record<string, Action>> = {
  list: { run: list, options: ['status', 'format', 'limit', 'json'] },
  show: { run: show, options: ['json'] },
  delete: { run: remove, options: ['yes'] },
  retry: { run: retry, options: ['failed', 'filter'] },
};
const MOST_LISTED = 100_000;

export function runDocuments(line: ParsedCommandLine, io: Io): Promise<number> {
  return runAction(line, io, ACTIONS);
}

async function list(line: ParsedCommandLine, io: Io, words: readonly string[]): Promise<number> {
  if (words.length > 0) throw line.error('there are words too many after "list"');
  const limit = line.integer('limit', { min: 1, max: MOST_LISTED, default: 20 });
  const status = line.has('status') ? line.choice('status', DocumentStatus.options, 'failed') : undefined;
  const format = line.text('format');
  const client = await connect(line, io);
  const query = { ...(status !== undefined && { status }), ...(format !== undefined && { format }) };
  const { documents, more } = await client.listDocuments(query, limit, io.interrupt);
  if (line.flag('json')) {
    io.stdout.write(asJson(documents));
    return 0;
  }
  if (documents.length === 0) {
    io.stderr.write('There are no documents like that.\n');
    return 0;
  }
  io.stdout.write(renderTable([['ID', 'STATUS', 'CHUNKS', 'BYTES', 'UPDATED', 'NAME'], ...documents.map(rowOf)]));
  if (more) io.stderr.write(`The newest ${plural(documents.length, 'document')}; --limit shows more.\n`);
  return 0;
}

function rowOf({ id, status, chunkCount, sizeBytes, updatedAt, filename, failure }: ListedDocument): string[] {
  const state = failure ? `${status}: ${failure.code}` : status;
  return [id, state, String(chunkCount ?? '-'), String(sizeBytes), minuteOf(updatedAt), filename].map((cell) =>
    printable(cell),
  );
}

async function show(line: ParsedCommandLine, io: Io, ids: readonly string[]): Promise<number> {
  const [id, ...more] = ids;
  if (id === undefined) throw line.error('say which document: show ID (list shows them)');
  if (more.length > 0) throw line.error('show takes one document');
  const client = await connect(line, io);
  const document = await client.showDocument(id, io.interrupt);
  if (line.flag('json')) {
    io.stdout.write(asJson(document));
    return 0;
  }
  const rows = Object.entries(document).map(([field, value]) => [
    printable(field),
    printable(typeof value === 'string' ? value : JSON.stringify(value)),
  ]);
  io.stdout.write(renderTable(rows));
  return 0;
}

async function remove(line: ParsedCommandLine, io: Io, ids: readonly string[]): Promise<number> {
  if (ids.length === 0) throw line.error('say which documents: delete ID… (list shows them)');
  if (!line.flag('yes')) {
    if (io.confirm === undefined) throw line.error('nobody is here to confirm it; add --yes');
    if (!(await io.confirm(`Delete ${plural(ids.length, 'document')}?`))) {
      io.stderr.write('Nothing was changed.\n');
      return 0;
    }
  }
  const client = await connect(line, io);
  for (const id of ids) {
    await client.deleteDocument(id, io.interrupt);
    io.stdout.write(`Document ${printable(id)} is deleted.\n`);
  }
  return 0;
}

async function retry(line: ParsedCommandLine, io: Io, ids: readonly string[]): Promise<number> {
  const filter = line.jsonObject('filter');
  const all = line.flag('failed');
  if (all === ids.length > 0) throw line.error('say which documents: retry ID…, or retry --failed');
  if (filter !== undefined && !all) throw line.error('--filter goes with --failed');
  const client = await connect(line, io);
  if (all) {
    const retried = await client.retryDocuments(filter, io.interrupt);
    io.stdout.write(
      retried === 0
        ? 'There is no failed document that a retry may help.\n'
        : `${plural(retried, 'document')} ${retried === 1 ? 'is' : 'are'} tried again.\n`,
    );
    return 0;
  }
  for (const id of ids) {
    await client.retryDocument(id, io.interrupt);
    io.stdout.write(`Document ${printable(id)} is tried again.\n`);
  }
  return 0;
}
