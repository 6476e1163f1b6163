import { backoffMs, retry } from '@vectorlane/time';
import {
  type DataSource,
  type EntityManager,
  QueryFailedError,
  QueryRunnerAlreadyReleasedError,
  QueryRunnerProviderAlreadyReleasedError,
} from 'typeorm';
import { insideTransaction } from './guarded-pool';

/** serialization_failure, deadlock_detected: the same work may succeed when it is done again from the start. */
const TRANSIENT_CODES = new Set(['40001', '40P01']);
const MAX_RETRIES = 3;
const BACKOFF = { firstMs: 50, longestMs: 200 };

/** The connection went between two statements of a transaction. TypeORM then says that its runner was released. */
export class ConnectionLostError extends Error {
  override readonly name = 'ConnectionLostError';

  constructor(cause: unknown) {
    super('The connection to the database was lost inside a transaction.', { cause });
  }
}

/**
 * Runs `work` in a transaction and commits it, or rolls back and passes the error on. Serialisation failures and
 * deadlocks are tried again, at most three times, so `work` does nothing outside the database that cannot be done
 * twice.
 *
 * @throws SecondCheckoutError in `work`, where it queries anything but its `manager`
 * @throws ConnectionLostError when the connection goes between two statements
 */
export function inTransaction<T>(dataSource: DataSource, work: (manager: EntityManager) => Promise<T>): Promise<T> {
  // Spread out, so that the same two do not meet again.
  return retry(() => dataSource.transaction(work), {
    waitAfter: (error, tries) =>
      tries <= MAX_RETRIES && isTransient(error) ? backoffMs(BACKOFF, tries, Math.random) : undefined,
  });
}

/** Puts the guard on every transaction of `dataSource`, also those begun with its own `transaction`. */
export function guardTransactions(dataSource: DataSource): void {
  const { manager } = dataSource;
  const begin = manager.transaction.bind(manager) as (...args: unknown[]) => Promise<unknown>;
  // TypeORM passes the work as the first argument, or as the second after an isolation level.
  const guarded = (...args: unknown[]): Promise<unknown> =>
    begin(
      ...args.map((argument) => {
        if (typeof argument !== 'function') return argument;
        const work = argument as (inner: EntityManager) => Promise<unknown>;
        return (inner: EntityManager) => insideTransaction(() => work(inner));
      }),
    ).catch((error: unknown) => {
      const released =
        error instanceof QueryRunnerAlreadyReleasedError || error instanceof QueryRunnerProviderAlreadyReleasedError;
      throw released ? new ConnectionLostError(error) : error;
    });
  manager.transaction = guarded;
}

function isTransient(error: unknown): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  const { code } = error.driverError as { code?: unknown };
  return typeof code === 'string' && TRANSIENT_CODES.has(code);
}
