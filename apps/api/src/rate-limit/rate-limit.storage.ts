import type { ThrottlerStorage } from '@nestjs/throttler';
import type { Redis } from 'ioredis';
import { LocalWindows } from './local-windows';
import { SharedWindows } from './shared-windows';

type Counted = Awaited<ReturnType<ThrottlerStorage['increment']>>;

/**
 * Where the throttler counts: on Redis, for all processes together, and in this process while Redis is away, or where
 * there is no other. Each request costs the same however many came before it; the throttler's own storage goes through
 * the live ones.
 */
export class RateLimitStorage implements ThrottlerStorage {
  private readonly local = new LocalWindows();
  private readonly shared: SharedWindows | undefined;

  /**
   * @param redis left out where no other process counts: the engine inside forgets with this process, as memory does
   * @param timeoutMs longest a request waits for Redis
   */
  constructor(redis: Redis | undefined, timeoutMs: number) {
    this.shared = redis && new SharedWindows(redis, timeoutMs);
  }

  /** @returns times in whole seconds, rounded up: a client that waits as long as it says gets through */
  async increment(bucket: string, windowMs: number, limit: number): Promise<Counted> {
    const shared = await this.shared?.count(bucket, windowMs);
    const { hits, leftMs } =
      shared === undefined ? this.local.count(bucket, windowMs) : this.local.follow(bucket, shared);
    const seconds = Math.max(1, Math.ceil(leftMs / 1_000));
    const isBlocked = hits > limit;
    return { totalHits: hits, timeToExpire: seconds, isBlocked, timeToBlockExpire: isBlocked ? seconds : 0 };
  }
}
