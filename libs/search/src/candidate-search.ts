import { Injectable } from '@nestjs/common';
import { analyseQuery, phraseMatcher } from '@vectorlane/analysis';
import { FilterReach, isPlain, PassagesRepository, type SearchFilter, VectorsRepository } from '@vectorlane/documents';
import type { SearchMode } from '@vectorlane/domain';
import { type KeywordHit, KeywordSearch, type QuestionWords } from './keyword-search';
import type { Question } from './question';
import { RecallProbe } from './recall-probe';
import { type Candidate, type Evidence, fuseScores, liftQuotations } from './score-fusion';

/**
 * How many candidates each way brings to the fusion, beyond what is asked for. With a filter fewer are as deep among
 * all chunks, and each costs as much more to find as less passes.
 */
const FUSION_DEPTH = 100;
const LEAST_FUSION_DEPTH = 30;
/** Passages that are read to see whether they hold the question, or a phrase, as it stands. */
const QUOTATIONS_READ = 100;
const PHRASES_READ = 500;

/** What is searched for, and how. */
export interface Inquiry {
  readonly question: Question;
  readonly mode: SearchMode;
  /** Of the question; resolves to nothing when it cannot be had, and is not there by words alone. */
  readonly vector: Promise<Float32Array | undefined> | undefined;
  readonly filter: SearchFilter;
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
    private readonly probe: RecallProbe,
    private readonly reach: FilterReach,
  ) {}

  async find(inquiry: Inquiry, depth: number): Promise<Candidates> {
    const { question, mode, filter } = inquiry;
    const excluded = await this.keywords.holding(question.excluded, filter);
    if (question.phrases.length > 0) return this.byPhrases(inquiry, excluded);
    switch (mode) {
      case 'vector':
        return this.byMeaning(inquiry, depth, excluded);
      case 'keyword':
        return byWords(await this.keywords.find(question.text, filter, excluded), depth);
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
    this.probe.offer({ vector: of, filter, found: neighbours });
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
    const depth = wanted + (await this.fusionDepth(filter));
    const [of, all, words] = await Promise.all([
      vector,
      vector?.then((found) => found && this.vectors.find(found, depth, filter)),
      this.keywords.find(question.text, filter, excluded),
    ]);
    if (of === undefined || all === undefined) {
      const quoted = await this.quoting(question.text, words);
      const { candidates, complete } = await byWords(words, depth, quoted);
      return { candidates: liftQuotations(candidates, isIn(quoted)), complete };
    }
    this.probe.offer({ vector: of, filter, found: all });
    const neighbours = all.filter(({ number }) => number === undefined || !excluded.has(number));
    const bm25 = bm25Of(neighbours, words);
    // Whatever is no neighbour is farther than all of them, as far as the index has found them: its words alone decide,
    // so that only the best by words can be among those that are wanted.
    const [byWordsAlone, quoted] = await Promise.all([
      words.best(wanted, { passedOver: new Set(bm25.keys()), vector: of }),
      this.quoting(question.text, words, of),
    ]);
    const found = new Set(neighbours.map(({ chunkId }) => chunkId));
    const others = joined(byWordsAlone, quoted).filter(({ chunkId }) => !found.has(chunkId));
    const evidence: Evidence[] = [
      ...neighbours.map(({ chunkId, number, cosine }) => ({ chunkId, cosine, bm25: bm25.get(number) ?? 0 })),
      ...others.map(({ chunkId, cosine, score }) => ({ chunkId, cosine, bm25: score })),
    ];
    const fused = fuseScores(evidence, {
      highestCosine: neighbours[0]?.cosine ?? 0,
      lowestCosine: neighbours.at(-1)?.cosine ?? 0,
      highestBm25: Math.max(byWordsAlone[0]?.score ?? 0, ...bm25.values()),
      bestPossibleBm25: words.bestPossible,
    });
    const lifted = liftQuotations(fused, isIn(quoted));
    const hasMore = byWordsAlone.length === wanted;
    // Below the last by words others by words may follow, which nobody has looked at.
    return { candidates: hasMore ? downTo(byWordsAlone, lifted) : lifted, complete: all.length < depth && !hasMore };
  }

  private async fusionDepth(filter: SearchFilter): Promise<number> {
    if (isPlain(filter)) return FUSION_DEPTH;
    const { share, chunks } = await this.reach.of(filter);
    // Where few pass they are read one by one, however many are wanted.
    return chunks === Infinity ? Math.max(LEAST_FUSION_DEPTH, Math.ceil(FUSION_DEPTH * share)) : FUSION_DEPTH;
  }

  /** Chunks that hold the whole question as it stands. A single plain word is no quotation. */
  private async quoting(text: string, words: QuestionWords, vector?: Float32Array): Promise<readonly KeywordHit[]> {
    if (analyseQuery(text, 'simple').filter(({ beside }) => !beside).length < 2) return [];
    return this.holding([text], words, QUOTATIONS_READ, vector);
  }

  /** Chunks that hold every phrase as it stands. */
  private async holding(
    phrases: readonly string[],
    words: QuestionWords,
    most: number,
    vector: Float32Array | undefined,
  ): Promise<readonly KeywordHit[]> {
    const likely = await words.quoting(phrases, most, vector);
    const passages = await this.passages.read(likely.map(({ chunkId }) => chunkId));
    const matchers = phrases.map(phraseMatcher);
    return likely.filter(({ chunkId }) => {
      const passage = passages.get(chunkId);
      return passage !== undefined && matchers.every((holds) => holds(passage.content));
    });
  }

  /** Among the passages that hold the phrases alone: they are few, so that both scores of each can be had exactly. */
  private async byPhrases(
    { question, mode, vector, filter }: Inquiry,
    excluded: ReadonlySet<number>,
  ): Promise<Candidates> {
    const [of, ofPhrases, words] = await Promise.all([
      vector,
      this.keywords.find(question.phrases.join(' '), filter, excluded),
      this.keywords.find(question.text, filter, excluded),
    ]);
    const hits = await this.holding(question.phrases, ofPhrases, PHRASES_READ, of);
    const bm25 = bm25Of(hits, words);
    const evidence = hits.map(({ chunkId, number, cosine }) => ({ chunkId, cosine, bm25: bm25.get(number) ?? 0 }));
    const found = hits.flatMap(({ cosine }) => cosine ?? []);
    const fused =
      mode === 'hybrid' && of !== undefined
        ? fuseScores(evidence, {
            highestCosine: Math.max(...found),
            lowestCosine: Math.min(...found),
            highestBm25: Math.max(0, ...bm25.values()),
            bestPossibleBm25: words.bestPossible,
          })
        : evidence.map(({ chunkId, cosine, bm25 }) => ({
            chunkId,
            score: mode === 'vector' ? asScore(cosine ?? 0) : share(bm25, words.bestPossible),
          }));
    return { candidates: fused.toSorted((a, b) => b.score - a.score), complete: true };
  }
}

