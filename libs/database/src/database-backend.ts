import { Config } from '@vectorlane/config';
import type { ShutdownStage } from '@vectorlane/shutdown';
import type { PoolConfig } from 'pg';
import type { DatabaseIndicator } from './database.indicator';
import type { GuardedPoolConfig } from './guarded-client';
import type { GuardedPool } from './guarded-pool';

/** What must be given back when the connections are closed, in the order of a shutdown. */
export interface BackendRelease {
  readonly stage: Extract<ShutdownStage, 'engines' | 'lock'>;
  readonly name: string;
  readonly timeoutMs: number;
  readonly run: () => Promise<void>;
}

/**
 * Where the database is: inside this process, or on a server. Above it nothing knows which: both are ordinary `pg`
 * connections with the same settings.
 */
export abstract class DatabaseBackend {
  /** For `pg`: how to connect, and to how many. */
  abstract readonly connection: GuardedPoolConfig;
  abstract readonly releases: readonly BackendRelease[];

  /** Whether only a restart of the program brings the database back. */
  get givenUp(): boolean {
    return false;
  }

  /** Runs `work` while no other process of the service does the same. */
  abstract exclusively(work: () => Promise<void>): Promise<void>;

  /** Word of its health, for probes. @param pool the open connections to it */
  abstract openIndicator(pool: GuardedPool): DatabaseIndicator;

  /** Gives everything back, for callers without a shutdown sequence. Every release runs, whatever another one does. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (const { run } of this.releases) await run().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw new AggregateError(failures, 'The database did not close in order.');
  }
}

/** Nobody of ours holds a lock for long: one that is held is an operator's, and a request is refused within 5 s. */
const LOCK_TIMEOUT_MS = 4_000;

/** Bounds that hold for both profiles; `pg` tells them to the database in its startup packet, or by transaction. */
export function connectionBounds(config: Config): PoolConfig {
  return {
    application_name: 'vectorlane',
    connectionTimeoutMillis: config.DATABASE_CONNECT_TIMEOUT_MS,
    statement_timeout: config.DATABASE_QUERY_TIMEOUT_MS,
    idle_in_transaction_session_timeout: config.DATABASE_IDLE_TRANSACTION_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
  };
}
