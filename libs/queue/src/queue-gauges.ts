import { Injectable, type OnModuleInit } from '@nestjs/common';
import { JobState, Lane } from '@vectorlane/domain';
import { Metrics, type ScrapeReading } from '@vectorlane/metrics';
import { LaneQueues } from './lane-queues';

interface QueueReading {
  readonly sizes: Readonly<Record<Lane, Readonly<Record<string, number>>>>;
  readonly waitingSince: Readonly<Record<Lane, number | undefined>>;
}

/**
 * The queue as a scrape finds it. When it cannot be read its numbers are absent, and `processing_queue_up` says why.
 */
@Injectable()
export class QueueGauges implements OnModuleInit, ScrapeReading<QueueReading> {
  readonly name = 'queue';

  constructor(
    private readonly metrics: Metrics,
    private readonly queues: LaneQueues,
  ) {}

  onModuleInit(): void {
    this.metrics.onScrape(this);
  }

  async read(): Promise<QueueReading> {
    const [sizes, waitingSince] = await Promise.all([this.queues.counts(), this.queues.oldestWaiting()]);
    return { sizes, waitingSince };
  }

  write(reading: QueueReading | undefined): void {
    const { queueUp, queueSize, oldestWaitingJobAge } = this.metrics;
    queueUp.set(reading === undefined ? 0 : 1);
    if (reading === undefined) {
      queueSize.clear();
      oldestWaitingJobAge.clear();
      return;
    }
    for (const status of JobState.options) {
      queueSize.set(
        { status },
        Lane.options.reduce((sum, lane) => sum + (reading.sizes[lane][status] ?? 0), 0),
      );
    }
    for (const lane of Lane.options) {
      const since = reading.waitingSince[lane];
      // Another machine's clock may be ahead of ours.
      oldestWaitingJobAge.set({ lane }, since === undefined ? 0 : Math.max(0, (Date.now() - since) / 1_000));
    }
  }
}
