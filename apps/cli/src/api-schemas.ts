import { DocumentStatus, EventType, ManifestState, Place } from '@vectorlane/domain';
import { z } from 'zod';

/**
 * Answers of the REST API, as far as this client uses them: fields that it does not use are not asked for, so that a
 * newer server may add to them.
 */

const coverageSchema = z.object({ pagesWithoutText: z.array(z.number()), notes: z.array(z.string()) });

export const uploadAnswerSchema = z.object({
  id: z.string().min(1),
  lane: z.string().default('fast'),
  status: z.string(),
  revision: z.number().default(1),
  pendingRevision: z.object({ status: z.string() }).nullish(),
  chunkCount: z.number().nullish(),
  duplicate: z.boolean().optional(),
  failure: z.object({ code: z.string(), message: z.string() }).nullish(),
});

export const pendingRevisionSchema = z.object({
  status: DocumentStatus,
  stage: z.string().nullish(),
  percent: z.number().nullish(),
  failure: z.object({ code: z.string(), message: z.string() }).nullish(),
});

export const documentSchema = z.object({
  id: z.string().min(1),
  pendingRevision: pendingRevisionSchema.nullish(),
  status: DocumentStatus,
  stage: z.string().nullish(),
  percent: z.number().nullish(),
  chunkCount: z.number().nullish(),
  attempts: z.number().nullish(),
  updatedAt: z.string().nullish(),
  failure: z.object({ code: z.string(), message: z.string() }).nullish(),
  coverage: coverageSchema.nullish(),
});

export const eventSchema = z.object({
  documentId: z.string().min(1),
  revision: z.number(),
  status: DocumentStatus,
  percent: z.number(),
  chunkCount: z.number().nullish(),
  failure: z.object({ code: z.string(), message: z.string() }).nullish(),
  coverage: coverageSchema.nullish(),
});

export const webhookPageSchema = z.object({
  items: z.array(
    z.object({
      id: z.string(),
      url: z.string(),
      types: z.array(EventType).nullable(),
      collections: z.array(z.string()).nullable(),
      enabled: z.boolean(),
      disabledReason: z.string().nullable(),
      failingSince: z.string().nullable(),
    }),
  ),
  nextCursor: z.string().nullable(),
});

const deliverySchema = z.object({
  id: z.string(),
  type: z.string(),
  status: z.string(),
  attempts: z.number(),
  lastStatus: z.number().nullable(),
  lastError: z.string().nullable(),
  createdAt: z.string(),
});
export const deliveryPageSchema = z.object({ items: z.array(deliverySchema), nextCursor: z.string().nullable() });

export const listedDocumentSchema = z.looseObject({
  id: z.string().min(1),
  externalId: z.string().nullish(),
  filename: z.string(),
  status: DocumentStatus,
  sizeBytes: z.number(),
  chunkCount: z.number().nullish(),
  updatedAt: z.string(),
  failure: z.object({ code: z.string(), message: z.string(), retryable: z.boolean().nullish() }).nullish(),
});

export const documentPageSchema = z.object({ items: z.array(listedDocumentSchema), nextCursor: z.string().nullable() });

export const manifestSchema = z.object({
  items: z.array(
    z.object({
      externalId: z.string(),
      state: ManifestState,
      documentId: z.string().nullish(),
      status: DocumentStatus.nullish(),
    }),
  ),
});

export const deletedSchema = z.object({ matched: z.number(), deleted: z.number() });

export const retriedSchema = z.object({ matched: z.number(), retried: z.number() });

export const searchAnswerSchema = z.object({
  results: z.array(
    z.object({
      documentId: z.string(),
      chunkId: z.union([z.string(), z.number()]),
      content: z.string(),
      score: z.number(),
      place: z.looseObject(Place.shape),
      // Loose: --json passes on whatever else the server tells.
      metadata: z.looseObject({
        filename: z.string(),
        charStart: z.number(),
        charEnd: z.number(),
      }),
    }),
  ),
  tookMs: z.number(),
});

export const createdKeySchema = z.object({
  id: z.string(),
  name: z.string(),
  scopes: z.array(z.string()),
  key: z.string().min(1),
  createdAt: z.string(),
});

export const keyPageSchema = z.object({
  items: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      scopes: z.array(z.string()),
      createdAt: z.string(),
      lastUsedAt: z.string().nullish(),
      expiresAt: z.string().nullish(),
      revokedAt: z.string().nullish(),
      rateLimitPerMinute: z.union([z.number(), z.string()]).nullish(),
    }),
  ),
  nextCursor: z.string().nullable(),
});

export const testAlertSchema = z.object({
  delivered: z.boolean(),
  channel: z.string().nullable(),
  host: z.string().nullable(),
  status: z.number().nullable(),
  latencyMs: z.number(),
  detail: z.string(),
});

export type ToldDocument = z.infer<typeof eventSchema>;
export type ListedWebhook = z.infer<typeof webhookPageSchema>['items'][number];
export type WebhookPage = z.infer<typeof webhookPageSchema>;
export type Delivery = z.infer<typeof deliverySchema>;
export type DeliveryPage = z.infer<typeof deliveryPageSchema>;
export type ManifestEntry = z.infer<typeof manifestSchema>['items'][number];
export type UploadAnswer = z.infer<typeof uploadAnswerSchema>;
export type FollowedDocument = z.infer<typeof documentSchema>;
export type ListedDocument = z.infer<typeof listedDocumentSchema>;
export type DocumentPage = z.infer<typeof documentPageSchema>;
export type SearchAnswer = z.infer<typeof searchAnswerSchema>;
export type CreatedKey = z.infer<typeof createdKeySchema>;
export type KeyPage = z.infer<typeof keyPageSchema>;
export type ListedKey = KeyPage['items'][number];

export type TestAlertReport = z.infer<typeof testAlertSchema>;
