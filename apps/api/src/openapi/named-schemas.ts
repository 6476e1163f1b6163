import type { OpenAPIObject } from '@nestjs/swagger';
import {
  CollectionName,
  Coverage,
  Degradation,
  DeliveryStatus,
  Dependency,
  DocumentCondition,
  DocumentStatus,
  EventType,
  Lane,
  ManifestState,
  METADATA_CONDITION,
  OnDuplicate,
  Place,
  Scope,
  SearchMode,
  Stage,
  StageTimings,
  WorkProgress,
} from '@vectorlane/domain';
import { z } from 'zod';
import { reportSchema } from '../alerts.controller';
import { createdSchema, createSchema as createKeySchema, keySchema, keysSchema } from '../api-keys.controller';
import {
  changeSchema as changeCollectionSchema,
  collectionSchema,
  createSchema as createCollectionSchema,
  pageSchema as collectionPageSchema,
} from '../collections.controller';
import {
  changeSchema as changeDocumentSchema,
  deletedSchema,
  deleteSchema,
  reprocessedSchema,
  reprocessOneSchema,
  reprocessSchema,
  retriedSchema,
  retrySchema,
} from '../document-changes.controller';
import { uploadBody } from '../documents.openapi';
import {
  chunkPageSchema,
  chunkSchema,
  documentPageSchema,
  documentSchema,
  failureSchema,
  manifestAnswerSchema,
  manifestSchema,
  pendingRevisionSchema,
  textDocumentSchema,
  waitingSchema,
} from '../documents.schemas';
import { eventBodySchema } from '../events.controller';
import { pageBoxesSchema, pageBoxSchema } from '../pages.controller';
import { problemCodeSchema, problemSchema } from '../problem-responses';
import { answerSchema, hitSchema, neighbouringSchema, searchSchema } from '../search.controller';
import { batchAnswerSchema, batchItemSchema, batchSchema } from '../uploads.controller';
import {
  changeSchema as changeWebhookSchema,
  createSchema as createWebhookSchema,
  deliveryPageSchema,
  deliverySchema,
  pageSchema as webhookPageSchema,
  webhookSchema,
} from '../webhooks.controller';
import { PROBE_SCHEMAS } from './probes';

type Json = Record<string, unknown>;

/** Names that generated clients have for what goes in. */
const INPUTS = {
  AddTextRequest: textDocumentSchema,
  ChangeDocumentRequest: changeDocumentSchema,
  RetryDocumentsRequest: retrySchema,
  ReprocessDocumentRequest: reprocessOneSchema,
  ReprocessDocumentsRequest: reprocessSchema,
  DeleteDocumentsRequest: deleteSchema,
  AddTextsRequest: batchSchema,
  CreateWebhookRequest: createWebhookSchema,
  ChangeWebhookRequest: changeWebhookSchema,
  DocumentStatusRequest: manifestSchema,
  CreateCollectionRequest: createCollectionSchema,
  ChangeCollectionRequest: changeCollectionSchema,
  CreateApiKeyRequest: createKeySchema,
  SearchRequest: searchSchema,
  DocumentFilter: DocumentCondition,
};

/** … and for what comes out. */
const OUTPUTS = {
  ...{ CollectionName, DocumentStatus, Lane, Stage, Scope, SearchMode, Degradation, Dependency },
  ...{ EventType, EventBody: eventBodySchema, OnDuplicate },
  ...{ Place, Coverage, StageTimings, WorkProgress },
  ...{ Document: documentSchema, DocumentPage: documentPageSchema, DocumentFailure: failureSchema },
  ...{ PendingRevision: pendingRevisionSchema, WaitingFor: waitingSchema },
  ...{ Chunk: chunkSchema, ChunkPage: chunkPageSchema },
  ...{ PageBoxes: pageBoxesSchema, PageBox: pageBoxSchema },
  ...{ DocumentStatusAnswer: manifestAnswerSchema },
  ...{ RetriedDocuments: retriedSchema, DeletedDocuments: deletedSchema, ReprocessedDocuments: reprocessedSchema },
  ...{ AddTextsAnswer: batchAnswerSchema, AddedText: batchItemSchema, ManifestState },
  ...{ Webhook: webhookSchema, WebhookPage: webhookPageSchema },
  ...{ DeliveryStatus, Delivery: deliverySchema, DeliveryPage: deliveryPageSchema },
  ...{ Collection: collectionSchema, CollectionPage: collectionPageSchema },
  ...{ SearchAnswer: answerSchema, SearchHit: hitSchema, NeighbouringChunk: neighbouringSchema },
  ...{ ApiKey: keySchema, CreatedApiKey: createdSchema, ApiKeyPage: keysSchema, TestAlertReport: reportSchema },
  ...{ Problem: problemSchema, ProblemCode: problemCodeSchema },
};

