import { Inject, Injectable } from '@nestjs/common';
import { EMBEDDING_PROVIDER, type EmbeddingProvider } from '@vectorlane/embeddings';
import { IngestionFailure, Problem } from '@vectorlane/errors';
import { Metrics } from '@vectorlane/metrics';
import { DataSource } from 'typeorm';
import { KeywordSearch } from './keyword-search';
import { fuseRanks } from './rank-fusion';
import type { Candidate, SearchFilter, SearchHit, SearchRequest } from './search.types';
import { VectorSearch } from './vector-search';

/** How many candidates each way brings to the fusion, beyond what is asked for. */
const FUSION_DEPTH = 50;
/** What a first place by words that holds the whole question is worth against one by meaning (bench/retrieval.md). */
const KEYWORD_WEIGHT = 1.5;

interface HitRow {
  id: string;
  document_id: string;
  content: string;
  char_start: number;
  char_end: number;
  heading: string | null;
  page: number | null;
  row_number: number | null;
  json_path: string | null;
  filename: string;
  format: string;
  metadata: Record<string, unknown>;
}

/** A question to ranked passages: candidates by meaning and by words, fused, read through the view of visible chunks. */
@Injectable()
export class SearchService {
  constructor(
    @Inject(EMBEDDING_PROVIDER) private readonly embeddings: EmbeddingProvider,
    private readonly vectors: VectorSearch,
    private readonly keywords: KeywordSearch,
    private readonly dataSource: DataSource,
    private readonly metrics: Metrics,
  ) {}

  /** @throws Problem `EMBEDDING_UNAVAILABLE` */
  async search(request: SearchRequest, signal?: AbortSignal): Promise<SearchHit[]> {
    const startedAt = performance.now();
    const hits = await this.find(request, signal);
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
    if (candidates.length === 0) return [];
    const rows = await this.dataSource.query<HitRow[]>(
      `SELECT id, document_id, content, char_start, char_end, heading, page, row_number, json_path, filename, format, metadata
         FROM visible_chunks WHERE id = ANY($1::uuid[])`,
      [candidates.map(({ chunkId }) => chunkId)],
    );
    const byId = new Map(rows.map((row) => [row.id, row]));
    // A document deleted since its candidates were found is simply not there any more.
    return candidates.flatMap(({ chunkId, score }) => {
      const row = byId.get(chunkId);
      return row === undefined ? [] : [toHit(row, score)];
    });
  }
}

function matchesNothing(filter: SearchFilter | undefined): boolean {
  return filter?.format?.length === 0 || filter?.documentId?.length === 0;
}

function toHit(row: HitRow, score: number): SearchHit {
  return {
    documentId: row.document_id,
    chunkId: row.id,
    content: row.content,
    score,
    metadata: {
      filename: row.filename,
      format: row.format,
      charStart: row.char_start,
      charEnd: row.char_end,
      ...(row.page !== null && { page: row.page }),
      ...(row.heading !== null && { heading: row.heading }),
      ...(row.row_number !== null && { row: row.row_number }),
      ...(row.json_path !== null && { jsonPath: row.json_path }),
      document: row.metadata,
    },
  };
}
