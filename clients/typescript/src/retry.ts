import { ApiError, ConnectionFailed, TimedOut } from './errors.ts';

export interface RetryOptions {
  /** How often a request is sent at most; 1 is never again. */
  readonly maxTries: number;
  /** Before the second try at most; twice as long before each further one. */
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
  /** A service that asks for a longer pause is not waited for. */
  readonly longestRetryAfterMs: number;
}

export const DEFAULT_RETRY: RetryOptions = {
  ...{ maxTries: 6, firstDelayMs: 500, longestDelayMs: 20_000, longestRetryAfterMs: 120_000 },
};

export interface FailedTry {
  readonly error: unknown;
  /** 1 for the first. */
  readonly tryNumber: number;
  /** Doing it twice is the same as doing it once. */
  readonly repeatable: boolean;
}

/** @returns milliseconds to wait before the next try, or undefined to give up */
export function retryDelay(options: RetryOptions, failed: FailedTry, random = Math.random): number | undefined {
  const { error, tryNumber } = failed;
  if (tryNumber >= options.maxTries || !mayPass(failed)) return undefined;
  const ceiling = Math.min(options.longestDelayMs, options.firstDelayMs * 2 ** (tryNumber - 1));
  // Clients that were refused together do not come back together.
  const backoff = ceiling * (0.5 + random() / 2);
  const asked = error instanceof ApiError ? error.retryAfterMs : undefined;
  if (asked === undefined) return backoff;
  return asked > options.longestRetryAfterMs ? undefined : asked + random() * options.firstDelayMs;
}

function mayPass({ error, repeatable }: FailedTry): boolean {
  if (error instanceof ApiError) {
    // These two come before anything was done.
    if (error.status === 429 || error.status === 503) return true;
    return repeatable && (error.retryable || [408, 502, 504].includes(error.status));
  }
  return repeatable && isUncertain(error);
}

/** It may have been done, and the answer lost. */
export function isUncertain(error: unknown): boolean {
  if (error instanceof ApiError) return error.status === 502 || error.status === 504;
  return error instanceof ConnectionFailed || error instanceof TimedOut;
}

/** @throws the signal's reason */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
