import { Logger, type OnModuleInit } from '@nestjs/common';
import { correlationId } from '@vectorlane/logging';
import { REAL_TIMING, RetrySchedule, type Timing } from '@vectorlane/time';
import { createHash } from 'node:crypto';
import { EmbeddingCall, type TextKind, unavailable } from '../embedding-call';
import type { EmbeddingProvider, EmbeddingSpace, TokenOffsets } from '../embedding-provider';
import { EmbeddingQueue } from '../embedding-queue';
import { EmbeddingsClient } from './embeddings.client';
import { EndpointError } from './endpoint-error';
import { EndpointPause } from './endpoint-pause';
import { BATCH_RETRIES, waitAfter } from './endpoint-retries';
import { EmbeddingEndpointError, learnDimension } from './learned-dimension';
import type { ModelDescription } from '../local/model-files';
import { type BatchText, smallerBatches, takeBatch } from './text-batch';
import { cutToTokens, estimateTokens, type Tokenize } from '../tokenizer/token-estimate';
import { ReadableText } from '../tokenizer/readable';
import { WordPieceTokenizer } from '../tokenizer/wordpiece-tokenizer';

export interface RemoteEmbeddingOptions {
  /** Up to and including the version, `https://api.example.com/v1`; no credentials in it. */
  readonly baseUrl: string;
  readonly token?: string | undefined;
  readonly model: string;
  /** Pins what the vectors mean where the name alone does not. */
  readonly revision?: string | undefined;
  /** Asked of the endpoint. Left out: learned from it at boot. */
  readonly dimension?: number | undefined;
  /** Put before a text with a space between; models like e5 and bge were trained with them. */
  readonly queryPrefix?: string | undefined;
  readonly passagePrefix?: string | undefined;
  /** Most tokens of a text that the endpoint takes. */
  readonly windowTokens: number;
  /** Most tokens of a chunk, in which the passages' prefix has to leave room for the passage. */
  readonly chunkTokens: number;
  readonly batchTexts: number;
  readonly batchTokens: number;
  /** Requests at once; of two and more, one is kept for queries. */
  readonly concurrency: number;
  /** Bound on one request. */
  readonly requestTimeoutMs: number;
  /** Longest wait of a query for its vector, and of passages for their next one unless the endpoint told us to wait. */
  readonly timeoutMs: number;
  /**
   * The endpoint is our own AI worker, whose model is known: tokens are counted by its own tokenizer, its vectors are
   * those of the local model in fp32, and each request carries the id of the request or job it is made for.
   */
  readonly knownModel?: ModelDescription | undefined;
  readonly timing?: Timing;
}

/** A call holds its texts itself; this many callers of a kind is already more than can be served in time. */
const MAX_WAITING_CALLS_PER_KIND = 1_024;
/** Special tokens that models put around a text: two for the BERT family, one or none for others. */
const SPECIAL_TOKENS = 2;

/** Vectors from an endpoint that speaks OpenAI's protocol: batched, retried, told apart from what will never work. */
export class RemoteEmbeddingProvider implements EmbeddingProvider, OnModuleInit {
  readonly windowTokens: number;
  /** The passages' prefix counts among them: it is in every text that chunking makes room for. */
  readonly specialTokens: number;
  private readonly logger = new Logger('Embeddings');
  private readonly client: EmbeddingsClient;
  private readonly queue = new EmbeddingQueue(MAX_WAITING_CALLS_PER_KIND);
  private readonly timing: Timing;
  private readonly closing = new AbortController();
  /** Batches in hand, and how each ends; a batch keeps its place while it waits for its next try. */
  private readonly inHand = new Map<Promise<void>, EmbeddingCall>();
  private learned: number | undefined;
  private readonly pause: EndpointPause;
  private readonly tokens: Tokenize;
  private readonly readable: ReadableText | undefined;
  private warnedOfLength = false;

