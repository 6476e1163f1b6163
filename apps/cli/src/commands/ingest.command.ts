import { basename, resolve } from 'node:path';
import { loadClientSettings } from '@vectorlane/config';
import { noteInWords } from '@vectorlane/domain';
import { CONNECTION_OPTIONS, type CommandDefinition, type ParsedCommandLine } from '../command-line';
import { connect } from '../connection';
import { findFiles, type FoundFile } from '../found-files';
import { IngestionRun, isWhollyRead, type Missing } from '../ingestion-run';
import { IngestionTally, type Outcome } from '../ingestion-tally';
import { ProgressDisplay } from '../progress-display';
import { formatMegabytes } from '../progress-line';
import { compareWithServer, deleteGone, externalIdOf, findGone } from '../synchronisation';
import { Interrupted, type Io } from '../terminal';
import { plural, printable } from '../text-layout';

export const ingestDefinition: CommandDefinition = {
  name: 'ingest',
  summary: 'Uploads files and folders and follows each document until it can be searched.',
  usage: [
    `ingest -- <file-or-folder>… [--concurrency 4] [--metadata '{"team":"legal"}']`,
    'ingest -- <folder>… --sync [--collection handbooks [--prune]]',
  ],
  options: {
    concurrency: { value: 'N', description: 'uploads at once, 1 to 32 (4)' },
    metadata: { value: 'JSON', description: 'an object stored with each document, for filters' },
    collection: { value: 'NAME', description: 'where the documents go; made where it is not there' },
    sync: { description: 'bring the server up to date: send what is new or has changed, each file by its path' },
    prune: {
      description: 'with --sync and --collection: delete the documents there of files that are gone from the folders',
    },
    ...CONNECTION_OPTIONS,
  },
  notes: [
    'Folders are taken with all below them, in the same order each time; hidden entries, node_modules and symbolic links are passed over. ' +
      'Every file is tried: the server says which it does not take.',
    'A file found in a folder keeps that folder as "path" in its metadata, for filters; a "path" of --metadata wins.',
    'With --sync each file is one document, called by its path from the folder that was named. A changed file is its next ' +
      'revision: the old content is found until the new one is ready.',
    'Files the server already has count as duplicates, so running it again after an interruption goes on where it stopped.',
    'Exit code: 0 when every file got in, 1 when any was refused or failed, 2 for wrong usage, 130 after Ctrl-C.',
  ],
};

