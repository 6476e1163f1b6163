import type { operations } from '../../../../clients/typescript/src/schema';

/** Shapes of the API's answers, under the names that the views use. */
type Answer<
  Name extends keyof operations,
  Status extends keyof operations[Name]['responses'],
> = operations[Name]['responses'][Status] extends { content: { 'application/json': infer Body } } ? Body : never;

export type DocumentPage = Answer<'listDocuments', 200>;
export type Document = Answer<'getDocument', 200>;
export type ChunkPage = Answer<'listDocumentChunks', 200>;
export type Chunk = ChunkPage['items'][number];
export type SearchAnswer = Answer<'search', 200>;
export type Hit = SearchAnswer['results'][number];
export type Place = Hit['place'];
export type PageBoxes = Answer<'getPassageBoxes', 200>;
export type Collection = Answer<'getCollection', 200>;
export type CollectionPage = Answer<'listCollections', 200>;
export type ApiKey = Answer<'listApiKeys', 200>['items'][number];
export type ApiKeyPage = Answer<'listApiKeys', 200>;
export type NewApiKey = Answer<'createApiKey', 201>;
export type Webhook = Answer<'getWebhook', 200>;
export type WebhookPage = Answer<'listWebhooks', 200>;
export type Delivery = Answer<'listDeliveries', 200>['items'][number];
export type DeliveryPage = Answer<'listDeliveries', 200>;
export type EventType = NonNullable<Webhook['types']>[number];
export type Retried = Answer<'retryDocuments', 200>;
export type Uploaded = Answer<'uploadDocument', 202>;
export type Status = Document['status'];
export type SearchMode = NonNullable<operations['search']['requestBody']['content']['application/json']['mode']>;
export type Scope = ApiKey['scopes'][number];

export interface Session {
  readonly keyId: string;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly collections: readonly string[] | null;
  readonly expiresAt: string;
  readonly version: string;
}

export interface Readiness {
  readonly status: 'ok' | 'error' | 'shutting_down';
  readonly checks: Readonly<Record<string, { readonly status: 'up' | 'down'; readonly latencyMs?: number }>>;
  readonly version: string;
  readonly uptime: number;
}
