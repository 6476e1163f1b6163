import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/internal';
import {
  InjectThrottlerOptions,
  InjectThrottlerStorage,
  ThrottlerGuard,
  type ThrottlerModuleOptions,
  type ThrottlerRequest,
  ThrottlerStorage,
} from '@nestjs/throttler';
import { ApiKeysService, ConsoleSessions } from '@vectorlane/auth';
import { Config } from '@vectorlane/config';
import { Problem } from '@vectorlane/errors';
import { Metrics } from '@vectorlane/metrics';
import type { Request, Response } from 'express';
import { type ClientBucket, clientBucket } from './client-bucket';

/** The throttler asks for a route's handler, to look for limits declared on it. Ours belongs to no route. */
const noHandler = (): void => undefined;

/**
 * `@nestjs/throttler`'s guard, asked by the request pipeline: as a guard it would come after authentication, and never
 * for a path that no route has. It takes its limit, window, key and storage from the module's options.
 */
@Injectable()
export class RateLimiter extends ThrottlerGuard implements OnModuleInit {
  constructor(
    @InjectThrottlerOptions() options: ThrottlerModuleOptions,
    @InjectThrottlerStorage() storage: ThrottlerStorage,
    reflector: Reflector,
    private readonly config: Config,
    private readonly keys: ApiKeysService,
    private readonly sessions: ConsoleSessions,
    private readonly metrics: Metrics,
  ) {
    super(options, storage, reflector);
  }

  /**
   * Counts the request for its client.
   * @throws Problem `RATE_LIMITED`
   */
  async admit(request: Request, response: Response): Promise<void> {
    const bucket = await clientBucket(request, response, this.keys, this.sessions, this.config.RATE_LIMIT_PER_MINUTE);
    response.locals['bucket'] = bucket;
    await this.canActivate(new ExecutionContextHost([request, response], RateLimiter, noHandler));
  }

  /**
   * The throttler's own would write `X-RateLimit-*`; these are the fields of the IETF draft (RateLimit header fields).
   */
  protected override async handleRequest(asked: ThrottlerRequest): Promise<boolean> {
    const { context, limit, ttl, blockDuration, throttler, getTracker, generateKey } = asked;
    const http = context.switchToHttp();
    const response = http.getResponse<Response>();
    const name = throttler.name ?? 'default';
    const key = generateKey(context, await getTracker(http.getRequest<Request>(), context), name);
    const { totalHits, timeToExpire, isBlocked } = await this.storageService.increment(
      key,
      ttl,
      limit,
      blockDuration,
      name,
    );
    response.setHeader('RateLimit-Policy', `"${name}";q=${limit};w=${ttl / 1_000}`);
    response.setHeader('RateLimit', `"${name}";r=${Math.max(0, limit - totalHits)};t=${timeToExpire}`);
    if (!isBlocked) return true;
    this.metrics.rateLimited.inc();
    throw new Problem('RATE_LIMITED', `${limit} requests a minute are allowed. Try again in ${timeToExpire} s.`, {
      retryAfterSeconds: timeToExpire,
    });
  }
}

/** Who is counted, as `admit` found it. */
export function bucketOf(response: Response): ClientBucket {
  return response.locals['bucket'] as ClientBucket;
}
