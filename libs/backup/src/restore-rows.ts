import { asKept, isBytes, isVector, type RestoreRepository, type RestoreTarget } from '@vectorlane/documents';
import {
  type BackupHeader,
  BackupRefusedError,
  type BackupRun,
  type BackupSection,
  type BackupTrailer,
} from './backup-format';
import type { BackupReader } from './backup-reader';
import { decodeRows } from './row-codec';

/**
 * Puts all rows of the backup into empty tables of the same schema, inside the caller's transaction: table names are
 * this program's, columns and types the database's own; those in the file are only compared with them.
 * @throws DamagedBackupError when the file is not what it was a moment ago, BackupRefusedError when it does not fit
 */
export async function fill(
  restore: RestoreRepository,
  reader: BackupReader,
  { header, trailer, ...run }: BackupRun & { header: BackupHeader; trailer: BackupTrailer },
): Promise<void> {
  const spaceId = header.space === null ? undefined : await restore.createSpace(header.space);
  const targets = new Map<string, RestoreTarget>();
  for (const section of header.sections) targets.set(section.name, await targetOf(restore, section, spaceId));

  const totalBytes = trailer.bytes;
  let bytes = 0;
  let documents = 0;
  // `blocks` checks all over again: the file may have changed since it was verified, and nothing is committed yet.
  for await (const block of reader.blocks()) {
    run.signal?.throwIfAborted();
    const target = targets.get(block.section.name);
    if (target === undefined) throw new Error(`There is no table for the section "${block.section.name}".`);
    await restore.insert(target, decodeRows(block.rows, target.columns.map(isBytes)));
    bytes += block.rows.length;
    if (block.section.name === 'documents') documents += block.count;
    run.onProgress?.({ phase: 'restoring', section: block.section.name, bytes, totalBytes, documents });
  }
  if (spaceId !== undefined) {
    run.onProgress?.({ phase: 'indexing', section: 'vectors', bytes, totalBytes, documents });
    await restore.buildVectorIndex(spaceId);
  }
  await restore.analyze(targets.values());
  run.signal?.throwIfAborted();
}

/**
 * The table of a section, its columns in the order of the file's.
 * @throws BackupRefusedError when the table has other columns: the file was not made from the schema it names
 */
async function targetOf(
  restore: RestoreRepository,
  section: BackupSection,
  spaceId: number | undefined,
): Promise<RestoreTarget> {
  const { table, columns } = await restore.target(section.name, spaceId);
  const matching = section.columns.map((wanted) =>
    columns.find(({ name, type }) => name === wanted.name && bareType(type) === bareType(wanted.type)),
  );
  if (columns.length !== section.columns.length || matching.some((column) => column === undefined)) {
    throw new BackupRefusedError(`This backup does not fit: its "${section.name}" has other columns than the table.`);
  }
  return { table, columns: matching.filter((column) => column !== undefined) };
}

/** The extension may live in another schema on another server, and vectors be wider in another version. */
function bareType(type: string): string {
  const kept = asKept(type);
  return isVector(kept) ? kept.slice(kept.indexOf('vector(')) : kept;
}
