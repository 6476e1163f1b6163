import { Inject, Injectable, Logger } from '@nestjs/common';
import { untilAborted } from '@vectorlane/database';
import { matchesNothing, type Passage, PassagesRepository, SwitchesRepository } from '@vectorlane/documents';
import { Degradation } from '@vectorlane/domain';
import { EMBEDDING_PROVIDER, type EmbeddingProvider } from '@vectorlane/embeddings';
import { IngestionFailure, Problem } from '@vectorlane/errors';
import { Metrics } from '@vectorlane/metrics';
import { within } from '@vectorlane/time';
import { CandidateSearch, type Inquiry } from './candidate-search';
import { highlights } from './highlights';
import { parseQuestion } from './question';
import { reordered } from './rerank/rerank-order';
import { NO_RERANKER, type Reranker, RERANKER } from './rerank/reranker';
import { QuestionVectors } from './question-vectors';
import type { Candidate } from './score-fusion';
import type { SearchAnswer, SearchHit, SearchRequest } from './search.types';

/** Candidates looked at for each result when the best of each document alone counts. */
const CANDIDATES_PER_GROUP = 5;
/** How much further each next look goes when too few were left, and where that ends. */
const DEPTH_GROWTH = 4;
const MAX_DEPTH = 4_000;

/**
 * Finding passages and reading them are several statements. Where a document has got other content between them, what
 * was found of it may be part of the old or part of the new: the search looks again, so often at most.
 */
const MOST_LOOKS = 5;

/** Candidates that a reranker reads. */
const RERANKED = 50;

/** A hybrid search does not wait longer for the vector of its question: words answer without it. */
const HYBRID_EMBEDDING_MS = 2_000;

/** A question to ranked passages: candidates by meaning and by words, then the page that is asked for. */
@Injectable()
export class SearchService {
  private readonly logger = new Logger(SearchService.name);
  private readonly vectors = new QuestionVectors();

  constructor(
    @Inject(EMBEDDING_PROVIDER) private readonly embeddings: EmbeddingProvider,
    private readonly candidates: CandidateSearch,
    private readonly passages: PassagesRepository,
    private readonly metrics: Metrics,
    private readonly switches: SwitchesRepository,
    @Inject(RERANKER) private readonly reranker: Reranker = NO_RERANKER,
  ) {}

  /**
   * @param signal aborted when nobody waits for the answer any more: what runs for it is stopped
   * @throws Problem `EMBEDDING_UNAVAILABLE`, or the signal's reason
   */
  async search(request: SearchRequest, signal?: AbortSignal): Promise<SearchAnswer> {
    const startedAt = performance.now();
    const answer = await untilAborted(signal, () => this.answer(request, signal)).catch((error: unknown) => {
      // Whatever broke off, the reason for it is what counts.
      signal?.throwIfAborted();
      throw error;
    });
    const labels = { mode: request.mode };
    this.metrics.searchDuration.observe(labels, (performance.now() - startedAt) / 1_000);
    if (answer.hits.length === 0) this.metrics.searchEmptyResults.inc(labels);
    if (answer.reranked !== undefined) {
      this.metrics.searchesReranked.inc({ outcome: answer.reranked ? 'reranked' : 'not_reranked' });
    }
    for (const missing of answer.degraded) this.metrics.searchesDegraded.inc({ missing });
    return answer;
  }

  private async answer(request: SearchRequest, signal: AbortSignal | undefined): Promise<SearchAnswer> {
    const { query, mode, filter } = request;
    if (matchesNothing(filter)) return { hits: [], degraded: [] };
    const question = parseQuestion(query);
    const isUnread = mode !== 'keyword' && !this.embeddings.reads(question.text);
    const vector = mode === 'keyword' || isUnread ? undefined : this.embed(question.text, mode, signal);
    // Awaited where it is needed; this one only keeps an early rejection from counting as unhandled.
    vector?.catch(() => undefined);
    // A vector of what the model does not read says nothing: the words answer alone.
    const by = isUnread ? 'hybrid' : mode;
    const inquiry: Inquiry = { question, mode: by, vector, filter };
    const { hits, reranked } = await this.look(inquiry, request, signal);
    const isDegraded = mode === 'hybrid' && (await vector) === undefined;
    const degraded: SearchAnswer['degraded'] = isUnread
      ? Degradation.options
      : isDegraded
        ? [Degradation.enum.vector]
        : [];
    return { hits, degraded, ...(reranked !== undefined && { reranked }) };
  }

  private async look(inquiry: Inquiry, request: SearchRequest, signal: AbortSignal | undefined): Promise<Look> {
    for (let look = 1; ; look += 1) {
      const moment = await this.switches.moment();
      const { page, reranked } = await this.page(inquiry, request, signal);
      const ids = page.map(({ chunkId }) => chunkId);
      const { passages, hasSwitched } = await this.passages.readSince(ids, moment, inquiry.filter);
      const hits = await this.toHits(page, passages, request, inquiry.question.text);
      const isWhole = hits.length === page.length && !hasSwitched;
      if (isWhole || look === MOST_LOOKS) return { hits, ...(reranked !== undefined && { reranked }) };
    }
  }

