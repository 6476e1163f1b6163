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
  readonly threads: number;
  /**
   * For a query the longest wait from the call to its vector; for passages the longest time without a new vector once
   * work on them has begun (neither a long queue nor a large batch is a failure); for a thread the longest on one text.
   */
  readonly timeoutMs: number;
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

/** A local model in threads of this process: tokenised here, one text at a time handed to each free thread. */
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
   * Loads the model in all threads side by side (about a second).
   * @throws Error when one cannot: the boot fails, with nothing left running
   */
  async onModuleInit(): Promise<void> {
    const startedAt = performance.now();
    process.on('exit', this.onExit);
    const starts = await Promise.allSettled(this.threads.map((thread) => thread.start()));
    const failed = starts.find((start) => start.status === 'rejected');
    if (failed !== undefined) {
      await this.close();
      throw new Error(`The embedding model ${this.space.model} cannot be loaded`, { cause: failed.reason });
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
      if (call === undefined) return;
      void this.work(thread, call);
    }
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
