import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { AlertingModule } from '@vectorlane/alerting';
import { type Config, ConfigModule } from '@vectorlane/config';
import { DatabaseModule } from '@vectorlane/database';
import { EventsModule } from '@vectorlane/events';
import { HealthModule, VERSION } from '@vectorlane/health';
import { DependencyGauge, ProblemFilter, RouteTable } from '@vectorlane/http';
import { IngestionModule } from '@vectorlane/ingestion';
import { LoggingModule } from '@vectorlane/logging';
import { MetricsModule } from '@vectorlane/metrics';
import { QueueModule } from '@vectorlane/queue';
import { RedisModule } from '@vectorlane/redis';
import { WebhooksModule } from '@vectorlane/webhooks';
import { ShutdownModule, type ShutdownSequence } from '@vectorlane/shutdown';

/** A process that works the lanes and nothing else: the API's modules with another root. */
@Module({})
export class WorkerModule {
  static register(config: Config, shutdown: ShutdownSequence): DynamicModule {
    return {
      module: WorkerModule,
      imports: [
        ConfigModule.forRoot(config),
        LoggingModule,
        ShutdownModule.forRoot(shutdown),
        MetricsModule.register({ version: VERSION, role: 'worker' }),
        HealthModule,
        DatabaseModule,
        RedisModule,
        AlertingModule,
        QueueModule,
        EventsModule,
        IngestionModule.register({ consumes: true }),
        WebhooksModule.register({ sends: true }),
      ],
      providers: [RouteTable, DependencyGauge, { provide: APP_FILTER, useClass: ProblemFilter }],
    };
  }
}
