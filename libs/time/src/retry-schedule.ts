import { type Backoff, backoffMs } from './backoff';

/** Callers who were told the same time do not come back at the same moment. */
const SPREAD_MS = 1_000;

/** What to do with a server that asks for time, by `Retry-After` or without one. */
export interface BusyPolicy {
  /** Where it names no time. @default that of faults */
  readonly backoff?: Backoff;
  /** Such answers in all, the one that ends it included. @default without a bound of their own */
  readonly maxAnswers?: number;
  /** Longest time that is granted. @default without a bound */
  readonly longestMs?: number;
  /** What becomes of a demand for more than that. @default 'cut' */
  readonly beyond?: 'cut' | 'give-up';
}

export interface RetryPolicy {
  readonly backoff: Backoff;
  /** Tries in all, the first included. @default without a bound */
  readonly maxTries?: number;
  /** Faults in all, the one that ends it included; being told to wait is no fault. @default without a bound */
  readonly maxFaults?: number;
  /** All waits together. @default without a bound */
  readonly maxWaitMs?: number;
  readonly busy?: BusyPolicy;
}

/** How long one piece of work waits before each further try, and when it has been tried enough. One for each piece. */
export class RetrySchedule {
  private tries = 0;
  private faults = 0;
  private busyAnswers = 0;
  private waitedMs = 0;

  /** @param random 0 to 1, so that callers who failed together do not come back together */
  constructor(
    private readonly policy: RetryPolicy,
    private readonly random: () => number,
  ) {}

  /**
   * @param atOnce nothing had reached the server: there is no reason to wait
   * @returns milliseconds to wait after a fault that may pass, or nothing when it has been enough
   */
  afterFault(atOnce = false): number | undefined {
    const { backoff, maxFaults } = this.policy;
    this.faults += 1;
    if (reached(this.faults, maxFaults)) return undefined;
    return this.spend(atOnce ? 0 : backoffMs(backoff, this.faults, this.random));
  }

  /** The same after an answer that asks to wait: never before the time it names. */
  afterBusy(retryAfterMs: number | undefined): number | undefined {
    const { busy = {}, backoff } = this.policy;
    this.busyAnswers += 1;
    if (reached(this.busyAnswers, busy.maxAnswers)) return undefined;
    if (retryAfterMs === undefined) {
      return this.spend(backoffMs(busy.backoff ?? backoff, this.busyAnswers, this.random));
    }
    const { longestMs = Number.POSITIVE_INFINITY, beyond = 'cut' } = busy;
    if (retryAfterMs > longestMs && beyond === 'give-up') return undefined;
    const spread = Math.ceil(retryAfterMs + this.random() * SPREAD_MS);
    return this.spend(beyond === 'cut' ? Math.min(longestMs, spread) : spread);
  }

  private spend(waitMs: number): number | undefined {
    this.tries += 1;
    this.waitedMs += waitMs;
    const { maxTries, maxWaitMs } = this.policy;
    return reached(this.tries, maxTries) || (maxWaitMs !== undefined && this.waitedMs > maxWaitMs) ? undefined : waitMs;
  }
}

function reached(count: number, most: number | undefined): boolean {
  return most !== undefined && count >= most;
}
