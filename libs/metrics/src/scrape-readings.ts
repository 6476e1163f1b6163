import { Logger } from '@nestjs/common';
import { type LateError, within } from '@vectorlane/time';

/**
 * Gauges that must be asked for: a queue's length, a pool's connections. They are read when somebody scrapes, side by
 * side, each within a bound, so that a dependency that hangs costs the scrape its numbers and not its answer.
 */

/** Longest one reading is waited for; a scrape has a second. */
const READ_TIMEOUT_MS = 500;
/** How long a reading is good, a failed one too: many scrapers are no more load on a dependency than one. */
const CACHE_MS = 1_000;

export interface ScrapeReading<T> {
  /** For the log. */
  readonly name: string;
  /**
   * Asks for the numbers and writes none. It must end by itself: while it has not, it is not started again.
   * @param signal aborted when nobody waits for it any longer
   */
  read(signal: AbortSignal): T | Promise<T>;
  /** Sets the gauges. @param reading undefined when it could not be had: then clear them, a stale number lies */
  write(reading: T | undefined): void;
}

export interface ScrapeReadingsOptions {
  /** @default 500 */
  readonly timeoutMs?: number;
  /** @default 1000 */
  readonly cacheMs?: number;
}

export class ScrapeReadings {
  private readonly logger = new Logger('Metrics');
  private readonly registered: (() => Promise<void>)[] = [];
  private readonly timeoutMs: number;
  private readonly cacheMs: number;

  constructor({ timeoutMs = READ_TIMEOUT_MS, cacheMs = CACHE_MS }: ScrapeReadingsOptions = {}) {
    this.timeoutMs = timeoutMs;
    this.cacheMs = cacheMs;
  }

  register<T>(reading: ScrapeReading<T>): void {
    const source = new Source(reading, this.timeoutMs, this.cacheMs, this.logger);
    this.registered.push(() => source.refresh());
  }

  /** Brings every gauge up to date, or clears it. Takes no longer than one reading may; never throws. */
  async refresh(): Promise<void> {
    await Promise.all(this.registered.map((refresh) => refresh()));
  }
}

/** Nothing was read in time. */
const MISSING = Symbol('missing');

class Source<T> {
  private unsettled: Promise<T | typeof MISSING> | undefined;
  private shared: Promise<void> | undefined;
  private writtenAt = Number.NEGATIVE_INFINITY;
  private failing = false;

  constructor(
    private readonly reading: ScrapeReading<T>,
    private readonly timeoutMs: number,
    private readonly cacheMs: number,
    private readonly logger: Logger,
  ) {}

  /** Scrapes that come while one is waiting wait with it. */
  refresh(): Promise<void> {
    if (performance.now() - this.writtenAt < this.cacheMs) return Promise.resolve();
    this.shared ??= this.update().finally(() => {
      this.shared = undefined;
    });
    return this.shared;
  }

  private async update(): Promise<void> {
    const reading = await this.withinBound();
    this.writtenAt = performance.now();
    try {
      this.reading.write(reading === MISSING ? undefined : reading);
    } catch (error) {
      this.logger.error({ reading: this.reading.name, err: error }, 'a reading could not be written');
    }
    if (reading === MISSING) return;
    if (this.failing) this.logger.log({ reading: this.reading.name }, 'metrics can be read again');
    this.failing = false;
  }

  private async withinBound(): Promise<T | typeof MISSING> {
    try {
      return await within((giveUp) => this.read(giveUp), { timeoutMs: this.timeoutMs });
    } catch (error) {
      this.failed((error as LateError).message);
      return MISSING;
    }
  }

  /** One at a time: where an earlier scrape gave up waiting, its reading is waited for and not a second one started. */
  private read(signal: AbortSignal): Promise<T | typeof MISSING> {
    if (this.unsettled !== undefined) return this.unsettled;
    const reading = this.ask(signal);
    this.unsettled = reading;
    void reading.finally(() => {
      this.unsettled = undefined;
    });
    return reading;
  }

  private async ask(signal: AbortSignal): Promise<T | typeof MISSING> {
    try {
      return await this.reading.read(signal);
    } catch (error) {
      this.failed(error instanceof Error ? error.message : String(error));
      return MISSING;
    }
  }

  /** One line when it begins, however many scrapes it lasts. */
  private failed(reason: string): void {
    if (!this.failing) this.logger.warn({ reading: this.reading.name, reason }, 'metrics cannot be read');
    this.failing = true;
  }
}
