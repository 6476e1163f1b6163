import { ApiProblem, RequestTimedOut, ServerUnreachable } from './api-errors';

/**
 * Whether to try again, and when. A request is tried again when the server said "later" or could not be reached; every
 * answer that is about the request itself stands. The number of tries and each wait are bounded.
 */
export interface RetryPolicy {
  /** Tries in all, the first included. */
  readonly maxTries: number;
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** A server that wants a longer pause than this is not waited for. */
  readonly maxRetryAfterMs: number;
}

export const DEFAULT_RETRY_POLICY: RetryPolicy = {
  maxTries: 8,
  baseDelayMs: 500,
  maxDelayMs: 20_000,
  maxRetryAfterMs: 180_000,
};

/** A request that ran into its own, long timeout is sent a second time and no more. */
const MAX_TIMED_OUT_TRIES = 2;

/** Extra wait on top of Retry-After, so that a crowd told the same moment does not come back at once. */
const RETRY_AFTER_SPREAD_MS = 1_000;

export interface FailedTry {
  readonly error: unknown;
  /** 1 for the first. */
  readonly tryNumber: number;
  /** Sending it twice does no harm. */
  readonly repeatable: boolean;
  /** The server has answered before, so a refused connection is a restart rather than a wrong address. */
  readonly metBefore: boolean;
  readonly random: () => number;
}

/** Milliseconds to wait before the next try, or undefined to give up. */
export function retryDelay(policy: RetryPolicy, failed: FailedTry): number | undefined {
  const { error, tryNumber, random } = failed;
  if (tryNumber >= policy.maxTries || !mayPass(failed)) return undefined;
  const retryAfterMs = error instanceof ApiProblem ? error.retryAfterMs : undefined;
  if (retryAfterMs !== undefined) {
    if (retryAfterMs > policy.maxRetryAfterMs) return undefined;
    return retryAfterMs + random() * RETRY_AFTER_SPREAD_MS;
  }
  const ceiling = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** (tryNumber - 1));
  return ceiling / 2 + (random() * ceiling) / 2;
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

/**
 * Reads a Retry-After header: seconds or an HTTP date.
 * @returns milliseconds from `now`, never negative, or undefined when the header is absent or makes no sense.
 */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  // Date.parse takes much that is no HTTP date; one always begins with the day's name.
  if (!/^[A-Z][a-z]+, /.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
