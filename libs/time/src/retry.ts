import { REAL_TIMING, type Timing } from './timing';

export interface RetryOptions {
  /** How long to wait after this error, in milliseconds; nothing: the error stands. @param tries so far, from 1 */
  readonly waitAfter: (error: unknown, tries: number) => number | undefined;
  /** Told of every wait. */
  readonly onWait?: (waitMs: number, error: unknown, tries: number) => void;
  /** Ends a wait, and the tries with it. */
  readonly signal?: AbortSignal;
  /** @default the real one */
  readonly timing?: Pick<Timing, 'wait'>;
}

/**
 * Repeats `attempt` until it succeeds or `waitAfter` gives up.
 * @throws the last error, or the signal's reason
 */
export async function retry<T>(attempt: (tries: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { waitAfter, onWait, signal, timing = REAL_TIMING } = options;
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt(tries);
    } catch (error) {
      signal?.throwIfAborted();
      const waitMs = waitAfter(error, tries);
      if (waitMs === undefined) throw error;
      onWait?.(waitMs, error, tries);
      if (waitMs > 0) await timing.wait(waitMs, signal);
    }
  }
}
