import type { NumberType, Pooling } from '@vectorlane/domain';

/** What makes vectors comparable: two vectors may be compared only when all five agree. */
export interface EmbeddingSpace {
  /** Name of the model, `gte-small`. */
  readonly model: string;
  /** SHA-256 of the weights, hex; for a remote model whatever pins its version. */
  readonly weightsDigest: string;
  /** `provider`: a remote model's own, which nobody tells. */
  readonly numberType: NumberType | 'provider';
  readonly dimension: number;
  readonly pooling: Pooling | 'provider';
}

/** Tokens of a text as the model sees them, without special tokens, in order. */
export interface TokenOffsets {
  readonly count: number;
  /** `starts[i]`, `ends[i]`: UTF-16 code units of the text that token i stands for; never decreasing. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

/** Text to vectors. Providers (this process, the AI worker, any OpenAI-compatible endpoint) stand behind this port. */
export interface EmbeddingProvider {
  readonly space: EmbeddingSpace;
  /** Most tokens of one text, special tokens included; what is longer is cut by `embed`. */
  readonly windowTokens: number;
  /** Special tokens added to each text ([CLS] and [SEP]: 2). */
  readonly specialTokens: number;
  /**
   * One L2-normalised vector of `space.dimension` per text, in the order of the texts. Queries overtake passages that
   * are waiting. Aborting rejects at once with the signal's reason and drops what has not been started.
   * @throws IngestionFailure `EMBEDDING_UNAVAILABLE` when the model cannot be used or does not answer in time.
   */
  embed(texts: readonly string[], kind: 'query' | 'passage', signal?: AbortSignal): Promise<Float32Array[]>;
  /** Synchronous and pure, linear in the text. */
  tokenize(text: string): TokenOffsets;
  /**
   * Whether the model knows the letters a text is written in: of one that it does not know its vector says nothing.
   * True where nobody can tell. Synchronous and pure, linear in the text.
   */
  reads(text: string): boolean;
}

export const EMBEDDING_PROVIDER = Symbol('EMBEDDING_PROVIDER');
