import { Logger } from '@nestjs/common';
import { compiledEntry } from '@vectorlane/config';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { lackOfRoom } from './disk-room';
import { type EngineLink, EngineStream } from './engine-stream';
import { monotonicMs, type ThreadData, type ThreadReply, type ThreadRequest } from './thread-protocol';

/** The embedded database went away, or cannot be had. What was acknowledged before is kept. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
}

export interface PgliteEngineOptions {
  /** Folder of the cluster; made when it is not there. The caller holds the lock on it. */
  readonly clusterFolder: string;
  /** Whether a commit waits for the disk, and so survives a loss of power. Left out: no. */
  readonly durable?: boolean;
  /** Waits before each restart in a row; after the last one the engine stays down. */
  readonly restartDelaysMs?: readonly number[];
  /** Why it cannot run for want of room on the disk. @default asks the file system */
  readonly lackOfRoom?: (folder: string) => Error | undefined;
}

const RESTART_DELAYS_MS = [0, 250, 1_000, 3_000, 8_000];
/** A thread that lived this long starts the row of restarts again. */
const STABLE_MS = 60_000;
/** The first start of all makes the cluster, on a slow disk; one after a crash replays the log. */
const START_TIMEOUT_MS = 120_000;
const CLOCK_CHECK_MS = 100;

/**
 * The program's side of the embedded database: starts its thread, makes streams to it, ends a thread whose batch runs
 * over its client's `statement_timeout`, and brings a dead one back with the next stream that connects, a bounded
 * number of times in a row.
 */
export class PgliteEngine implements EngineLink {
  private readonly logger = new Logger('Database');
  private readonly streams = new Map<number, EngineStream>();
  private readonly restartDelaysMs: readonly number[];
  private readonly batchClock = new BigInt64Array(new SharedArrayBuffer(16));
  private nextId = 1;
  private failuresInARow = 0;
  private startedAt = 0;
  private answeredAt = 0;
  private running: Promise<Worker> | undefined;
  private worker: Worker | undefined;
  private clockTimer: NodeJS.Timeout | undefined;
  private lastFailure: Error | undefined;
  /** Two threads must never be on one folder: the next one starts when the last one is gone. */
  private lastExit: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(private readonly options: PgliteEngineOptions) {
    this.restartDelaysMs = options.restartDelaysMs ?? RESTART_DELAYS_MS;
  }

  /** @throws EngineError when the engine does not come up */
  async start(): Promise<void> {
    await this.ready();
  }

  /** For how long the batch that runs now has been running, in ms; undefined while none runs. */
  get batchMs(): number | undefined {
    const since = Atomics.load(this.batchClock, 0);
    return since === 0n || this.worker === undefined ? undefined : Number(monotonicMs() - since);
  }

  /** How long ago it last answered anybody. */
  get sinceAnswerMs(): number {
    return this.worker === undefined ? Infinity : performance.now() - this.answeredAt;
  }

  /** For `pg`'s `stream` option. The connection counts as made when the engine runs. */
  readonly createStream = (): EngineStream => new EngineStream(this, this.nextId++);

  async attach(stream: EngineStream): Promise<void> {
    const worker = await this.ready();
    if (stream.destroyed) return;
    if (worker !== this.worker) throw this.lastFailure ?? new EngineError('The embedded database is not running.');
    this.streams.set(stream.id, stream);
    post(worker, { type: 'open', client: stream.id });
  }

  send(stream: EngineStream, bytes: Uint8Array): void {
    if (this.worker === undefined || !this.streams.has(stream.id)) {
      stream.destroy(this.lastFailure ?? new EngineError('The embedded database is not running.'));
      return;
    }
    post(this.worker, { type: 'chunk', client: stream.id, bytes }, [bytes.buffer as ArrayBuffer]);
  }

  end(stream: EngineStream): void {
    this.leave(stream, 'end');
  }

  detach(stream: EngineStream): void {
    this.leave(stream, 'gone');
  }

  /** Rolls back what is open, writes everything out and ends the thread; a thread that is late is ended hard. */
  async close(timeoutMs: number): Promise<void> {
    this.closed = true;
    const worker = this.worker;
    if (worker === undefined) return this.lastExit;
    post(worker, { type: 'close' });
    const timer = setTimeout(() => {
      this.logger.warn(
        `The embedded database did not close within ${timeoutMs} ms; its log is replayed at the next start.`,
      );
      void worker.terminate();
    }, timeoutMs);
    await this.lastExit;
    clearTimeout(timer);
  }

  private leave(stream: EngineStream, type: 'end' | 'gone'): void {
    if (!this.streams.delete(stream.id) || this.worker === undefined) return;
    post(this.worker, { type, client: stream.id });
  }

  private ready(): Promise<Worker> {
    if (this.closed) return Promise.reject(new EngineError('The embedded database is closed.'));
    // In a step of its own: a launch that fails at once lets the next one try.
    this.running ??= Promise.resolve().then(() => this.launch());
    return this.running;
  }

