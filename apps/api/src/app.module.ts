import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { AuthModule } from '@vectorlane/auth';
import { Config, ConfigModule } from '@vectorlane/config';
import { DatabaseModule } from '@vectorlane/database';
import { DocumentsModule } from '@vectorlane/documents';
import { HealthModule } from '@vectorlane/health';
import { IngestionModule } from '@vectorlane/ingestion';
import { LoggingModule } from '@vectorlane/logging';
import { QueueModule } from '@vectorlane/queue';
import { RedisModule } from '@vectorlane/redis';
import { SearchModule } from '@vectorlane/search';
import { ShutdownModule } from '@vectorlane/shutdown';
import { ApiKeysController } from './api-keys.controller';
import { ApiScopeGuard } from './scope.guard';
import { DocumentsController } from './documents.controller';
import { ProblemFilter } from './problem.filter';
import { SearchController } from './search.controller';
import { validationPipe } from './validation';

/** The whole service as one process sees it. */
@Module({})
export class AppModule {
  static register(config: Config): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(config),
        LoggingModule,
        ShutdownModule,
        HealthModule,
        DatabaseModule,
        RedisModule,
        QueueModule,
        AuthModule,
        DocumentsModule,
        IngestionModule.register({ consumes: config.ROLE === 'all' }),
        SearchModule,
      ],
      controllers: [DocumentsController, SearchController, ApiKeysController],
      providers: [
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: APP_GUARD, useClass: ApiScopeGuard },
        { provide: APP_PIPE, useValue: validationPipe },
      ],
    };
  }
}
