import { setTimeout as delay } from 'node:timers/promises';
import { KNOWN_MIGRATIONS } from '@vectorlane/database';
import type { RestoreRepository } from '@vectorlane/documents';
import { BackupRefusedError } from './backup-format';

/** What a database must be before a backup is put into it. */

/** A service that has just been stopped, and our own connections before this one, take a moment to be gone. */
const SERVICE_GONE_MS = 3_000;
const SERVICE_POLL_MS = 50;

/**
 * The embedded database has its lock; on a server the service is known by the name its connections have.
 * @throws BackupRefusedError while one is connected to this database
 */
export async function requireNoService(restore: RestoreRepository): Promise<void> {
  const deadline = performance.now() + SERVICE_GONE_MS;
  for (;;) {
    const connections = await restore.connectionsOfServices();
    if (connections === 0) return;
    if (performance.now() > deadline) {
      throw new BackupRefusedError(
        `A service is running on this database (${connections} connections): stop every process of it, then restore.`,
      );
    }
    await delay(SERVICE_POLL_MS);
  }
}

/** @throws BackupRefusedError when something is there that would be lost, or a newer program's schema */
export async function requireEmpty(restore: RestoreRepository, replace: boolean): Promise<void> {
  const migrations = await restore.migrations();
  const unknown = migrations.find((name) => !KNOWN_MIGRATIONS.includes(name));
  if (unknown !== undefined) {
    throw new BackupRefusedError(
      `A newer version of Vectorlane has been at work on this database (${unknown}): restore with that version.`,
    );
  }
  if (replace || !migrations.includes(KNOWN_MIGRATIONS[0] ?? '')) return;
  const { documents, keys } = await restore.held();
  if (documents === 0 && keys === 0) return;
  throw new BackupRefusedError(
    `The database is not empty: it holds ${documents} documents and ${keys} API keys. ` +
      'Restore into an empty one, or say --replace to lose what is there.',
  );
}
