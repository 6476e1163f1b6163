import { Inject, Injectable } from '@nestjs/common';
import { untilAborted } from '@vectorlane/database';
import {
  type Candidate,
  type Passage,
  PassagesRepository,
  type SearchFilter,
  VectorsRepository,
} from '@vectorlane/documents';
import { EMBEDDING_PROVIDER, type EmbeddingProvider } from '@vectorlane/embeddings';
import { IngestionFailure, Problem } from '@vectorlane/errors';
import { Metrics } from '@vectorlane/metrics';
import { KeywordSearch } from './keyword-search';
import { fuseRanks } from './rank-fusion';
import type { SearchHit, SearchRequest } from './search.types';

/** How many candidates each way brings to the fusion, beyond what is asked for. */
const FUSION_DEPTH = 50;
/** What a first place by words that holds the whole question is worth against one by meaning (bench/retrieval.md). */
const KEYWORD_WEIGHT = 1.5;

/**
 * A question to ranked passages: candidates by meaning and by words, fused, read through the view of visible chunks.
 */
@Injectable()
export class SearchService {
  constructor(
    @Inject(EMBEDDING_PROVIDER) private readonly embeddings: EmbeddingProvider,
    private readonly vectors: VectorsRepository,
    private readonly keywords: KeywordSearch,
    private readonly passages: PassagesRepository,
    private readonly metrics: Metrics,
  ) {}

  /**
   * @param signal aborted when nobody waits for the answer any more: what runs for it is stopped
   * @throws Problem `EMBEDDING_UNAVAILABLE`, or the signal's reason
   */
  async search(request: SearchRequest, signal?: AbortSignal): Promise<SearchHit[]> {
    const startedAt = performance.now();
    const hits = await untilAborted(signal, () => this.find(request, signal)).catch((error: unknown) => {
      // Whatever broke off, the reason for it is what counts.
      signal?.throwIfAborted();
      throw error;
    });
    const labels = { mode: request.mode };
    this.metrics.searchDuration.observe(labels, (performance.now() - startedAt) / 1_000);
    if (hits.length === 0) this.metrics.searchEmptyResults.inc(labels);
    return hits;
  }

  private async find(request: SearchRequest, signal?: AbortSignal): Promise<SearchHit[]> {
    if (matchesNothing(request.filter)) return [];
    const candidates = await this.candidates(request, signal);
    return this.read(candidates.slice(0, request.topK));
  }

  private async candidates({ query, topK, mode, filter }: SearchRequest, signal?: AbortSignal): Promise<Candidate[]> {
    switch (mode) {
      case 'vector':
        return this.byMeaning(query, topK, filter, signal);
      case 'keyword':
        return this.keywords.find(query, topK, filter);
      case 'hybrid': {
        const depth = topK + FUSION_DEPTH;
        const [byMeaning, byWords] = await Promise.all([
          this.byMeaning(query, depth, filter, signal),
          this.keywords.find(query, depth, filter),
        ]);
        return fuseRanks([
          { candidates: byMeaning, weight: 1, graded: false },
          { candidates: byWords, weight: KEYWORD_WEIGHT, graded: true },
        ]);
      }
    }
  }

  private async byMeaning(
    query: string,
    limit: number,
    filter: SearchFilter | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Candidate[]> {
    const [vector] = await this.embeddings.embed([query], 'query', signal).catch((error: unknown) => {
      if (!(error instanceof IngestionFailure)) throw error;
      throw new Problem('EMBEDDING_UNAVAILABLE', 'The query could not be embedded. Try again, or search by keyword.', {
        cause: error,
      });
    });
    return vector === undefined ? [] : this.vectors.find(vector, limit, filter);
  }

  private async read(candidates: readonly Candidate[]): Promise<SearchHit[]> {
    const passages = await this.passages.read(candidates.map(({ chunkId }) => chunkId));
    // A document deleted since its candidates were found is simply not there any more.
    return candidates.flatMap(({ chunkId, score }) => {
      const passage = passages.get(chunkId);
      return passage === undefined ? [] : [toHit(passage, score)];
    });
  }
}

function matchesNothing(filter: SearchFilter | undefined): boolean {
  return filter?.format?.length === 0 || filter?.documentId?.length === 0;
}

function toHit(passage: Passage, score: number): SearchHit {
  const { chunkId, documentId, content, metadata: document, ...metadata } = passage;
  return { documentId, chunkId, content, score, metadata: { ...metadata, document } };
}