  /** Whether only a restart of the program brings it back. */
  get givenUp(): boolean {
    return !this.closed && this.worker === undefined && this.failuresInARow > this.restartDelaysMs.length;
  }

  private get lackOfRoom(): Error | undefined {
    return (this.options.lackOfRoom ?? lackOfRoom)(this.options.clusterFolder);
  }

  private async launch(): Promise<Worker> {
    const full = this.lackOfRoom;
    if (full !== undefined) {
      // Asked again by the next who connects: it comes back by itself.
      this.running = undefined;
      throw full;
    }
    if (this.failuresInARow > 0) {
      const delayMs = this.restartDelaysMs[this.failuresInARow - 1];
      if (delayMs === undefined) {
        // Stays: `running` is a rejection from now on, and readiness says so.
        throw new EngineError(
          `The embedded database failed ${this.failuresInARow} times in a row and stays down until a restart of the program.`,
          { cause: this.lastFailure },
        );
      }
      await delay(delayMs);
    }
    await this.lastExit;
    if (this.closed) throw new EngineError('The embedded database is closed.');
    this.batchClock.fill(0n);
    const { clusterFolder, durable = false } = this.options;
    const data: ThreadData = { clusterFolder, durable, batchClock: this.batchClock };
    const worker = new Worker(compiledEntry('libs/database/src/embedded/pglite.thread'), {
      workerData: data,
      name: 'pglite',
    });
    this.worker = worker;
    this.lastExit = new Promise((resolve) => worker.once('exit', () => resolve()));
    return new Promise<Worker>((resolve, reject) => {
      let reason: Error | undefined;
      const timer = setTimeout(() => {
        reason = new EngineError(`The embedded database did not start within ${START_TIMEOUT_MS} ms.`);
        void worker.terminate();
      }, START_TIMEOUT_MS);
      worker.on('message', (reply: ThreadReply) => {
        if (reply.type === 'ready') {
          clearTimeout(timer);
          this.startedAt = performance.now();
          this.watchClock(worker);
          resolve(worker);
        } else if (reply.type === 'failed') reason = new EngineError(`The embedded database failed: ${reply.message}`);
        else this.deliver(reply);
      });
      worker.on('error', (error) => (reason ??= new EngineError('The embedded database failed.', { cause: error })));
      worker.on('exit', (code) => {
        clearTimeout(timer);
        const failure = reason ?? new EngineError(`The embedded database ended without a word (exit code ${code}).`);
        this.onExit(worker, failure);
        reject(failure); // no-op once it was ready
      });
    });
  }

  private deliver(reply: ThreadReply): void {
    if (!('client' in reply)) return;
    const stream = this.streams.get(reply.client);
    if (reply.type === 'taken' || (reply.type === 'data' && reply.taken)) stream?.taken();
    if (reply.type === 'data') {
      this.answeredAt = performance.now();
      stream?.received(reply.bytes);
    }
    if (reply.type === 'ended') stream?.ended();
  }

  /** Once for each thread: everybody connected learns why, and the next stream starts another thread. */
  private onExit(worker: Worker, failure: Error): void {
    if (this.worker !== worker) return;
    clearInterval(this.clockTimer);
    this.worker = undefined;
    this.running = undefined;
    if (!this.closed) {
      const stable = this.startedAt > 0 && performance.now() - this.startedAt > STABLE_MS;
      const full = this.lackOfRoom;
      // Without room any engine ends: that says nothing against it, and is no reason to give it up.
      if (full !== undefined) this.failuresInARow = 0;
      else this.failuresInARow = stable ? 1 : this.failuresInARow + 1;
      this.startedAt = 0;
      this.lastFailure = full ?? failure;
      this.logger.error({ err: failure, failuresInARow: this.failuresInARow }, 'embedded database ended');
    }
    const streams = [...this.streams.values()];
    this.streams.clear();
    for (const stream of streams) stream.destroy(this.lastFailure ?? failure);
  }

  /** PGlite can be told nothing while it computes: a batch over its bound ends with the thread. */
  private watchClock(worker: Worker): void {
    this.clockTimer = setInterval(() => {
      const since = Atomics.load(this.batchClock, 0);
      const limitMs = Atomics.load(this.batchClock, 1);
      if (since === 0n || limitMs === 0n || monotonicMs() - since <= limitMs) return;
      this.onExit(
        worker,
        new EngineError(`A statement ran longer than ${limitMs} ms; the embedded database is restarted.`),
      );
      // Our own doing, not a failure of the engine; how often it can happen is bounded by the limit itself.
      this.failuresInARow = 0;
      void worker.terminate();
    }, CLOCK_CHECK_MS);
    this.clockTimer.unref();
  }
}

function post(worker: Worker, request: ThreadRequest, transfer: readonly ArrayBuffer[] = []): void {
  worker.postMessage(request, transfer);
}
