import { setTimeout as sleep } from 'node:timers/promises';

/** Time and chance; tests make the one pass faster and the other certain. */
export interface Timing {
  /** Resolves after `ms`; rejects when aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<unknown>;
  /** 0 to 1. */
  readonly random: () => number;
}

export const REAL_TIMING: Timing = {
  wait: (ms, signal) => sleep(ms, undefined, { signal }),
  random: () => Math.random(),
};

const FIRST_MS = 500;
const LONGEST_MS = 10_000;
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
    return this.spend(this.backoff(this.faults));
  }

  /** The same for an answer that asks to wait; being busy is no fault. */
  afterBusy(retryAfterMs: number | undefined, time: number): number | undefined {
    const wanted = retryAfterMs === undefined ? this.backoff(time) : retryAfterMs + this.random() * SPREAD_MS;
    return this.spend(Math.ceil(wanted));
  }

  /** Half of it certain, half of it by chance. */
  private backoff(time: number): number {
    const most = Math.min(LONGEST_MS, FIRST_MS * 2 ** (time - 1));
    return Math.round(most / 2 + (most / 2) * this.random());
  }

  private spend(waitMs: number): number | undefined {
    this.waitedMs += waitMs;
    return this.waitedMs > this.maxWaitMs ? undefined : waitMs;
  }
}
