import { BullModule } from '@nestjs/bullmq';
import { Global, Module } from '@nestjs/common';
import { Lane } from '@vectorlane/domain';
import { RedisClient, RedisConnections } from '@vectorlane/redis';
import { type ConnectionOptions, createIORedisClient, RedisConnection } from 'bullmq';
import type { RedisOptions } from 'ioredis';
import { ConsumerPresence } from './consumer-presence';
import { LaneConsumers } from './lane-consumers';
import { LaneQueues } from './lane-queues';
import { queueName } from './lanes';
import { QueueGauges } from './queue-gauges';
import { QueueIndicator } from './queue.indicator';

// A worker that closes waits until its connection has ended: it gets a client that always does.
RedisConnection.clientFactory = (options) => createIORedisClient(new RedisClient(options as RedisOptions));

/** BullMQ on the one connection policy of libs/redis. */
@Global()
@Module({
  imports: [
    BullModule.forRootAsync({
      inject: [RedisConnections],
      // ioredis writes an absent option as `undefined`, BullMQ's types as missing; they mean the same.
      useFactory: (redis: RedisConnections) => ({
        connection: redis.options() as ConnectionOptions,
        prefix: 'vectorlane',
      }),
    }),
    BullModule.registerQueue(
      ...Lane.options.map((lane) => ({
        name: queueName(lane),
        // PostgreSQL counts attempts; what Redis retains is for a person who looks, and bounded.
        defaultJobOptions: { attempts: 1, removeOnComplete: { count: 1_000 }, removeOnFail: { count: 1_000 } },
      })),
    ),
  ],
  providers: [LaneQueues, ConsumerPresence, LaneConsumers, QueueGauges, QueueIndicator],
  exports: [LaneQueues, LaneConsumers],
})
export class QueueModule {}
