import type { RetryPolicy, RetrySchedule } from '@vectorlane/time';
import { ApiProblem, RequestTimedOut, ServerUnreachable } from './api-errors';

/**
 * Whether to try again. A request is tried again when the server said "later" or could not be reached; every answer
 * that is about the request itself stands.
 */
export const DEFAULT_RETRY_POLICY: RetryPolicy = {
  backoff: { firstMs: 500, longestMs: 20_000 },
  maxTries: 8,
  // A server that wants a longer pause than this is not waited for.
  busy: { longestMs: 180_000, beyond: 'give-up' },
};

/** A request that ran into its own, long timeout is sent a second time and no more. */
const MAX_TIMED_OUT_TRIES = 2;

export interface FailedTry {
  readonly error: unknown;
  /** 1 for the first. */
  readonly tryNumber: number;
  /** Sending it twice does no harm. */
  readonly repeatable: boolean;
  /** The server has answered before, so a refused connection is a restart rather than a wrong address. */
  readonly metBefore: boolean;
}

/** Milliseconds to wait before the next try, or undefined to give up. */
export function retryDelay(schedule: RetrySchedule, failed: FailedTry): number | undefined {
  const { error } = failed;
  if (!mayPass(failed)) return undefined;
  const retryAfterMs = error instanceof ApiProblem ? error.retryAfterMs : undefined;
  return retryAfterMs === undefined ? schedule.afterFault() : schedule.afterBusy(retryAfterMs);
}

function mayPass({ error, tryNumber, repeatable, metBefore }: FailedTry): boolean {
  if (error instanceof ApiProblem) {
    // 429 and 503 come before anything was done; a gateway's 502 and 504 say nothing about that.
    if (error.status === 429 || error.status === 503) return true;
    return repeatable && (error.status === 502 || error.status === 504);
  }
  if (error instanceof ServerUnreachable) return error.refused ? metBefore : repeatable;
  return error instanceof RequestTimedOut && repeatable && tryNumber < MAX_TIMED_OUT_TRIES;
}
