import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Metrics, type ScrapeReading } from '@vectorlane/metrics';
import { DeliveriesRepository } from './deliveries.repository';

/** What webhooks have not been told yet. */
@Injectable()
export class DeliveryGauge implements OnModuleInit, ScrapeReading<number> {
  readonly name = 'webhook deliveries';

  constructor(
    private readonly metrics: Metrics,
    private readonly deliveries: DeliveriesRepository,
  ) {}

  onModuleInit(): void {
    this.metrics.onScrape(this);
  }

  read(): Promise<number> {
    return this.deliveries.pending();
  }

  write(reading: number | undefined): void {
    if (reading === undefined) this.metrics.webhookDeliveriesPending.clear();
    else this.metrics.webhookDeliveriesPending.set(reading);
  }
}
