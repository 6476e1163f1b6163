// docs/metrics.md from the page of definitions.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { bootstrap, main, ROOT } from './bootstrap.mjs';
import { writeOrCheck } from './generated-file.mjs';

await main(async () => {
  await bootstrap({ quiet: true });
  /** @type {typeof import('../libs/metrics/src/index.js')} */
  const { METRICS } = createRequire(import.meta.url)(join(ROOT, 'dist/libs/metrics/src/index.js'));
  /** @param {string} text */
  const cell = (text) => text.replaceAll('|', '\\|');
  /** @param {[string, string | readonly string[]]} entry */
  const label = ([name, values]) =>
    `\`${name}\`: ${typeof values === 'string' ? values : values.map((value) => `\`${value}\``).join(', ')}`;
  /**
   * @typedef {{ name: string, type: string, help: string, labels?: Record<string, string | readonly string[]>,
   *   buckets?: readonly number[] }} Definition
   */
  const rows = /** @type {Definition[]} */ (Object.values(METRICS)).map(
    ({ name, type, help, labels = {}, buckets = [] }) => {
      const listed = Object.entries(labels).map(label).join('; ');
      return `| \`${name}\` | ${type} | ${cell(listed || '–')} | ${buckets.join(' ') || '–'} | ${cell(help)} |`;
    },
  );
  writeOrCheck(
    'docs/metrics.md',
    [
      '# Metrics',
      '',
      'Written by `npm run generate` from `libs/metrics/src/metrics.definitions.ts`. `GET /metrics` serves them in',
      'Prometheus’ text format, without an API key and without a rate limit; where `METRICS_TOKEN` is set it asks for',
      '`Authorization: Bearer <token>`. A scrape answers within a second whatever hangs: gauges that must be asked for are',
      'read side by side, at most once a second, and given up after 500 ms. Then they are absent, never old.',
      '',
      'Counters and gauges are those of one process: sum over instances, but for the queue (`processing_queue_*` gauges),',
      'which every process reads alike: take the maximum.',
      '',
      'No label carries an id, a raw URL or a message. An open label takes 200 values at most; what comes after them is',
      'counted as `other`.',
      '',
      '| metric | type | labels | buckets | meaning |',
      '|---|---|---|---|---|',
      ...rows,
      '',
      '## The process itself',
      '',
      'prom-client’s default metrics, as every Node.js dashboard knows them: `process_*` (CPU, memory, file descriptors, start',
      'time) and `nodejs_*` (event-loop lag, heap, garbage collection, active handles, requests and resources), without',
      '`nodejs_active_{handles,requests,resources}_total`, which are gauges named like counters. The lag’s minimum, maximum and',
      'percentiles cover the time since the scrape before.',
      '',
    ].join('\n'),
  );
});
