import { type Document, DocumentOrder, type ListOrder, type StoredChunk } from '@vectorlane/documents';
import {
  CollectionName,
  Coverage,
  Dependency,
  DocumentCondition,
  DocumentStatus,
  Lane,
  ManifestState,
  OnDuplicate,
  Place,
  Stage,
  StageTimings,
  WorkProgress,
} from '@vectorlane/domain';
import { INGESTION_FAILURES, type IngestionFailureCode } from '@vectorlane/errors';
import { z } from 'zod';
import { atMost, isStorable, storableText, UNSTORABLE } from './storable-text';

/** Shapes of the documents routes: what comes in, what goes out, and the OpenAPI document, from one place. */

const METADATA_BYTES = 16 * 1024;
const METADATA_DEPTH = 5;

export const metadataSchema = z
  .record(atMost(128, storableText().min(1)), z.unknown())
  // Depth before anything else reads it (what follows is recursive), and nothing more once it is too deep.
  .refine(isShallow, { error: `metadata may be nested at most ${METADATA_DEPTH} levels deep`, abort: true })
  // JSON has larger numbers than JavaScript, and would be stored as null.
  .refine((value) => everyScalar(value, (scalar) => typeof scalar !== 'number' || Number.isFinite(scalar)), {
    error: 'numbers must lie within ±1.8e308',
    abort: true,
  })
  .refine((value) => Buffer.byteLength(JSON.stringify(value)) <= METADATA_BYTES, {
    error: `metadata may have at most ${METADATA_BYTES} bytes as JSON`,
    abort: true,
  })
  .refine((value) => everyScalar(value, (scalar) => typeof scalar !== 'string' || isStorable(scalar)), {
    error: UNSTORABLE,
  })
  .meta({
    description: 'Whatever you want to filter by or get back with a hit.',
    example: { author: 'Ada', year: 2026 },
  });

export const externalIdSchema = atMost(512, storableText().min(1)).meta({
  description: "Its owner's name for the document: other bytes under it are the next revision.",
});

export const onDuplicateSchema = OnDuplicate.meta({
  description:
    'What other bytes under the same filename mean, in the collection and without an `externalId`: a further document ' +
    '(`return`, the default), a refusal, or the next revision of the newest document of that name.',
});

/** A document of that `externalId` has its next revision; nothing is left to say of duplicates. */
const EITHER = { required: ['externalId', 'onDuplicate'], properties: { externalId: {}, onDuplicate: {} } };

export const textDocumentSchema = z
  .strictObject({
    text: z
      .string()
      .min(1)
      .meta({ description: 'The document itself.', example: 'Bees cluster to keep warm in winter.' }),
    filename: atMost(1_024, z.string())
      .optional()
      .meta({ description: 'Decides the format by its extension.', example: 'bees.md' }),
    metadata: metadataSchema.optional(),
    collection: CollectionName.exactOptional(),
    externalId: externalIdSchema.exactOptional(),
    onDuplicate: onDuplicateSchema.exactOptional(),
  })
  .meta({
    not: EITHER,
    example: {
      text: 'Bees cluster to keep warm in winter.',
      filename: 'bees.md',
      metadata: { author: 'Ada', year: 2026 },
    },
  });

const MOST_IN_A_MANIFEST = 1_000;

export const manifestSchema = z
  .strictObject({
    collection: CollectionName.exactOptional(),
    items: z
      .array(
        z.strictObject({
          externalId: externalIdSchema,
          sha256: z
            .string()
            .regex(/^[0-9a-f]{64}$/i, { error: 'must be a SHA-256, 64 hexadecimal digits' })
            .meta({ description: 'Of the bytes, in hexadecimal digits.' }),
        }),
      )
      .min(1)
      .max(MOST_IN_A_MANIFEST),
  })
  .meta({
    description: 'Files as their owner has them.',
    example: { items: [{ externalId: 'handbooks/leave.md', sha256: '9f'.repeat(32) }] },
  });

export const manifestAnswerSchema = z.object({
  items: z.array(
    z.object({
      externalId: z.string(),
      state: ManifestState.meta({ description: '`missing` and `changed` files have to be sent.' }),
      documentId: z.string().exactOptional().meta({ format: 'uuid' }),
      status: DocumentStatus.exactOptional().meta({ description: 'How far these bytes are, where they are here.' }),
    }),
  ),
});

