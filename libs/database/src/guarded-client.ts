import { Client, DatabaseError, type PoolConfig, type QueryResult } from 'pg';
import { abortReason, abortSignal } from './abort-scope';
import { cancelOnWire } from './cancel-on-wire';
import { cannotBeRun, giveUpPrepared, preparedName } from './prepared';
import { DatabaseSilentError, RequestScope } from './request-scope';
import type { Host, ServerHosts } from './server/server-hosts';

/** pg's connection with what it lacks: bounds that hold through a pooler, and answers that are given up. */

/** A statement failed inside a transaction, its error was swallowed, and COMMIT became a ROLLBACK. */
export class NothingCommittedError extends Error {
  override readonly name = 'NothingCommittedError';

  constructor() {
    super('Nothing was committed: a statement had failed inside the transaction, and its error was not passed on.');
  }
}

/** Beyond `statement_timeout`, after which the database has ended the statement by itself if it is still there. */
const ANSWER_GRACE_MS = 5_000;

const READ_ONLY_CODE = '25006';

/** A server that is there greets and answers a question for nothing in a small part of this. */
const SIGN_MS = 1_000;
/** SQLSTATE of a statement that was cancelled, by its own limit or from elsewhere. */
const QUERY_CANCELED = '57014';

const BEGINS = /^\s*(BEGIN|START TRANSACTION)\b/i;
/** Refuses to run in a transaction; it waits for no lock of ours and is bounded by the wait for its answer. */
const ALONE = /^\s*VACUUM\b/i;

export interface GuardedPoolConfig extends PoolConfig {
  /**
   * Longest a request waits for a connection, and for a server that gives no sign; one that is only slow with a
   * statement is waited for as by anybody else. Left out: never given up early.
   */
  readonly requestTimeoutMs?: number;
  /** Whether a running statement can be cancelled from another connection: on a server. */
  readonly cancellable?: boolean;
  /**
   * A pooler is in between, which takes no bounds at the start of a session and may give every transaction another
   * session: the bounds go with each transaction.
   */
  readonly pooled?: boolean;
  /** Whether statements marked for it are planned once for a connection: where it has a session of its own. */
  readonly prepares?: boolean;
  /** Several servers, of which one takes writes. Left out: the one that the connection string names. */
  readonly hosts?: ServerHosts;
}

/** What a plain connection to the same database is made with. */
export function plainConnection(config: GuardedPoolConfig): GuardedPoolConfig {
  if (config.pooled !== true) return config;
  const { statement_timeout, lock_timeout, idle_in_transaction_session_timeout, ...plain } = config;
  return plain;
}

function transactionBounds(config: GuardedPoolConfig): string {
  const { statement_timeout, lock_timeout, idle_in_transaction_session_timeout } = config;
  return Object.entries({ statement_timeout, lock_timeout, idle_in_transaction_session_timeout })
    .filter(([, limitMs]) => typeof limitMs === 'number')
    .map(([name, limitMs]) => `SET LOCAL ${name} = ${Number(limitMs)}`)
    .join('; ');
}

/** One of a server, or of the one of several servers that takes writes. */
export class ServerClient extends Client {
  constructor(protected readonly settings: GuardedPoolConfig = {}) {
    super(plainConnection(settings));
  }

  override connect(): Promise<this>;
  override connect(callback: (error?: Error) => void): void;
  override connect(callback?: (error?: Error) => void): Promise<this> | void {
    const connecting = this.reach();
    if (callback === undefined) return connecting.then(() => this);
    connecting.then(() => callback(), callback);
  }

  private async reach(): Promise<void> {
    const { hosts } = this.settings;
    if (hosts === undefined) {
      await super.connect();
      return;
    }
    const host = await hosts.primary();
    Object.assign(this, host satisfies Host);
    try {
      await super.connect();
      await hosts.requirePrimary(this);
    } catch (error) {
      hosts.forget(host);
      this.connection.stream.destroy();
      throw error;
    }
  }
}

