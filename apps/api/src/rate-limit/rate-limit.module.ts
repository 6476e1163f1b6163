import { Module } from '@nestjs/common';
import { minutes, ThrottlerModule, type ThrottlerModuleOptions } from '@nestjs/throttler';
import { AuthModule } from '@vectorlane/auth';
import { Config } from '@vectorlane/config';
import { RedisConnections } from '@vectorlane/redis';
import { RateLimitStorage } from './rate-limit.storage';
import { RateLimiter } from './rate-limiter';

@Module({
  imports: [
    AuthModule,
    ThrottlerModule.forRootAsync({
      inject: [Config, RedisConnections],
      useFactory: (config: Config, { shared }: RedisConnections): ThrottlerModuleOptions => ({
        throttlers: [{ ttl: minutes(1), limit: config.RATE_LIMIT_PER_MINUTE }],
        storage: new RateLimitStorage(
          config.REDIS_URL === undefined ? undefined : shared,
          config.RATE_LIMIT_REDIS_TIMEOUT_MS,
        ),
      }),
    }),
  ],
  providers: [RateLimiter],
  exports: [RateLimiter],
})
export class RateLimitModule {}
