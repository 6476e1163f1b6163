import type { ReadinessIndicator } from '@vectorlane/health';
import type { PoolClient } from 'pg';
import type { GuardedPool } from './guarded-pool';

/**
 * Whether the database answers. Giving up leaves nothing behind: a checkout that comes late goes straight back, a
 * query under way ends with its connection instead of staying on the pool.
 */
export class DatabaseIndicator implements ReadinessIndicator {
  readonly name = 'database';

  constructor(private readonly pool: GuardedPool) {}

  async check(signal: AbortSignal): Promise<void> {
    const checkout = this.pool.connect();
    let client: PoolClient;
    try {
      client = await abortable(checkout, signal);
    } catch (error) {
      checkout.then((late) => late.release()).catch(() => undefined); // that it failed is what we report already
      throw error;
    }
    try {
      await abortable(client.query('SELECT 1'), signal);
      client.release();
    } catch (error) {
      client.release(true);
      throw error;
    }
  }
}

async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () =>
      reject(signal.reason instanceof Error ? signal.reason : new Error('The database did not answer in time.'));
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
