import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import {
  type BackupRun,
  type BackupSummary,
  restoreBackup,
  rowsOf,
  verifyBackup,
  writeBackup,
} from '@vectorlane/backup';
import { loadConfig } from '@vectorlane/config';
import { DataFolderInUseError } from '@vectorlane/database';
import { BackupProgressLine } from './backup-progress';
import { formatMegabytes } from './progress-line';
import type { Io } from './terminal';
import { plural, printable } from './text-layout';

/** Backup and restore work on the database itself, as the service would open it. */

export function write(path: string, io: Io): Promise<number> {
  return report(io, 'Backup', path, (run) =>
    explainLock('backup', () => writeBackup(loadConfig(io.environment), path, run)),
  );
}

export function verify(path: string, io: Io): Promise<number> {
  return report(io, 'Whole and unaltered', path, (run) => verifyBackup(path, run));
}

export function restore(path: string, replace: boolean, io: Io): Promise<number> {
  return report(io, 'Restored', path, (run) =>
    explainLock('restore', () => restoreBackup(loadConfig(io.environment), path, { ...run, replace })),
  );
}

async function report(
  io: Io,
  outcome: string,
  path: string,
  work: (run: BackupRun) => Promise<BackupSummary>,
): Promise<number> {
  // Its lines would stand among the output; what goes wrong comes as an error.
  Logger.overrideLogger(false);
  const line = new BackupProgressLine(io.stderr, io.clock);
  const startedAt = io.clock.now();
  let summary: BackupSummary;
  try {
    summary = await work({ signal: io.interrupt, onProgress: (progress) => line.update(progress) });
  } finally {
    line.close();
  }
  const seconds = ((io.clock.now() - startedAt) / 1_000).toFixed(1);
  io.stdout.write(`${outcome}: ${printable(path)}\n${describe(summary)}, in ${seconds} s.\n`);
  return 0;
}

function describe({ header, fileBytes }: BackupSummary): string {
  const parts = [
    plural(rowsOf(header, 'documents'), 'document'),
    plural(rowsOf(header, 'chunks'), 'chunk'),
    plural(rowsOf(header, 'api_keys'), 'API key'),
    header.space === null ? 'no vectors' : `vectors of ${printable(header.space.model)}`,
    `${formatMegabytes(fileBytes)} MB`,
    `made ${header.startedAt.slice(0, 19)}Z by version ${printable(header.product)}`,
  ];
  return parts.join(', ');
}

async function explainLock<T>(command: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DataFolderInUseError)) throw error;
    const { folder, holder } = error;
    const who = holder === undefined ? 'another process' : `process ${holder.pid} on ${holder.host}`;
    throw new Error(
      `The data folder ${folder} is in use by ${who}, probably the service. The embedded database serves one process at a time: ` +
        `stop that one, run the ${command}, start it again. With a database server of your own a backup needs no stop.`,
      { cause: error },
    );
  }
}
