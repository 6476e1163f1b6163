import { type BackupRun, type BackupSummary } from './backup-format';
import { BackupReader } from './backup-reader';

/**
 * Reads a backup to its end and checks all of it, without a database.
 * @throws DamagedBackupError
 */
export async function verifyBackup(path: string, run: BackupRun = {}): Promise<BackupSummary> {
  const reader = await BackupReader.open(path);
  try {
    return await verifyWith(reader, run);
  } finally {
    await reader.close();
  }
}

/** @throws DamagedBackupError */
export async function verifyWith(reader: BackupReader, run: BackupRun): Promise<BackupSummary> {
  const header = await reader.header();
  const totalBytes = header.sections.reduce((sum, { approximateBytes }) => sum + approximateBytes, 0);
  const blocks = reader.blocks();
  let bytes = 0;
  let documents = 0;
  for (;;) {
    run.signal?.throwIfAborted();
    const next = await blocks.next();
    if (next.done === true) return { path: reader.path, fileBytes: reader.fileBytes, header, trailer: next.value };
    const { section, rows, count } = next.value;
    bytes += rows.length;
    if (section.name === 'documents') documents += count;
    run.onProgress?.({ phase: 'checking', section: section.name, bytes, totalBytes, documents });
  }
}
