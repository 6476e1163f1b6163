import { Injectable } from '@nestjs/common';
import { InjectThrottlerStorage, minutes, ThrottlerStorage } from '@nestjs/throttler';
import { ApiKeysService, ConsoleSessions } from '@vectorlane/auth';
import { Config } from '@vectorlane/config';
import { Problem } from '@vectorlane/errors';
import { Metrics } from '@vectorlane/metrics';
import type { Request, Response } from 'express';
import { clientBucket } from './client-bucket';

const NAME = 'default';
const WINDOW_MS = minutes(1);

/**
 * Counts in the throttler's storage, asked by the request pipeline: its guard would come after authentication, and
 * never for a path that no route has, its key holds the handler's name, and it looks for limits declared on handlers
 * with each request. Here one limit holds over all routes together, and the key is the client alone.
 */
@Injectable()
export class RateLimiter {
  constructor(
    @InjectThrottlerStorage() private readonly storage: ThrottlerStorage,
    private readonly config: Config,
    private readonly keys: ApiKeysService,
    private readonly sessions: ConsoleSessions,
    private readonly metrics: Metrics,
  ) {}

  /**
   * Counts the request for its client, and tells it in the fields of the IETF draft (RateLimit header fields) what is
   * left.
   * @throws Problem `RATE_LIMITED`
   */
  async admit(request: Request, response: Response): Promise<void> {
    const { RATE_LIMIT_PER_MINUTE: ofAddress } = this.config;
    const { id, limit } = await clientBucket(request, response, this.keys, this.sessions, ofAddress);
    if (limit === 'none') return;
    const { totalHits, timeToExpire, isBlocked } = await this.storage.increment(id, WINDOW_MS, limit, 0, NAME);
    response.setHeader('RateLimit-Policy', `"${NAME}";q=${limit};w=${WINDOW_MS / 1_000}`);
    response.setHeader('RateLimit', `"${NAME}";r=${Math.max(0, limit - totalHits)};t=${timeToExpire}`);
    if (!isBlocked) return;
    this.metrics.rateLimited.inc();
    throw new Problem('RATE_LIMITED', `${limit} requests a minute are allowed. Try again in ${timeToExpire} s.`, {
      retryAfterSeconds: timeToExpire,
    });
  }
}