export const list = <T extends z.ZodType>(item: T) =>
  z.preprocess((value) => (typeof value === 'string' ? value.split(',') : value), z.array(item).min(1).max(20));

const SORTS = DocumentOrder.options.flatMap((order) => [order, `-${order}` as const]);

/** Conditions on metadata as a filter has them, as JSON in a query. */
const metadataConditions = atMost(4_096, z.string()).transform(
  (text, context): NonNullable<DocumentCondition['metadata']> => {
    const parsed = DocumentCondition.safeParse({ metadata: jsonOr(text) });
    if (parsed.success) return parsed.data.metadata ?? [];
    const [issue] = parsed.error.issues;
    context.issues.push({ code: 'custom', message: issue?.message ?? 'is no condition', input: text });
    return z.NEVER;
  },
);

const moment = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

export const listQuerySchema = z.strictObject({
  // A name may be what it stands for.
  cursor: z.string().max(8_192).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
  status: list(DocumentStatus).exactOptional(),
  format: list(atMost(32, storableText())).exactOptional(),
  lane: list(Lane).exactOptional(),
  filename: atMost(1_024, storableText().min(1)).exactOptional().meta({ description: 'The whole name.' }),
  filenameContains: atMost(1_024, storableText().min(1))
    .exactOptional()
    .meta({ description: 'A part of the name, whatever the case of its letters.' }),
  externalId: externalIdSchema.exactOptional(),
  createdAfter: moment.exactOptional().meta({ format: 'date-time' }),
  createdBefore: moment.exactOptional().meta({ format: 'date-time' }),
  metadata: metadataConditions
    .exactOptional()
    .meta({ description: 'Conditions as in a filter, as JSON: `{"year":{"gte":2020}}`.' }),
  collection: list(CollectionName).optional().meta({ description: 'Left out: all that the key may see.' }),
  sort: z.enum(SORTS).default('-createdAt').meta({ description: 'A dash before it reverses the order.' }),
  count: z
    .enum(['true', 'false'])
    .default('false')
    .transform((value) => value === 'true')
    .meta({ description: 'Whether `total` is counted.' }),
});

export const pageQuerySchema = z.strictObject({
  cursor: z.string().max(256).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
});

export const failureSchema = z.object({
  code: z.enum(Object.keys(INGESTION_FAILURES) as [IngestionFailureCode, ...IngestionFailureCode[]]),
  message: z.string(),
  retryable: z.boolean().meta({ description: 'Whether `POST …/retry` may help.' }),
});

const timestamp = z.string().meta({ format: 'date-time', example: '2026-11-24T09:30:00.000Z' });

export const waitingSchema = z
  .object({ dependency: Dependency, since: timestamp })
  .meta({ description: 'What a pending document waits for, at no cost to it; it goes on by itself.' });

export const pendingRevisionSchema = z.object({
  status: DocumentStatus,
  stage: Stage,
  percent: z.int().min(0).max(100),
  failure: failureSchema.optional(),
});

export const documentSchema = z.object({
  id: z.string().meta({ format: 'uuid' }),
  collection: CollectionName,
  externalId: z.string().exactOptional(),
  revision: z.int().meta({ description: 'Of the content that is told of here; from 1.' }),
  pendingRevision: pendingRevisionSchema.exactOptional().meta({
    description: 'The content on its way to take its place; where it has failed, the document stays as it is.',
  }),
  filename: z.string(),
  format: z.string().meta({ example: 'md' }),
  lane: Lane,
  status: DocumentStatus,
  sizeBytes: z.number().int(),
  metadata: z.record(z.string(), z.unknown()),
  attempts: z
    .number()
    .int()
    .meta({ description: 'Errors so far that may pass and that the document may have caused.' }),
  stage: Stage,
  percent: z.number().int().min(0).max(100),
  progress: WorkProgress.exactOptional().meta({ description: 'Of one in work, once its text was read.' }),
  chunkCount: z.number().int().nullable(),
  reusedChunks: z
    .int()
    .exactOptional()
    .meta({ description: 'Chunks whose vectors were those of the revision before.' }),
  timings: StageTimings,
  failure: failureSchema.optional(),
  coverage: Coverage.optional().meta({ description: 'What of a completed document was read.' }),
  waitingFor: waitingSchema.optional(),
  createdAt: timestamp,
  updatedAt: timestamp,
  duplicate: z.literal(true).exactOptional().meta({ description: 'An upload of bytes that were here already.' }),
  links: z
    .object({ retry: z.string() })
    .exactOptional()
    .meta({ description: 'Beside `duplicate`: where to retry it, when it has failed.' }),
});

