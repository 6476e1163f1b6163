import type { RetryPolicy, RetrySchedule } from '@vectorlane/time';
import type { EndpointError } from './endpoint-error';

/** A server that asks for an hour is asked again after this long all the same: what it knows may have changed. */
export const BUSY_LONGEST_MS = 60_000;
/** Transient faults before a batch is given up. */
export const MAX_TRANSIENT_FAULTS = 4;
/** Being asked to wait is no fault of the document: with the waits, several minutes of patience. */
export const MAX_BUSY_ANSWERS = 10;

/** How one batch of texts is sent again. */
export const BATCH_RETRIES: RetryPolicy = {
  backoff: { firstMs: 250, longestMs: 8_000 },
  maxFaults: MAX_TRANSIENT_FAULTS,
  busy: {
    backoff: { firstMs: 1_000, longestMs: BUSY_LONGEST_MS / 2 },
    maxAnswers: MAX_BUSY_ANSWERS,
    longestMs: BUSY_LONGEST_MS,
  },
};

/** @returns milliseconds to wait after this fault, or nothing when trying again is of no use */
export function waitAfter(error: EndpointError, schedule: RetrySchedule): number | undefined {
  switch (error.fault) {
    case 'transient':
      return schedule.afterFault(error.retryAtOnce);
    case 'busy':
      return schedule.afterBusy(error.retryAfterMs);
    case 'too-long':
    case 'dimensions-refused':
    case 'final':
      return undefined;
  }
}
