import { type DocumentEvent, type EventsOptions, follow } from './follow.ts';
import { Transport, type ClientOptions, queryOf } from './transport.ts';
import type * as T from './types.ts';
import { canBeSentAgain, nameOf, uploadBody, type UploadFields, type UploadSource } from './upload-body.ts';
import { untilDone, type WaitOptions } from './wait.ts';

export interface UploadOptions extends UploadFields, T.CallOptions {
  /** With its extension, which helps to tell the format. Needed where the source has no name. */
  readonly filename?: string | undefined;
}

type Named = string | { readonly id: string };

const document = (named: Named): string =>
  `/api/documents/${encodeURIComponent(typeof named === 'string' ? named : named.id)}`;
const collection = (name: string): string => `/api/collections/${encodeURIComponent(name)}`;
const webhook = (named: Named): string =>
  `/api/webhooks/${encodeURIComponent(typeof named === 'string' ? named : named.id)}`;

/** The API of one service, with one key. */
export class Vectorlane {
  protected readonly transport: Transport;

  constructor(options: ClientOptions) {
    this.transport = new Transport(options);
  }

  /**
   * Hands a document in. It is safe when this resolves, and found by searches when `waitUntilDone` does. The same bytes
   * are one document, so an upload is tried again unless it is of a stream.
   */
  upload(source: UploadSource, options: UploadOptions = {}): Promise<T.Document> {
    const { filename, signal, metadata, collection, externalId, onDuplicate } = options;
    const name = nameOf(source, filename);
    return this.transport.json({
      ...{ method: 'POST', path: '/api/documents', repeatable: true, sentOnce: !canBeSentAgain(source), signal },
      upload: () => uploadBody(source, name, { metadata, collection, externalId, onDuplicate }),
    });
  }

  /** A text as a document; a `filename` decides how it is read. */
  uploadText(text: string, options: Omit<T.AddTextRequest, 'text'> & T.CallOptions = {}): Promise<T.Document> {
    const { signal, ...rest } = options;
    return this.post('/api/documents/text', { ...rest, text }, true, { signal });
  }

  /** Up to 100 texts; each has an answer of its own, in their order. */
  async uploadTexts(
    documents: readonly T.AddTextRequest[],
    options: T.CallOptions = {},
  ): Promise<readonly T.AddedText[]> {
    const path = '/api/documents/batch';
    return (await this.post<{ items: readonly T.AddedText[] }>(path, { documents }, true, options)).items;
  }

  /** Waits until searches find the document, or newer content for it that is on its way. */
  waitUntilDone(named: Named, options: WaitOptions = {}): Promise<T.Document> {
    const watched = {
      getDocument: (id: string, call: T.CallOptions) => this.getDocument(id, call),
      events: (id: string, lastEventId: string | undefined, signal: AbortSignal) =>
        this.transport.events(`${document(id)}/events`, lastEventId, signal),
    };
    return untilDone(watched, typeof named === 'string' ? named : named.id, options);
  }

  search(query: string | T.SearchRequest, options: T.CallOptions = {}): Promise<T.SearchAnswer> {
    return this.post('/api/search', typeof query === 'string' ? { query } : query, true, options);
  }

  getDocument(named: Named, options: T.CallOptions = {}): Promise<T.Document> {
    return this.get(document(named), undefined, options);
  }

  /** The text that was read from it. */
  getText(named: Named, { signal }: T.CallOptions = {}): Promise<string> {
    return this.transport.text({ method: 'GET', path: `${document(named)}/text`, repeatable: true, signal });
  }

  /** Name and metadata; a key with `null` goes. */
  changeDocument(named: Named, change: T.ChangeDocumentRequest, { signal }: T.CallOptions = {}): Promise<T.Document> {
    const path = document(named);
    return this.transport.json({ method: 'PATCH', path, json: change, repeatable: true, signal });
  }

  deleteDocument(named: Named, { signal }: T.CallOptions = {}): Promise<void> {
    return this.transport.delete({ path: document(named), signal });
  }