  /** The candidates asked for, in order; looks deeper where grouping or a least score leaves too few of the first. */
  private async page(
    inquiry: Inquiry,
    request: SearchRequest,
    signal: AbortSignal | undefined,
  ): Promise<{ page: readonly Candidate[]; reranked?: boolean }> {
    const { topK, offset = 0, minScore = 0, groupBy, rerank = false } = request;
    const end = offset + topK;
    const first = Math.max(groupBy ? end * CANDIDATES_PER_GROUP : end, rerank ? RERANKED : 0);
    let ratings: readonly number[] | undefined;
    for (let depth = first; ; depth *= DEPTH_GROWTH) {
      const { candidates: fused, complete } = await this.candidates.find(inquiry, depth);
      // The first ones are the same however deep the look.
      if (rerank && depth === first) ratings = await this.rate(inquiry.question.text, fused, signal);
      const candidates = ratings === undefined ? fused : reordered(fused, ratings);
      const good = candidates.filter(({ score }) => score >= minScore);
      const own = groupBy ? await this.bestOfEach(good) : good;
      // Beyond a candidate that is not good enough there are only worse ones.
      if (own.length >= end || complete || good.length < candidates.length || depth >= MAX_DEPTH) {
        return { page: own.slice(offset, end), ...(rerank && { reranked: ratings !== undefined }) };
      }
    }
  }

  /** @returns nothing when the reranker cannot be used: the order is what it was */
  private async rate(
    question: string,
    candidates: readonly Candidate[],
    signal: AbortSignal | undefined,
  ): Promise<readonly number[] | undefined> {
    const first = candidates.slice(0, RERANKED).map(({ chunkId }) => chunkId);
    const passages = await this.passages.read(first);
    return this.reranker.rate(
      question,
      first.map((chunkId) => passages.get(chunkId)?.content ?? ''),
      signal,
    );
  }

  private async bestOfEach(candidates: readonly Candidate[]): Promise<readonly Candidate[]> {
    const documents = await this.passages.documentsOf(candidates.map(({ chunkId }) => chunkId));
    const seen = new Set<string>();
    return candidates.filter(({ chunkId }) => {
      const document = documents.get(chunkId);
      if (document === undefined || seen.has(document)) return false;
      seen.add(document);
      return true;
    });
  }

  /** @returns nothing in `hybrid` when the model is not available: the words answer alone */
  private async embed(
    text: string,
    mode: SearchRequest['mode'],
    signal: AbortSignal | undefined,
  ): Promise<Float32Array | undefined> {
    const known = this.vectors.get(this.embeddings, text);
    this.metrics.questionVectors.inc({ source: known === undefined ? 'model' : 'memory' });
    if (known !== undefined) return known;
    try {
      // The others have the time of any query (EMBEDDING_TIMEOUT_MS).
      const bound = mode === 'hybrid' ? { timeoutMs: HYBRID_EMBEDDING_MS, late: tooLate } : {};
      const embed = (giveUp: AbortSignal): Promise<Float32Array[]> => this.embeddings.embed([text], 'query', giveUp);
      const [vector] = await within(embed, { ...bound, ...(signal !== undefined && { signal }) });
      if (vector === undefined) throw new Error('The embedding model returned no vector for the query.');
      this.vectors.put(this.embeddings, text, vector);
      return vector;
    } catch (error) {
      if (!(error instanceof IngestionFailure)) throw error;
      if (mode === 'hybrid') {
        this.logger.warn({ err: error }, 'the question could not be embedded; its words answer alone');
        return undefined;
      }
      throw new Problem('EMBEDDING_UNAVAILABLE', 'The query could not be embedded. Try again, or search by keyword.', {
        cause: error,
      });
    }
  }

  /** What is seen no more, or not with its neighbours, is left out. */
  private async toHits(
    page: readonly Candidate[],
    passages: ReadonlyMap<string, Passage>,
    request: SearchRequest,
    question: string,
  ): Promise<SearchHit[]> {
    const { context = 0 } = request;
    const around = context > 0 ? await this.passages.around([...passages.keys()], context) : undefined;
    return page.flatMap(({ chunkId, score }) => {
      const [passage, neighbours] = [passages.get(chunkId), around?.get(chunkId)];
      if (passage === undefined || (around !== undefined && neighbours === undefined)) return [];
      return [
        {
          ...toHit(passage, score),
          ...neighbours,
          ...(request.highlights === true && { highlights: highlights(passage.content, question, passage.language) }),
        },
      ];
    });
  }
}

interface Look {
  readonly hits: SearchHit[];
  readonly reranked?: boolean;
}

function tooLate(): IngestionFailure {
  return new IngestionFailure('EMBEDDING_UNAVAILABLE', `No vector within ${HYBRID_EMBEDDING_MS} ms.`);
}

function toHit(passage: Passage, score: number): SearchHit {
  const { chunkId, documentId, content, place, filename, format, charStart, charEnd, metadata: document } = passage;
  return { documentId, chunkId, content, score, place, metadata: { filename, format, charStart, charEnd, document } };
}
