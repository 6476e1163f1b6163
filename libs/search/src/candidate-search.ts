import { Injectable } from '@nestjs/common';
import { analyseQuery, phraseMatcher } from '@vectorlane/analysis';
import { type Passage, PassagesRepository, type SearchFilter, VectorsRepository } from '@vectorlane/documents';
import type { SearchMode } from '@vectorlane/domain';
import { type KeywordHits, KeywordSearch } from './keyword-search';
import type { Question } from './question';
import { type Candidate, type Evidence, fuseScores, liftQuotations } from './score-fusion';

/** How many candidates each way brings to the fusion, beyond what is asked for. */
const FUSION_DEPTH = 100;
/** Best by words that are looked through for the question as it stands. */
const QUOTATION_DEPTH = 30;
/** Best by a phrase's words that are looked through for the phrase. */
const PHRASE_DEPTH = 500;

/** What is searched for, and how. */
export interface Inquiry {
  readonly question: Question;
  readonly mode: SearchMode;
  /** Of the question; resolves to nothing when it cannot be had, and is not there by words alone. */
  readonly vector: Promise<Float32Array | undefined> | undefined;
  readonly filter?: SearchFilter;
}

export interface Candidates {
  /** Best first. */
  readonly candidates: readonly Candidate[];
  /** Whether a deeper search could find no more. */
  readonly complete: boolean;
}

/** Candidates of a question in their order. */
@Injectable()
export class CandidateSearch {
  constructor(
    private readonly vectors: VectorsRepository,
    private readonly keywords: KeywordSearch,
    private readonly passages: PassagesRepository,
  ) {}

  async find(inquiry: Inquiry, depth: number): Promise<Candidates> {
    const { question, mode, filter } = inquiry;
    const excluded = await this.keywords.holding(question.excluded);
    if (question.phrases.length > 0) return this.byPhrases(inquiry, excluded);
    switch (mode) {
      case 'vector':
        return this.byMeaning(inquiry, depth, excluded);
      case 'keyword':
        return byWords(await this.keywords.find(question.text, depth, filter, excluded), depth);
      case 'hybrid':
        return this.byBoth(inquiry, depth, excluded);
    }
  }

  private async byMeaning(
    { vector, filter }: Inquiry,
    depth: number,
    excluded: ReadonlySet<number>,
  ): Promise<Candidates> {
    const of = await vector;
    if (of === undefined) return { candidates: [], complete: true };
    const neighbours = await this.vectors.find(of, depth, filter);
    const candidates = neighbours
      .filter(({ number }) => number === undefined || !excluded.has(number))
      .map(({ chunkId, cosine }) => ({ chunkId, score: asScore(cosine) }));
    return { candidates, complete: neighbours.length < depth };
  }

  private async byBoth(
    { question, vector, filter }: Inquiry,
    wanted: number,
    excluded: ReadonlySet<number>,
  ): Promise<Candidates> {
    const depth = wanted + FUSION_DEPTH;
    const [of, all, words] = await Promise.all([
      vector,
      vector?.then((found) => found && this.vectors.find(found, depth, filter)),
      this.keywords.find(question.text, depth, filter, excluded),
    ]);
    if (of === undefined || all === undefined) return this.quotedFirst(question, byWords(words, depth), words);
    const neighbours = all.filter(({ number }) => number === undefined || !excluded.has(number));
    const found = new Set(neighbours.map(({ chunkId }) => chunkId));
    const byWordsAlone = words.hits.filter(({ chunkId }) => !found.has(chunkId));
    const cosines = await this.vectors.cosines(
      of,
      byWordsAlone.map(({ chunkId }) => chunkId),
    );
    const evidence: Evidence[] = [
      ...neighbours.map(({ chunkId, number, cosine }) => ({
        chunkId,
        cosine,
        bm25: number === undefined ? 0 : words.scoreOf(number),
      })),
      ...byWordsAlone.map(({ chunkId, score }) => ({ chunkId, cosine: cosines.get(chunkId), bm25: score })),
    ];
    const candidates = fuseScores(evidence, {
      highestCosine: neighbours[0]?.cosine ?? 0,
      lowestCosine: neighbours.at(-1)?.cosine ?? 0,
      highestBm25: words.hits[0]?.score ?? 0,
      bestPossibleBm25: words.bestPossible,
    });
    const complete = all.length < depth && words.hits.length < depth;
    return this.quotedFirst(question, { candidates, complete }, words);
  }

  /** A passage that holds the whole question comes first. A single plain word is no quotation. */
  private async quotedFirst(
    { text }: Question,
    { candidates, complete }: Candidates,
    words: KeywordHits,
  ): Promise<Candidates> {
    if (analyseQuery(text, 'simple').filter(({ beside }) => !beside).length < 2) return { candidates, complete };
    const passages = await this.passages.read(words.hits.slice(0, QUOTATION_DEPTH).map(({ chunkId }) => chunkId));
    const holds = phraseMatcher(text);
    const isQuoted = (passage: Passage | undefined): boolean => passage !== undefined && holds(passage.content);
    return { candidates: liftQuotations(candidates, (chunkId) => isQuoted(passages.get(chunkId))), complete };
  }

  /** Among the passages that hold the phrases alone: they are few, so that both scores of each can be had exactly. */
  private async byPhrases(
    { question, mode, vector, filter }: Inquiry,
    excluded: ReadonlySet<number>,
  ): Promise<Candidates> {
    const [of, likely, words] = await Promise.all([
      vector,
      this.keywords.find(question.phrases.join(' '), PHRASE_DEPTH, filter, excluded),
      this.keywords.find(question.text, 1, filter, excluded),
    ]);
    const passages = await this.passages.read(likely.hits.map(({ chunkId }) => chunkId));
    const holds = question.phrases.map(phraseMatcher);
    const hits = likely.hits.filter(({ chunkId }) => {
      const passage = passages.get(chunkId);
      return passage !== undefined && holds.every((matches) => matches(passage.content));
    });
    const cosines =
      of === undefined
        ? new Map<string, number>()
        : await this.vectors.cosines(
            of,
            hits.map(({ chunkId }) => chunkId),
          );
    const evidence = hits.map(({ chunkId, number }) => ({
      chunkId,
      cosine: cosines.get(chunkId),
      bm25: words.scoreOf(number),
    }));
    const found = [...cosines.values()];
    const fused =
      mode === 'hybrid' && of !== undefined
        ? fuseScores(evidence, {
            highestCosine: Math.max(...found),
            lowestCosine: Math.min(...found),
            highestBm25: Math.max(0, ...evidence.map(({ bm25 }) => bm25)),
            bestPossibleBm25: words.bestPossible,
          })
        : evidence.map(({ chunkId, cosine, bm25 }) => ({
            chunkId,
            score: mode === 'vector' ? asScore(cosine ?? 0) : share(bm25, words.bestPossible),
          }));
    return { candidates: fused.toSorted((a, b) => b.score - a.score), complete: true };
  }
}

function byWords({ hits, bestPossible }: KeywordHits, depth: number): Candidates {
  return {
    candidates: hits.map(({ chunkId, score }) => ({ chunkId, score: share(score, bestPossible) })),
    complete: hits.length < depth,
  };
}

const asScore = (cosine: number): number => Math.max(0, Math.min(1, cosine));
const share = (score: number, best: number): number => (best > 0 ? Math.min(1, score / best) : 0);
