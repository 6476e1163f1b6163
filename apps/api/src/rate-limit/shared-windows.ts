import { Logger } from '@nestjs/common';
import { within } from '@vectorlane/time';
import type { Redis } from 'ioredis';
import type { Window } from './local-windows';

/** After Redis has failed us it is asked again by one request in this time; the others do not wait for it. */
const RETRY_MS = 1_000;

/**
 * One step for Redis, whatever else counts at the same moment: the window starts with the first request and ends by
 * itself. An expiry that is missing cannot come from here; should somebody have taken it away, it is set again.
 */
const COUNT = `
local hits = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if hits == 1 or left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  left = tonumber(ARGV[1])
end
return {hits, left}`;

type CountingRedis = Redis & { countRequest(key: string, windowMs: number): Promise<[hits: number, leftMs: number]> };

/** Fixed windows on Redis, common to all processes. */
export class SharedWindows {
  private readonly logger = new Logger('RateLimit');
  private readonly redis: CountingRedis;
  private awaySince: number | undefined;
  private askAgainAt = 0;

  constructor(
    redis: Redis,
    private readonly timeoutMs: number,
  ) {
    redis.defineCommand('countRequest', { numberOfKeys: 1, lua: COUNT });
    this.redis = redis as CountingRedis;
  }

  /** Counts one request. @returns nothing when Redis cannot say within the bound, or could not a moment ago */
  async count(bucket: string, windowMs: number): Promise<Window | undefined> {
    if (this.redis.status !== 'ready') return this.lost('it is not connected');
    if (this.awaySince !== undefined) {
      const now = performance.now();
      if (now < this.askAgainAt) return undefined;
      // Only this request tries; those beside it go on without.
      this.askAgainAt = now + RETRY_MS;
    }
    try {
      const counting = this.redis.countRequest(`vectorlane:rate-limit:${bucket}`, windowMs);
      const [hits, leftMs] = await within(counting, { timeoutMs: this.timeoutMs });
      this.found();
      return { hits, leftMs };
    } catch (error) {
      this.askAgainAt = performance.now() + RETRY_MS;
      return this.lost(error instanceof Error ? error.message : String(error));
    }
  }

  private lost(reason: string): undefined {
    if (this.awaySince !== undefined) return;
    this.awaySince = performance.now();
    this.logger.warn({ reason }, 'Redis does not count requests: this process limits them on its own');
  }

  private found(): void {
    if (this.awaySince === undefined) return;
    const awayMs = Math.round(performance.now() - this.awaySince);
    this.awaySince = undefined;
    this.logger.log({ awayMs }, 'Redis counts requests again, for all processes together');
  }
}
