import {
  COPY_FAIL,
  concatBytes,
  encodeFatal,
  encodeQuery,
  FrontendFramer,
  type FrontendMessage,
  ProtocolError,
  readStartupParameters,
  readTransactionStatus,
  SYNC,
  type TransactionStatus,
} from './wire-protocol';
import type { ThreadReply, ThreadRequest } from './thread-protocol';

/**
 * Many clients on the one session that PGlite is. Stock bridges queue protocol messages, so that two clients' batches
 * mix and one gets the other's rows; this one runs each client's batch whole, and lets nobody else in while a
 * transaction is open.
 *
 * Session state (SET, prepared statements, temporary tables) is wiped when the last client leaves. Clients connected
 * at the same time share it; the pool of the embedded profile has one connection, so that is no more than a passing
 * overlap while a lost connection is replaced.
 */

/** @param limitMs how long the batch may take; 0 for no limit. Throws when the engine itself is broken. */
export type Execute = (bytes: Uint8Array, limitMs: number) => Uint8Array;

type Job =
  | { readonly type: 'startup'; readonly bytes: Uint8Array }
  | { readonly type: 'batch'; readonly bytes: Uint8Array; readonly finished: boolean }
  | { readonly type: 'leave' };

interface Client {
  readonly id: number;
  readonly framer: FrontendFramer;
  /** Messages of the batch that is still coming in. */
  partial: Uint8Array[];
  partialBytes: number;
  jobs: Job[];
  queued: boolean;
  owesTaken: boolean;
  started: boolean;
  status: TransactionStatus;
  /** Between a Flush and its Sync the backend waits for this client's next message. */
  midBatch: boolean;
  statementTimeoutMs: number;
  idleTransactionTimeoutMs: number;
  idleTimer: NodeJS.Timeout | undefined;
}

const MAX_CLIENTS = 100;
/** One batch in memory at a time for each client; a message alone is bounded by the framer. */
const MAX_BATCH_BYTES = 300 * 1024 * 1024;
const CLEANUP_TIMEOUT_MS = 30_000;

export class SessionBridge {
  private readonly clients = new Map<number, Client>();
  /** Clients with something to run, in the order they asked. */
  private readonly waiting: Client[] = [];
  private holder: Client | undefined;

  constructor(
    private readonly execute: Execute,
    private readonly reply: (message: ThreadReply) => void,
  ) {}

  /** @throws whatever `execute` throws: the engine is then unusable and the thread must end */
  receive(request: Exclude<ThreadRequest, { type: 'close' }>): void {
    if (request.type === 'open') this.open(request.client);
    const client = this.clients.get(request.client);
    if (client === undefined) return; // ended by us while its message was on the way
    if (request.type === 'chunk') this.take(client, request.bytes);
    if (request.type === 'end') this.enqueue(client, { type: 'leave' });
    if (request.type === 'gone') {
      client.jobs = [];
      this.enqueue(client, { type: 'leave' });
    }
    this.run();
  }

  /** Rolls back what is open, so that the engine can be closed. */
  close(): void {
    for (const client of [...this.clients.values()]) this.dismiss(client, '57P01', 'the embedded database is closing');
  }

  private open(id: number): void {
    if (this.clients.size >= MAX_CLIENTS) {
      this.reply({
        type: 'data',
        client: id,
        bytes: encodeFatal('53300', `more than ${MAX_CLIENTS} clients`),
        taken: false,
      });
      this.reply({ type: 'ended', client: id });
      return;
    }
    this.clients.set(id, {
      id,
      framer: new FrontendFramer(),
      partial: [],
      partialBytes: 0,
      jobs: [],
      queued: false,
      owesTaken: false,
      started: false,
      status: 'I',
      midBatch: false,
      statementTimeoutMs: 0,
      idleTransactionTimeoutMs: 0,
      idleTimer: undefined,
    });
  }

  private take(client: Client, bytes: Uint8Array): void {
    client.owesTaken = true;
    try {
      for (const message of client.framer.push(bytes)) this.collect(client, message);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.dismiss(client, error.code, error.message);
      return;
    }
    this.watchIdleness(client);
    this.acknowledge(client);
  }

