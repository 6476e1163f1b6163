import { AsyncLocalStorage } from 'node:async_hooks';

const current = new AsyncLocalStorage<AbortSignal>();

/**
 * Runs work that is of no use once `signal` aborts: what it asks of the database from then on is refused, a wait for a
 * connection is given up, and a running statement is cancelled. The engine inside cannot be interrupted: there the
 * statement runs to its end, and the next one is not begun.
 */
export function untilAborted<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  return signal === undefined ? work() : current.run(signal, work);
}

/** The signal of the work that asks; nothing for work that is always wanted. */
export function abortSignal(): AbortSignal | undefined {
  return current.getStore();
}

export function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('The work was aborted.', { cause: signal.reason });
}
