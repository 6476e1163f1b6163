import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, DatabaseError, Pool, type PoolClient, type PoolConfig, type QueryResult } from 'pg';
import { abortReason, abortSignal } from './abort-scope';
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
/** Ending a session takes one message; a server that does not hang up is not waited for. */
const DISCONNECT_MS = 1_000;

const READ_ONLY_CODE = '25006';

/** A server that is there greets and answers a question for nothing in a small part of this. */
const SIGN_MS = 1_000;
/** SQLSTATE of a statement that was cancelled, by its own limit or from elsewhere. */
const QUERY_CANCELED = '57014';

export interface GuardedPoolConfig extends PoolConfig {
  /**
   * Longest a request waits for a connection, and for a server that gives no sign; one that is only slow with a
   * statement is waited for as by anybody else. Left out: never given up early.
   */
  readonly requestTimeoutMs?: number;
  /** Whether a running statement can be cancelled from another connection: on a server. */
  readonly cancellable?: boolean;
}

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

class GuardedClient extends Client {
  private readonly answerTimeoutMs: number;
  private readonly requestTimeoutMs: number | undefined;

  constructor(private readonly config: GuardedPoolConfig = {}) {
    super(config);
    const limitMs = config.statement_timeout;
    this.answerTimeoutMs = typeof limitMs === 'number' && limitMs > 0 ? limitMs + ANSWER_GRACE_MS : 0;
    this.requestTimeoutMs = config.requestTimeoutMs;
  }

  // pg's overloads cannot be repeated one by one; whatever a caller sees is their declared result.
  override query(...query: unknown[]): never {
    const answer = (super.query as (...query: unknown[]) => unknown).apply(this, query);
    return (answer instanceof Promise ? this.watch(query[0], answer as Promise<QueryResult>) : answer) as never;
  }

  private async watch(text: unknown, answer: Promise<QueryResult>): Promise<QueryResult> {
    const request = RequestScope.get();
    const limitMs = this.requestTimeoutMs;
    const stop =
      request === undefined || limitMs === undefined
        ? this.giveUpAfter(this.answerTimeoutMs)
        : this.giveUpFor(request, limitMs);
    // Whatever has been aborted, what is open must be rolled back.
    const cancellation = text === 'ROLLBACK' ? undefined : this.cancelOnAbort();
    try {
      const result = await answer;
      request?.answered();
      if (text === 'COMMIT' && result.command === 'ROLLBACK') throw new NothingCommittedError();
      return result;
    } catch (error) {
      if (error instanceof DatabaseError) {
        request?.answered(); // a refusal is an answer too
        // The server was demoted: behind the same address there may be a new primary, so this connection is no use.
        if (error.code === READ_ONLY_CODE) this.connection.stream.destroy(error);
      }
      throw cancellation?.reasonOf(error) ?? error;
    } finally {
      stop();
      // Before this connection can have another statement, which would be cancelled in place of this one.
      await cancellation?.settled();
    }
  }

  /** Cancels the statement under way when the work that wants it is aborted. */
  private cancelOnAbort(): Cancellation | undefined {
    const signal = abortSignal();
    return (
      signal && new Cancellation(signal, this.config.cancellable === true ? () => this.cancelStatement() : undefined)
    );
  }

  private async cancelStatement(): Promise<void> {
    // Typed as `unknown`: pg's types leave out what PostgreSQL told of the session when it began.
    const { processID } = this as unknown as { processID: unknown };
    await this.askElsewhere('SELECT pg_cancel_backend($1)', [processID]);
  }

  /** As for everybody; and sooner when the server gives no sign at all, which is looked after again and again. */
  private giveUpFor(request: RequestScope, limitMs: number): () => void {
    let waiting = true;
    let timer: NodeJS.Timeout | undefined;
    const lookLater = (): void => {
      timer = setTimeout(() => void look(), request.leftMs(limitMs));
    };
    const look = async (): Promise<void> => {
      const alive = await this.givesSign();
      if (!waiting) return;
      if (!alive) return this.giveUp(limitMs);
      request.answered();
      lookLater();
    };
    lookLater();
    const stop = this.giveUpAfter(this.answerTimeoutMs);
    return () => {
      waiting = false;
      clearTimeout(timer);
      stop();
    };
  }

  private giveUpAfter(timeoutMs: number): () => void {
    if (timeoutMs === 0) return () => undefined;
    const timer = setTimeout(() => this.giveUp(timeoutMs), timeoutMs);
    return () => clearTimeout(timer);
  }

  /** Nothing can be said on this connection any more: the answer would be taken for that of the next query. */
  private giveUp(waitedMs: number): void {
    this.connection.stream.destroy(new DatabaseSilentError(waitedMs));
  }

  /** Whether the server answers another connection, made for that alone: this one waits for its statement. */
  private givesSign(): Promise<boolean> {
    return this.askElsewhere('SELECT 1', []);
  }

  /** @returns whether there was an answer in time */
  private async askElsewhere(statement: string, values: readonly unknown[]): Promise<boolean> {
    const client = new Client({ ...this.config, application_name: 'vectorlane-sign' });
    client.on('error', () => undefined);
    const timer = setTimeout(() => client.connection.stream.destroy(new DatabaseSilentError(SIGN_MS)), SIGN_MS);
    try {
      await client.connect();
      await client.query(statement, [...values]);
      return true;
    } catch {
      return false;
    } finally {
      clearTimeout(timer);
      client.connection.stream.destroy();
    }
  }
}

/** Of one statement, for as long as it runs. */
class Cancellation {
  private sent: Promise<void> = Promise.resolve();

  /** @param cancel left out where a statement cannot be interrupted */
  constructor(
    private readonly signal: AbortSignal,
    private readonly cancel: (() => Promise<void>) | undefined,
  ) {
    if (signal.aborted) this.onAbort();
    else signal.addEventListener('abort', this.onAbort, { once: true });
  }

  /** What to say in place of the error of a statement that was cancelled. */
  reasonOf(error: unknown): Error | undefined {
    const cancelled = error instanceof DatabaseError && error.code === QUERY_CANCELED;
    return cancelled && this.signal.aborted ? abortReason(this.signal) : undefined;
  }

  settled(): Promise<void> {
    this.signal.removeEventListener('abort', this.onAbort);
    return this.sent;
  }

  private readonly onAbort = (): void => {
    if (this.cancel !== undefined) this.sent = this.cancel();
  };
}