  private collect(client: Client, { type, bytes }: FrontendMessage): void {
    if (type === 'startup') return this.enqueue(client, { type: 'startup', bytes });
    if (type === 'X') return this.enqueue(client, { type: 'leave' });
    // Data for a COPY that was refused already.
    if (type === 'd' || type === 'c' || type === 'f') return;

    client.partial.push(bytes);
    client.partialBytes += bytes.length;
    if (client.partialBytes > MAX_BATCH_BYTES) {
      throw new ProtocolError('54000', `a batch is over the bound of ${MAX_BATCH_BYTES} bytes`);
    }
    // COPY FROM STDIN would read past the end of what PGlite was given, which ends it: whatever may start one is
    // followed by its refusal.
    if (type === 'Q' || type === 'E') client.partial.push(COPY_FAIL);
    if (type === 'Q' || type === 'S' || type === 'F' || type === 'H') {
      this.enqueue(client, { type: 'batch', bytes: concatBytes(client.partial), finished: type !== 'H' });
      client.partial = [];
      client.partialBytes = 0;
    }
  }

  private enqueue(client: Client, job: Job): void {
    client.jobs.push(job);
    if (client.queued) return;
    client.queued = true;
    this.waiting.push(client);
  }

  /** Runs all that can run now. While a transaction is open, only its own client's batches can. */
  private run(): void {
    for (;;) {
      const index = this.holder === undefined ? 0 : this.waiting.indexOf(this.holder);
      const client = this.waiting[index];
      if (client === undefined) return;
      this.waiting.splice(index, 1);
      client.queued = false;
      const job = client.jobs.shift();
      if (job !== undefined) this.runJob(client, job);
      if (client.jobs.length > 0 && this.clients.has(client.id)) {
        client.queued = true;
        this.waiting.push(client);
      }
      this.acknowledge(client);
    }
  }

  private runJob(client: Client, job: Job): void {
    if (job.type === 'leave') return this.remove(client);
    if (job.type === 'startup') {
      const parameters = readStartupParameters(job.bytes);
      client.statementTimeoutMs = readMs(parameters.get('statement_timeout'));
      client.idleTransactionTimeoutMs = readMs(parameters.get('idle_in_transaction_session_timeout'));
      client.started = true;
    }
    const answer = this.execute(job.bytes, client.statementTimeoutMs);
    const status = readTransactionStatus(answer);
    const finished = job.type === 'startup' || job.finished;
    if (finished && status === undefined) throw new Error('the engine gave no finished answer');
    client.midBatch = !finished;
    client.status = status ?? client.status;
    this.holder = client.midBatch || client.status !== 'I' ? client : undefined;
    // One message for both: each is a wake-up of the program's thread.
    if (answer.length > 0) this.reply({ type: 'data', client: client.id, bytes: answer, taken: this.settle(client) });
    this.watchIdleness(client);
  }

  /** A client that holds the session and says nothing holds up everybody else. */
  private watchIdleness(client: Client): void {
    clearTimeout(client.idleTimer);
    if (this.holder !== client || client.jobs.length > 0 || client.idleTransactionTimeoutMs === 0) return;
    client.idleTimer = setTimeout(() => {
      this.dismiss(client, '25P03', 'terminating connection due to idle-in-transaction timeout');
      this.run();
    }, client.idleTransactionTimeoutMs);
  }

  private acknowledge(client: Client): void {
    if (this.settle(client)) this.reply({ type: 'taken', client: client.id });
  }

  /** Whether the client is now to be told that its next chunk can be taken. */
  private settle(client: Client): boolean {
    const due = client.owesTaken && client.jobs.length === 0;
    if (due) client.owesTaken = false;
    return due;
  }

  private dismiss(client: Client, code: string, message: string): void {
    this.remove(client);
    this.reply({ type: 'data', client: client.id, bytes: encodeFatal(code, message), taken: false });
    this.reply({ type: 'ended', client: client.id });
  }

  private remove(client: Client): void {
    clearTimeout(client.idleTimer);
    this.clients.delete(client.id);
    client.jobs = [];
    if (client.midBatch) client.status = readTransactionStatus(this.execute(SYNC, CLEANUP_TIMEOUT_MS)) ?? 'E';
    if (client.status !== 'I') this.command('ROLLBACK');
    if (this.holder === client) this.holder = undefined;
    const others = [...this.clients.values()].some((other) => other.started);
    if (client.started && !others) this.command('DISCARD ALL');
  }

  private command(sql: string): void {
    const answer = this.execute(encodeQuery(sql), CLEANUP_TIMEOUT_MS);
    if (readTransactionStatus(answer) !== 'I') throw new Error(`the engine could not ${sql}`);
  }
}

function readMs(value: string | undefined): number {
  const ms = Number(value ?? 0);
  return Number.isInteger(ms) && ms > 0 ? ms : 0;
}
