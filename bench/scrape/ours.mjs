// The program's own metrics, with as many series as a busy process has after a long time, scraped when asked.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from '../../scripts/bootstrap.mjs';
import { answerAs } from '../support/contender.mjs';

const { HttpMetrics, Metrics } = createRequire(import.meta.url)(join(ROOT, 'dist/libs/metrics/src/index.js'));
const SERIES = 5_000;

const metrics = new Metrics();
const http = new HttpMetrics(metrics);
const METHODS = ['GET', 'POST', 'DELETE'];
for (let at = 0; at < SERIES / 10; at += 1) {
  const route = `/api/route/${at % 60}`;
  http.observe({ method: METHODS[at % 3], route, status: 200 + Math.floor(at / 60), durationSeconds: at / 1_000 });
}

answerAs(0, {
  scrape: async () => {
    let longest = 0;
    let isDone = false;
    let last = process.cpuUsage();
    const look = () => {
      const { user, system } = process.cpuUsage(last);
      longest = Math.max(longest, user + system);
      last = process.cpuUsage();
      if (!isDone) setImmediate(look);
    };
    setImmediate(look);
    const text = await metrics.scrape();
    look();
    isDone = true;
    const series = text.split('\n').filter((/** @type {string} */ line) => line !== '' && !line.startsWith('#')).length;
    return { series, longestMs: longest / 1_000 };
  },
});
