import { Logger } from '@nestjs/common';
import { Config } from '@vectorlane/config';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { type BackendRelease, connectionBounds, DatabaseBackend } from '../database-backend';
import { type DatabaseIndicator, ServerIndicator } from '../database.indicator';
import type { GuardedPoolConfig } from '../guarded-pool';

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

/** PostgreSQL by `DATABASE_URL`. */
export class ServerBackend extends DatabaseBackend {
  readonly releases: readonly BackendRelease[] = [];
  readonly connection: GuardedPoolConfig;
  private readonly logger = new Logger('Database');

  private constructor(
    private readonly url: string,
    config: Config,
  ) {
    super();
    this.connection = {
      ...connectionBounds(config),
      connectionString: url,
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
  static async open(config: Config, url: string): Promise<ServerBackend> {
    const deadline = performance.now() + CONNECT_WAIT_MS;
    for (;;) {
      try {
        // Only to see that it answers; one that is lost here again is met when the pool connects.
        const client = await connect(url, Math.max(500, deadline - performance.now()), () => undefined);
        await client.end();
        return new ServerBackend(url, config);
      } catch (error) {
        const { code, message } = error as { code?: string; message: string };
        if ((code !== undefined && FINAL_CODES.has(code)) || performance.now() + CONNECT_RETRY_MS >= deadline) {
          const reason = [code, message].filter((part) => part !== undefined && part !== '').join(': ');
          throw new DatabaseUnreachableError(
            `Cannot connect to PostgreSQL at ${describeServer(url)} (${reason}). Check DATABASE_URL.`,
            { cause: error },
          );
        }
        await delay(CONNECT_RETRY_MS);
      }
    }
  }

  /**
   * Under an advisory lock on a connection of its own: whatever becomes of this process, the server gives the lock
   * free when the connection ends. Polled, as a waiting lock call would be a statement without an end.
   */
  async exclusively(work: () => Promise<void>): Promise<void> {
    // A lost connection loses the lock; the work has one of its own and its transactions still hold or fail whole.
    const client = await connect(this.url, CONNECT_WAIT_MS, (error) =>
      this.logger.warn(`The connection that holds the migration lock was lost: ${error.message}`),
    );
    try {
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
      const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [
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
}

/** @param onLost told when the connection ends by itself; unheard, that would end the process */
async function connect(url: string, timeoutMs: number, onLost: (error: Error) => void): Promise<Client> {
  const client = new Client({
    connectionString: url,
    application_name: 'vectorlane',
    connectionTimeoutMillis: Math.ceil(timeoutMs),
    keepAlive: true,
  });
  client.on('error', onLost);
  await client.connect();
  return client;
}

function describeServer(url: string): string {
  if (!URL.canParse(url)) return 'the address in DATABASE_URL';
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}:${port === '' ? '5432' : port}${pathname}`;
}
