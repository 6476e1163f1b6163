import { setTimeout as sleep } from 'node:timers/promises';
import type { EndpointError } from './endpoint-error';

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

/** First waits, doubled with each further one. */
const PASSING_FIRST_MS = 250;
const PASSING_LONGEST_MS = 8_000;
const BUSY_FIRST_MS = 1_000;
/** A server that asks for an hour is asked again after this long all the same: what it knows may have changed. */
export const BUSY_LONGEST_MS = 60_000;

/** Faults that may pass before a batch is given up. */
export const MAX_PASSING_FAULTS = 4;
/** Being asked to wait is no fault of the document: with the waits, several minutes of patience. */
export const MAX_BUSY_ANSWERS = 10;

/** How long one batch of texts waits before it is sent again, and when it is given up. */
export class RetrySchedule {
  private passing = 0;
  private busy = 0;

  /** @param random 0 to 1, so that callers who failed together do not come back together */
  constructor(private readonly random: () => number) {}

  /** @returns milliseconds to wait after this fault, or nothing when trying again is of no use */
  next(error: EndpointError): number | undefined {
    switch (error.fault) {
      case 'passing': {
        this.passing += 1;
        if (this.passing >= MAX_PASSING_FAULTS) return undefined;
        return error.retryAtOnce ? 0 : this.backoff(PASSING_FIRST_MS, PASSING_LONGEST_MS, this.passing);
      }
      case 'busy': {
        this.busy += 1;
        if (this.busy >= MAX_BUSY_ANSWERS) return undefined;
        const { retryAfterMs } = error;
        if (retryAfterMs === undefined) return this.backoff(BUSY_FIRST_MS, BUSY_LONGEST_MS / 2, this.busy);
        // Never before the time it named, and not all of us at that very moment.
        return Math.min(BUSY_LONGEST_MS, Math.ceil(retryAfterMs + this.random() * BUSY_FIRST_MS));
      }
      case 'too-long':
      case 'dimensions-refused':
      case 'final':
        return undefined;
    }
  }

  /** Half of it certain, half of it by chance. */
  private backoff(firstMs: number, longestMs: number, time: number): number {
    const most = Math.min(longestMs, firstMs * 2 ** (time - 1));
    return Math.round(most / 2 + (most / 2) * this.random());
  }
}
