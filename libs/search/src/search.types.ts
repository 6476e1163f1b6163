import type { Degradation, Place, SearchMode } from '@vectorlane/domain';
import type { SearchFilter } from '@vectorlane/documents';
import type { Span } from './highlights';

export interface SearchRequest {
  readonly query: string;
  /** 1 to 100. */
  readonly topK: number;
  readonly mode: SearchMode;
  readonly filter: SearchFilter;
  /** How many of the best are passed over; with `topK` at most 1,000. @default 0 */
  readonly offset?: number;
  /** Least score, 0 to 1. */
  readonly minScore?: number;
  /** The best passage of each document alone. */
  readonly groupBy?: 'document';
  /** How many chunks of the same document before and after each passage, 0 to 5. @default 0 */
  readonly context?: number;
  /** Whether each passage says where its words are those of the question. @default false */
  readonly highlights?: boolean;
  /** Whether the first of the order are put in a better one by a reranker. */
  readonly rerank?: boolean;
}

export interface Neighbouring {
  readonly chunkId: string;
  readonly content: string;
  readonly charStart: number;
  readonly charEnd: number;
}

export interface SearchHit {
  readonly documentId: string;
  readonly chunkId: string;
  readonly content: string;
  /** 0 to 1, higher is better; compares within one answer only. */
  readonly score: number;
  readonly place: Place;
  readonly metadata: {
    readonly filename: string;
    readonly format: string;
    readonly charStart: number;
    readonly charEnd: number;
    /** The uploader's own metadata of the document. */
    readonly document: Record<string, unknown>;
  };
  /** In the order of the document, as far as `context` asks for. */
  readonly before?: readonly Neighbouring[];
  readonly after?: readonly Neighbouring[];
  /** Of `content`, in order, as `highlights` asks for. */
  readonly highlights?: readonly Span[];
}

export interface SearchAnswer {
  readonly hits: readonly SearchHit[];
  /** What did not take part, though the mode asks for it. */
  readonly degraded: readonly Degradation[];
  /** Whether a reranker gave the order; not there where none was asked for. */
  readonly reranked?: boolean;
}
