import type { SearchMode } from '@vectorlane/domain';
import type { SearchFilter } from '@vectorlane/documents';

export interface SearchRequest {
  readonly query: string;
  /** 1 to 100. */
  readonly topK: number;
  readonly mode: SearchMode;
  readonly filter?: SearchFilter;
}

export interface SearchHit {
  readonly documentId: string;
  readonly chunkId: string;
  readonly content: string;
  /** 0 to 1, higher is better; compares within one answer only. */
  readonly score: number;
  readonly metadata: {
    readonly filename: string;
    readonly format: string;
    readonly charStart: number;
    readonly charEnd: number;
    readonly page?: number;
    readonly heading?: string;
    readonly row?: number;
    readonly jsonPath?: string;
    /** The uploader's own metadata of the document. */
    readonly document: Record<string, unknown>;
  };
}
