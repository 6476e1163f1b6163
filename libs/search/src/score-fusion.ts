/**
 * What a chunk's nearness in meaning is worth against its words: chosen on several collections (bench/retrieval.md), of
 * which each alone would have chosen another value.
 */
const MEANING_SHARE = 0.5;

/** A chunk that was found, with how it does in both ways of searching, whichever found it. */
export interface Evidence {
  readonly chunkId: string;
  /** Cosine of the question's vector and the chunk's; undefined where it has none. */
  readonly cosine: number | undefined;
  /** BM25; 0 without a word of the question. */
  readonly bm25: number;
}

export interface FusionScale {
  /** Cosine of the last chunk found by meaning: as far as anything but that says something. */
  readonly lowestCosine: number;
  readonly highestCosine: number;
  readonly highestBm25: number;
  /** BM25 of a chunk that would hold every word of the question without end. */
  readonly bestPossibleBm25: number;
}

export interface Candidate {
  readonly chunkId: string;
  /** 0 to 1; higher is better, and comparable within one answer. */
  readonly score: number;
}

/**
 * One order out of two. Each side is stretched over what it found: by meaning from the last chunk found to the best, by
 * words from none to the best. Being the best by words says little when even the best holds only an incidental word, so
 * that side counts as far as its best covers the question.
 */
export function fuseScores(evidence: readonly Evidence[], scale: FusionScale): Candidate[] {
  const { lowestCosine, highestCosine, highestBm25, bestPossibleBm25 } = scale;
  const range = highestCosine - lowestCosine;
  const coverage = bestPossibleBm25 > 0 ? Math.sqrt(highestBm25 / bestPossibleBm25) : 0;
  const byMeaning = (cosine: number | undefined): number => {
    if (cosine === undefined || cosine < lowestCosine) return 0;
    return range > 0 ? Math.min(1, (cosine - lowestCosine) / range) : 1;
  };
  const byWords = (bm25: number): number => (highestBm25 > 0 ? Math.min(1, bm25 / highestBm25) * coverage : 0);
  return evidence
    .map(({ chunkId, cosine, bm25 }) => ({
      chunkId,
      score: MEANING_SHARE * byMeaning(cosine) + (1 - MEANING_SHARE) * byWords(bm25),
    }))
    .sort((a, b) => b.score - a.score || (a.chunkId < b.chunkId ? -1 : 1));
}

/**
 * Puts passages that hold the whole question as it stands before all others: somebody who quotes a sentence wants
 * the document that holds it. Their scores lie between the best of the others and 1.
 */
export function liftQuotations(candidates: readonly Candidate[], isQuoted: (chunkId: string) => boolean): Candidate[] {
  const best = candidates[0]?.score ?? 0;
  const quoted = candidates.filter(({ chunkId }) => isQuoted(chunkId));
  const others = candidates.filter(({ chunkId }) => !isQuoted(chunkId));
  return [...quoted.map(({ chunkId, score }) => ({ chunkId, score: best + (1 - best) * score })), ...others];
}
