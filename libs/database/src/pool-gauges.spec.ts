import { Metrics } from '@vectorlane/metrics';
import { reportPool } from './pool-gauges';

it('shows what the pool has in use, idle and waiting, as it is at each scrape', async () => {
  const metrics = new Metrics({ cacheMs: 0 });
  const pool = { totalCount: 10, idleCount: 4, waitingCount: 3 };
  reportPool(pool, metrics);
  const gauges = async (): Promise<string[]> =>
    (await metrics.scrape()).split('\n').filter((line) => line.startsWith('database_pool_'));
  expect(await gauges()).toEqual([
    'database_pool_connections{state="in_use"} 6',
    'database_pool_connections{state="idle"} 4',
    'database_pool_waiting_requests 3',
  ]);
  Object.assign(pool, { totalCount: 1, idleCount: 1, waitingCount: 0 });
  expect(await gauges()).toEqual([
    'database_pool_connections{state="in_use"} 0',
    'database_pool_connections{state="idle"} 1',
    'database_pool_waiting_requests 0',
  ]);
});
