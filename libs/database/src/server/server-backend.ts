import { Logger } from '@nestjs/common';
import { Config } from '@vectorlane/config';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, type ClientConfig } from 'pg';
import { type BackendRelease, connectionBounds, DatabaseBackend } from '../database-backend';
import { type DatabaseIndicator, ServerIndicator } from '../database.indicator';
import { type GuardedPoolConfig, ServerClient } from '../guarded-client';
import { parseDatabaseUrl, ServerHosts } from './server-hosts';

/** How long a start waits for a server that is not there yet, as when both are started together. */
const CONNECT_WAIT_MS = 10_000;
const CONNECT_RETRY_MS = 500;
/** How long a start waits for the migrations of another process. */
const MIGRATION_WAIT_MS = 600_000;
const MIGRATION_POLL_MS = 200;
const MIGRATION_NOTICE_MS = 10_000;
/** Any number that nothing else in the database uses as an advisory lock. */
const MIGRATION_LOCK = 7_263_548_107;

/** Waiting fixes none of these: bad password, bad role, no such database, no permission to connect. */
const FINAL_CODES = new Set(['28P01', '28000', '3D000', '42501']);

/** PostgreSQL cannot be reached at boot: the message says all there is to say to an operator. */
export class DatabaseUnreachableError extends Error {
  override readonly name = 'DependencyUnreachableError';
}

/** What a pooler says to a bound that a session is to start with, unless its configuration names it. */
const UNSUPPORTED = /unsupported startup parameter/;

/** PostgreSQL by `DATABASE_URL`. */
export class ServerBackend extends DatabaseBackend {
  readonly releases: readonly BackendRelease[] = [];
  readonly connection: GuardedPoolConfig;
  private readonly logger = new Logger('Database');

  private constructor(config: Config, url: string, hosts: ServerHosts | undefined, pooled: boolean) {
    super();
    this.connection = {
      ...connectionBounds(config),
      connectionString: url,
      ...(hosts !== undefined && { hosts }),
      pooled,
      prepares: !pooled,
      max: config.DATABASE_POOL_SIZE,
      requestTimeoutMs: config.DATABASE_REQUEST_TIMEOUT_MS,
      cancellable: true,
      idleTimeoutMillis: 30_000,
      keepAlive: true,
    };
  }

  /**
   * @throws DatabaseUnreachableError naming the server, and never the password, when it cannot be reached within ten
   *   seconds
   */
  static async open(config: Config, text: string): Promise<ServerBackend> {
    const { urls, label } = parseDatabaseUrl(text);
    const [url] = urls;
    const hosts = urls.length === 1 ? undefined : new ServerHosts(urls, { application_name: 'vectorlane' });
    const deadline = performance.now() + CONNECT_WAIT_MS;
    for (;;) {
      try {
        // Only to see what answers; one that is lost here again is met when the pool connects.
        const backend = new ServerBackend(config, url, hosts, false);
        const leftMs = Math.max(500, deadline - performance.now());
        return (await backend.isDirect(leftMs)) ? backend : new ServerBackend(config, url, hosts, true);
      } catch (error) {
        const { code, message } = error as { code?: string; message: string };
        if ((code !== undefined && FINAL_CODES.has(code)) || performance.now() + CONNECT_RETRY_MS >= deadline) {
          const reason = [code, message].filter((part) => part !== undefined && part !== '').join(': ');
          throw new DatabaseUnreachableError(
            `Cannot connect to PostgreSQL at ${label} (${reason}). Check DATABASE_URL.`,
            { cause: error },
          );
        }
        await delay(CONNECT_RETRY_MS);
      }
    }
  }

  /**
   * Under an advisory lock, held by an open transaction on a connection of its own: whatever becomes of this process,
   * the server gives the lock free when the connection ends, and a pooler leaves a transaction its session. Polled, as
   * a waiting lock call would be a statement without an end.
   */
  async exclusively(work: () => Promise<void>): Promise<void> {
    // A lost connection loses the lock; the work has one of its own and its transactions still hold or fail whole.
    const client = await this.connect({ connectionTimeoutMillis: CONNECT_WAIT_MS }, (error) =>
      this.logger.warn(`The connection that holds the migration lock was lost: ${error.message}`),
    );
    try {
      await client.query('BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0');
      await this.takeMigrationLock(client);
      await work();
    } finally {
      await client.end();
    }
  }

  openIndicator(): DatabaseIndicator {
    return new ServerIndicator(this.connection);
  }

  private async takeMigrationLock(client: Client): Promise<void> {
    const startedAt = performance.now();
    let noticedAt = startedAt;
    for (;;) {
      const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS taken', [
        MIGRATION_LOCK,
      ]);
      if (rows[0]?.taken === true) return;
      const now = performance.now();
      if (now - startedAt > MIGRATION_WAIT_MS) {
        throw new Error(
          `Another process has been migrating the database for ${MIGRATION_WAIT_MS} ms; look at its log.`,
        );
      }
      if (now - noticedAt > MIGRATION_NOTICE_MS) {
        noticedAt = now;
        this.logger.log('waiting for another process to finish the migrations');
      }
      await delay(MIGRATION_POLL_MS);
    }
  }

  /**
   * Whether the bounds that a session starts with are kept: a pooler refuses them, or drops them unsaid.
   * @throws Error of a server that cannot be reached
   */
  private async isDirect(timeoutMs: number): Promise<boolean> {
    const { statement_timeout, lock_timeout, idle_in_transaction_session_timeout } = this.connection;
    const bounds = { statement_timeout, lock_timeout, idle_in_transaction_session_timeout };
    try {
      const connectionTimeoutMillis = Math.ceil(timeoutMs);
      const client = await this.connect({ ...bounds, connectionTimeoutMillis }, () => undefined);
      try {
        const { rows } = await client.query<{ setting: string }>(
          `SELECT setting FROM pg_settings WHERE name = 'lock_timeout'`,
        );
        return rows[0]?.setting === String(lock_timeout);
      } finally {
        await client.end();
      }
    } catch (error) {
      if (UNSUPPORTED.test((error as Error).message)) return false;
      throw error;
    }
  }

  /** @param onLost told when the connection ends by itself; unheard, that would end the process */
  private async connect(settings: ClientConfig, onLost: (error: Error) => void): Promise<Client> {
    const { connectionString, hosts } = this.connection;
    const client = new ServerClient({
      application_name: 'vectorlane',
      keepAlive: true,
      ...(connectionString !== undefined && { connectionString }),
      ...(hosts !== undefined && { hosts }),
      ...settings,
    });
    client.on('error', onLost);
    return client.connect();
  }
}
