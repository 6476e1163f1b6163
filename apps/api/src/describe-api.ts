import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { OpenAPIObject } from '@nestjs/swagger';
import { AlertingService } from '@vectorlane/alerting';
import { ApiKeysService } from '@vectorlane/auth';
import { Config } from '@vectorlane/config';
import {
  ChunksRepository,
  CollectionsRepository,
  ContentsRepository,
  DocumentListRepository,
  DocumentsRepository,
} from '@vectorlane/documents';
import { EventFeed } from '@vectorlane/events';
import { IngestionService } from '@vectorlane/ingestion';
import { Metrics } from '@vectorlane/metrics';
import { SearchService } from '@vectorlane/search';
import { API_CONTROLLERS } from './app.module';
import { openApiDocument } from './openapi';

const WANTED = [
  Config,
  IngestionService,
  DocumentsRepository,
  DocumentListRepository,
  ContentsRepository,
  ChunksRepository,
  CollectionsRepository,
  SearchService,
  ApiKeysService,
  AlertingService,
  EventFeed,
  Metrics,
];

/** The controllers with nothing behind them: their decorators say all that the document needs. */
@Module({
  controllers: [...API_CONTROLLERS],
  providers: WANTED.map((provide) => ({ provide, useValue: {} })),
})
class ApiDescriptionModule {}

/** The OpenAPI document without starting the service, for the committed `openapi.json`. */
export async function describeApi(): Promise<OpenAPIObject> {
  const app = await NestFactory.create(ApiDescriptionModule, { logger: false, abortOnError: false });
  try {
    return openApiDocument(app);
  } finally {
    await app.close();
  }
}
