import { openAsBlob } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { DocumentStatus, Scope, SearchMode } from '@vectorlane/domain';
import { z } from 'zod';
import { ApiProblem, UnreadableFile } from './api-errors';
import {
  type CreatedKey,
  createdKeySchema,
  deletedSchema,
  type Delivery,
  type DeliveryPage,
  deliveryPageSchema,
  type DocumentPage,
  documentPageSchema,
  documentSchema,
  type FollowedDocument,
  type KeyPage,
  keyPageSchema,
  type ListedDocument,
  listedDocumentSchema,
  type ListedKey,
  type ListedWebhook,
  type ManifestEntry,
  manifestSchema,
  retriedSchema,
  type SearchAnswer,
  searchAnswerSchema,
  type TestAlertReport,
  testAlertSchema,
  type UploadAnswer,
  uploadAnswerSchema,
  type WebhookPage,
  webhookPageSchema,
} from './api-schemas';
import { fileForm } from './file-form';
import { whyUnreadable } from './found-files';
import { HttpTransport, notOurs, type HttpRequest, type TransportOptions } from './http-transport';

/** The routes of the REST API as this client uses them, their answers checked. */

export interface SearchRequest {
  readonly query: string;
  readonly topK: number;
  readonly mode: SearchMode;
  readonly filter?: Record<string, unknown>;
}

export interface DocumentQuery {
  readonly status?: DocumentStatus;
  readonly format?: string;
}

export interface NewKey {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** ISO 8601. */
  readonly expiresAt?: string;
  readonly rateLimitPerMinute?: number | 'none';
}

export interface ApiClientOptions extends TransportOptions {
  readonly requestTimeoutMs: number;
}

/** A slow line is granted this many bytes a millisecond (64 KiB/s) on top of the ordinary timeout. */
const SLOWEST_UPLOAD_BYTES_PER_MS = 65;

/** Every method throws what `HttpTransport.send` throws; `signal` ends it early. */
export class ApiClient {
  private readonly transport: HttpTransport;

  constructor(private readonly options: ApiClientOptions) {
    this.transport = new HttpTransport(options);
  }

  /**
   * Streams a file from disk. Safe to repeat: the server knows a document by its bytes.
   * @throws UnreadableFile when it cannot be opened or changes on the way.
   */
  async uploadDocument(
    path: string,
    name: string,
    metadata: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
    {
      collection,
      externalId,
    }: { readonly collection?: string | undefined; readonly externalId?: string | undefined } = {},
  ): Promise<UploadAnswer> {
    const { size } = await readable(path, () => stat(path));
    const fields = {
      ...(Object.keys(metadata).length > 0 && { metadata: JSON.stringify(metadata) }),
      ...(collection !== undefined && { collection }),
      ...(externalId !== undefined && { externalId }),
    };
    const form = async () => fileForm(fields, name, await readable(path, () => openAsBlob(path)));
    const timeoutMs = this.options.requestTimeoutMs + Math.ceil(size / SLOWEST_UPLOAD_BYTES_PER_MS);
    const request = { method: 'POST', path: '/api/documents', form, timeoutMs, repeatable: true, signal } as const;
    return this.check(uploadAnswerSchema, (await this.transport.send(request)).body);
  }

