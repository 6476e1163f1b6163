import { Logger } from '@nestjs/common';
import { compiledEntry, keepNativeLibrariesQuiet } from '@vectorlane/config';
import { within } from '@vectorlane/time';
import { Worker } from 'node:worker_threads';
import { unavailable } from '../embedding-call';
import { IN_NATIVE_CODE, PROCESS_ENDS, type ThreadData, type ThreadReply, type ThreadRequest } from './thread-protocol';

/**
 * The provider's side of one thread: gives it one text at a time and brings it back when it dies. The text in hand
 * fails with it, so that a text that kills threads cannot go round and kill them all.
 *
 * `worker.terminate()` is never called: while ONNX Runtime is inside a run, it aborts the whole process. A thread ends
 * by itself, or is asked to and waited for; one that is late is left alone until it answers.
 */

export interface ModelThreadOptions {
  readonly data: Omit<ThreadData, 'marks'>;
  /** Longest one text may take before it is given up and the thread counts as late. */
  readonly textTimeoutMs: number;
  /** Called whenever the thread can take a text, or no longer can for an unknown time. */
  readonly onChange: () => void;
  /** Compiled entry of the thread. */
  readonly entry?: string;
  /** Waits before each restart in a row; after the last one the thread is given up. A vector starts the row again. */
  readonly restartDelaysMs?: readonly number[];
}

type State = 'asleep' | 'starting' | 'idle' | 'busy' | 'late' | 'restarting' | 'given up' | 'closed';

interface Job {
  readonly resolve: (vector: Float32Array) => void;
  readonly reject: (reason: Error) => void;
  readonly watchdog: NodeJS.Timeout;
}

const RESTART_DELAYS_MS = [100, 500, 2_000, 10_000, 30_000] as const;
/** Weights come from a disk that may be cold; a start that takes longer will not end. */
const START_TIMEOUT_MS = 120_000;
/** A text of 512 tokens takes a quarter of a second; below the bound of a shutdown's step. */
const CLOSE_TIMEOUT_MS = 4_000;
/** How long an exit of the process that nobody announced is held up for a run in progress, on a busy machine. */
const EXIT_TIMEOUT_MS = 10_000;

export class ModelThread {
  private readonly logger = new Logger('Embeddings');
  private readonly marks = new Int32Array(new SharedArrayBuffer(8));
  private state: State = 'asleep';
  private worker: Worker | undefined;
  private job: Job | undefined;
  private failuresInARow = 0;
  private restartTimer: NodeJS.Timeout | undefined;
  /** Of a worker that was put to sleep and may still be on its way out. */
  private ending: Promise<void> = Promise.resolve();

  constructor(private readonly options: ModelThreadOptions) {}

  get idle(): boolean {
    return this.state === 'idle';
  }

  /** Without a worker, and so without the memory of a model. */
  get asleep(): boolean {
    return this.state === 'asleep';
  }

  /** It will take a text, now or after what it does or waits for now, all of which is bounded. */
  get usable(): boolean {
    return this.state !== 'late' && this.state !== 'given up' && this.state !== 'closed';
  }

  /**
   * The first start, tried once: a model that cannot be loaded at boot is for the operator to fix.
   * @throws Error the thread's own, when the model cannot be loaded
   */
  async start(): Promise<void> {
    this.state = 'starting';
    await this.launch();
    this.turn('idle');
  }

  /** It takes texts now, or in a moment: what it does, or loads, comes first. */
  get working(): boolean {
    return this.state === 'idle' || this.state === 'busy' || this.state === 'starting';
  }

  /** Begins to load the model; one that does not load is tried again like one that died. Only while `asleep`. */
  wake(): void {
    this.state = 'starting';
    void this.restart();
  }

  /** Gives the model's memory back. Only while `idle`. */
  sleep(): void {
    const { worker } = this;
    this.worker = undefined;
    this.state = 'asleep';
    if (worker === undefined) return;
    const late = (err: unknown): void => this.logger.error({ err }, 'an embedding thread is late to end');
    this.ending = this.stop(worker).catch(late);
  }

  /**
   * The vector of one text; only while `idle`.
   * @throws IngestionFailure `EMBEDDING_UNAVAILABLE`
   */
  run(ids: Int32Array<ArrayBuffer>): Promise<Float32Array> {
    const { worker } = this;
    if (this.state !== 'idle' || worker === undefined) return Promise.reject(unavailable('has no free thread'));
    this.state = 'busy';
    // Only work holds the process; an idle model must not keep a finished program from ending.
    worker.ref();
    return new Promise((resolve, reject) => {
      const watchdog = setTimeout(() => this.giveUpText(), this.options.textTimeoutMs);
      this.job = { resolve, reject, watchdog };
      this.send(worker, { kind: 'text', ids }, ids.buffer);
    });
  }

