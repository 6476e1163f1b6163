/** How long a batch counts for: what was slow a minute ago, beside other documents in work, says little of now. */
const HALF_LIFE_MS = 15_000;
/** What storing a chunk costs beside what embedding a token does, on either profile more or less. */
const STORING = 20;

/** A chunk by what it takes: its tokens, where they go through the model. */
export interface Work {
  readonly tokenCount: number;
  /** Neither embedded before nor unreadable to the model. */
  readonly isEmbedded: boolean;
}

/**
 * How long the rest of a document's chunks will take, by the pace of the last ones. The first batch is not judged by:
 * a model that nobody has used for a while takes its time to begin.
 */
export class RemainingTime {
  private left: number;
  private done = 0;
  private tookMs = 0;
  private lastAt: number | undefined;

  constructor(chunks: readonly Work[]) {
    this.left = costOf(chunks);
  }

  /** Milliseconds, once some of these are done; nothing where there is no pace yet. */
  after(chunks: readonly Work[], now: number): number | undefined {
    const cost = costOf(chunks);
    this.left -= cost;
    if (this.lastAt !== undefined) {
      const elapsedMs = now - this.lastAt;
      const kept = 0.5 ** (elapsedMs / HALF_LIFE_MS);
      this.done = this.done * kept + cost;
      this.tookMs = this.tookMs * kept + elapsedMs;
    }
    this.lastAt = now;
    if (this.left <= 0) return 0;
    if (this.done === 0) return undefined;
    return Math.round((this.left * this.tookMs) / this.done);
  }
}

function costOf(chunks: readonly Work[]): number {
  return chunks.reduce((sum, { tokenCount, isEmbedded }) => sum + STORING + (isEmbedded ? tokenCount : 0), 0);
}
