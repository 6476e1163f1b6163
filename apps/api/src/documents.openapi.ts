import type { ApiBodyOptions } from '@nestjs/swagger';
import { z } from 'zod';
import { loadConfig } from '@vectorlane/config';
import { COLLECTION_NAME } from '@vectorlane/domain';
import { onDuplicateSchema } from './documents.schemas';
import { NO_NUL } from './storable-text';

type Content = NonNullable<Extract<ApiBodyOptions, { schema: unknown }>['schema']>;

const onDuplicate = z.toJSONSchema(onDuplicateSchema, { target: 'openapi-3.0', io: 'input' }) as Content;

/** Where an answer says that its document is. */
export const LOCATION = { Location: { description: 'The document.', schema: { type: 'string' } } } as const;

/** As the schema that checks them says it; the types of this place are those of OpenAPI 3.0. */
const METADATA_NAMES = { propertyNames: { minLength: 1, maxLength: 128, pattern: NO_NUL } } as object;

const MIB = 1024 * 1024;

/** The body of an upload: it streams to its handler, so nothing but this describes it. */
export const uploadBody: ApiBodyOptions = {
  required: true,
  schema: {
    type: 'object',
    required: ['file'],
    additionalProperties: false,
    properties: {
      file: {
        type: 'string',
        format: 'binary',
        description:
          'The file, with its name, in a format that the service reads (any other is refused by name). At most ' +
          `${loadConfig({}).MAX_UPLOAD_BYTES / MIB} MiB, where \`MAX_UPLOAD_BYTES\` does not say otherwise.`,
      },
      metadata: {
        type: 'object',
        additionalProperties: true,
        ...METADATA_NAMES,
        description: 'Whatever you want to filter by or get back with a hit: a JSON object of up to 16 KiB.',
        example: { author: 'Ada', year: 2026 },
      },
      collection: {
        type: 'string',
        pattern: COLLECTION_NAME.source,
        description: 'Name of the collection it goes to, made where it is not there; left out: `default`.',
        example: 'handbooks',
      },
      externalId: {
        type: 'string',
        minLength: 1,
        maxLength: 512,
        pattern: NO_NUL,
        description: "Its owner's name for the document, unique in the collection.",
        example: 'handbooks/leave.md',
      },
      onDuplicate,
    },
  },
};