  constructor(private readonly options: RemoteEmbeddingOptions) {
    const { baseUrl, token, model, dimension, requestTimeoutMs, concurrency, knownModel } = options;
    if (knownModel === undefined) {
      this.tokens = estimateTokens;
    } else {
      const tokenizer = new WordPieceTokenizer(knownModel.tokenizer);
      this.tokens = (text, limit) => tokenizer.tokenize(text, limit);
      this.readable = new ReadableText(tokenizer, knownModel.tokenizer);
    }
    this.client = new EmbeddingsClient({
      ...{ baseUrl, token, model, dimension },
      timeoutMs: requestTimeoutMs,
      maxConnections: concurrency,
      exactModel: knownModel !== undefined,
    });
    this.learned = dimension;
    this.windowTokens = options.windowTokens;
    this.specialTokens = SPECIAL_TOKENS + this.prefixOf('passage').tokens;
    this.timing = options.timing ?? REAL_TIMING;
    this.pause = new EndpointPause(this.timing, this.closing.signal, () => this.dispatch());
  }

  /** @throws Error before `onModuleInit` has learned the dimension */
  get space(): EmbeddingSpace {
    const { learned: dimension } = this;
    if (dimension === undefined) throw new Error('The dimension of the embedding model has not been learned yet.');
    const { knownModel } = this.options;
    if (knownModel !== undefined) {
      const { name, weightsDigest, pooling } = knownModel;
      return { model: name, weightsDigest, numberType: 'fp32', dimension, pooling };
    }
    const { model, revision = '', queryPrefix = '', passagePrefix = '' } = this.options;
    const pinned = JSON.stringify([model, revision, queryPrefix, passagePrefix]);
    const weightsDigest = createHash('sha256').update(pinned).digest('hex');
    return { model, weightsDigest, numberType: 'provider', dimension, pooling: 'provider' };
  }

  /**
   * Learns the dimension, trying for half a minute; where it is configured, only looks whether the endpoint answers and
   * holds nothing up.
   * @throws EmbeddingEndpointError when it cannot be learned, or is more than the index takes, or when the prefix of
   *   passages leaves no room for them
   */
  async onModuleInit(): Promise<void> {
    this.checkPassagePrefix();
    if (this.learned !== undefined) {
      void this.probe().catch((error: Error) => {
        if (!this.closing.signal.aborted)
          this.logger.warn({ reason: error.message }, 'the embedding endpoint cannot be used at present');
      });
      return;
    }
    this.learned = await learnDimension(this.options, () => this.probe(), this.timing, this.closing.signal);
    this.logger.log({ ...this.space }, 'embedding endpoint answered');
  }

