import { AsyncLocalStorage } from 'node:async_hooks';

/** The database gives no sign: no answer, or no connection, within the time there is for it. */
export class DatabaseSilentError extends Error {
  override readonly name = 'DatabaseSilentError';

  constructor(waitedMs: number) {
    super(`No answer from the database within ${waitedMs} ms.`);
  }
}

/**
 * Work that somebody waits for at the other end of a request. A database that gives no sign is given up sooner for it
 * than for a worker: a caller is better off with a refusal in seconds than with a broken connection in half a minute.
 */
export class RequestScope {
  private static readonly current = new AsyncLocalStorage<RequestScope>();
  /** Since when the database owes this request an answer, over waiting for a connection and for the statement. */
  private silentSince: number | undefined;

  /** Runs the whole of a request, with all that it awaits. */
  static run<T>(work: () => T): T {
    return RequestScope.current.run(new RequestScope(), work);
  }

  /** The scope of the request that asks; undefined for work that no request waits for. */
  static get(): RequestScope | undefined {
    return RequestScope.current.getStore();
  }

  /**
   * How long the next call may wait. A request that has waited in vain once is not let wait again, whatever it still
   * wants to tidy up.
   */
  leftMs(limitMs: number): number {
    this.silentSince ??= performance.now();
    return Math.max(0, this.silentSince + limitMs - performance.now());
  }

  answered(): void {
    this.silentSince = undefined;
  }
}
