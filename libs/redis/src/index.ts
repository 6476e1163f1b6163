export { EmbeddedValkey, type EmbeddedValkeyOptions, type ValkeyEndpoint } from './embedded/embedded-valkey';
export { RedisClient } from './redis-client';
export { type QueueRole, RedisConnections, RedisUnreachableError } from './redis-connections';
export { RedisModule } from './redis.module';