  embed(texts: readonly string[], kind: TextKind, signal?: AbortSignal): Promise<Float32Array[]> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    if (this.closing.signal.aborted) return Promise.reject(unavailable('is shutting down'));
    if (texts.length === 0) return Promise.resolve([]);
    const { timeoutMs } = this.options;
    if (kind === 'query' && this.pause.remainingMs > timeoutMs) {
      return Promise.reject(unavailable('asks to be left alone for longer than a query can wait'));
    }
    const requestId = this.options.knownModel === undefined ? undefined : correlationId();
    const call = new EmbeddingCall(texts, kind, timeoutMs, signal, requestId);
    if (!this.queue.push(call)) call.reject(unavailable('has too much waiting for it'));
    this.dispatch();
    return call.vectors;
  }

  /** An estimate where the endpoint's tokenizer is not known; see token-estimate.ts. */
  tokenize(text: string): TokenOffsets {
    return this.tokens(text);
  }

  /** What another endpoint's model reads, nobody tells. */
  reads(text: string): boolean {
    return this.readable?.reads(text) ?? true;
  }

  /** Rejects what waits and ends what is in hand at once. Safe to call twice. */
  async close(): Promise<void> {
    const reason = unavailable('is shutting down');
    this.closing.abort(reason);
    this.queue.clear(reason);
    for (const call of this.inHand.values()) call.reject(reason);
    await Promise.all(this.inHand.keys());
    this.client.close();
  }

  /** Fills free places. Called whenever a text comes in, a place becomes free or a pause is over. */
  private dispatch(): void {
    const { concurrency, batchTexts, batchTokens } = this.options;
    const forPassages = Math.max(1, concurrency - 1);
    while (this.pause.over === undefined && this.inHand.size < concurrency && !this.closing.signal.aborted) {
      const passages = [...this.inHand.values()].filter((call) => call.kind === 'passage').length;
      const call = this.queue.next(passages < forPassages ? 'all' : 'queries');
      if (call === undefined) return;
      const limits = { maxTexts: batchTexts, maxTokens: batchTokens };
      const batch = takeBatch(call, limits, (text) => this.prepare(text, call.kind));
      const work = this.work(call, batch).finally(() => {
        this.inHand.delete(work);
        this.dispatch();
      });
      this.inHand.set(work, call);
    }
  }

  private async work(call: EmbeddingCall, batch: readonly BatchText[]): Promise<void> {
    try {
      await this.answer(call, batch);
    } catch (error) {
      // One lost text loses its call: half of a batch is of no use to anybody.
      call.reject(error instanceof EndpointError ? unavailable(error.message, error) : error);
    }
  }

  private async answer(call: EmbeddingCall, batch: readonly BatchText[]): Promise<void> {
    const { prefix } = this.prefixOf(call.kind);
    try {
      // No endpoint takes an empty text, and some drop the whole batch for half of a surrogate pair.
      const texts = batch.map(({ text }) => `${prefix}${text}`.toWellFormed() || ' ');
      const vectors = await this.ask(call, texts);
      batch.forEach(({ index }, at) => call.answer(index, vectors[at] as Float32Array));
    } catch (error) {
      const parts = error instanceof EndpointError && error.fault === 'too-long' ? smallerBatches(batch) : undefined;
      if (parts === undefined) throw error;
      if (batch.length === 1) this.warnOfLength();
      for (const part of parts) await this.answer(call, part);
    }
  }

  /** One request, repeated as long as its faults may pass. */
  private async ask(call: EmbeddingCall, texts: readonly string[]): Promise<Float32Array[]> {
    const schedule = new RetrySchedule(BATCH_RETRIES, this.timing.random);
    for (;;) {
      if (this.pause.over !== undefined) {
        call.holdClock();
        await this.pause.over;
        call.resumeClock();
        continue;
      }
      try {
        return await this.client.embed(texts, call.cancelled, call.requestId);
      } catch (error) {
        if (!(error instanceof EndpointError)) throw error;
        const waitMs = waitAfter(error, schedule);
        // Better to say now what is wrong than later that it took too long.
        if (waitMs === undefined || waitMs > call.remainingMs) throw error;
        if (error.fault === 'busy') this.pauseFor(waitMs);
        else if (waitMs > 0) await this.timing.wait(waitMs, call.cancelled);
      }
    }
  }

  private pauseFor(waitMs: number): void {
    if (this.pause.over === undefined) this.logger.warn({ waitMs }, 'the embedding endpoint asks to wait');
    this.pause.extend(waitMs);
  }

  /** Cut to the window; where an estimate made it too little, the endpoint says so and it is cut again. */
  private prepare(text: string, kind: TextKind): Pick<BatchText, 'text' | 'tokens'> {
    const extra = SPECIAL_TOKENS + this.prefixOf(kind).tokens;
    const cut = cutToTokens(text, Math.max(1, this.windowTokens - extra), this.tokens);
    return { text: cut, tokens: this.tokens(cut).count + extra };
  }

  private prefixOf(kind: TextKind): { readonly prefix: string; readonly tokens: number } {
    const prefix = kind === 'query' ? this.options.queryPrefix : this.options.passagePrefix;
    return prefix === undefined
      ? { prefix: '', tokens: 0 }
      : { prefix: `${prefix} `, tokens: this.tokens(prefix).count };
  }

  private checkPassagePrefix(): void {
    const chunkTokens = Math.min(this.options.chunkTokens, this.windowTokens);
    if (this.specialTokens * 2 <= chunkTokens) return;
    throw new EmbeddingEndpointError(
      `EMBEDDING_PASSAGE_PREFIX is estimated at ${this.specialTokens} tokens and would take more than half of a chunk ` +
        `of ${chunkTokens}. Shorten it, or raise CHUNK_TOKENS and EMBEDDING_API_WINDOW_TOKENS.`,
    );
  }

  private warnOfLength(): void {
    if (this.warnedOfLength) return;
    this.warnedOfLength = true;
    const { windowTokens } = this;
    this.logger.warn(
      { windowTokens },
      'the embedding endpoint takes shorter texts only: they are cut; lower the window',
    );
  }

  /** @returns the dimension of what the endpoint answers to a word */
  private async probe(): Promise<number> {
    const [vector] = await this.embed(['dimension'], 'query');
    return vector?.length ?? 0;
  }
}
