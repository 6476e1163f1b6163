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

/**
 * The wait before the next try, in milliseconds: doubled with each one up to a ceiling, half of it certain and half by
 * chance, so that callers who failed together do not come back together.
 * @param time of trying again, from 1
 */
export function backoffMs(
  bounds: { readonly firstMs: number; readonly longestMs: number },
  time: number,
  random: () => number,
): number {
  const most = Math.min(bounds.longestMs, bounds.firstMs * 2 ** (time - 1));
  return Math.round(most / 2 + (most / 2) * random());
}
