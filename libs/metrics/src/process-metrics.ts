import { collectDefaultMetrics, Registry } from 'prom-client';

/**
 * What Node.js tells of itself. It is the process's, not an app's, and its observers cannot be stopped: one registry
 * for the process, however many apps there are in it.
 */

/** Gauges in spite of their names, which promtool's lint refuses; their namesakes without `_total` say more. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
] as const;

/**
 * The event loop's numbers begin again with each reading: a second scraper in the same second would find them empty.
 */
const CACHE_MS = 1_000;

let registry: Registry | undefined;
let latest: { readonly text: Promise<string>; readonly at: number } | undefined;

/** Starts the observers, so that the first scrape finds something. */
export function observeProcess(): void {
  if (registry !== undefined) return;
  registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
}

/** In Prometheus' text format. */
export function processMetricsText(): Promise<string> {
  observeProcess();
  if (registry !== undefined && (latest === undefined || performance.now() - latest.at > CACHE_MS)) {
    latest = { text: registry.metrics(), at: performance.now() };
  }
  return latest?.text ?? Promise.resolve('');
}