export class GuardedClient extends ServerClient {
  private readonly answerTimeoutMs: number;
  private readonly requestTimeoutMs: number | undefined;
  /** What every transaction begins with; undefined where the session has its bounds. */
  private readonly bounds: string | undefined;
  /** The statement before, whatever became of it. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(settings: GuardedPoolConfig = {}) {
    super(settings);
    const limitMs = settings.statement_timeout;
    this.answerTimeoutMs = typeof limitMs === 'number' && limitMs > 0 ? limitMs + ANSWER_GRACE_MS : 0;
    this.requestTimeoutMs = settings.requestTimeoutMs;
    this.bounds = settings.pooled === true ? transactionBounds(settings) : undefined;
  }

  // pg's overloads cannot be repeated one by one; whatever a caller sees is their declared result.
  override query(...query: unknown[]): never {
    const { bounds } = this;
    if (bounds === undefined || !isStatement(query)) return this.ask(query) as never;
    const answer = this.turn.then(() => this.askWithin(bounds, query));
    this.turn = answer.catch(() => undefined);
    return answer as never;
  }

  /** In a transaction of its own where none is open, so that the bounds are those of this statement alone. */
  private async askWithin(bounds: string, query: readonly unknown[]): Promise<unknown> {
    const text = textOf(query[0]);
    if (BEGINS.test(text)) {
      const results = (await this.ask([`${text}; ${bounds}`])) as QueryResult[];
      return results[0];
    }
    const open = this.getTransactionStatus();
    if (open === 'T' || open === 'E' || ALONE.test(text)) return this.ask(query);
    await this.ask([`BEGIN; ${bounds}`]);
    try {
      const result = await this.ask(query);
      await this.ask(['COMMIT']);
      return result;
    } catch (error) {
      // A connection that is gone has rolled back by itself.
      await Promise.resolve(this.ask(['ROLLBACK'])).catch(() => undefined);
      throw error;
    }
  }

  private ask(query: readonly unknown[]): unknown {
    const name = this.settings.prepares === true && isStatement(query) ? preparedName(query[0]) : undefined;
    if (name !== undefined) return this.askPrepared(name, query);
    const answer = this.send(...query);
    return answer instanceof Promise ? this.watch(query[0], answer as Promise<QueryResult>) : answer;
  }

  private send(...query: unknown[]): unknown {
    return (super.query as (...query: unknown[]) => unknown).apply(this, query);
  }

  /** Refused is only what the session does not have, or has for other columns: nothing of it has been run. */
  private async askPrepared(name: string, [text, values]: readonly unknown[]): Promise<QueryResult> {
    try {
      return await this.watch(text, this.send({ name, text, values }) as Promise<QueryResult>);
    } catch (error) {
      if (!cannotBeRun(error)) throw error;
      giveUpPrepared(text as string);
      return this.watch(text, this.send(text, values) as Promise<QueryResult>);
    }
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
        if (error.code === READ_ONLY_CODE) this.leave(error);
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
    const cancel = (): Promise<void> => cancelOnWire(this, SIGN_MS);
    return signal && new Cancellation(signal, this.settings.cancellable === true ? cancel : undefined);
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
    this.leave(new DatabaseSilentError(waitedMs));
  }

  /** Hangs up; where there are other servers, the next connection looks for the one that takes writes. */
  private leave(reason: Error): void {
    this.settings.hosts?.forget(this);
    this.connection.stream.destroy(reason);
  }

  /** Whether the server answers another connection, made for that alone: this one waits for its statement. */
  private async givesSign(): Promise<boolean> {
    const { hosts, ...config } = this.settings;
    const client = new ServerClient({ ...config, application_name: 'vectorlane-sign' });
    if (hosts !== undefined) Object.assign(client, { host: this.host, port: this.port } satisfies Host);
    client.on('error', () => undefined);
    const timer = setTimeout(() => client.connection.stream.destroy(new DatabaseSilentError(SIGN_MS)), SIGN_MS);
    try {
      await client.connect();
      await client.query('SELECT 1');
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

/** Left alone is what brings its own way of reading the answer: a callback, a stream, a cursor. */
function isStatement(query: readonly unknown[]): boolean {
  return textOf(query[0]) !== '' && typeof query.at(-1) !== 'function';
}

function textOf(query: unknown): string {
  if (typeof query === 'string') return query;
  const { text, submit } = query as { text?: unknown; submit?: unknown };
  return typeof text === 'string' && submit === undefined ? text : '';
}
