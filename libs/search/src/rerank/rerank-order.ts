import type { Candidate } from '../score-fusion';

/**
 * The rated candidates by their ratings, then the others in the order they had, none of them above the rated ones.
 * @param ratings of the first candidates, in their order
 */
export function reordered(candidates: readonly Candidate[], ratings: readonly number[]): Candidate[] {
  const rated = ratings
    .flatMap((score, at) => {
      const candidate = candidates[at];
      return candidate === undefined ? [] : [{ chunkId: candidate.chunkId, score }];
    })
    .sort((a, b) => b.score - a.score);
  const lowest = rated.at(-1)?.score ?? 1;
  const others = candidates.slice(ratings.length);
  return [...rated, ...others.map(({ chunkId, score }) => ({ chunkId, score: score * lowest }))];
}
