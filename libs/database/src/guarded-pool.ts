import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { Pool, type PoolClient } from 'pg';
import { abortReason, abortSignal } from './abort-scope';
import { GuardedClient, type GuardedPoolConfig } from './guarded-client';
import { DatabaseSilentError, RequestScope } from './request-scope';

/**
 * pg's pool with what it lacks: nobody waits for a second connection while holding a first one, an answer that never
 * comes is given up, and a shutdown that lets running queries finish.
 */

/** A second connection was asked for inside an open transaction: with a pool of one that would wait for itself. */
export class SecondCheckoutError extends Error {
  override readonly name = 'SecondCheckoutError';

  constructor() {
    super(
      'A second database connection was asked for inside an open transaction. ' +
        "Pass the transaction's EntityManager to every query in it.",
    );
  }
}

interface Scope {
  /** Stays in the contexts of work that outlives the transaction, where it must refuse nothing any more. */
  open: boolean;
}

const transactionScope = new AsyncLocalStorage<Scope>();

/** Runs the inside of a transaction; while it runs, none of its calls gets another connection of any pool. */
export async function insideTransaction<T>(work: () => Promise<T>): Promise<T> {
  const scope: Scope = { open: true };
  try {
    return await transactionScope.run(scope, work);
  } finally {
    scope.open = false;
  }
}

/** Ending a session takes one message; a server that does not hang up is not waited for. */
const DISCONNECT_MS = 1_000;

type Release = (reason?: Error | boolean) => void;
type ConnectCallback = (error: Error | undefined, client: PoolClient | undefined, release: Release) => void;

export class GuardedPool extends Pool {
  private readonly connected = new Set<PoolClient>();
  private readonly inUse = new Set<PoolClient>();
  private readonly requestTimeoutMs: number | undefined;
  private draining = false;

  constructor(config: GuardedPoolConfig = {}) {
    super({ ...config, Client: GuardedClient });
    this.requestTimeoutMs = config.requestTimeoutMs;
    this.on('connect', (client) => this.connected.add(client));
    this.on('remove', (client) => this.connected.delete(client));
    this.on('acquire', (client) => this.inUse.add(client));
    this.on('release', (_error, client) => this.inUse.delete(client));
  }

  override connect(): Promise<PoolClient>;
  override connect(callback: ConnectCallback): void;
  override connect(callback?: ConnectCallback): Promise<PoolClient> | void {
    if (callback === undefined) {
      return new Promise((resolve, reject) =>
        this.connect((error, client) => {
          if (client === undefined) reject(error ?? new Error('The pool gave neither a connection nor an error.'));
          else resolve(client);
        }),
      );
    }
    const refusal = this.refusal();
    const request = RequestScope.get();
    if (refusal !== undefined) return callback(refusal, undefined, () => undefined);
    const wait = new Wait(callback);
    if (request !== undefined && this.requestTimeoutMs !== undefined) {
      wait.atMost(request.leftMs(this.requestTimeoutMs), new DatabaseSilentError(this.requestTimeoutMs));
    }
    wait.until(abortSignal());
    super.connect(wait.settle);
  }

  /** As pg's, and done when the connections are gone, not only told to go: what they lead to may be closed next. */
  override end(): Promise<void>;
  override end(callback: (error?: Error) => void): void;
  override end(callback?: (error?: Error) => void): Promise<void> | void {
    const ended = super.end().then(() => until(() => this.connected.size === 0, DISCONNECT_MS).then(() => undefined));
    if (callback === undefined) return ended;
    ended.then(() => callback(), callback);
  }

  /**
   * Refuses new checkouts and waits for those there are.
   * @returns false when some were still running after `timeoutMs`
   */
  drain(timeoutMs: number): Promise<boolean> {
    this.draining = true;
    return until(() => this.inUse.size === 0 && this.waitingCount === 0, timeoutMs);
  }

  /** Ends the connections that are checked out; their queries fail with `reason`. */
  cut(reason: Error): void {
    for (const client of this.inUse) client.connection.stream.destroy(reason);
  }

  private refusal(): Error | undefined {
    if (transactionScope.getStore()?.open === true) return new SecondCheckoutError();
    const signal = abortSignal();
    if (signal?.aborted === true) return abortReason(signal);
    return this.draining ? new Error('The database connection is shutting down.') : undefined;
  }
}

/** A wait for a connection that may be given up; a connection that comes later goes straight to the next one. */
class Wait {
  private timer: NodeJS.Timeout | undefined;
  private stopListening: () => void = () => undefined;
  private over = false;

  constructor(private readonly callback: ConnectCallback) {}

  atMost(limitMs: number, error: Error): void {
    this.timer = setTimeout(() => this.settle(error, undefined, () => undefined), limitMs);
  }

  until(signal: AbortSignal | undefined): void {
    if (signal === undefined) return;
    const giveUp = (): void => this.settle(abortReason(signal), undefined, () => undefined);
    signal.addEventListener('abort', giveUp, { once: true });
    this.stopListening = () => signal.removeEventListener('abort', giveUp);
  }

  readonly settle: ConnectCallback = (error, client, release) => {
    if (this.over) {
      if (client !== undefined) release();
      return;
    }
    this.over = true;
    clearTimeout(this.timer);
    this.stopListening();
    this.callback(error, client, release);
  };
}

/** @returns whether `condition` came about in time */
async function until(condition: () => boolean, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() >= deadline) return false;
    await delay(5);
  }
  return true;
}
