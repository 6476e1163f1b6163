export { HttpMetrics, type ObservedRequest } from './http-metrics';
export type { CounterInstrument, GaugeInstrument, HistogramInstrument, Instruments } from './instruments';
export type { LabelDefinition, MetricDefinition } from './metric-definition';
export { Metrics } from './metrics';
export { MetricsController } from './metrics.controller';
export { METRICS, type MetricKey } from './metrics.definitions';
export { MetricsModule } from './metrics.module';
export type { ScrapeReading } from './scrape-readings';