const joined = (hits: readonly KeywordHit[], others: readonly KeywordHit[]): readonly KeywordHit[] => {
  const known = new Set(hits.map(({ chunkId }) => chunkId));
  return [...hits, ...others.filter(({ chunkId }) => !known.has(chunkId))];
};

const isIn = (hits: readonly KeywordHit[]): ((chunkId: string) => boolean) => {
  const ids = new Set(hits.map(({ chunkId }) => chunkId));
  return (chunkId) => ids.has(chunkId);
};

/** By number; a chunk that is not analysed yet has none. */
function bm25Of(
  chunks: readonly { readonly number: number | undefined }[],
  words: QuestionWords,
): ReadonlyMap<number | undefined, number> {
  const numbers = chunks.flatMap(({ number }) => number ?? []).sort((a, b) => a - b);
  const scores = words.scoresOf(numbers);
  return new Map(numbers.map((number, at) => [number, scores[at] ?? 0]));
}

/** The candidates as far as the last of the hits. */
function downTo(hits: readonly KeywordHit[], candidates: readonly Candidate[]): readonly Candidate[] {
  const isHit = isIn(hits);
  return candidates.slice(0, 1 + candidates.findLastIndex(({ chunkId }) => isHit(chunkId)));
}

async function byWords(words: QuestionWords, depth: number, quoted: readonly KeywordHit[] = []): Promise<Candidates> {
  const hits = await words.best(depth);
  const candidates = joined(hits, quoted).map(({ chunkId, score }) => ({
    chunkId,
    score: share(score, words.bestPossible),
  }));
  return { candidates, complete: hits.length < depth };
}

const asScore = (cosine: number): number => Math.max(0, Math.min(1, cosine));
const share = (score: number, best: number): number => (best > 0 ? Math.min(1, score / best) : 0);
