import { Logger, type OnModuleInit } from '@nestjs/common';
import type { NumberType } from '@vectorlane/domain';
import { EmbeddingCall, type TextKind, unavailable } from '../embedding-call';
import type { EmbeddingProvider, EmbeddingSpace, TokenOffsets } from '../embedding-provider';
import { EmbeddingQueue } from '../embedding-queue';
import type { ModelFiles } from './model-files';
import { ModelThread, type ModelThreadOptions } from './model-thread';
import { ReadableText } from '../tokenizer/readable';
import { WordPieceTokenizer } from '../tokenizer/wordpiece-tokenizer';

export interface LocalEmbeddingOptions {
  /** At most; one is always there, the others while there is work for them. */
  readonly threads: number;
  /**
   * For a query the longest wait from the call to its vector; for passages the longest time without a new vector once
   * work on them has begun (neither a long queue nor a large batch is a failure); for a thread the longest on one text.
   */
  readonly timeoutMs: number;
  /** How long texts must have been waiting, without a pause, before another thread is started. @default 500 */
  readonly wakeAfterMs?: number;
  /** How long no text must have been waiting before all threads but one are ended. @default 60,000 */
  readonly restAfterMs?: number;
  /** Tests put another program in the thread's place, or shorten its waits. */
  readonly thread?: Pick<ModelThreadOptions, 'entry' | 'restartDelaysMs'>;
}

/** What the threads load: the weights' own file, or a rewritten form of them. */
export interface LoadableWeights {
  readonly numberType: NumberType;
  readonly weights: string | SharedArrayBuffer;
}

/** A call holds its texts itself; this many callers of a kind is already more than can be served in time. */
const MAX_WAITING_CALLS_PER_KIND = 1_024;

/** A thread costs 80 MB and half a processor second: single questions and small documents are not worth a second. */
const WAKE_AFTER_MS = 500;
const REST_AFTER_MS = 60_000;

/**
 * A local model in threads of this process: tokenised here, one text at a time handed to each free thread. Threads
 * beyond the first come with lasting work and go when it is over.
 */
export class LocalEmbeddingProvider implements EmbeddingProvider, OnModuleInit {
  readonly space: EmbeddingSpace;
  readonly windowTokens: number;
  readonly specialTokens: number;
  private readonly logger = new Logger('Embeddings');
  private readonly tokenizer: WordPieceTokenizer;
  private readonly readable: ReadableText;
  private readonly threads: readonly ModelThread[];
  private readonly queue = new EmbeddingQueue(MAX_WAITING_CALLS_PER_KIND);
  private closed: Promise<void> | undefined;
  /** Since when, without a pause, texts have been waiting for a thread. */
  private waitingSince: number | undefined;
  private restTimer: NodeJS.Timeout | undefined;
  /** `process.exit` ends threads by force, which inside native code would turn any exit code into an abort. */
  private readonly onExit = (): void => this.threads.forEach((thread) => thread.holdExit());

  constructor(
    files: ModelFiles,
    { weights, numberType }: LoadableWeights,
    private readonly options: LocalEmbeddingOptions,
  ) {
    const { dimension, pooling } = files;
    this.space = { model: files.name, weightsDigest: files.weightsDigest, numberType, dimension, pooling };
    this.windowTokens = files.windowTokens;
    this.tokenizer = new WordPieceTokenizer(files.tokenizer);
    this.readable = new ReadableText(this.tokenizer, files.tokenizer);
    this.specialTokens = this.tokenizer.specialTokens;
    this.threads = Array.from(
      { length: options.threads },
      () =>
        new ModelThread({
          data: { weights, dimension, pooling },
          textTimeoutMs: options.timeoutMs,
          onChange: () => this.dispatch(),
          ...options.thread,
        }),
    );
  }

  /**
   * Loads the model in the first thread (about a second).
   * @throws Error when it cannot: the boot fails, with nothing left running
   */
  async onModuleInit(): Promise<void> {
    const startedAt = performance.now();
    process.on('exit', this.onExit);
    try {
      await this.threads[0]?.start();
    } catch (cause) {
      await this.close();
      throw new Error(`The embedding model ${this.space.model} cannot be loaded`, { cause });
    }
    const durationMs = Math.round(performance.now() - startedAt);
    this.logger.log({ ...this.space, threads: this.threads.length, durationMs }, 'embedding model loaded');
  }

  embed(texts: readonly string[], kind: TextKind, signal?: AbortSignal): Promise<Float32Array[]> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    if (this.closed !== undefined) return Promise.reject(unavailable('is shutting down'));
    if (!this.usable) return Promise.reject(unavailable('does not answer at present'));
    if (texts.length === 0) return Promise.resolve([]);
    const call = new EmbeddingCall(texts, kind, this.options.timeoutMs, signal);
    if (!this.queue.push(call)) call.reject(unavailable('has too much waiting for it'));
    this.dispatch();
    return call.vectors;
  }

  tokenize(text: string): TokenOffsets {
    return this.tokenizer.tokenize(text);
  }

  reads(text: string): boolean {
    return this.readable.reads(text);
  }

  /** Rejects what waits and what is in hand, and waits for the threads' end. Safe to call twice. */
  close(): Promise<void> {
    this.closed ??= this.shutDown();
    return this.closed;
  }

  private get usable(): boolean {
    return this.threads.some((thread) => thread.usable);
  }

  private async shutDown(): Promise<void> {
    this.queue.clear(unavailable('is shutting down'));
    clearTimeout(this.restTimer);
    await Promise.all(this.threads.map((thread) => thread.close()));
    process.off('exit', this.onExit);
  }

  /** Gives every free thread a text. Called whenever a text comes in or a thread becomes free. */
  private dispatch(): void {
    // Nobody would ever come for what waits: a queue without a thread is a wait without an end.
    if (!this.usable) this.queue.clear(unavailable('does not answer at present'));
    for (const thread of this.threads) {
      if (!thread.idle) continue;
      const call = this.queue.next();
      if (call === undefined) break;
      void this.work(thread, call);
    }
    if (!this.queue.isEmpty) this.waitLonger();
    else if (this.waitingSince !== undefined) this.restLater();
  }

  private waitLonger(): void {
    clearTimeout(this.restTimer);
    this.waitingSince ??= performance.now();
    const waitedMs = performance.now() - this.waitingSince;
    const hasNone = this.threads.every(({ working }) => !working);
    if (!hasNone && waitedMs < (this.options.wakeAfterMs ?? WAKE_AFTER_MS)) return;
    this.threads.find(({ asleep }) => asleep)?.wake();
  }

  private restLater(): void {
    this.waitingSince = undefined;
    this.restTimer = setTimeout(() => this.rest(), this.options.restAfterMs ?? REST_AFTER_MS).unref();
  }

  /** All but one end that have nothing to do; one that works has its turn later. */
  private rest(): void {
    const [, ...others] = this.threads.filter(({ working }) => working);
    for (const thread of others) if (thread.idle) thread.sleep();
    if (others.some(({ asleep }) => !asleep)) this.restLater();
  }

  private async work(thread: ModelThread, call: EmbeddingCall): Promise<void> {
    try {
      const { index, text } = call.take();
      call.answer(index, await thread.run(this.tokenizer.encode(text, this.windowTokens)));
    } catch (error) {
      // One lost text loses its call: half of a batch is of no use to anybody.
      call.reject(error);
    }
  }
}
