import type { Timing } from '@vectorlane/time';

/**
 * The time in which nobody asks the endpoint anything, because it told one of us to wait: it counts requests, not whose
 * they are.
 */
export class EndpointPause {
  private current: { readonly over: Promise<void>; readonly untilMs: number } | undefined;

  /**
   * @param closing ends a pause at once
   * @param onOver called when the last of the waits is over
   */
  constructor(
    private readonly timing: Timing,
    private readonly closing: AbortSignal,
    private readonly onOver: () => void,
  ) {}

  /** Resolves when the pause is over or the provider closes; nothing when there is none. */
  get over(): Promise<void> | undefined {
    return this.current?.over;
  }

  get remainingMs(): number {
    return this.current === undefined ? 0 : Math.max(0, this.current.untilMs - performance.now());
  }

  /** Begins a pause, or lengthens the one that is; never shortens it. */
  extend(waitMs: number): void {
    const before = this.current;
    const untilMs = Math.max(performance.now() + waitMs, before?.untilMs ?? 0);
    // The wait rejects on closing alone, and a waiting call is rejected then.
    const wait = this.timing.wait(waitMs, this.closing).catch(() => undefined);
    const over = Promise.all([before?.over, wait]).then(() => {
      if (this.current !== extended) return;
      this.current = undefined;
      this.onOver();
    });
    const extended = { over, untilMs };
    this.current = extended;
  }
}
