import { backoffMs } from '@vectorlane/endpoint';

const BACKOFF = { firstMs: 500, longestMs: 10_000 };
/** Callers who were told the same time do not come back at the same moment. */
const SPREAD_MS = 1_000;

/** How long one attempt at a document waits before the next try, and when it has waited enough. */
export class Patience {
  private waitedMs = 0;
  private faults = 0;

  /**
   * @param maxWaitMs all waits together
   * @param maxFaults faults of a worker that is away, the one that ends it included
   */
  constructor(
    private readonly maxWaitMs: number,
    private readonly maxFaults: number,
    private readonly random: () => number,
  ) {}

  /** @returns milliseconds to wait after a fault that may pass, or nothing when it has been enough */
  afterFault(): number | undefined {
    this.faults += 1;
    if (this.faults >= this.maxFaults) return undefined;
    return this.spend(backoffMs(BACKOFF, this.faults, this.random));
  }

  /** The same for an answer that asks to wait; being busy is no fault. */
  afterBusy(retryAfterMs: number | undefined, time: number): number | undefined {
    const wanted =
      retryAfterMs === undefined ? backoffMs(BACKOFF, time, this.random) : retryAfterMs + this.random() * SPREAD_MS;
    return this.spend(Math.ceil(wanted));
  }

  private spend(waitMs: number): number | undefined {
    this.waitedMs += waitMs;
    return this.waitedMs > this.maxWaitMs ? undefined : waitMs;
  }
}
