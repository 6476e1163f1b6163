import { Injectable, type OnModuleInit } from '@nestjs/common';
import { UnfinishedStatus } from '@vectorlane/domain';
import { Metrics, type ScrapeReading } from '@vectorlane/metrics';
import { IngestionLedger } from './ingestion-ledger';

type Unfinished = Awaited<ReturnType<IngestionLedger['unfinished']>>;

/** What is unfinished by PostgreSQL: a queue that takes nothing looks as healthy as an empty one. */
@Injectable()
export class UnfinishedGauges implements OnModuleInit, ScrapeReading<Unfinished> {
  readonly name = 'unfinished documents';

  constructor(
    private readonly metrics: Metrics,
    private readonly ledger: IngestionLedger,
  ) {}

  onModuleInit(): void {
    this.metrics.onScrape(this);
  }

  read(): Promise<Unfinished> {
    return this.ledger.unfinished();
  }

  write(reading: Unfinished | undefined): void {
    const { documentsUnfinished, oldestUnfinishedAge } = this.metrics;
    if (reading === undefined) {
      documentsUnfinished.clear();
      oldestUnfinishedAge.clear();
      return;
    }
    for (const status of UnfinishedStatus.options) documentsUnfinished.set({ status }, reading[status]);
    oldestUnfinishedAge.set(reading.oldestSeconds);
  }
}
