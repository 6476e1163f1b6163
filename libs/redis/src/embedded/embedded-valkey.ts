import { randomBytes } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { Logger } from '@nestjs/common';
import { compiledEntry } from '@vectorlane/config';
import type { ValkeyThreadData, ValkeyThreadMessage, ValkeyThreadRequest } from './valkey.thread';

/**
 * A real Valkey inside this process. It keeps nothing on disk: PostgreSQL is the truth and the queue is filled from it
 * at start. A thread that dies or stops answering is started again on the same port with the same password, so that
 * clients come back by themselves; it comes back empty, and the reconciler fills the queue once more.
 */

export interface EmbeddedValkeyOptions {
  /** How full it may get. `noeviction`: when it is full, adding fails and nothing that was accepted is lost. */
  readonly maxMemoryBytes?: number;
  /** How often it is asked whether it lives; after three questions without an answer it is ended and started again. */
  readonly heartbeatMs?: number;
  /** Waits before each restart in a row; after the last one it is given up. A quiet minute starts the row again. */
  readonly restartDelaysMs?: readonly number[];
}

/** Secret in part: never log it. */
export interface ValkeyEndpoint {
  readonly host: string;
  readonly port: number;
  readonly password: string;
}

/** Jobs are ids; some hundred thousand waiting ones fit, and the rest wait in the database. */
const MAX_MEMORY_BYTES = 256 * 1024 * 1024;
const START_TIMEOUT_MS = 10_000;
const HEARTBEAT_MS = 5_000;
const HEARTBEATS_MISSED_AT_MOST = 3;
const RESTART_DELAYS_MS = [50, 200, 1_000, 5_000, 15_000] as const;
const QUIET_MS = 60_000;

export class EmbeddedValkey {
  private readonly logger = new Logger('Valkey');
  private readonly password = randomBytes(32).toString('hex');
  private thread: Worker | undefined;
  private port = 0;
  private closed = false;
  private listening = false;
  private failuresInARow = 0;
  private upSince = 0;
  private unanswered = 0;
  private restartTimer: NodeJS.Timeout | undefined;
  private heartbeat: NodeJS.Timeout | undefined;

  private constructor(private readonly options: EmbeddedValkeyOptions) {}

  /** @throws Error when it does not listen within ten seconds */
  static async start(options: EmbeddedValkeyOptions = {}): Promise<EmbeddedValkey> {
    const valkey = new EmbeddedValkey(options);
    await valkey.launch();
    // A heartbeat holds no finished program; a thread that died is noticed by its exit, not by this.
    valkey.heartbeat = setInterval(() => valkey.beat(), options.heartbeatMs ?? HEARTBEAT_MS).unref();
    return valkey;
  }

  /** The same for its whole life, restarts included. */
  get endpoint(): ValkeyEndpoint {
    return { host: '127.0.0.1', port: this.port, password: this.password };
  }

  /** Ends it at once, and what it held with it. Safe to call twice. */
  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.heartbeat);
    clearTimeout(this.restartTimer);
    const { thread } = this;
    this.thread = undefined;
    await thread?.terminate();
  }

  /** Resolves when the thread listens; a thread that failed has ended, or been ended. */
  private launch(): Promise<void> {
    const data: ValkeyThreadData = {
      password: this.password,
      port: this.port,
      maxMemoryBytes: this.options.maxMemoryBytes ?? MAX_MEMORY_BYTES,
    };
    const thread = new Worker(compiledEntry('libs/redis/src/embedded/valkey.thread'), {
      workerData: data,
      name: 'valkey',
      // Node calls WASI experimental, once a start; the version of what runs on it is pinned.
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    this.thread = thread;
    return new Promise((resolve, reject) => {
      let started = false;
      const fail = (reason: Error): void => {
        clearTimeout(timer);
        if (started) {
          this.lose(thread, reason);
        } else {
          if (this.thread === thread) this.thread = undefined;
          reject(reason);
        }
      };
      const timer = setTimeout(() => {
        fail(new Error(`The embedded Valkey did not start within ${START_TIMEOUT_MS} ms.`));
        void thread.terminate();
      }, START_TIMEOUT_MS);
      thread.on('error', (error) => fail(error instanceof Error ? error : new Error(String(error))));
      thread.on('exit', (code) => fail(new Error(`The thread ended with code ${code}.`)));
      thread.on('message', (message: ValkeyThreadMessage) => {
        if (thread !== this.thread) return;
        this.unanswered = 0;
        if (message.kind !== 'listening') return;
        started = true;
        this.listening = true;
        clearTimeout(timer);
        this.port = message.port;
        this.upSince = performance.now();
        // From here on clients' sockets hold the process, not the server.
        thread.unref();
        resolve();
      });
    });
  }

  /** Misses are counted in beats, not in time: after a sleep of the whole machine nothing is late. */
  private beat(): void {
    const { thread } = this;
    if (thread === undefined || !this.listening) return;
    if (this.unanswered >= HEARTBEATS_MISSED_AT_MOST) {
      this.lose(thread, new Error(`No answer to ${HEARTBEATS_MISSED_AT_MOST} heartbeats.`));
      return;
    }
    this.unanswered += 1;
    thread.postMessage('ping' satisfies ValkeyThreadRequest);
  }

  /** An exit follows every error: what is no longer the current thread has been dealt with. */
  private lose(thread: Worker, reason: Error): void {
    if (thread !== this.thread) return;
    this.thread = undefined;
    this.listening = false;
    this.logger.error({ err: reason }, 'the embedded Valkey stopped; it is started again, empty');
    if (performance.now() - this.upSince > QUIET_MS) this.failuresInARow = 0;
    // The port is free only when the old thread has gone.
    void thread.terminate().then(() => this.restartLater());
  }

  private restartLater(): void {
    if (this.closed) return;
    const delays = this.options.restartDelaysMs ?? RESTART_DELAYS_MS;
    const delay = delays[this.failuresInARow];
    this.failuresInARow += 1;
    if (delay === undefined) {
      this.logger.fatal(
        `the embedded Valkey is given up after ${delays.length} restarts in a row; restart the program`,
      );
      return;
    }
    this.restartTimer = setTimeout(() => void this.restart(), delay);
  }

  private async restart(): Promise<void> {
    try {
      await this.launch();
    } catch (error) {
      if (!this.closed) this.logger.error({ err: error }, 'the embedded Valkey did not start');
      this.restartLater();
      return;
    }
    this.logger.log('the embedded Valkey runs again');
  }
}