  /**
   * Rejects the text in hand and waits for the thread's end. Safe to call twice.
   * @throws Error when the thread is still in native code after 4 s
   */
  async close(): Promise<void> {
    clearTimeout(this.restartTimer);
    this.state = 'closed';
    this.takeJob()?.reject(unavailable('is shutting down'));
    const { worker } = this;
    this.worker = undefined;
    if (worker !== undefined) await this.stop(worker);
    await this.ending;
  }

  /** Blocks the caller until a run in progress has come out of native code: for the exit of the process alone. */
  holdExit(): void {
    Atomics.store(this.marks, PROCESS_ENDS, 1);
    Atomics.wait(this.marks, IN_NATIVE_CODE, 1, EXIT_TIMEOUT_MS);
  }

  private async stop(worker: Worker): Promise<void> {
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    worker.ref();
    this.send(worker, { kind: 'stop' });
    const late = (): Error => new Error(`an embedding thread did not end within ${CLOSE_TIMEOUT_MS} ms`);
    await within(ended, { timeoutMs: CLOSE_TIMEOUT_MS, late });
  }

  private send(worker: Worker, request: ThreadRequest, ...transfer: ArrayBuffer[]): void {
    worker.postMessage(request, transfer);
  }

  /** Resolves when the thread is ready; a thread that failed has ended, or been asked to. */
  private launch(): Promise<void> {
    const entry = this.options.entry ?? compiledEntry('libs/embeddings/src/local/embedding.thread');
    const data: ThreadData = { ...this.options.data, marks: this.marks };
    keepNativeLibrariesQuiet();
    const worker = new Worker(entry, { workerData: data, name: 'embedding' });
    this.worker = worker;
    return new Promise((resolve, reject) => {
      let ready = false;
      const fail = (reason: Error): void => {
        clearTimeout(timer);
        if (ready) {
          this.lose(worker, reason);
        } else {
          if (this.worker === worker) this.worker = undefined;
          reject(reason);
        }
      };
      const timer = setTimeout(() => {
        this.send(worker, { kind: 'stop' });
        fail(new Error(`not loaded after ${START_TIMEOUT_MS} ms`));
      }, START_TIMEOUT_MS);
      worker.on('error', fail);
      worker.on('exit', (code) => fail(new Error(`the thread ended with code ${code}`)));
      worker.on('message', (message: ThreadReply) => {
        if (message.kind === 'ready') {
          ready = true;
          clearTimeout(timer);
          worker.unref();
          resolve();
        } else {
          this.answer(worker, message);
        }
      });
    });
  }

  private answer(worker: Worker, message: Exclude<ThreadReply, { kind: 'ready' }>): void {
    // A reply that crossed the end of its thread, or the closing, answers nobody.
    if (worker !== this.worker) return;
    const job = this.takeJob();
    worker.unref();
    if (message.kind === 'vector') {
      this.failuresInARow = 0;
      job?.resolve(message.vector);
    } else {
      job?.reject(unavailable('could not work on this text', new Error(message.reason)));
    }
    this.turn('idle');
  }

  private giveUpText(): void {
    const reason = `gave no vector within ${this.options.textTimeoutMs} ms`;
    this.logger.error(`an embedding thread ${reason}`);
    this.takeJob()?.reject(unavailable(reason, undefined, true));
    this.turn('late');
  }

  /** An exit follows every error: what is no longer the current thread has been dealt with. */
  private lose(worker: Worker, reason: Error): void {
    if (worker !== this.worker) return;
    this.worker = undefined;
    this.logger.error({ err: reason }, 'an embedding thread died');
    this.takeJob()?.reject(unavailable('stopped while it worked on this text', reason, true));
    this.restartLater();
  }

  private restartLater(): void {
    if (this.state === 'closed') return;
    const delays = this.options.restartDelaysMs ?? RESTART_DELAYS_MS;
    const delay = delays[this.failuresInARow];
    this.failuresInARow += 1;
    if (delay === undefined) {
      this.logger.fatal(`an embedding thread is given up after ${delays.length} restarts; restart the program`);
      this.turn('given up');
      return;
    }
    this.state = 'restarting';
    this.restartTimer = setTimeout(() => void this.restart(), delay);
    this.options.onChange();
  }

  private async restart(): Promise<void> {
    try {
      await this.launch();
    } catch (error) {
      this.logger.error({ err: error }, 'an embedding thread did not start');
      this.restartLater();
      return;
    }
    this.turn('idle');
  }

  private turn(state: 'idle' | 'late' | 'given up'): void {
    // Closing while a start or a text was under way: what comes out of it changes nothing any more.
    if (this.state === 'closed') return;
    this.state = state;
    this.options.onChange();
  }

  private takeJob(): Job | undefined {
    const { job } = this;
    this.job = undefined;
    clearTimeout(job?.watchdog);
    return job;
  }
}
