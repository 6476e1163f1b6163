import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { AlertingModule } from '@vectorlane/alerting';
import { AuthModule } from '@vectorlane/auth';
import { Config, ConfigModule } from '@vectorlane/config';
import { DatabaseModule } from '@vectorlane/database';
import { DocumentsModule } from '@vectorlane/documents';
import { EventFeed, EventsModule } from '@vectorlane/events';
import { HealthModule, VERSION } from '@vectorlane/health';
import { IngestionModule } from '@vectorlane/ingestion';
import { LoggingModule } from '@vectorlane/logging';
import { EmbeddingsModule } from '@vectorlane/embeddings';
import { MetricsModule } from '@vectorlane/metrics';
import { QueueModule } from '@vectorlane/queue';
import { RedisModule } from '@vectorlane/redis';
import { SearchModule } from '@vectorlane/search';
import { ShutdownModule, type ShutdownSequence } from '@vectorlane/shutdown';
import { WebhooksModule } from '@vectorlane/webhooks';
import { DependencyGauge, RouteTable } from '@vectorlane/http';
import { AlertsController } from './alerts.controller';
import { ApiKeysController } from './api-keys.controller';
import { ConsoleController } from './console/console.controller';
import { CollectionsController } from './collections.controller';
import { ApiScopeGuard } from './scope.guard';
import { DocumentChangesController } from './document-changes.controller';
import { DocumentsController } from './documents.controller';
import { EventsController } from './events.controller';
import { McpController } from './mcp/mcp.controller';
import { McpServers } from './mcp/mcp-servers';
import { OpenAiFileBatchesController } from './openai/file-batches.controller';
import { OpenAiFilesController } from './openai/files.controller';
import { OpenAiModelsController } from './openai/models.controller';
import { ApiProblemFilter } from './openai/openai-problem.filter';
import { OpenAiStoreFilesController } from './openai/store-files.controller';
import { OpenAiVectorStoresController } from './openai/vector-stores.controller';
import { VectorStoresService } from './openai/vector-stores.service';
import { RateLimitModule } from './rate-limit/rate-limit.module';
import { PagesController } from './pages.controller';
import { SearchController } from './search.controller';
import { UploadsController } from './uploads.controller';
import { validationPipe } from './validation';
import { WebhooksController } from './webhooks.controller';

/** What is served below `/api`. */
export const API_CONTROLLERS = [
  UploadsController,
  DocumentsController,
  DocumentChangesController,
  PagesController,
  EventsController,
  CollectionsController,
  SearchController,
  ApiKeysController,
  WebhooksController,
  AlertsController,
] as const;

/** Protocols of others, which their own documents describe. */
export const PROTOCOL_CONTROLLERS = [
  McpController,
  OpenAiModelsController,
  OpenAiFilesController,
  OpenAiVectorStoresController,
  OpenAiStoreFilesController,
  OpenAiFileBatchesController,
] as const;

/** The whole service as one process sees it. */
@Module({})
export class AppModule {
  static register(config: Config, shutdown: ShutdownSequence): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(config),
        LoggingModule,
        ShutdownModule.forRoot(shutdown),
        MetricsModule.register({ version: VERSION, role: config.ROLE }),
        HealthModule,
        DatabaseModule,
        RedisModule,
        AlertingModule,
        QueueModule,
        EventsModule,
        AuthModule,
        DocumentsModule,
        EmbeddingsModule,
        IngestionModule.register({ consumes: config.ROLE === 'all' }),
        WebhooksModule.register({ sends: config.ROLE === 'all' }),
        SearchModule,
        RateLimitModule,
      ],
      controllers: [
        ...API_CONTROLLERS,
        ...PROTOCOL_CONTROLLERS,
        ...(config.CONSOLE_ENABLED ? [ConsoleController] : []),
      ],
      providers: [
        RouteTable,
        McpServers,
        EventFeed,
        VectorStoresService,
        DependencyGauge,
        { provide: APP_FILTER, useClass: ApiProblemFilter },
        { provide: APP_GUARD, useClass: ApiScopeGuard },
        { provide: APP_PIPE, useValue: validationPipe },
      ],
    };
  }
}