export async function runIngest(line: ParsedCommandLine, io: Io): Promise<number> {
  const concurrency = line.integer('concurrency', { min: 1, max: 32, default: 4 });
  const metadata = line.jsonObject('metadata');
  const collection = line.text('collection');
  const [isSync, isPruning] = [line.flag('sync'), line.flag('prune')];
  if (isPruning && !isSync) throw line.error('--prune goes with --sync');
  // Without it documents of the same folder's name in other collections would be taken for those of this one.
  if (isPruning && collection === undefined)
    throw line.error('--prune needs --collection: it deletes in that one alone');
  if (line.positionals.length === 0) throw line.error('name at least one file or folder');

  const from = loadClientSettings(io.environment).callerDir ?? process.cwd();
  const { files, unreadable } = await findFiles(line.positionals, from, io.interrupt);
  if (isSync && new Set(files.map(externalIdOf)).size < files.length) {
    throw line.error(
      '--sync tells files apart by their paths from the folders that are named: these have some in common',
    );
  }
  const tally = new IngestionTally(
    files.length + unreadable.length,
    files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  );
  const display = new ProgressDisplay(io.stderr, io.clock, tally);
  const client = await connect(line, io, (waitMs, reason) => display.waiting(waitMs, reason));
  const report = (path: string, outcome: Outcome, code: string, message: string) =>
    display.print(printable(`${outcome}: ${path}: ${code}: ${message}`));

  for (const { path, code, message } of unreadable) {
    tally.settle({ path, location: path, name: path, sizeBytes: 0 }, 'unreadable');
    report(path, 'unreadable', code, message);
  }
  if (files.length === 0 && !isPruning) {
    display.close();
    io.stderr.write('There are no files to upload.\n');
    return unreadable.length > 0 ? 1 : 0;
  }

  const observer = {
    changed: () => display.refresh(),
    unsuccessful: ({ path }: { path: string }, outcome: Outcome, code: string, message: string) =>
      report(path, outcome, code, message),
    incomplete: ({ path }: { path: string }, missing: Missing) =>
      display.print(
        printable(`${isWhollyRead(missing) ? 'to know' : 'not wholly read'}: ${path}: ${missingText(missing)}`),
      ),
  };
  const run = new IngestionRun({
    client,
    clock: io.clock,
    tally,
    observer,
    concurrency,
    metadata: metadata ?? {},
    collection,
    externalId: isSync ? externalIdOf : undefined,
  });
  /** Settles what need not be sent. @returns the rest */
  const settleCurrent = async (): Promise<readonly FoundFile[]> => {
    const compared = await compareWithServer(files, client, collection, io.interrupt);
    for (const { file, code, message } of compared.unreadable) {
      tally.settle(file, 'unreadable');
      report(file.path, 'unreadable', code, message);
    }
    for (const { file, entry } of compared.current) {
      const hasFailed = entry.status === 'failed';
      tally.settle(file, hasFailed ? 'failed' : 'unchanged');
      if (hasFailed) report(file.path, 'failed', 'FAILED_BEFORE', `npm run documents -- show ${entry.documentId}`);
    }
    display.refresh();
    return compared.changed;
  };
  const prune = async (): Promise<void> => {
    if (tally.count('unreadable') > 0) {
      display.print('nothing is deleted: not every file could be read, and what cannot be read is not gone');
      return;
    }
    const folders = line.positionals.map((path) => basename(resolve(from, path)));
    const gone = await findGone(files, folders, client, collection, io.interrupt);
    if (gone.length === 0) return;
    display.print(`${plural(gone.length, 'document')} whose files are gone: deleting`);
    display.print(`${plural(await deleteGone(gone, client, io.interrupt), 'document')} deleted`);
  };
  try {
    // Asked before the first upload: without it the documents would go in and nobody could follow them.
    await client.requireRead(io.interrupt);
    const wanted = isSync ? await settleCurrent() : files;
    await run.run(wanted, io.interrupt);
    if (isPruning) await prune();
  } catch (error) {
    display.close();
    if (error instanceof Interrupted) io.stderr.write(interruptedMessage(tally));
    // Refused before anything was done: there is nothing to sum up.
    if (tally.uploaded > 0 || error instanceof Interrupted) {
      io.stdout.write(`${summary(tally, display.elapsedMs)}\n`);
    }
    throw error;
  }
  display.close();
  io.stdout.write(`${summary(tally, display.elapsedMs)}\n`);
  return tally.unsuccessful > 0 ? 1 : 0;
}

function interruptedMessage(tally: IngestionTally): string {
  const settled = tally.count('completed') + tally.count('duplicate') + tally.count('failed');
  if (tally.uploaded === 0) return 'Stopped: nothing was uploaded yet.\n';
  return (
    `Stopped: ${tally.uploaded} of ${plural(tally.total, 'file')} uploaded, ${tally.uploaded - settled} of them not ready yet. ` +
    'The server goes on with what it has; the same command again uploads the rest.\n'
  );
}

function summary(tally: IngestionTally, elapsedMs: number): string {
  const { chunks } = tally;
  const parts = [
    `${plural(tally.count('completed'), 'document')}, ${plural(chunks, 'chunk')}`,
    `${formatMegabytes(tally.uploadedBytes)} MB in ${(elapsedMs / 1_000).toFixed(1)} s`,
    ...(tally.count('unchanged') > 0 ? [`${tally.count('unchanged')} unchanged`] : []),
    plural(tally.count('duplicate'), 'duplicate'),
    `${tally.count('failed')} failed`,
    `${tally.count('refused') + tally.count('unreadable')} refused or unreadable`,
    ...(tally.incomplete > 0 ? [`${tally.incomplete} not wholly read`] : []),
  ];
  return `${parts.join(' · ')}.`;
}

const MAX_SHOWN_PAGES = 10;

function missingText({ pagesWithoutText: pages, notes }: Missing): string {
  const shown = pages.slice(0, MAX_SHOWN_PAGES).join(', ');
  const listed = pages.length > MAX_SHOWN_PAGES ? `${shown}, …` : shown;
  return [
    ...notes.map(noteInWords),
    ...(pages.length > 0 ? [`${plural(pages.length, 'page')} without text (${listed})`] : []),
  ].join('; ');
}
