import type { Candidate } from '@vectorlane/documents';

/**
 * Reciprocal rank fusion (Cormack, Clarke, Büttcher 2009): ranks are comparable where the scores of two ways of
 * searching are not. `K` damps the head of the lists; the paper's 60 lets a chunk in the middle of both lists pass the
 * best of one, which buries an answer in other words than the question's.
 */
const K = 10;

export interface RankedList {
  /** Best first. */
  readonly candidates: readonly Candidate[];
  /** What the first place of this list is worth. */
  readonly weight: number;
  /**
   * Whether a place counts as far as its score says: by words, the best chunk there is may hold one word of ten, and
   * being the best of those is no evidence. Similarities by meaning have no such zero.
   */
  readonly graded: boolean;
}

/** @returns candidates by fused score, best first; 1 is a chunk that every list has at its top, with full score */
export function fuseRanks(lists: readonly RankedList[]): Candidate[] {
  const best = lists.reduce((sum, { weight }) => sum + weight / (K + 1), 0);
  const scores = new Map<string, number>();
  for (const { candidates, weight, graded } of lists) {
    candidates.forEach(({ chunkId, score }, index) => {
      const vote = (weight * (graded ? score : 1)) / (K + index + 1);
      scores.set(chunkId, (scores.get(chunkId) ?? 0) + vote);
    });
  }
  return [...scores]
    .map(([chunkId, score]) => ({ chunkId, score: score / best }))
    .sort((a, b) => b.score - a.score || (a.chunkId < b.chunkId ? -1 : 1));
}
