/** One bucket's minute: requests so far, and how long it still runs. */
export interface Window {
  readonly hits: number;
  readonly leftMs: number;
}

interface Counted {
  hits: number;
  /** On the clock of `performance.now()`. */
  endsAt: number;
}

/** About 15 MB when full. Then the bucket that was not seen for longest goes, and starts again if it comes back. */
const MOST_BUCKETS = 100_000;
/** Two reckonings of one window's end differ by the way to Redis and back; those of two windows by a window. */
const SAME_END_MS = 2_000;

/**
 * Fixed windows in this process, each starting with its bucket's first request: what is counted where no other process
 * counts, and while Redis is away. While it is there they follow what it says, so that the count goes on from there
 * when it goes.
 */
export class LocalWindows {
  private readonly buckets = new Map<string, Counted>();

  constructor(private readonly mostBuckets = MOST_BUCKETS) {}

  /** Counts one request. A client over the limit is counted too: that neither extends nor restarts the window. */
  count(bucket: string, windowMs: number, now = performance.now()): Window {
    const counted = this.live(bucket, now) ?? { hits: 0, endsAt: now + windowMs };
    counted.hits += 1;
    this.store(bucket, counted);
    // The clock has fractions, and the difference of two sums may be a little more than what was added.
    return { hits: counted.hits, leftMs: Math.min(windowMs, counted.endsAt - now) };
  }

  /**
   * Counts one request that Redis has counted. Its word holds, unless more were let through here while it was away.
   * @param shared what Redis says of the bucket, this request included
   */
  follow(bucket: string, shared: Window, now = performance.now()): Window {
    const endsAt = now + shared.leftMs;
    const local = this.live(bucket, now);
    const sameWindow = local !== undefined && Math.abs(local.endsAt - endsAt) < SAME_END_MS;
    const hits = sameWindow ? Math.max(shared.hits, local.hits + 1) : shared.hits;
    this.store(bucket, { hits, endsAt });
    return { hits, leftMs: shared.leftMs };
  }

  get size(): number {
    return this.buckets.size;
  }

  private live(bucket: string, now: number): Counted | undefined {
    const counted = this.buckets.get(bucket);
    return counted === undefined || counted.endsAt <= now ? undefined : counted;
  }

  private store(bucket: string, counted: Counted): void {
    this.buckets.delete(bucket);
    if (this.buckets.size >= this.mostBuckets) {
      const oldest = this.buckets.keys().next();
      if (!oldest.done) this.buckets.delete(oldest.value);
    }
    this.buckets.set(bucket, counted);
  }
}
