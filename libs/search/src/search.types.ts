/** `vector` by meaning, `keyword` by words, `hybrid` by both. */
export const SEARCH_MODES = ['hybrid', 'vector', 'keyword'] as const;
export type SearchMode = (typeof SEARCH_MODES)[number];

export type MetadataScalar = string | number | boolean | null;

/** All conditions given must hold. Order comparisons are between numbers, or between strings by code point. */
export interface MetadataCondition {
  readonly eq?: MetadataScalar;
  readonly in?: readonly MetadataScalar[];
  readonly gt?: string | number;
  readonly gte?: string | number;
  readonly lt?: string | number;
  readonly lte?: string | number;
}

/** Which documents are searched: every part given must hold; an empty list matches nothing. */
export interface SearchFilter {
  readonly format?: readonly string[];
  readonly documentId?: readonly string[];
  /** By top-level key of the document's metadata. */
  readonly metadata?: Readonly<Record<string, MetadataCondition>>;
}

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

/** A chunk found by one of the two ways, best first. */
export interface Candidate {
  readonly chunkId: string;
  readonly score: number;
}
