import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { VERSION } from '@vectorlane/health';
import { z } from 'zod';
import { problemSchema } from './problem-responses';

/** The OpenAPI document, from the same schemas that validate. */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  type SchemaObject = Extract<
    NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string],
    { type?: unknown }
  >;
  const document = SwaggerModule.createDocument(
    app,
    new DocumentBuilder()
      .setTitle('Vectorlane')
      .setDescription(
        'Documents in, ranked passages out. Every refusal is `application/problem+json` with a stable `code`.',
      )
      .setVersion(VERSION)
      .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
      .addApiKey({ type: 'apiKey', in: 'header', name: 'X-API-Key' }, 'apiKey')
      .addBearerAuth({ type: 'http', scheme: 'bearer' }, 'bearer')
      .build(),
  );
  document.components ??= {};
  document.components.schemas = {
    ...document.components.schemas,
    Problem: z.toJSONSchema(problemSchema, { target: 'openapi-3.0' }) as SchemaObject,
  };
  return document;
}

/** `/docs` for people, `/openapi.json` for programs. */
export function mountOpenApi(app: INestApplication): void {
  SwaggerModule.setup('docs', app, () => openApiDocument(app), {
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'openapi.yaml',
    customSiteTitle: 'Vectorlane API',
  });
}
