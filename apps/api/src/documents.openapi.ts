import type { ApiBodyOptions } from '@nestjs/swagger';
import { z } from 'zod';
import { textDocumentSchema } from './documents.schemas';

type Content = NonNullable<Extract<ApiBodyOptions, { schema: unknown }>['schema']>;

const asJson = z.toJSONSchema(textDocumentSchema, { target: 'openapi-3.0', io: 'input' }) as Content;

/** The two bodies of an upload: Swagger knows one body a route, so they are written as alternatives. */
export const uploadBody: ApiBodyOptions = {
  required: true,
  schema: {
    oneOf: [
      {
        type: 'object',
        title: 'A file (multipart/form-data)',
        required: ['file'],
        additionalProperties: false,
        properties: {
          file: {
            type: 'string',
            format: 'binary',
            description: 'In a format that the service reads (any other is refused by name), up to `MAX_UPLOAD_BYTES`.',
          },
          metadata: {
            type: 'string',
            description: 'A JSON object of up to 16 KiB.',
            example: '{"author":"Ada","year":2026}',
          },
          collection: {
            type: 'string',
            description: 'Name of the collection it goes to, made where it is not there; left out: `default`.',
            example: 'handbooks',
          },
          externalId: {
            type: 'string',
            maxLength: 512,
            description: "Its owner's name for the document, unique in the collection.",
            example: 'handbooks/leave.md',
          },
        },
      },
      { ...asJson, title: 'A text (application/json)' },
    ],
  },
};
