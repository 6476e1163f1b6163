import { backoffMs } from '@vectorlane/endpoint';
import type { EndpointError } from './endpoint-error';

const PASSING = { firstMs: 250, longestMs: 8_000 };
const BUSY_FIRST_MS = 1_000;
/** A server that asks for an hour is asked again after this long all the same: what it knows may have changed. */
export const BUSY_LONGEST_MS = 60_000;
const BUSY = { firstMs: BUSY_FIRST_MS, longestMs: BUSY_LONGEST_MS / 2 };

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
        return error.retryAtOnce ? 0 : backoffMs(PASSING, this.passing, this.random);
      }
      case 'busy': {
        this.busy += 1;
        if (this.busy >= MAX_BUSY_ANSWERS) return undefined;
        const { retryAfterMs } = error;
        if (retryAfterMs === undefined) return backoffMs(BUSY, this.busy, this.random);
        // Never before the time it named, and not all of us at that very moment.
        return Math.min(BUSY_LONGEST_MS, Math.ceil(retryAfterMs + this.random() * BUSY_FIRST_MS));
      }
      case 'too-long':
      case 'dimensions-refused':
      case 'final':
        return undefined;
    }
  }
}
