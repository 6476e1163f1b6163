import { setTimeout as sleep } from 'node:timers/promises';

/** Time and chance; tests make the one pass faster and the other certain. */
export interface Timing {
  /** Resolves after `ms`; rejects with the signal's reason when that is aborted first. */
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<unknown>;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export const REAL_TIMING: Timing = {
  wait: async (ms, signal) => {
    try {
      await sleep(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      // The timer's own AbortError hides the reason, and callers tell a shutdown from an interruption by it.
      throw signal?.aborted === true ? signal.reason : error;
    }
  },
  random: () => Math.random(),
};
