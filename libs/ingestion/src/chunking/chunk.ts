import type { Place } from '@vectorlane/domain';
import type { EmbeddingProvider } from '@vectorlane/embeddings';

/** A passage of a document: what is embedded, stored, searched and shown. */
export interface Chunk {
  /** 0-based place in the document. */
  readonly ordinal: number;
  /** Exactly `text.slice(charStart, charEnd)`; starts and ends with something other than white space. */
  readonly content: string;
  /** UTF-16 code units of the extracted text, inclusive. */
  readonly charStart: number;
  /** Exclusive. Both positions only grow from chunk to chunk. */
  readonly charEnd: number;
  /** Tokens of `embeddingInput`, special tokens included. */
  readonly tokenCount: number;
  /** Of the first block in the chunk; headings that open the chunk count as above what follows them. */
  readonly place: Place;
  /** What the model sees: the headings that are not in the content already, then the content. */
  readonly embeddingInput: string;
}

/** The part of an embedding provider that chunking needs. */
export type ChunkTokenizer = Pick<EmbeddingProvider, 'tokenize' | 'specialTokens' | 'windowTokens'>;

export interface ChunkingOptions {
  /** Most tokens of one chunk, special tokens and heading prefix included; the model's window bounds it too. */
  readonly maxTokens: number;
  /** Most tokens repeated from the chunk before, where one running text had to be split; at most half a chunk. */
  readonly overlapTokens: number;
  /**
   * Most code units of one chunk: a word of a megabyte is a single unknown token to the model.
   * @default 8000
   */
  readonly maxChars?: number;
}
