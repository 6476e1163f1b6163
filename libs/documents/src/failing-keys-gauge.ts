import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Metrics, type ScrapeReading } from '@vectorlane/metrics';
import { FailedDocumentsRepository } from './failed-documents.repository';

/**
 * How many keys' documents fail. One uploader's broken files are that uploader's news, however many they are; those of
 * several at once may be ours. The keys themselves would be a label without a bound: the log names them.
 */
@Injectable()
export class FailingKeysGauge implements OnModuleInit, ScrapeReading<number> {
  readonly name = 'failing keys';

  constructor(
    private readonly metrics: Metrics,
    private readonly failed: FailedDocumentsRepository,
  ) {}

  onModuleInit(): void {
    this.metrics.onScrape(this);
  }

  read(): Promise<number> {
    return this.failed.keysLately();
  }

  write(reading: number | undefined): void {
    if (reading === undefined) this.metrics.failingKeys.clear();
    else this.metrics.failingKeys.set(reading);
  }
}
