import type { SearchMode } from '../api/types';

export interface Question {
  readonly query: string;
  readonly mode: SearchMode;
  readonly collection?: string;
  readonly format?: string;
}

export function searchBody({ query, mode, collection, format }: Question, topK: number): object {
  return {
    query,
    mode,
    topK,
    highlights: true,
    ...(collection !== undefined && { collection }),
    ...(format !== undefined && { filter: { format: [format] } }),
  };
}