  /** All that pass a filter. Where `deleted` is less than `matched`, ask again for the rest. */
  deleteDocuments(request: T.DeleteDocumentsRequest, options: T.CallOptions = {}): Promise<T.DeletedDocuments> {
    return this.post('/api/documents/delete', request, true, options);
  }

  /** Tries one that has failed again. */
  retryDocument(named: Named, options: T.CallOptions = {}): Promise<T.Document> {
    return this.post(`${document(named)}/retry`, undefined, false, options);
  }

  /** Reads the bytes that are kept again, as another format if one is given; readers see the old text meanwhile. */
  reprocessDocument(named: Named, { format, ...options }: T.CallOptions & { readonly format?: string } = {}) {
    const json = format === undefined ? {} : { format };
    return this.post<T.Document>(`${document(named)}/reprocess`, json, false, options);
  }

  /** All that pass a filter. Where `reprocessed` is less than `matched`, ask again for the rest. */
  reprocessDocuments(
    request: T.ReprocessDocumentsRequest,
    options: T.CallOptions = {},
  ): Promise<T.ReprocessedDocuments> {
    return this.post('/api/documents/reprocess', request, false, options);
  }

  /**
   * What happens to documents, from now on or from after `lastEventId`; a connection that breaks is opened again where
   * it stood. It never ends by itself: leave the loop, or abort the signal.
   */
  events(options: EventsOptions = {}): AsyncGenerator<DocumentEvent> {
    const { collection: names, documentId, types, signal = new AbortController().signal } = options;
    const query = queryOf({ collection: names, documentId, types });
    return follow(
      (lastEventId, onOpen) => this.transport.events(`/api/events${query}`, lastEventId, signal, onOpen),
      this.transport.retry,
      options,
    );
  }

  listDocuments(query: T.DocumentQuery = {}, options: T.CallOptions = {}): Promise<T.DocumentPage> {
    return this.get('/api/documents', query, options);
  }

  /** All documents, page by page as they are asked for. */
  documents(query: Omit<T.DocumentQuery, 'cursor'> = {}, options: T.CallOptions = {}): AsyncGenerator<T.Document> {
    return itemsOf((cursor) => this.listDocuments({ limit: 100, ...query, ...cursor }, options));
  }

  listChunks(named: Named, query: T.PageQuery = {}, options: T.CallOptions = {}): Promise<T.ChunkPage> {
    return this.get(`${document(named)}/chunks`, query, options);
  }

  chunks(named: Named, options: T.CallOptions = {}): AsyncGenerator<T.Chunk> {
    return itemsOf((cursor) => this.listChunks(named, { limit: 100, ...cursor }, options));
  }

  /** Which files have to be sent: a question about up to 1,000. */
  compareFiles(request: T.DocumentStatusRequest, options: T.CallOptions = {}): Promise<T.DocumentStatusAnswer> {
    return this.post('/api/documents/status', request, true, options);
  }

  createCollection(request: T.CreateCollectionRequest, options: T.CallOptions = {}): Promise<T.Collection> {
    return this.post('/api/collections', request, false, options);
  }

  getCollection(name: string, options: T.CallOptions = {}): Promise<T.Collection> {
    return this.get(collection(name), undefined, options);
  }

  changeCollection(
    name: string,
    change: T.ChangeCollectionRequest,
    { signal }: T.CallOptions = {},
  ): Promise<T.Collection> {
    const path = collection(name);
    return this.transport.json({ method: 'PATCH', path, json: change, repeatable: true, signal });
  }

  /** With everything in it. */
  deleteCollection(name: string, { signal }: T.CallOptions = {}): Promise<void> {
    return this.transport.delete({ path: collection(name), signal });
  }

  listCollections(query: T.PageQuery = {}, options: T.CallOptions = {}): Promise<T.CollectionPage> {
    return this.get('/api/collections', query, options);
  }

  collections(options: T.CallOptions = {}): AsyncGenerator<T.Collection> {
    return itemsOf((cursor) => this.listCollections({ limit: 100, ...cursor }, options));
  }

