/**
 * Time for tests that say how soon something must be done. Neither kind counts what the machine does for others: on a
 * busy one a wall clock fails tests of what is right.
 */

const TICK_MS = 10;
const LONGEST_TICK_MS = 2 * TICK_MS;

/** For what waits: the milliseconds in which this process could run. Blind to code that blocks the event loop. */
export class Stopwatch {
  private lived = 0;
  private last = performance.now();
  private readonly timer = setInterval(() => this.tick(), TICK_MS).unref();

  private readonly over = new AbortController();

  private constructor(private readonly boundMs: number) {}

  /** @param boundMs after which `signal` is aborted */
  static start(boundMs = Infinity): Stopwatch {
    return new Stopwatch(boundMs);
  }

  get signal(): AbortSignal {
    return this.over.signal;
  }

  /** Milliseconds since the start; the clock stands still from then on. */
  stop(): number {
    this.tick();
    clearInterval(this.timer);
    return this.lived;
  }

  private tick(): void {
    const now = performance.now();
    this.lived += Math.min(now - this.last, LONGEST_TICK_MS);
    this.last = now;
    if (this.lived >= this.boundMs) this.over.abort(new Error(`not done within ${this.boundMs} ms`));
  }
}

/** For what computes: milliseconds of the processor that this process spends on it, all its threads together. */
export async function cpuMs(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
