import type { Metrics } from '@vectorlane/metrics';
import type { Pool } from 'pg';

/** The pool as a scrape finds it: counts in memory, so that they are there when the database is not. */
export function reportPool(pool: Pick<Pool, 'totalCount' | 'idleCount' | 'waitingCount'>, metrics: Metrics): void {
  metrics.onScrape({
    name: 'database pool',
    read: () => ({ inUse: pool.totalCount - pool.idleCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    write: (counts) => {
      if (counts === undefined) return;
      metrics.databasePoolConnections.set({ state: 'in_use' }, counts.inUse);
      metrics.databasePoolConnections.set({ state: 'idle' }, counts.idle);
      metrics.databasePoolWaiting.set(counts.waiting);
    },
  });
}