export const documentPageSchema = z.object({
  items: z.array(documentSchema),
  nextCursor: z.string().nullable(),
  total: z.int().exactOptional().meta({ description: 'Of all pages; only where `count` asks for it.' }),
  totalIsEstimate: z.literal(true).exactOptional().meta({ description: 'There are more than 10,000.' }),
});

export const chunkSchema = z.object({
  id: z.string().meta({ format: 'uuid' }),
  ordinal: z.number().int(),
  content: z.string(),
  charStart: z.number().int().meta({ description: 'UTF-16 code units of the text that `/text` serves, inclusive.' }),
  charEnd: z.number().int().meta({ description: 'Exclusive.' }),
  tokenCount: z.number().int(),
  place: Place,
}) satisfies z.ZodType<StoredChunk>;

export const chunkPageSchema = z.object({ items: z.array(chunkSchema), nextCursor: z.string().nullable() });

export type ListQuery = z.output<typeof listQuerySchema>;
export type PageQuery = z.output<typeof pageQuerySchema>;
export function orderOf(sort: ListQuery['sort']): ListOrder {
  const descending = sort.startsWith('-');
  return { by: DocumentOrder.parse(descending ? sort.slice(1) : sort), descending };
}

/** What an upload is answered with. */
export function uploadedBody(document: Document, duplicate: boolean): DocumentBody {
  return {
    ...documentBody(document),
    ...(duplicate && { duplicate }),
    ...(duplicate && document.status === 'failed' && { links: { retry: `/api/documents/${document.id}/retry` } }),
  };
}

function revisionOf(document: Document): Pick<DocumentBody, 'externalId' | 'revision' | 'pendingRevision'> {
  const { externalId, revision, pendingRevision: pending } = document;
  return {
    ...(externalId !== null && { externalId }),
    revision,
    ...(pending && {
      pendingRevision: {
        ...{ status: pending.status, stage: pending.stage, percent: pending.percent },
        ...failureOf(pending),
      },
    }),
  };
}

function failureOf(failed: {
  readonly failureCode: IngestionFailureCode | null;
  readonly failureMessage: string | null;
  readonly failureRetryable: boolean | null;
}): Pick<DocumentBody, 'failure'> {
  const { failureCode: code, failureMessage, failureRetryable } = failed;
  return code === null
    ? {}
    : { failure: { code, message: failureMessage ?? '', retryable: failureRetryable ?? false } };
}

export type DocumentBody = z.output<typeof documentSchema>;

export function documentBody(document: Document): DocumentBody {
  return {
    id: document.id,
    collection: document.collection,
    ...revisionOf(document),
    filename: document.filename,
    format: document.format,
    lane: document.lane,
    status: document.status,
    sizeBytes: document.sizeBytes,
    metadata: document.metadata,
    attempts: document.attempts,
    stage: document.stage,
    percent: document.percent,
    ...(document.workCounts !== null && { progress: { ...document.workCounts, etaMs: document.etaMs } }),
    chunkCount: document.chunkCount,
    timings: document.timings,
    ...failureOf(document),
    ...(document.reusedChunks !== null && { reusedChunks: document.reusedChunks }),
    ...(document.coverage !== null && { coverage: document.coverage }),
    ...(document.status === 'pending' &&
      document.waitingFor !== null &&
      document.waitingSince !== null && {
        waitingFor: { dependency: document.waitingFor, since: document.waitingSince.toISOString() },
      }),
    createdAt: document.createdAt.toISOString(),
    updatedAt: document.updatedAt.toISOString(),
  };
}

function isShallow(root: object): boolean {
  let level: unknown[] = [root];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth >= METADATA_DEPTH) return false;
    level = level.flatMap((value) => (isObject(value) ? Object.values(value).filter(isObject) : []));
  }
  return true;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Of the names and the values in it, however deep. */
function everyScalar(value: unknown, holds: (scalar: unknown) => boolean): boolean {
  if (typeof value !== 'object' || value === null) return holds(value);
  return Object.entries(value).every(([name, inner]) => holds(name) && everyScalar(inner, holds));
}

/** What is no JSON is no condition either, and is refused as one. */
function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
