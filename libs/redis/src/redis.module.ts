import { Global, Module } from '@nestjs/common';
import { Config } from '@vectorlane/config';
import { ReadinessRegistry } from '@vectorlane/health';
import { ShutdownSequence } from '@vectorlane/shutdown';
import { EmbeddedValkey } from './embedded/embedded-valkey';
import { RedisConnections } from './redis-connections';

/** Redis, or a Valkey inside when nothing is set. Above the connection nobody knows which. */
@Global()
@Module({
  providers: [
    {
      provide: RedisConnections,
      inject: [Config, ReadinessRegistry, ShutdownSequence],
      useFactory: openRedis,
    },
  ],
  exports: [RedisConnections],
})
export class RedisModule {}

async function openRedis(
  config: Config,
  readiness: ReadinessRegistry,
  shutdown: ShutdownSequence,
): Promise<RedisConnections> {
  const embedded = config.REDIS_URL === undefined ? await EmbeddedValkey.start() : undefined;
  try {
    const connections = new RedisConnections(config, embedded);
    await connections.connect();
    if (embedded !== undefined) shutdown.add('engines', 'embedded Valkey', () => embedded.close());
    shutdown.add('redis', 'redis connections', () => connections.close());
    readiness.register({ name: 'redis', check: () => connections.proveWrite() });
    return connections;
  } catch (error) {
    // A boot that fails must leave nothing that keeps the process.
    await embedded?.close();
    throw error;
  }
}
