import 'reflect-metadata';
import { Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { OpenAPIObject } from '@nestjs/swagger';
import { API_CONTROLLERS } from './app.module';
import { openApiDocument } from './openapi/openapi';

/** What the constructors of the controllers ask for. */
const WANTED = new Set(
  API_CONTROLLERS.flatMap((controller) => Reflect.getMetadata('design:paramtypes', controller) as Type[]),
);

/** The controllers with nothing behind them: their decorators say all that the document needs. */
@Module({
  controllers: [...API_CONTROLLERS],
  providers: [...WANTED].map((provide) => ({ provide, useValue: {} })),
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
