import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Pool, type PoolClient, type PoolConfig, type QueryResult } from 'pg';

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

/** A statement failed inside a transaction, its error was swallowed, and COMMIT became a ROLLBACK. */
export class NothingCommittedError extends Error {
  override readonly name = 'NothingCommittedError';

  constructor() {
    super('Nothing was committed: a statement had failed inside the transaction, and its error was not passed on.');
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

/** Beyond `statement_timeout`, after which the database has ended the statement by itself if it is still there. */
const ANSWER_GRACE_MS = 5_000;
/** A goodbye takes one message; a server that does not hang up is not waited for. */
const DISCONNECT_MS = 1_000;

type Release = (reason?: Error | boolean) => void;
type ConnectCallback = (error: Error | undefined, client: PoolClient | undefined, release: Release) => void;

export class GuardedPool extends Pool {
  private readonly connected = new Set<PoolClient>();
  private readonly inUse = new Set<PoolClient>();
  private draining = false;

  constructor(config: PoolConfig = {}) {
    super({ ...config, Client: GuardedClient });
    this.on('connect', (client) => this.connected.add(client));
    this.on('remove', (client) => this.connected.delete(client));
    this.on('acquire', (client) => this.inUse.add(client));
    this.on('release', (_error, client) => this.inUse.delete(client));
  }

  override connect(): Promise<PoolClient>;
  override connect(callback: ConnectCallback): void;
  override connect(callback?: ConnectCallback): Promise<PoolClient> | void {
    const refusal = this.refusal();
    if (refusal === undefined) return callback === undefined ? super.connect() : super.connect(callback);
    if (callback === undefined) return Promise.reject(refusal);
    callback(refusal, undefined, () => undefined);
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
    return this.draining ? new Error('The database connection is shutting down.') : undefined;
  }
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

class GuardedClient extends Client {
  private readonly answerTimeoutMs: number;

  constructor(config?: PoolConfig) {
    super(config);
    const limitMs = config?.statement_timeout;
    this.answerTimeoutMs = typeof limitMs === 'number' && limitMs > 0 ? limitMs + ANSWER_GRACE_MS : 0;
  }

  // pg's overloads cannot be repeated one by one; whatever a caller sees is their declared result.
  override query(...query: unknown[]): never {
    const answer = (super.query as (...query: unknown[]) => unknown).apply(this, query);
    return (answer instanceof Promise ? this.watch(query[0], answer as Promise<QueryResult>) : answer) as never;
  }

  private async watch(text: unknown, answer: Promise<QueryResult>): Promise<QueryResult> {
    let timer: NodeJS.Timeout | undefined;
    if (this.answerTimeoutMs > 0) {
      timer = setTimeout(() => {
        // Nothing can be said on this connection any more: the answer would be taken for that of the next query. The
        // code is that of a connection gone silent, by which a request is answered with 503.
        const silent = new Error(`No answer from the database within ${this.answerTimeoutMs} ms.`);
        this.connection.stream.destroy(Object.assign(silent, { code: 'ETIMEDOUT' }));
      }, this.answerTimeoutMs);
    }
    try {
      const result = await answer;
      if (text === 'COMMIT' && result.command === 'ROLLBACK') throw new NothingCommittedError();
      return result;
    } finally {
      clearTimeout(timer);
    }
  }
}
