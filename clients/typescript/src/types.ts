import type { components, operations } from './schema.ts';

/** Shapes of the API, as openapi.json has them. */
type Schemas = components['schemas'];

export type AddTextRequest = Schemas['AddTextRequest'];
export type AddedText = Schemas['AddedText'];
export type ApiKey = Schemas['ApiKey'];
export type ApiKeyPage = Schemas['ApiKeyPage'];
export type ChangeCollectionRequest = Schemas['ChangeCollectionRequest'];
export type ChangeDocumentRequest = Schemas['ChangeDocumentRequest'];
export type ChangeWebhookRequest = Schemas['ChangeWebhookRequest'];
export type Chunk = Schemas['Chunk'];
export type ChunkPage = Schemas['ChunkPage'];
export type Collection = Schemas['Collection'];
export type CollectionPage = Schemas['CollectionPage'];
export type CreateApiKeyRequest = Schemas['CreateApiKeyRequest'];
export type CreateCollectionRequest = Schemas['CreateCollectionRequest'];
export type CreatedApiKey = Schemas['CreatedApiKey'];
export type CreateWebhookRequest = Schemas['CreateWebhookRequest'];
export type Delivery = Schemas['Delivery'];
export type DeliveryPage = Schemas['DeliveryPage'];
export type DeleteDocumentsRequest = Schemas['DeleteDocumentsRequest'];
export type DeletedDocuments = Schemas['DeletedDocuments'];
export type Document = Schemas['Document'];
export type DocumentFailure = Schemas['DocumentFailure'];
export type DocumentFilter = Schemas['DocumentFilter'];
export type DocumentPage = Schemas['DocumentPage'];
export type DocumentStatusAnswer = Schemas['DocumentStatusAnswer'];
export type DocumentStatusRequest = Schemas['DocumentStatusRequest'];
export type EventBody = Schemas['EventBody'];
export type EventType = Schemas['EventType'];
export type OnDuplicate = Schemas['OnDuplicate'];
export type Problem = Schemas['Problem'];
export type ProblemCode = Schemas['ProblemCode'];
export type ReprocessDocumentsRequest = Schemas['ReprocessDocumentsRequest'];
export type ReprocessedDocuments = Schemas['ReprocessedDocuments'];
export type SearchAnswer = Schemas['SearchAnswer'];
export type SearchHit = Schemas['SearchHit'];
export type SearchRequest = Schemas['SearchRequest'];
export type Webhook = Schemas['Webhook'];
export type WebhookPage = Schemas['WebhookPage'];

type ListQuery = NonNullable<operations['listDocuments']['parameters']['query']>;

/** Which documents are listed, and in which order. */
export type DocumentQuery = Omit<ListQuery, 'metadata'> & {
  /** Conditions as in a filter. */
  readonly metadata?: Readonly<Record<string, unknown>>;
};

export interface PageQuery {
  readonly cursor?: string;
  readonly limit?: number;
}

export interface DeliveryQuery extends PageQuery {
  readonly status?: Schemas['DeliveryStatus'];
}

/** With what has a default left out. */
export type NewApiKey = Omit<CreateApiKeyRequest, 'rateLimitPerMinute'> & Partial<CreateApiKeyRequest>;

/** What every call takes. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}