  /** For a key with the scope `admin`, as all that follows. The key itself is shown this once. */
  createKey(request: T.NewApiKey, options: T.CallOptions = {}): Promise<T.CreatedApiKey> {
    return this.post('/api/admin/keys', request, false, options);
  }

  listKeys(query: T.PageQuery = {}, options: T.CallOptions = {}): Promise<T.ApiKeyPage> {
    return this.get('/api/admin/keys', query, options);
  }

  keys(options: T.CallOptions = {}): AsyncGenerator<T.ApiKey> {
    return itemsOf((cursor) => this.listKeys({ limit: 100, ...cursor }, options));
  }

  revokeKey(id: string, { signal }: T.CallOptions = {}): Promise<void> {
    return this.transport.delete({ path: `/api/admin/keys/${encodeURIComponent(id)}`, signal });
  }

  /** The secret is shown this once. */
  createWebhook(request: T.CreateWebhookRequest, options: T.CallOptions = {}): Promise<T.Webhook> {
    return this.post('/api/webhooks', request, false, options);
  }

  getWebhook(named: Named, options: T.CallOptions = {}): Promise<T.Webhook> {
    return this.get(webhook(named), undefined, options);
  }

  /** `rotateSecret` makes and shows another secret. */
  changeWebhook(named: Named, change: T.ChangeWebhookRequest, { signal }: T.CallOptions = {}): Promise<T.Webhook> {
    const repeatable = change.rotateSecret === undefined;
    return this.transport.json({ method: 'PATCH', path: webhook(named), json: change, repeatable, signal });
  }

  deleteWebhook(named: Named, { signal }: T.CallOptions = {}): Promise<void> {
    return this.transport.delete({ path: webhook(named), signal });
  }

  listWebhooks(query: T.PageQuery = {}, options: T.CallOptions = {}): Promise<T.WebhookPage> {
    return this.get('/api/webhooks', query, options);
  }

  webhooks(options: T.CallOptions = {}): AsyncGenerator<T.Webhook> {
    return itemsOf((cursor) => this.listWebhooks({ limit: 100, ...cursor }, options));
  }

  /** Sends it an event `webhook.test`. */
  testWebhook(named: Named, options: T.CallOptions = {}): Promise<T.Delivery> {
    return this.post(`${webhook(named)}/test`, undefined, false, options);
  }

  listDeliveries(named: Named, query: T.DeliveryQuery = {}, options: T.CallOptions = {}): Promise<T.DeliveryPage> {
    return this.get(`${webhook(named)}/deliveries`, query, options);
  }

  /** Newest first, kept for three days. */
  deliveries(named: Named, query: Omit<T.DeliveryQuery, 'cursor'> = {}): AsyncGenerator<T.Delivery> {
    return itemsOf((cursor) => this.listDeliveries(named, { limit: 100, ...query, ...cursor }));
  }

  /** Sends it again, whatever became of it. */
  retryDelivery(named: Named, deliveryId: string, options: T.CallOptions = {}): Promise<T.Delivery> {
    return this.post(`${webhook(named)}/deliveries/${encodeURIComponent(deliveryId)}/retry`, undefined, false, options);
  }

  private get<Answer>(path: string, query: object | undefined, { signal }: T.CallOptions): Promise<Answer> {
    return this.transport.json({ method: 'GET', path, query: { ...query }, repeatable: true, signal });
  }

  private post<Answer>(path: string, json: unknown, repeatable: boolean, { signal }: T.CallOptions): Promise<Answer> {
    return this.transport.json({ method: 'POST', path, json, repeatable, signal });
  }
}

/** Everything of a list, asking for the next page when it is needed. */
async function* itemsOf<Item>(
  page: (cursor: {
    readonly cursor?: string;
  }) => Promise<{ readonly items: readonly Item[]; readonly nextCursor: string | null }>,
): AsyncGenerator<Item> {
  let cursor: string | null = null;
  do {
    const { items, nextCursor }: { readonly items: readonly Item[]; readonly nextCursor: string | null } = await page(
      cursor === null ? {} : { cursor },
    );
    yield* items;
    cursor = nextCursor;
  } while (cursor !== null);
}