/** One of a stream: what `@nestjs/swagger` has no words for. */
const EVENT: Json = {
  type: 'object',
  description: 'One event of a stream.',
  required: ['id', 'event', 'data'],
  properties: {
    id: { type: 'string', pattern: '^[0-9]+$', description: 'For `Last-Event-ID`.' },
    event: { $ref: '#/components/schemas/EventType' },
    data: {
      type: 'string',
      contentMediaType: 'application/json',
      contentSchema: { $ref: '#/components/schemas/EventBody' },
    },
  },
};

/** What may stand beside a reference, because it is said of this use of the schema. */
const BESIDE = ['description', 'example', 'default'];

/** A schema as OpenAPI 3.1 has it. */
export function toJsonSchema(schema: unknown, io: 'input' | 'output'): { schema: Json } | undefined {
  if (!(schema instanceof z.ZodType)) return undefined;
  const { $schema: _dialect, ...json } = z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io,
    override: ({ jsonSchema }) => {
      // An answer may get more fields later; only what comes in is closed.
      if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
      // Any number that JavaScript has says nothing.
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  return { schema: normalised(json) as Json };
}

/**
 * Writes every schema that has a name once, among the components, and a reference wherever it appears: generated
 * clients get one class for a document and not one for each route.
 */
export function nameSchemas(document: OpenAPIObject): OpenAPIObject {
  const named = [
    ...Object.entries(OUTPUTS).map(([name, schema]) => [name, toJsonSchema(schema, 'output')?.schema ?? {}] as const),
    ...Object.entries(INPUTS).map(([name, schema]) => [name, toJsonSchema(schema, 'input')?.schema ?? {}] as const),
    ...Object.entries(PROBE_SCHEMAS),
    ['MetadataCondition', normalised(METADATA_CONDITION) as Json] as const,
    ['Event', EVENT] as const,
    ['UploadRequest', normalised('schema' in uploadBody ? uploadBody.schema : {}) as Json] as const,
  ]
    .map(([name, json]) => ({ name, json, size: JSON.stringify(json).length }))
    // What others are made of comes first.
    .toSorted((one, other) => one.size - other.size);
  const names = new Map<string, string>();
  const schemas: Record<string, Json> = {};
  for (const { name, json } of named) {
    const written = Object.fromEntries(Object.entries(json).map(([key, value]) => [key, withNames(value, names)]));
    schemas[name] = written;
    names.set(identity(written), name);
  }
  for (const name of ['DocumentFilter', 'MetadataCondition']) closeCondition(name, schemas[name] ?? {});
  const sorted = Object.fromEntries(Object.entries(schemas).toSorted(([one], [other]) => (one < other ? -1 : 1)));
  const components = { ...document.components, schemas: sorted };
  return { ...document, paths: withNames(document.paths, names), components } as OpenAPIObject;
}

function withNames(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((item) => withNames(item, names));
  if (typeof value !== 'object' || value === null) return value;
  const written: Json = {};
  for (const [key, part] of Object.entries(value)) {
    // Examples are data: what looks like a schema there is none.
    written[key] = key === 'example' || key === 'examples' ? part : withNames(part, names);
  }
  const name = names.get(identity(written));
  if (name === undefined) return written;
  const beside = Object.fromEntries(Object.entries(written).filter(([key]) => BESIDE.includes(key)));
  return { ...beside, $ref: `#/components/schemas/${name}` };
}

/** The same for two uses of one schema, whatever is said beside it. */
function identity(schema: Json): string {
  const entries = Object.entries(schema).filter(([key]) => !BESIDE.includes(key));
  return JSON.stringify(entries.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** Conditions are made of conditions. */
function closeCondition(name: string, condition: Json): void {
  const properties = condition['properties'] as Record<string, Json> | undefined;
  if (properties === undefined) throw new Error(`${name} has no properties.`);
  const self = { $ref: `#/components/schemas/${name}` };
  Object.assign(properties, { not: self });
  for (const list of [properties['and'], properties['or']]) Object.assign(list ?? {}, { items: self });
}

/** As the converter of `@nestjs/swagger` leaves a schema: one value is a list of one, the first example is the one. */
function normalised(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normalised);
  if (typeof value !== 'object' || value === null) return value;
  const { const: only, ...rest } = value as Json;
  const json = Object.fromEntries(Object.entries(rest).map(([key, part]) => [key, normalised(part)]));
  return only === undefined ? json : { ...json, enum: [only] };
}