  /**
   * Whether the key may read documents, which is how an upload is followed.
   * @throws ApiProblem that says how to make such a key
   */
  async requireRead(signal: AbortSignal): Promise<void> {
    try {
      await this.call(z.unknown(), { method: 'GET', path: '/api/documents?limit=1', signal });
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.code !== 'INSUFFICIENT_SCOPE') throw error;
      const advice =
        'This key may not read, and documents are followed by reading them; nothing was uploaded. ' +
        'Use a key with both scopes: npm run keys -- create --name importer --scopes read,write';
      throw new ApiProblem(error.status, error.code, advice, error.requestId);
    }
  }

  /**
   * A stream of what happens to documents from now on, or after an event.
   * @returns nothing where there is none to be had
   */
  openEvents(
    collection: string | undefined,
    lastEventId: string | undefined,
    signal: AbortSignal,
  ): Promise<AsyncIterable<string> | undefined> {
    const query = collection === undefined ? '' : `?collection=${encodeURIComponent(collection)}`;
    return this.transport.openEvents(`/api/events${query}`, lastEventId, this.options.requestTimeoutMs, signal);
  }

  /** Of one whose content is being replaced, how far the new content is. */
  async getDocument(id: string, signal: AbortSignal): Promise<FollowedDocument> {
    const document = await this.call(documentSchema, { method: 'GET', path: documentPath(id), signal });
    return { ...document, ...document.pendingRevision };
  }

  /** Which of these files have to be sent, in their order. */
  async compareManifest(
    collection: string | undefined,
    items: readonly { readonly externalId: string; readonly sha256: string }[],
    signal: AbortSignal,
  ): Promise<readonly ManifestEntry[]> {
    const json = { ...(collection !== undefined && { collection }), items };
    return (await this.call(manifestSchema, { method: 'POST', path: '/api/documents/status', json, signal })).items;
  }

  /** Every document of a collection that has an external id. */
  async *listExternalIds(
    collection: string | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<{ readonly id: string; readonly externalId: string }> {
    let cursor: string | null = null;
    do {
      const query: string = new URLSearchParams({
        ...{ limit: '100', sort: 'createdAt' },
        ...(collection !== undefined && { collection }),
        ...(cursor !== null && { cursor }),
      }).toString();
      const page: DocumentPage = await this.call(documentPageSchema, {
        ...{ method: 'GET', path: `/api/documents?${query}`, signal },
      });
      for (const { id, externalId } of page.items) if (externalId) yield { id, externalId };
      cursor = page.nextCursor;
    } while (cursor !== null);
  }

  /** @param ids at most 1,000 @returns how many there were */
  async deleteDocuments(ids: readonly string[], signal: AbortSignal): Promise<number> {
    let deleted = 0;
    for (;;) {
      const json = { filter: { documentId: ids } };
      const step = await this.call(deletedSchema, { method: 'POST', path: '/api/documents/delete', json, signal });
      deleted += step.deleted;
      if (step.deleted === 0 || step.deleted >= step.matched) return deleted;
    }
  }

  /** The newest, `most` at most. @returns also whether there are more */
  async listDocuments(
    query: DocumentQuery,
    most: number,
    signal: AbortSignal,
  ): Promise<{ documents: ListedDocument[]; more: boolean }> {
    const documents: ListedDocument[] = [];
    let cursor: string | null = null;
    do {
      const limit = String(Math.min(100, most - documents.length));
      const search = new URLSearchParams({ ...query, limit, ...(cursor !== null && { cursor }) }).toString();
      const request = { method: 'GET', path: `/api/documents?${search}`, signal } as const;
      const page: DocumentPage = await this.call(documentPageSchema, request);
      documents.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== null && documents.length < most);
    return { documents, more: cursor !== null };
  }

  /** With every field that the server tells. */
  async showDocument(id: string, signal: AbortSignal): Promise<ListedDocument> {
    return this.call(listedDocumentSchema, { method: 'GET', path: documentPath(id), signal });
  }

  /** Not repeated once it may have been carried out: the second answer, that there is none, would hide that. */
  async deleteDocument(id: string, signal: AbortSignal): Promise<void> {
    await this.transport.send({
      method: 'DELETE',
      path: documentPath(id),
      ...this.defaults,
      repeatable: false,
      signal,
    });
  }

  /** Not repeated either: a second retry is refused, since the first has worked. */
  async retryDocument(id: string, signal: AbortSignal): Promise<void> {
    const path = `${documentPath(id)}/retry`;
    await this.transport.send({ method: 'POST', path, ...this.defaults, repeatable: false, signal });
  }

  /** All that failed and that a retry may help. @returns how many are tried again */
  async retryDocuments(filter: Record<string, unknown> | undefined, signal: AbortSignal): Promise<number> {
    const json = filter === undefined ? {} : { filter };
    let retried = 0;
    let matched: number | undefined;
    for (;;) {
      const step = await this.call(retriedSchema, { method: 'POST', path: '/api/documents/retry', json, signal });
      matched ??= step.matched;
      retried += step.retried;
      // One that fails again meanwhile counts as done: it is not tried for ever.
      if (step.retried === 0 || retried >= matched) return retried;
    }
  }

  async search(json: SearchRequest, signal: AbortSignal): Promise<SearchAnswer> {
    return this.call(searchAnswerSchema, { method: 'POST', path: '/api/search', json, signal });
  }

  /** Never repeated once it may have been carried out: the first key would stay, unknown to anybody. */
  async createKey(json: NewKey, signal: AbortSignal): Promise<CreatedKey> {
    return this.call(createdKeySchema, { method: 'POST', path: '/api/admin/keys', json, signal, repeatable: false });
  }

  /** All of them, newest first. */
  async listKeys(signal: AbortSignal): Promise<ListedKey[]> {
    const keys: ListedKey[] = [];
    let cursor: string | null = null;
    do {
      const query: string = new URLSearchParams({ limit: '100', ...(cursor !== null && { cursor }) }).toString();
      const page: KeyPage = await this.call(keyPageSchema, { method: 'GET', path: `/api/admin/keys?${query}`, signal });
      keys.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== null);
    return keys;
  }

  /** Not repeated either: the second answer, that there is no such key, would hide that the first try worked. */
  async revokeKey(id: string, signal: AbortSignal): Promise<void> {
    const path = `/api/admin/keys/${encodeURIComponent(id)}`;
    await this.transport.send({ method: 'DELETE', path, ...this.defaults, repeatable: false, signal });
  }

  /** All of them, oldest first. */
  async listWebhooks(signal: AbortSignal): Promise<ListedWebhook[]> {
    const webhooks: ListedWebhook[] = [];
    let cursor: string | null = null;
    do {
      const query: string = new URLSearchParams({ limit: '100', ...(cursor !== null && { cursor }) }).toString();
      const page: WebhookPage = await this.call(webhookPageSchema, {
        ...{ method: 'GET', path: `/api/webhooks?${query}`, signal },
      });
      webhooks.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== null);
    return webhooks;
  }

  /** The newest, `most` at most. @returns also whether there are more */
  async listDeliveries(
    webhookId: string,
    status: string | undefined,
    most: number,
    signal: AbortSignal,
  ): Promise<{ deliveries: Delivery[]; more: boolean }> {
    const deliveries: Delivery[] = [];
    let cursor: string | null = null;
    do {
      const limit = String(Math.min(100, most - deliveries.length));
      const filter = { ...(status !== undefined && { status }), ...(cursor !== null && { cursor }) };
      const path = `${webhookPath(webhookId)}/deliveries?${new URLSearchParams({ ...filter, limit }).toString()}`;
      const page: DeliveryPage = await this.call(deliveryPageSchema, { method: 'GET', path, signal });
      deliveries.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== null && deliveries.length < most);
    return { deliveries, more: cursor !== null };
  }

  /** Not repeated once it may have been carried out: the receiver would have it once more. */
  async sendAgain(webhookId: string, deliveryId: string, signal: AbortSignal): Promise<void> {
    const path = `${webhookPath(webhookId)}/deliveries/${encodeURIComponent(deliveryId)}/retry`;
    await this.transport.send({ method: 'POST', path, ...this.defaults, repeatable: false, signal });
  }

  /** As `sendAgain`. */
  async sendTestEvent(webhookId: string, signal: AbortSignal): Promise<void> {
    const path = `${webhookPath(webhookId)}/test`;
    await this.transport.send({ method: 'POST', path, ...this.defaults, repeatable: false, signal });
  }

  /** Not repeated: people would be told twice. */
  async sendTestAlert(signal: AbortSignal): Promise<TestAlertReport> {
    return this.call(testAlertSchema, { method: 'POST', path: '/api/admin/alerts/test', signal, repeatable: false });
  }

  private get defaults(): { timeoutMs: number; repeatable: boolean } {
    return { timeoutMs: this.options.requestTimeoutMs, repeatable: true };
  }

  private async call<Schema extends z.ZodType>(
    schema: Schema,
    request: Omit<HttpRequest, 'timeoutMs' | 'repeatable' | 'form'> & { repeatable?: boolean },
  ): Promise<z.infer<Schema>> {
    const { body } = await this.transport.send({ ...this.defaults, ...request });
    return this.check(schema, body);
  }

  private check<Schema extends z.ZodType>(schema: Schema, body: unknown): z.infer<Schema> {
    const parsed = schema.safeParse(body);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    const field = issue === undefined || issue.path.length === 0 ? 'the whole' : `field ${issue.path.join('.')}`;
    throw notOurs(this.options.url, field);
  }
}

function webhookPath(id: string): string {
  return `/api/webhooks/${encodeURIComponent(id)}`;
}

function documentPath(id: string): string {
  return `/api/documents/${encodeURIComponent(id)}`;
}

/** Turns an error of the file system into one that can be shown beside the file's name. */
async function readable<Result>(path: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    // openAsBlob says nothing but "unable"; opening the file the ordinary way tells why.
    throw (await whyUnreadable(path)) ?? new UnreadableFile('UNREADABLE', 'the file cannot be read', { cause: error });
  }
}
