import { type ExecutionContext, Module } from '@nestjs/common';
import { minutes, ThrottlerModule, type ThrottlerModuleOptions } from '@nestjs/throttler';
import { AuthModule } from '@vectorlane/auth';
import { Config } from '@vectorlane/config';
import { RedisConnections } from '@vectorlane/redis';
import type { Response } from 'express';
import type { ClientBucket } from './client-bucket';
import { RateLimitStorage } from './rate-limit.storage';
import { bucketOf, RateLimiter } from './rate-limiter';

const contextBucket = (context: ExecutionContext): ClientBucket =>
  bucketOf(context.switchToHttp().getResponse<Response>());

/**
 * One limit over all routes together: the throttler's key is the client alone, where its own holds the handler's name.
 */
@Module({
  imports: [
    AuthModule,
    ThrottlerModule.forRootAsync({
      inject: [Config, RedisConnections],
      useFactory: (config: Config, { shared }: RedisConnections): ThrottlerModuleOptions => ({
        throttlers: [
          {
            ttl: minutes(1),
            limit: (context) => Number(contextBucket(context).limit),
            skipIf: (context) => contextBucket(context).limit === 'none',
          },
        ],
        getTracker: (_request, context) => contextBucket(context).id,
        generateKey: (_context, tracker) => tracker,
        storage: new RateLimitStorage(shared, config.RATE_LIMIT_REDIS_TIMEOUT_MS),
      }),
    }),
  ],
  providers: [RateLimiter],
  exports: [RateLimiter],
})
export class RateLimitModule {}
