import { Registry } from 'prom-client';
import { createInstruments, type Instruments } from './instruments';
import { observeProcess, processMetricsText } from './process-metrics';
import { type ScrapeReading, ScrapeReadings, type ScrapeReadingsOptions } from './scrape-readings';
import { writtenInTurns } from './written-in-turns';

// The fields come from the definitions; spelling them out again would be a second list to keep.
const InstrumentHolder = class {
  constructor(registry: Registry) {
    Object.assign(this, createInstruments(registry));
  }
} as new (registry: Registry) => Instruments;

/**
 * Every metric of the program, injected by this class: `metrics.documentsProcessed.inc({ status, format, lane })`. One
 * registry per app, so that several in one process do not count into each other.
 */
export class Metrics extends InstrumentHolder {
  private readonly registry: Registry;
  private readonly readings: ScrapeReadings;

  constructor(options: ScrapeReadingsOptions = {}) {
    const registry = new Registry();
    super(registry);
    this.registry = registry;
    this.readings = new ScrapeReadings(options);
    observeProcess();
  }

  /**
   * Registers gauges that are read when somebody scrapes: at most once a second, side by side with the others, given up
   * after 500 ms. For the library that owns what is read.
   */
  onScrape<T>(reading: ScrapeReading<T>): void {
    this.readings.register(reading);
  }

  /** All metrics in Prometheus' text format, gauges freshly read. Answers within the bound of one reading. */
  async scrape(): Promise<string> {
    await this.readings.refresh();
    const [own, process] = await Promise.all([writtenInTurns(this.registry), processMetricsText()]);
    return `${own}\n${process}`;
  }
}
