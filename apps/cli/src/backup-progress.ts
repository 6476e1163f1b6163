import type { BackupProgress } from '@vectorlane/backup';
import { formatEta, formatMegabytes, renderBar } from './progress-line';
import type { Clock, OutputStream } from './terminal';

/** How far a backup or a restore is: one line redrawn on a terminal, elsewhere a plain one every few seconds. */
const REDRAW_AFTER_MS = 100;
const PLAIN_LINE_AFTER_MS = 5_000;
const CLEAR_LINE = '\r\x1b[2K';
const BAR = 16;

const VERBS: Readonly<Record<BackupProgress['phase'], string>> = {
  writing: 'backing up',
  checking: 'checking',
  restoring: 'restoring',
  indexing: 'building the vector index',
};

export class BackupProgressLine {
  private phase: BackupProgress['phase'] | undefined;
  private phaseStartedAt = 0;
  private shownAt: number;
  private lineOnScreen = false;

  constructor(
    private readonly stream: OutputStream,
    private readonly clock: Clock,
  ) {
    this.shownAt = clock.now();
  }

  update(progress: BackupProgress): void {
    const now = this.clock.now();
    const isNew = progress.phase !== this.phase;
    if (isNew) {
      this.phase = progress.phase;
      this.phaseStartedAt = now;
    }
    const isTerminal = this.stream.isTTY === true;
    // The index says nothing between its beginning and its end: it is always told of.
    const isDue = now - this.shownAt >= (isTerminal ? REDRAW_AFTER_MS : PLAIN_LINE_AFTER_MS);
    if (!isDue && !(isNew && (isTerminal || progress.phase === 'indexing'))) return;
    this.shownAt = now;
    const text = this.render(progress, now - this.phaseStartedAt, isTerminal);
    this.stream.write(isTerminal ? `${CLEAR_LINE}${text}` : `${text}\n`);
    this.lineOnScreen = isTerminal;
  }

  close(): void {
    if (this.lineOnScreen) this.stream.write(CLEAR_LINE);
    this.lineOnScreen = false;
  }

  private render({ phase, bytes, totalBytes, documents }: BackupProgress, elapsedMs: number, withBar: boolean): string {
    if (phase === 'indexing') return VERBS[phase];
    // The total of a backup under way is an estimate.
    const fraction = totalBytes === 0 ? 1 : Math.min(1, bytes / totalBytes);
    const share = withBar ? renderBar(fraction, BAR) : `${Math.floor(fraction * 100)} %`;
    return [
      `${VERBS[phase]} ${share}`,
      `${formatMegabytes(bytes)} of ${formatMegabytes(Math.max(bytes, totalBytes))} MB`,
      `${documents} documents`,
      `ETA ${formatEta(fraction, elapsedMs)}`,
    ].join(', ');
  }
}
