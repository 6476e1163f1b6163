import type { FoundFile } from './found-files';

/** Counts one ingestion: what the progress line shows and what the summary says. No input, no output, no time. */
export type Outcome = 'completed' | 'unchanged' | 'duplicate' | 'failed' | 'refused' | 'unreadable';

export class IngestionTally {
  /** Files the server has taken, duplicates included. */
  uploaded = 0;
  chunks = 0;
  /** Completed documents of which not everything was read. */
  incomplete = 0;
  uploadedBytes = 0;
  currentFile = '';
  private readonly outcomes: Record<Outcome, number> = {
    completed: 0,
    unchanged: 0,
    duplicate: 0,
    failed: 0,
    refused: 0,
    unreadable: 0,
  };
  private doneBytes = 0;
  /** Bytes of documents in work that count as done by their percentage; one entry a followed document. */
  private readonly partialBytes = new Map<FoundFile, number>();

  constructor(
    readonly total: number,
    readonly totalBytes: number,
  ) {}

  count(outcome: Outcome): number {
    return this.outcomes[outcome];
  }

  get done(): number {
    return Object.values(this.outcomes).reduce((sum, count) => sum + count, 0);
  }

  /** Files that did not get in or did not come through. */
  get unsuccessful(): number {
    return this.outcomes.failed + this.outcomes.refused + this.outcomes.unreadable;
  }

  /** Share of the work done, 0 to 1, by bytes; by files when all are empty. */
  get fraction(): number {
    if (this.total === 0 || this.done >= this.total) return 1;
    if (this.totalBytes === 0) return this.done / this.total;
    let bytes = this.doneBytes;
    for (const partial of this.partialBytes.values()) bytes += partial;
    return Math.min(1, bytes / this.totalBytes);
  }

  take(file: FoundFile): void {
    this.uploaded += 1;
    this.uploadedBytes += file.sizeBytes;
  }

  advance(file: FoundFile, percent: number): void {
    this.currentFile = file.path;
    this.partialBytes.set(file, (file.sizeBytes * Math.min(100, Math.max(0, percent))) / 100);
  }

  settle(file: FoundFile, outcome: Outcome, chunks = 0): void {
    this.partialBytes.delete(file);
    this.currentFile = file.path;
    this.outcomes[outcome] += 1;
    this.chunks += chunks;
    this.doneBytes += file.sizeBytes;
  }
}
