import { Injectable, Logger } from '@nestjs/common';
import { Config } from '@vectorlane/config';
import { untilAborted } from '@vectorlane/database';
import { isPlain, type Neighbour, type SearchFilter, VectorsRepository } from '@vectorlane/documents';
import { Metrics } from '@vectorlane/metrics';
import { ShutdownSequence } from '@vectorlane/shutdown';
import { REAL_TIMING, within } from '@vectorlane/time';

/** As many of the nearest are compared as a first page shows. */
const COMPARED = 10;
/** Reading every vector takes a core for a second at a million: not more often, and not longer. */
const LEAST_INTERVAL_MS = 30_000;
const TIMEOUT_MS = 10_000;
/** Distances of equal vectors differ in the last digits by the way they were found. */
const SAME = 1e-6;

/** A search by vectors as it was answered. */
export interface AnsweredSearch {
  readonly vector: Float32Array;
  readonly filter: SearchFilter;
  /** Nearest first. */
  readonly found: readonly Neighbour[];
}

/**
 * Searches one of many live questions once more by reading every vector, after its answer, and says how much of it the
 * index had found: an index that has gone wrong, or a filter that is planned badly, is seen before anybody complains.
 * Not in the embedded database, whose one session would be busy with it.
 */
@Injectable()
export class RecallProbe {
  private readonly logger = new Logger(RecallProbe.name);
  private readonly closing = new AbortController();
  private running: Promise<void> | undefined;
  private nextAt = 0;

  constructor(
    private readonly config: Config,
    private readonly vectors: VectorsRepository,
    private readonly metrics: Metrics,
    shutdown: ShutdownSequence,
  ) {
    shutdown.add('drain', 'recall probe', async () => {
      this.closing.abort(new Error('The process is shutting down.'));
      await this.running;
    });
  }

  /** Returns at once. @param now for tests, as is `chance` */
  offer(search: AnsweredSearch, now = performance.now(), chance = REAL_TIMING.random()): void {
    const { SEARCH_RECALL_PROBE_ONE_IN: oneIn, embedded } = this.config;
    if (embedded || oneIn === 0 || chance * oneIn >= 1) return;
    if (this.running !== undefined || now < this.nextAt || this.closing.signal.aborted) return;
    this.nextAt = now + LEAST_INTERVAL_MS;
    this.running = this.probe(search).finally(() => (this.running = undefined));
  }

  /** For tests: the end of what runs. */
  async idle(): Promise<void> {
    await this.running;
  }

  private async probe({ vector, filter, found }: AnsweredSearch): Promise<void> {
    try {
      const wanted = Math.min(COMPARED, Math.max(1, found.length));
      const read = (signal: AbortSignal) =>
        untilAborted(signal, () => this.vectors.find(vector, wanted, filter, 'exact'));
      const exact = await within(read, { timeoutMs: TIMEOUT_MS, signal: this.closing.signal });
      const ratio = recallOf(found, exact);
      if (ratio !== undefined) {
        this.metrics.searchRecall.observe({ filtered: isPlain(filter) ? 'no' : 'yes' }, ratio);
      }
    } catch (error) {
      if (!this.closing.signal.aborted) this.logger.debug({ err: error }, 'a search could not be probed');
    }
  }
}

/**
 * Share of the nearest that was found. By distance: of equally near ones any will do, and one that was deleted
 * meanwhile is no fault of the index.
 */
export function recallOf(found: readonly Neighbour[], exact: readonly Neighbour[]): number | undefined {
  const farthest = exact.at(-1);
  if (farthest === undefined) return undefined;
  const near = found.filter(({ cosine }) => cosine >= farthest.cosine - SAME).length;
  return Math.min(1, near / exact.length);
}
