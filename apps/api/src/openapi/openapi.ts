import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { VERSION } from '@vectorlane/health';
import { describeHeaders } from './headers';
import { nameSchemas, toJsonSchema } from './named-schemas';
import { PROBES } from './probes';

/** The OpenAPI document, from the same schemas that validate. */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  const described = SwaggerModule.createDocument(
    app,
    new DocumentBuilder()
      .setOpenAPIVersion('3.1.0')
      .setTitle('Vectorlane')
      .setDescription(
        'Documents in, ranked passages out. Upload files, follow them until they are `completed`, ask questions.\n\n' +
          'Every refusal is `application/problem+json` with a stable `code`. Fields that are not described may be added ' +
          'to answers at any time; nothing that is described goes within a major version.',
      )
      .setVersion(VERSION)
      .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
      .addServer('/', 'Where this document was read.')
      .addTag('documents', 'What was uploaded: its state, text, chunks and bytes.')
      .addTag('collections', 'Keep documents apart, and bind keys to some of them.')
      .addTag('events', 'What happens to documents, as it happens.')
      .addTag('search', 'From a question to passages.')
      .addTag('administration', 'API keys and alerts, for keys with the scope `admin`.')
      .addTag('operation', 'For load balancers and monitoring: no key, no limit.')
      .addApiKey({ type: 'apiKey', in: 'header', name: 'X-API-Key' }, 'apiKey')
      .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'vl_…' }, 'bearer')
      .build(),
    { standardSchemaConverter: (schema, { schemaType }) => toJsonSchema(schema, schemaType) },
  );
  const document = nameSchemas({ ...described, paths: { ...described.paths, ...PROBES } });
  return describeHeaders(document);
}

/** `/docs` for people, `/openapi.json` for programs. */
export function mountOpenApi(app: INestApplication): void {
  SwaggerModule.setup('docs', app, () => openApiDocument(app), {
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'openapi.yaml',
    customSiteTitle: 'Vectorlane API',
  });
}
