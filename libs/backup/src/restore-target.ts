import { setTimeout as delay } from 'node:timers/promises';
import { appliedMigrations, KNOWN_MIGRATIONS } from '@vectorlane/database';
import { vectorTableOf } from '@vectorlane/documents';
import type { PoolClient } from 'pg';
import { LEFT_OUT, TABLES } from './backed-up-tables';
import { BackupRefusedError } from './backup-format';

/** What a database must be, and is made, before a backup is put into it. */

/** A service that has just been stopped, and our own connections before this one, take a moment to be gone. */
const SERVICE_GONE_MS = 3_000;
const SERVICE_POLL_MS = 50;

/**
 * The embedded database has its lock; on a server the service is known by the name its connections have.
 * @throws BackupRefusedError while one is connected to this database
 */
export async function requireNoService(client: PoolClient): Promise<void> {
  const deadline = performance.now() + SERVICE_GONE_MS;
  for (;;) {
    const { rows } = await client.query<{ connections: number }>(
      `SELECT count(*)::integer AS connections FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'vectorlane'`,
    );
    const connections = rows[0]?.connections ?? 0;
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
export async function requireRoom(client: PoolClient, replace: boolean): Promise<void> {
  const migrations = await appliedMigrations(client);
  const unknown = migrations.find((name) => !KNOWN_MIGRATIONS.includes(name));
  if (unknown !== undefined) {
    throw new BackupRefusedError(
      `A newer version of Vectorlane has been at work on this database (${unknown}): restore with that version.`,
    );
  }
  if (replace || !migrations.includes(KNOWN_MIGRATIONS[0] ?? '')) return;
  const { rows } = await client.query<{ documents: string; keys: string }>(
    'SELECT (SELECT count(*) FROM documents) AS documents, (SELECT count(*) FROM api_keys) AS keys',
  );
  const documents = Number(rows[0]?.documents);
  const keys = Number(rows[0]?.keys);
  if (documents === 0 && keys === 0) return;
  throw new BackupRefusedError(
    `The database is not empty: it holds ${documents} documents and ${keys} API keys. ` +
      'Restore into an empty one, or say --replace to lose what is there.',
  );
}

/** Empties every table of ours, inside the caller's transaction. Rights granted on the tables stay. */
export async function wipe(client: PoolClient): Promise<void> {
  const { rows } = await client.query<{ id: number }>('SELECT id FROM embedding_spaces');
  for (const { id } of rows) await client.query(`DROP TABLE ${vectorTableOf(id)}`);
  const tables = [...TABLES.map(({ name }) => name), ...LEFT_OUT].filter((name) => name !== 'migrations');
  await client.query(`TRUNCATE ${tables.join(', ')} RESTART IDENTITY`);
}
