import type { IngestionTally } from './ingestion-tally';
import { renderPlainProgress, renderProgressLine } from './progress-line';
import type { Clock, OutputStream } from './terminal';

/**
 * Keeps the progress line up to date without a timer of its own: on a terminal redrawn in place at most ten times a
 * second, elsewhere a plain line every few seconds. Other lines go through `print`, above the progress line.
 */
const REDRAW_AFTER_MS = 100;
const PLAIN_LINE_AFTER_MS = 5_000;
const DEFAULT_COLUMNS = 80;
const CLEAR_LINE = '\r\x1b[2K';

export class ProgressDisplay {
  private readonly startedAt: number;
  private shownAt = Number.NEGATIVE_INFINITY;
  private lineOnScreen = false;
  private note: string | undefined;
  private noteUntil = 0;

  constructor(
    private readonly stream: OutputStream,
    private readonly clock: Clock,
    private readonly tally: IngestionTally,
  ) {
    this.startedAt = clock.now();
    // The first plain line comes after its interval; a run that is over sooner needs none.
    if (!this.isTerminal) this.shownAt = this.startedAt;
  }

  get elapsedMs(): number {
    return this.clock.now() - this.startedAt;
  }

  /** Draws when the last drawing is old enough. */
  refresh(): void {
    const dueAfterMs = this.isTerminal ? REDRAW_AFTER_MS : PLAIN_LINE_AFTER_MS;
    if (this.clock.now() - this.shownAt >= dueAfterMs) this.draw();
  }

  /** Says that the server is being waited for; shown until then. */
  waiting(waitMs: number, reason: string): void {
    this.note = `waiting ${Math.ceil(waitMs / 1_000)} s for the server (${reason})`;
    this.noteUntil = this.clock.now() + waitMs;
    // A long wait is worth a line at once: nothing else will happen meanwhile.
    if (this.isTerminal || waitMs >= PLAIN_LINE_AFTER_MS) this.refreshSoon();
    else this.refresh();
  }

  /** Writes a line of its own. */
  print(line: string): void {
    this.clear();
    this.stream.write(`${line}\n`);
    if (this.isTerminal) this.draw();
  }

  /** Takes the progress line away for good. */
  close(): void {
    this.clear();
  }

  private get isTerminal(): boolean {
    return this.stream.isTTY === true;
  }

  private refreshSoon(): void {
    if (this.clock.now() - this.shownAt >= REDRAW_AFTER_MS) this.draw();
  }

  private draw(): void {
    this.shownAt = this.clock.now();
    const note = this.shownAt < this.noteUntil ? this.note : undefined;
    const { tally, elapsedMs } = this;
    if (!this.isTerminal) {
      this.stream.write(`${renderPlainProgress({ tally, elapsedMs, note })}\n`);
      return;
    }
    const columns = this.stream.columns ?? DEFAULT_COLUMNS;
    this.stream.write(CLEAR_LINE + renderProgressLine({ tally, elapsedMs, columns, note }));
    this.lineOnScreen = true;
  }

  private clear(): void {
    if (this.lineOnScreen) this.stream.write(CLEAR_LINE);
    this.lineOnScreen = false;
  }
}
