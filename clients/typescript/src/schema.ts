// Written by `npm run generate` from openapi.json.

export interface paths {
  readonly '/api/documents': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** List documents */
    readonly get: operations['listDocuments'];
    readonly put?: never;
    /**
     * Upload a document
     * @description A file as `multipart/form-data`. Answered as soon as the document is safe; follow `Location`, or its events, until its status is `completed` or `failed`. The same bytes again are answered with the document that is there. With an `externalId`, other bytes are the next revision of the document that has it: the old one is found until the new one is complete, and stays where that fails; what is not given stays as it was.
     */
    readonly post: operations['uploadDocument'];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/documents/text': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
     * Add a text as a document
     * @description A text in a JSON body of up to 1 MB; otherwise as an upload. The same bytes again are answered with the document that is there. With an `externalId`, other bytes are the next revision of the document that has it: the old one is found until the new one is complete, and stays where that fails; what is not given stays as it was.
     */
    readonly post: operations['addText'];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/documents/batch': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
     * Add up to 100 texts
     * @description Each as by `POST /api/documents/text`, with an answer of its own; together up to 1 MB.
     */
    readonly post: operations['addTexts'];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/documents/status': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
     * Ask which files have to be sent
     * @description A manifest of up to 1,000 files, each by its `externalId` and the SHA-256 of its bytes, in one cheap request. What is `current` is here or on its way; sending it again would change nothing.
     */
    readonly post: operations['compareManifest'];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/documents/{id}': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Get a document and where it stands */
    readonly get: operations['getDocument'];
    readonly put?: never;
    readonly post?: never;
    /**
     * Delete a document in any state
     * @description Gone with its chunks, and from search at once.
     */
    readonly delete: operations['deleteDocument'];
    readonly options?: never;
    readonly head?: never;
    /**
     * Change the name or the metadata of a document
     * @description A merge patch (RFC 7396): what is left out stays, null removes. Filters see it at once; nothing is embedded again.
     */
    readonly patch: operations['changeDocument'];
    readonly trace?: never;
  };
  readonly '/api/documents/{id}/text': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
     * Get the extracted text
     * @description NFC, `\n` line ends. All positions count UTF-16 code units of it.
     */
    readonly get: operations['getDocumentText'];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/documents/{id}/chunks': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** List the chunks in order */
    readonly get: operations['listDocumentChunks'];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/documents/{id}/content': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Download the original bytes */
    readonly get: operations['getDocumentContent'];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/documents/{id}/retry': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** Try a failed document again */
    readonly post: operations['retryDocument'];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/documents/retry': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
     * Try failed documents again, all that a retry may help
     * @description In short steps, for ten seconds at most; where `retried` is less than `matched`, ask again.
     */
    readonly post: operations['retryDocuments'];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/documents/{id}/reprocess': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
     * Read the kept bytes of a document again
     * @description For a better reader, another size of chunks, or a format that was taken wrongly. Readers see what they saw until it is complete, and for good where it fails. Chunks that come out as before keep their vectors.
     */
    readonly post: operations['reprocessDocument'];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/documents/reprocess': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
     * Read documents again by filter
     * @description In short steps, for ten seconds at most; where `reprocessed` is less than `matched`, ask again.
     */
    readonly post: operations['reprocessDocuments'];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/documents/delete': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
     * Delete documents by filter
     * @description In short steps, for ten seconds at most; where `deleted` is less than `matched`, ask again.
     */
    readonly post: operations['deleteDocuments'];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/documents/{id}/pages/{page}/image': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
     * Get a page of a PDF as a picture
     * @description PNG, 1,600 pixels along the longer side, painted from the original bytes of at most 50 MB.
     */
    readonly get: operations['getPageImage'];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/documents/{id}/pages/{page}/boxes': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
     * Find a passage on a page of a PDF
     * @description A box for each line, to be laid over the picture of the page.
     */
    readonly get: operations['getPassageBoxes'];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/events': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
     * Follow what happens to documents
     * @description Server-Sent Events, kept for 24 hours. Without `Last-Event-ID` it begins with what happens from now on. A stream counts as one request. It ends when the service restarts: connect again with the last id.
     */
    readonly get: operations['followEvents'];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/documents/{id}/events': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
     * Follow one document
     * @description As `GET /api/events`, for one document; without `Last-Event-ID` it begins with all that is kept of it.
     */
    readonly get: operations['followDocument'];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/collections': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** List collections by name */
    readonly get: operations['listCollections'];
    readonly put?: never;
    /**
     * Make a collection
     * @description An upload into one that is not there makes it too.
     */
    readonly post: operations['createCollection'];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/collections/{name}': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Get a collection and what it holds */
    readonly get: operations['getCollection'];
    readonly put?: never;
    readonly post?: never;
    /**
     * Delete a collection with all documents in it
     * @description Nobody sees any of it from that moment; what it held is taken away in the background.
     */
    readonly delete: operations['deleteCollection'];
    readonly options?: never;
    readonly head?: never;
    /**
     * Change the description or the metadata of a collection
     * @description A merge patch (RFC 7396): what is left out stays, null removes.
     */
    readonly patch: operations['changeCollection'];
    readonly trace?: never;
  };
  readonly '/api/search': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
     * Find passages
     * @description `vector` by meaning, `keyword` by words (any of them may match, the best first), `hybrid` by both.
     */
    readonly post: operations['search'];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/admin/keys': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** List API keys */
    readonly get: operations['listApiKeys'];
    readonly put?: never;
    /**
     * Make an API key
     * @description The key itself is shown this once.
     */
    readonly post: operations['createApiKey'];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/admin/keys/{id}': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    readonly post?: never;
    /** Revoke an API key */
    readonly delete: operations['revokeApiKey'];
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/webhooks': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** List webhooks */
    readonly get: operations['listWebhooks'];
    readonly put?: never;
    /**
     * Make a webhook
     * @description Told of what happens from now on, by Standard Webhooks 1.0. The secret is shown this once.
     */
    readonly post: operations['createWebhook'];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/webhooks/{id}': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Get a webhook */
    readonly get: operations['getWebhook'];
    readonly put?: never;
    readonly post?: never;
    /** Delete a webhook and its deliveries */
    readonly delete: operations['deleteWebhook'];
    readonly options?: never;
    readonly head?: never;
    /** Change a webhook, switch it on or off, or rotate its secret */
    readonly patch: operations['changeWebhook'];
    readonly trace?: never;
  };
  readonly '/api/webhooks/{id}/test': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
     * Send a test
     * @description An event `webhook.test`.
     */
    readonly post: operations['testWebhook'];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/webhooks/{id}/deliveries': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /**
     * List deliveries
     * @description Kept for three days.
     */
    readonly get: operations['listDeliveries'];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/webhooks/{id}/deliveries/{deliveryId}/retry': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /** Send a delivery again, whatever became of it */
    readonly post: operations['retryDelivery'];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/api/admin/alerts/test': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly get?: never;
    readonly put?: never;
    /**
     * Send a test alert
     * @description Posts one alert to the webhook now, without trying again, and tells what the receiver said.
     */
    readonly post: operations['sendTestAlert'];
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/health': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Whether the process answers */
    readonly get: operations['getHealth'];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/live': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Whether the process should be left alone */
    readonly get: operations['getLiveness'];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/ready': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Whether requests may be sent here */
    readonly get: operations['getReadiness'];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
  readonly '/metrics': {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    /** Metrics for Prometheus */
    readonly get: operations['getMetrics'];
    readonly put?: never;
    readonly post?: never;
    readonly delete?: never;
    readonly options?: never;
    readonly head?: never;
    readonly patch?: never;
    readonly trace?: never;
  };
}
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    /**
     * @example {
     *       "text": "Bees cluster to keep warm in winter.",
     *       "filename": "bees.md",
     *       "metadata": {
     *         "author": "Ada",
     *         "year": 2026
     *       }
     *     }
     */
    readonly AddTextRequest: {
      /**
       * @description The document itself.
       * @example Bees cluster to keep warm in winter.
       */
      readonly text: string;
      /**
       * @description Decides the format by its extension.
       * @example bees.md
       */
      readonly filename?: string;
      /**
       * @description Whatever you want to filter by or get back with a hit.
       * @example {
       *       "author": "Ada",
       *       "year": 2026
       *     }
       */
      readonly metadata?: {
        readonly [key: string]: unknown;
      };
      /**
       * @description Name of a collection.
       * @example handbooks
       */
      readonly collection?: components['schemas']['CollectionName'];
      /** @description Its owner's name for the document: other bytes under it are the next revision. */
      readonly externalId?: string;
      /** @description What other bytes under the same filename mean, in the collection and without an `externalId`: a further document (`return`, the default), a refusal, or the next revision of the newest document of that name. */
      readonly onDuplicate?: components['schemas']['OnDuplicate'];
    };
    readonly AddTextsAnswer: {
      readonly items: readonly components['schemas']['AddedText'][];
    };
    /**
     * @example {
     *       "documents": [
     *         {
     *           "text": "Bees cluster.",
     *           "externalId": "bees"
     *         },
     *         {
     *           "text": "Wasps do not."
     *         }
     *       ]
     *     }
     */
    readonly AddTextsRequest: {
      /** @description Bodies of `documents/text`. */
      readonly documents: readonly unknown[];
    };
    readonly AddedText: {
      /** @description As of a single one: 202, 200 for what is here already, or that of the refusal. */
      readonly status: number;
      readonly document?: components['schemas']['Document'];
      readonly problem?: {
        /** @description Stable; decide by this, show `detail`. */
        readonly code: components['schemas']['ProblemCode'];
        readonly detail: string;
        readonly retryable?: boolean;
      };
    };
    readonly ApiKey: {
      readonly id: string;
      readonly name: string;
      readonly scopes: readonly components['schemas']['Scope'][];
      /** Format: date-time */
      readonly createdAt: string;
      readonly expiresAt: string | null;
      readonly lastUsedAt: string | null;
      readonly revokedAt: string | null;
      /** @description All that it may see; `null`: everything. A collection that was deleted is not listed. */
      readonly collections: readonly components['schemas']['CollectionName'][] | null;
      /** @description `null`: counted with the address the requests come from. */
      readonly rateLimitPerMinute: (number | 'none') | null;
    };
    readonly ApiKeyPage: {
      readonly items: readonly components['schemas']['ApiKey'][];
      readonly nextCursor: string | null;
    };
    /**
     * @example {
     *       "description": "What everybody reads.",
     *       "metadata": {
     *         "team": "people",
     *         "draft": null
     *       }
     *     }
     */
    readonly ChangeCollectionRequest: {
      readonly description?: string | null;
      /**
       * @description Whatever you want to filter by or get back with a hit.
       * @example {
       *       "author": "Ada",
       *       "year": 2026
       *     }
       */
      readonly metadata?: {
        readonly [key: string]: unknown;
      };
    };
    /**
     * @example {
     *       "metadata": {
     *         "team": "legal",
     *         "draft": null
     *       }
     *     }
     */
    readonly ChangeDocumentRequest: {
      readonly filename?: string;
      /**
       * @description Whatever you want to filter by or get back with a hit.
       * @example {
       *       "author": "Ada",
       *       "year": 2026
       *     }
       */
      readonly metadata?: {
        readonly [key: string]: unknown;
      };
    };
    /**
     * @example {
     *       "enabled": true
     *     }
     */
    readonly ChangeWebhookRequest: {
      /** @description Where events are posted to: a public address. */
      readonly url?: string;
      readonly description?: string | null;
      /** @description `null`: all but `document.progress`. */
      readonly types?: readonly components['schemas']['EventType'][] | null;
      /** @description `null`: all. */
      readonly collections?: readonly components['schemas']['CollectionName'][] | null;
      /** @description It is told of what happens from then on. */
      readonly enabled?: boolean;
      /**
       * @description Makes a new secret; for a day deliveries are signed with the one before, too.
       * @enum {boolean}
       */
      readonly rotateSecret?: true;
    };
    readonly Chunk: {
      /** Format: uuid */
      readonly id: string;
      readonly ordinal: number;
      readonly content: string;
      /** @description UTF-16 code units of the text that `/text` serves, inclusive. */
      readonly charStart: number;
      /** @description Exclusive. */
      readonly charEnd: number;
      readonly tokenCount: number;
      readonly place: components['schemas']['Place'];
    };
    readonly ChunkPage: {
      readonly items: readonly components['schemas']['Chunk'][];
      readonly nextCursor: string | null;
    };
    readonly Collection: {
      /**
       * @description Name of a collection.
       * @example handbooks
       */
      readonly name: components['schemas']['CollectionName'];
      readonly description: string | null;
      readonly metadata: {
        readonly [key: string]: unknown;
      };
      readonly documents: number;
      /** @description Of completed documents. */
      readonly chunks: number;
      /** @description Of the original files. */
      readonly bytes: number;
      /** Format: date-time */
      readonly createdAt: string;
      /** Format: date-time */
      readonly updatedAt: string;
    };
    /**
     * @description Name of a collection.
     * @example handbooks
     */
    readonly CollectionName: string;
    readonly CollectionPage: {
      readonly items: readonly components['schemas']['Collection'][];
      readonly nextCursor: string | null;
    };
    readonly Coverage: {
      /** @description Pages of the document; null where its format has none. */
      readonly pages: number | null;
      /** @description Pages that show something of which no text was read, from 1; the first 100. */
      readonly pagesWithoutText: readonly number[];
      /**
       * @description What was not read: codes, some with a subject after a colon.
       * @example [
       *       "SCANNED_PAGES"
       *     ]
       */
      readonly notes: readonly string[];
    };
    /**
     * @example {
     *       "name": "nightly import",
     *       "scopes": [
     *         "write"
     *       ]
     *     }
     */
    readonly CreateApiKeyRequest: {
      readonly name: string;
      readonly scopes: readonly components['schemas']['Scope'][];
      /** Format: date-time */
      readonly expiresAt?: string;
      /** @description All that the key may see and change; each has to be there. Left out: everything. */
      readonly collections?: readonly components['schemas']['CollectionName'][];
      /**
       * @description Requests a minute that this key may make wherever they come from, or `none` for as many as it likes. Left out: its requests count with those of the address they come from.
       * @default null
       */
      readonly rateLimitPerMinute?: (number | 'none') | null;
    };
    /**
     * @example {
     *       "name": "handbooks",
     *       "description": "What new colleagues read first."
     *     }
     */
    readonly CreateCollectionRequest: {
      /**
       * @description Name of a collection.
       * @example handbooks
       */
      readonly name: components['schemas']['CollectionName'];
      readonly description?: string;
      /**
       * @description Whatever you want to filter by or get back with a hit.
       * @example {
       *       "author": "Ada",
       *       "year": 2026
       *     }
       */
      readonly metadata?: {
        readonly [key: string]: unknown;
      };
    };
    /**
     * @example {
     *       "url": "https://example.org/hooks/documents",
     *       "collections": [
     *         "handbooks"
     *       ]
     *     }
     */
    readonly CreateWebhookRequest: {
      /** @description Where events are posted to: a public address. */
      readonly url: string;
      readonly description?: string;
      /** @description `null`: all but `document.progress`. */
      readonly types?: readonly components['schemas']['EventType'][] | null;
      /** @description `null`: all. */
      readonly collections?: readonly components['schemas']['CollectionName'][] | null;
    };
    readonly CreatedApiKey: {
      readonly id: string;
      readonly name: string;
      readonly scopes: readonly components['schemas']['Scope'][];
      /** Format: date-time */
      readonly createdAt: string;
      readonly expiresAt: string | null;
      readonly lastUsedAt: string | null;
      readonly revokedAt: string | null;
      /** @description All that it may see; `null`: everything. A collection that was deleted is not listed. */
      readonly collections: readonly components['schemas']['CollectionName'][] | null;
      /** @description `null`: counted with the address the requests come from. */
      readonly rateLimitPerMinute: (number | 'none') | null;
      /** @description Shown this once. */
      readonly key: string;
    };
    /** @enum {string} */
    readonly Degradation: 'vector' | 'language';
    /**
     * @example {
     *       "filter": {
     *         "metadata": {
     *           "year": {
     *             "gte": 2020
     *           }
     *         }
     *       },
     *       "dryRun": true
     *     }
     */
    readonly DeleteDocumentsRequest: {
      /**
       * @description Name of a collection.
       * @example handbooks
       */
      readonly collection?: components['schemas']['CollectionName'];
      /** @description Which of them. `{}` is all of a collection, which is named then. */
      readonly filter: components['schemas']['DocumentFilter'];
      /**
       * @description Only counts them.
       * @default false
       */
      readonly dryRun?: boolean;
    };
    readonly DeletedDocuments: {
      /** @description How many there were when it began. */
      readonly matched: number;
      /** @description How many of them are gone. Less than `matched`: ask again for the rest. */
      readonly deleted: number;
    };
    readonly Delivery: {
      /** @description Sent as `webhook-id`, the same at every try. */
      readonly id: string;
      readonly type: string;
      readonly status: components['schemas']['DeliveryStatus'];
      readonly attempts: number;
      /** @description Of the latest answer; `null` where there was none. */
      readonly lastStatus: number | null;
      readonly lastError: string | null;
      /**
       * Format: date-time
       * @description Of a pending one.
       */
      readonly nextAttemptAt?: string;
      /** Format: date-time */
      readonly createdAt: string;
      readonly endedAt: string | null;
      /** @description What is sent. */
      readonly body: {
        readonly [key: string]: unknown;
      };
    };
    readonly DeliveryPage: {
      readonly items: readonly components['schemas']['Delivery'][];
      readonly nextCursor: string | null;
    };
    /** @enum {string} */
    readonly DeliveryStatus: 'pending' | 'delivered' | 'failed';
    /** @enum {string} */
    readonly Dependency: 'database' | 'redis' | 'embeddings' | 'ai-worker' | 'disk';
    readonly Document: {
      /** Format: uuid */
      readonly id: string;
      /**
       * @description Name of a collection.
       * @example handbooks
       */
      readonly collection: components['schemas']['CollectionName'];
      readonly externalId?: string;
      /** @description Of the content that is told of here; from 1. */
      readonly revision: number;
      /** @description The content on its way to take its place; where it has failed, the document stays as it is. */
      readonly pendingRevision?: components['schemas']['PendingRevision'];
      readonly filename: string;
      /** @example md */
      readonly format: string;
      readonly lane: components['schemas']['Lane'];
      readonly status: components['schemas']['DocumentStatus'];
      readonly sizeBytes: number;
      readonly metadata: {
        readonly [key: string]: unknown;
      };
      /** @description Errors so far that may pass and that the document may have caused. */
      readonly attempts: number;
      readonly stage: components['schemas']['Stage'];
      readonly percent: number;
      /** @description Of one in work, once its text was read. */
      readonly progress?: components['schemas']['WorkProgress'];
      readonly chunkCount: number | null;
      /** @description Chunks whose vectors were those of the revision before. */
      readonly reusedChunks?: number;
      readonly timings: components['schemas']['StageTimings'];
      readonly failure?: components['schemas']['DocumentFailure'];
      /** @description What of a completed document was read. */
      readonly coverage?: components['schemas']['Coverage'];
      /** @description What a pending document waits for, at no cost to it; it goes on by itself. */
      readonly waitingFor?: components['schemas']['WaitingFor'];
      /**
       * Format: date-time
       * @example 2026-11-24T09:30:00.000Z
       */
      readonly createdAt: string;
      /**
       * Format: date-time
       * @example 2026-11-24T09:30:00.000Z
       */
      readonly updatedAt: string;
      /**
       * @description An upload of bytes that were here already.
       * @enum {boolean}
       */
      readonly duplicate?: true;
      /** @description Beside `duplicate`: where to retry it, when it has failed. */
      readonly links?: {
        readonly retry: string;
      };
    };
    readonly DocumentFailure: {
      /** @enum {string} */
      readonly code:
        | 'UNSUPPORTED_FORMAT'
        | 'UNKNOWN_CHARSET'
        | 'CORRUPT_FILE'
        | 'PASSWORD_PROTECTED'
        | 'EMPTY_CONTENT'
        | 'NEEDS_OCR'
        | 'TOO_LARGE'
        | 'TIMEOUT'
        | 'PARSER_CRASHED'
        | 'PROCESS_CRASHED'
        | 'EXTRACTION_UNAVAILABLE'
        | 'EMBEDDING_UNAVAILABLE'
        | 'INTERNAL_ERROR';
      readonly message: string;
      /** @description Whether `POST …/retry` may help. */
      readonly retryable: boolean;
    };
    /** @description Which documents are looked at. All parts must hold. */
    readonly DocumentFilter: {
      readonly format?: readonly string[];
      readonly documentId?: readonly string[];
      /** @description By key: the value it equals, or what it is compared by. */
      readonly metadata?: {
        readonly [key: string]: string | number | boolean | null | components['schemas']['MetadataCondition'];
      };
      readonly and?: readonly components['schemas']['DocumentFilter'][];
      readonly or?: readonly components['schemas']['DocumentFilter'][];
      readonly not?: components['schemas']['DocumentFilter'];
    };
    readonly DocumentPage: {
      readonly items: readonly components['schemas']['Document'][];
      readonly nextCursor: string | null;
      /** @description Of all pages; only where `count` asks for it. */
      readonly total?: number;
      /**
       * @description There are more than 10,000.
       * @enum {boolean}
       */
      readonly totalIsEstimate?: true;
    };
    /** @enum {string} */
    readonly DocumentStatus: 'pending' | 'processing' | 'completed' | 'failed';
    readonly DocumentStatusAnswer: {
      readonly items: readonly {
        readonly externalId: string;
        /** @description `missing` and `changed` files have to be sent. */
        readonly state: components['schemas']['ManifestState'];
        /** Format: uuid */
        readonly documentId?: string;
        /** @description How far these bytes are, where they are here. */
        readonly status?: components['schemas']['DocumentStatus'];
      }[];
    };
    /**
     * @description Files as their owner has them.
     * @example {
     *       "items": [
     *         {
     *           "externalId": "handbooks/leave.md",
     *           "sha256": "9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f"
     *         }
     *       ]
     *     }
     */
    readonly DocumentStatusRequest: {
      /**
       * @description Name of a collection.
       * @example handbooks
       */
      readonly collection?: components['schemas']['CollectionName'];
      readonly items: readonly {
        /** @description Its owner's name for the document: other bytes under it are the next revision. */
        readonly externalId: string;
        /** @description Of the bytes, in hexadecimal digits. */
        readonly sha256: string;
      }[];
    };
    /** @description One event of a stream. */
    readonly Event: {
      /** @description For `Last-Event-ID`. */
      readonly id: string;
      readonly event: components['schemas']['EventType'];
      readonly data: string;
    };
    readonly EventBody: {
      /** Format: uuid */
      readonly documentId: string;
      /** @description `null` where it had been deleted before. */
      readonly collection: string | null;
      readonly externalId: string | null;
      readonly filename: string;
      /** @description Of the content that it is about. */
      readonly revision: number;
      readonly status: string;
      readonly stage: string;
      readonly percent: number;
      readonly progress?: components['schemas']['WorkProgress'];
      readonly chunkCount?: number;
      readonly coverage?: components['schemas']['Coverage'];
      readonly waitingFor?: string;
      readonly failure?: {
        readonly code: string;
        readonly message: string;
        readonly retryable: boolean;
      };
      /** Format: date-time */
      readonly at: string;
    };
    /** @enum {string} */
    readonly EventType:
      | 'document.accepted'
      | 'document.progress'
      | 'document.completed'
      | 'document.failed'
      | 'document.deleted'
      | 'revision.completed'
      | 'revision.failed';
    readonly Health: {
      /** @enum {string} */
      readonly status: 'ok';
    };
    /** @enum {string} */
    readonly Lane: 'fast' | 'heavy';
    readonly Liveness: {
      readonly alive: boolean;
    };
    /** @enum {string} */
    readonly ManifestState: 'current' | 'changed' | 'missing';
    /** @description All that is given must hold; where the value is an array, one of its elements is enough. */
    readonly MetadataCondition: {
      readonly eq?: string | number | boolean | null;
      readonly ne?: string | number | boolean | null;
      readonly in?: readonly (string | number | boolean | null)[];
      readonly nin?: readonly (string | number | boolean | null)[];
      readonly gt?: string | number;
      readonly gte?: string | number;
      readonly lt?: string | number;
      readonly lte?: string | number;
      readonly exists?: boolean;
      readonly and?: readonly components['schemas']['MetadataCondition'][];
      readonly or?: readonly components['schemas']['MetadataCondition'][];
      readonly not?: components['schemas']['MetadataCondition'];
    };
    readonly NeighbouringChunk: {
      /** Format: uuid */
      readonly chunkId: string;
      readonly content: string;
      readonly charStart: number;
      readonly charEnd: number;
    };
    /** @enum {string} */
    readonly OnDuplicate: 'return' | 'reject' | 'replace';
    /** @description A part of a page: fractions of its width and height, from its upper left corner. */
    readonly PageBox: {
      readonly x: number;
      readonly y: number;
      readonly width: number;
      readonly height: number;
    };
    readonly PageBoxes: {
      readonly page: number;
      /** @description Pages of the document. */
      readonly pages: number;
      /** @description Of the page as it is shown, in points of 1/72 inch. */
      readonly width: number;
      readonly height: number;
      /** @description Lines of the passage on this page; none where its letters are not in the page, as on a scanned one. */
      readonly boxes: readonly components['schemas']['PageBox'][];
    };
    readonly PendingRevision: {
      readonly status: components['schemas']['DocumentStatus'];
      readonly stage: components['schemas']['Stage'];
      readonly percent: number;
      readonly failure?: components['schemas']['DocumentFailure'];
    };
    readonly Place: {
      /** @description 1-based, where the format has pages. */
      readonly page?: number;
      /** @description 1-based, where the format has slides. */
      readonly slide?: number;
      /** @description 1-based data row (a header is not counted), where the format has rows. */
      readonly row?: number;
      /** @description Name of the sheet, where the format has sheets. */
      readonly sheet?: string;
      /** @description RFC 9535 normalised path of the value, as in `$['a'][0]`, where the format has one. */
      readonly jsonPath?: string;
      /** @description Titles of the headings above, outermost first, joined by ` > `. */
      readonly heading?: string;
    };
    readonly Problem: {
      readonly type: string;
      readonly title: string;
      readonly status: number;
      readonly detail: string;
      /** @description Stable; decide by this, show `detail`. */
      readonly code: components['schemas']['ProblemCode'];
      readonly requestId: string;
      readonly retryable?: boolean;
    };
    /** @enum {string} */
    readonly ProblemCode:
      | 'INVALID_REQUEST'
      | 'INVALID_JSON'
      | 'INVALID_MULTIPART'
      | 'WEBHOOK_URL_REFUSED'
      | 'INVALID_CURSOR'
      | 'MISSING_API_KEY'
      | 'INVALID_API_KEY'
      | 'INVALID_METRICS_TOKEN'
      | 'INSUFFICIENT_SCOPE'
      | 'SESSION_HEADER_MISSING'
      | 'ORIGIN_NOT_ALLOWED'
      | 'NOT_FOUND'
      | 'DOCUMENT_NOT_FOUND'
      | 'COLLECTION_NOT_FOUND'
      | 'FILE_NOT_FOUND'
      | 'FILE_BATCH_NOT_FOUND'
      | 'MODEL_NOT_FOUND'
      | 'WEBHOOK_NOT_FOUND'
      | 'DELIVERY_NOT_FOUND'
      | 'PAGE_NOT_AVAILABLE'
      | 'METHOD_NOT_ALLOWED'
      | 'TEXT_NOT_AVAILABLE'
      | 'BODY_TOO_SLOW'
      | 'NOT_FAILED'
      | 'DUPLICATE'
      | 'TOO_MANY_WEBHOOKS'
      | 'NOT_FINISHED'
      | 'COLLECTION_EXISTS'
      | 'DEFAULT_COLLECTION'
      | 'EVENTS_GONE'
      | 'TOO_LARGE'
      | 'UNSUPPORTED_FORMAT'
      | 'RATE_LIMITED'
      | 'INGESTION_BUSY'
      | 'UPLOADS_BUSY'
      | 'STREAMS_BUSY'
      | 'DEPENDENCY_UNAVAILABLE'
      | 'EMBEDDING_UNAVAILABLE'
      | 'INTERNAL_ERROR';
    readonly Readiness: {
      /** @enum {string} */
      readonly status: 'ok' | 'error' | 'shutting_down';
      readonly checks: {
        readonly [key: string]: {
          /** @enum {string} */
          readonly status: 'up' | 'down';
          readonly latencyMs?: number;
        };
      };
      readonly version: string;
      /** @description Seconds since the start. */
      readonly uptime: number;
    };
    /**
     * @example {
     *       "format": "md"
     *     }
     */
    readonly ReprocessDocumentRequest: {
      /** @description Read as this format, for a file that was once taken for another; left out: as before. */
      readonly format?: string;
    };
    /**
     * @example {
     *       "filter": {
     *         "format": [
     *           "pdf"
     *         ]
     *       }
     *     }
     */
    readonly ReprocessDocumentsRequest: {
      /**
       * @description Name of a collection.
       * @example handbooks
       */
      readonly collection?: components['schemas']['CollectionName'];
      /** @description Which of them. `{}` is all of a collection, which is named then. */
      readonly filter: components['schemas']['DocumentFilter'];
    };
    readonly ReprocessedDocuments: {
      /** @description How many there were when it began. */
      readonly matched: number;
      /** @description How many of them are pending now. Less than `matched`: ask again for the rest. */
      readonly reprocessed: number;
    };
    readonly RetriedDocuments: {
      /** @description How many there were when it began. */
      readonly matched: number;
      /** @description How many of them are pending now. Less than `matched`: ask again for the rest. */
      readonly retried: number;
    };
    /**
     * @example {
     *       "filter": {
     *         "format": [
     *           "pdf"
     *         ]
     *       }
     *     }
     */
    readonly RetryDocumentsRequest: {
      /**
       * @description Name of a collection.
       * @example handbooks
       */
      readonly collection?: components['schemas']['CollectionName'];
      /** @description Which of them; left out: all of them. */
      readonly filter?: components['schemas']['DocumentFilter'];
    };
    /** @enum {string} */
    readonly Scope: 'read' | 'write' | 'admin';
    /**
     * @example {
     *       "results": [
     *         {
     *           "documentId": "5a3c0d4e-6f0b-4b8c-9d53-0f3f6c9f0b11",
     *           "chunkId": "0b8f7f0e-93f1-4f6c-8b43-4f5a2f8f2c77",
     *           "content": "In the cold months the colony forms a cluster around the queen and shivers to keep warm.",
     *           "score": 0.98,
     *           "place": {
     *             "heading": "Bees > Winter"
     *           },
     *           "metadata": {
     *             "filename": "bees.md",
     *             "format": "md",
     *             "charStart": 120,
     *             "charEnd": 207,
     *             "document": {}
     *           }
     *         }
     *       ],
     *       "tookMs": 31
     *     }
     */
    readonly SearchAnswer: {
      readonly results: readonly components['schemas']['SearchHit'][];
      readonly tookMs: number;
      /** @description Where `rerank` was asked for: whether the order is the reranker’s. Scores are its own then. */
      readonly reranked?: boolean;
      /** @description What did not take part though the mode asks for it: `vector`, the words answered alone; `language` with it where the model does not read the question, and not where it does not answer. */
      readonly degraded?: readonly components['schemas']['Degradation'][];
    };
    readonly SearchHit: {
      /** Format: uuid */
      readonly documentId: string;
      /** Format: uuid */
      readonly chunkId: string;
      readonly content: string;
      /** @description Higher is better; compares within one answer only. */
      readonly score: number;
      readonly place: components['schemas']['Place'];
      readonly metadata: {
        readonly filename: string;
        readonly format: string;
        /** @description UTF-16 code units of the text that `/text` serves, inclusive. */
        readonly charStart: number;
        readonly charEnd: number;
        /** @description The metadata its uploader gave. */
        readonly document: {
          readonly [key: string]: unknown;
        };
      };
      /** @description Chunks before it, in order. */
      readonly before?: readonly components['schemas']['NeighbouringChunk'][];
      /** @description Chunks after it, in order. */
      readonly after?: readonly components['schemas']['NeighbouringChunk'][];
      /** @description UTF-16 code units of `content`, in order, end exclusive. */
      readonly highlights?: readonly {
        readonly start: number;
        readonly end: number;
      }[];
    };
    /** @enum {string} */
    readonly SearchMode: 'hybrid' | 'vector' | 'keyword';
    /**
     * @example {
     *       "query": "how do I start it?",
     *       "topK": 3,
     *       "filter": {
     *         "format": [
     *           "md"
     *         ]
     *       }
     *     }
     */
    readonly SearchRequest: {
      /** @description A question or words, in any language. `"an exact phrase"` must occur, `-word` must not. */
      readonly query: string;
      /** @default 5 */
      readonly topK?: number;
      /** @default hybrid */
      readonly mode?: components['schemas']['SearchMode'];
      /** @description Which documents are looked at. All parts must hold. */
      readonly filter?: components['schemas']['DocumentFilter'];
      /** @description One or several collections. Left out: all that the key may see. */
      readonly collection?:
        | components['schemas']['CollectionName']
        | readonly components['schemas']['CollectionName'][];
      /**
       * @description How many of the best are passed over; the best 1,000 can be reached.
       * @default 0
       */
      readonly offset?: number;
      /** @description Least score of a result. */
      readonly minScore?: number;
      /**
       * @description The best passage of each document alone.
       * @enum {string}
       */
      readonly groupBy?: 'document';
      /**
       * @description How many chunks of the same document come along `before` and `after` each passage.
       * @default 0
       */
      readonly context?: number;
      /**
       * @description Whether each passage says where the words of the question stand in it.
       * @default false
       */
      readonly highlights?: boolean;
      /** @description Whether a reranker, where the service has one, puts the first 50 in a better order: slower. Default: `RERANK_DEFAULT`. */
      readonly rerank?: boolean;
    };
    /** @enum {string} */
    readonly Stage: 'queued' | 'extracting' | 'chunking' | 'embedding' | 'completed' | 'failed';
    readonly StageTimings: {
      readonly extractingMs?: number;
      readonly chunkingMs?: number;
      readonly embeddingMs?: number;
      readonly totalMs?: number;
    };
    readonly TestAlertReport: {
      readonly delivered: boolean;
      /** @description `slack`, `discord` or `json`; null when no webhook is set. */
      readonly channel: string | null;
      /** @description The webhook's host; the rest of its address is a secret. */
      readonly host: string | null;
      /** @description HTTP status of its answer; null when none came. */
      readonly status: number | null;
      readonly latencyMs: number;
      /** @description The beginning of its answer, or why there is none. */
      readonly detail: string;
    };
    readonly UploadRequest: {
      /**
       * Format: binary
       * @description The file, with its name, in a format that the service reads (any other is refused by name). At most 50 MiB, where `MAX_UPLOAD_BYTES` does not say otherwise.
       */
      readonly file: string;
      /**
       * @description Whatever you want to filter by or get back with a hit: a JSON object of up to 16 KiB.
       * @example {
       *       "author": "Ada",
       *       "year": 2026
       *     }
       */
      readonly metadata?: {
        readonly [key: string]: unknown;
      };
      /**
       * @description Name of the collection it goes to, made where it is not there; left out: `default`.
       * @example handbooks
       */
      readonly collection?: components['schemas']['CollectionName'];
      /**
       * @description Its owner's name for the document, unique in the collection.
       * @example handbooks/leave.md
       */
      readonly externalId?: string;
      /** @description What other bytes under the same filename mean, in the collection and without an `externalId`: a further document (`return`, the default), a refusal, or the next revision of the newest document of that name. */
      readonly onDuplicate?: components['schemas']['OnDuplicate'];
    };
    /** @description What a pending document waits for, at no cost to it; it goes on by itself. */
    readonly WaitingFor: {
      readonly dependency: components['schemas']['Dependency'];
      /**
       * Format: date-time
       * @example 2026-11-24T09:30:00.000Z
       */
      readonly since: string;
    };
    readonly Webhook: {
      readonly id: string;
      readonly url: string;
      readonly description: string | null;
      /** @description `null`: all but `document.progress`. */
      readonly types: readonly components['schemas']['EventType'][] | null;
      /** @description `null`: all. A collection that was deleted is not listed. */
      readonly collections: readonly components['schemas']['CollectionName'][] | null;
      readonly enabled: boolean;
      readonly disabledReason: string | null;
      /** @description Since when nothing has got through. */
      readonly failingSince: string | null;
      /** Format: date-time */
      readonly createdAt: string;
      /** Format: date-time */
      readonly updatedAt: string;
      /**
       * @description Shown when it is made, and when it is rotated; never again.
       * @example whsec_…
       */
      readonly secret?: string;
    };
    readonly WebhookPage: {
      readonly items: readonly components['schemas']['Webhook'][];
      readonly nextCursor: string | null;
    };
    readonly WorkProgress: {
      /** @description null where the format has none. */
      readonly pages: number | null;
      /** @description null before the text was cut. */
      readonly chunks: number | null;
      readonly chunksDone: number;
      /** @description Milliseconds that the rest of the work will take, by what it took so far; null before. */
      readonly etaMs: number | null;
    };
  };
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: {
    /**
     * @description Id of the request, for the log and for reports: the one that was sent, where it is well-formed.
     * @example 0f4cb6de-8f1c-4a57-9a6f-6f2c8f0f7a11
     */
    readonly RequestId: string;
    /**
     * @description What is left in the window and the seconds until it ends (IETF draft).
     * @example "default";r=99;t=60
     */
    readonly RateLimit: string;
    /**
     * @description Requests that the window allows and its seconds.
     * @example "default";q=100;w=60
     */
    readonly RateLimitPolicy: string;
    /**
     * @description Seconds after which to try again.
     * @example 5
     */
    readonly RetryAfter: number;
  };
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  readonly listDocuments: {
    readonly parameters: {
      readonly query?: {
        readonly cursor?: string;
        readonly limit?: number;
        readonly status?: readonly components['schemas']['DocumentStatus'][];
        readonly format?: readonly string[];
        readonly lane?: readonly components['schemas']['Lane'][];
        /** @description The whole name. */
        readonly filename?: string;
        /** @description A part of the name, whatever the case of its letters. */
        readonly filenameContains?: string;
        /** @description Its owner's name for the document: other bytes under it are the next revision. */
        readonly externalId?: string;
        readonly createdAfter?: string;
        readonly createdBefore?: string;
        /** @description Conditions as in a filter, as JSON: `{"year":{"gte":2020}}`. */
        readonly metadata?: string;
        /** @description Left out: all that the key may see. */
        readonly collection?: readonly components['schemas']['CollectionName'][];
        /** @description A dash before it reverses the order. */
        readonly sort?:
          | 'createdAt'
          | '-createdAt'
          | 'updatedAt'
          | '-updatedAt'
          | 'filename'
          | '-filename'
          | 'sizeBytes'
          | '-sizeBytes';
        /** @description Whether `total` is counted. */
        readonly count?: 'true' | 'false';
      };
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description One page. */
      readonly 200: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['DocumentPage'];
        };
      };
    };
  };
  readonly uploadDocument: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly 'multipart/form-data': components['schemas']['UploadRequest'];
      };
    };
    readonly responses: {
      /** @description These bytes are here already (`duplicate`). */
      readonly 200: {
        headers: {
          /** @description The document. */
          readonly Location?: string;
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['Document'];
        };
      };
      /** @description Accepted and queued. */
      readonly 202: {
        headers: {
          /** @description The document. */
          readonly Location?: string;
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['Document'];
        };
      };
    };
  };
  readonly addText: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly 'application/json': components['schemas']['AddTextRequest'];
      };
    };
    readonly responses: {
      /** @description These bytes are here already (`duplicate`). */
      readonly 200: {
        headers: {
          /** @description The document. */
          readonly Location?: string;
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['Document'];
        };
      };
      /** @description Accepted and queued. */
      readonly 202: {
        headers: {
          /** @description The document. */
          readonly Location?: string;
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['Document'];
        };
      };
    };
  };
  readonly addTexts: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly 'application/json': components['schemas']['AddTextsRequest'];
      };
    };
    readonly responses: {
      /** @description What became of each, in order. */
      readonly 200: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['AddTextsAnswer'];
        };
      };
    };
  };
  readonly compareManifest: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly 'application/json': components['schemas']['DocumentStatusRequest'];
      };
    };
    readonly responses: {
      /** @description In the order of the items. */
      readonly 200: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['DocumentStatusAnswer'];
        };
      };
    };
  };
  readonly getDocument: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description The document. */
      readonly 200: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['Document'];
        };
      };
    };
  };
  readonly deleteDocument: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description Gone. */
      readonly 204: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content?: never;
      };
    };
  };
  readonly changeDocument: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly 'application/json': components['schemas']['ChangeDocumentRequest'];
      };
    };
    readonly responses: {
      /** @description The document as it is now. */
      readonly 200: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['Document'];
        };
      };
    };
  };
  readonly getDocumentText: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description The text. */
      readonly 200: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'text/plain': string;
        };
      };
    };
  };
  readonly listDocumentChunks: {
    readonly parameters: {
      readonly query?: {
        readonly cursor?: string;
        readonly limit?: number;
      };
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description One page; empty until the document has completed. */
      readonly 200: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['ChunkPage'];
        };
      };
    };
  };
  readonly getDocumentContent: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description The bytes as they were uploaded. */
      readonly 200: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/octet-stream': string;
          readonly '*/*': string;
        };
      };
    };
  };
  readonly retryDocument: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description Queued again. */
      readonly 202: {
        headers: {
          /** @description The document. */
          readonly Location?: string;
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['Document'];
        };
      };
    };
  };
  readonly retryDocuments: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly 'application/json': components['schemas']['RetryDocumentsRequest'];
      };
    };
    readonly responses: {
      /** @description What was done. */
      readonly 200: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['RetriedDocuments'];
        };
      };
    };
  };
  readonly reprocessDocument: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly 'application/json': components['schemas']['ReprocessDocumentRequest'];
      };
    };
    readonly responses: {
      /** @description Queued. */
      readonly 202: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['Document'];
        };
      };
    };
  };
  readonly reprocessDocuments: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly 'application/json': components['schemas']['ReprocessDocumentsRequest'];
      };
    };
    readonly responses: {
      /** @description What was done. */
      readonly 200: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['ReprocessedDocuments'];
        };
      };
    };
  };
  readonly deleteDocuments: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly 'application/json': components['schemas']['DeleteDocumentsRequest'];
      };
    };
    readonly responses: {
      /** @description What was done. */
      readonly 200: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['DeletedDocuments'];
        };
      };
    };
  };
  readonly getPageImage: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
        readonly page: number;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description The page. */
      readonly 200: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'image/png': string;
        };
      };
    };
  };
  readonly getPassageBoxes: {
    readonly parameters: {
      readonly query: {
        /** @description Where the passage begins in the extracted text, as in `metadata.charStart` of a result. */
        readonly charStart: number;
        /** @description Where it ends, exclusive. */
        readonly charEnd: number;
      };
      readonly header?: never;
      readonly path: {
        readonly id: string;
        readonly page: number;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description Where it stands. */
      readonly 200: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['PageBoxes'];
        };
      };
    };
  };
  readonly followEvents: {
    readonly parameters: {
      readonly query?: {
        /** @description Left out: all that the key may see. */
        readonly collection?: readonly components['schemas']['CollectionName'][];
        readonly documentId?: string;
        /** @description Left out: all of them. */
        readonly types?: readonly components['schemas']['EventType'][];
      };
      readonly header?: {
        /** @description The id of the last event that you have: what came after it is sent first, by any replica. */
        readonly 'Last-Event-ID'?: string;
      };
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description Events as they happen, each with `id:`, `event:` and a line of JSON in `data:`; a comment every 15 seconds. */
      readonly 200: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "42",
           *       "event": "document.completed",
           *       "data": "{\"documentId\":\"0f4cb6de-8f1c-4a57-9a6f-6f2c8f0f7a11\",\"collection\":\"default\",\"externalId\":null,\"filename\":\"bees.md\",\"revision\":1,\"status\":\"completed\",\"stage\":\"completed\",\"percent\":100,\"chunkCount\":3,\"at\":\"2026-11-24T09:30:00.000Z\"}"
           *     }
           */
          readonly 'text/event-stream': components['schemas']['Event'];
        };
      };
    };
  };
  readonly followDocument: {
    readonly parameters: {
      readonly query?: {
        /** @description Left out: all of them. */
        readonly types?: readonly components['schemas']['EventType'][];
      };
      readonly header?: {
        /** @description The id of the last event that you have: what came after it is sent first, by any replica. */
        readonly 'Last-Event-ID'?: string;
      };
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description Events as they happen, each with `id:`, `event:` and a line of JSON in `data:`; a comment every 15 seconds. */
      readonly 200: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "42",
           *       "event": "document.completed",
           *       "data": "{\"documentId\":\"0f4cb6de-8f1c-4a57-9a6f-6f2c8f0f7a11\",\"collection\":\"default\",\"externalId\":null,\"filename\":\"bees.md\",\"revision\":1,\"status\":\"completed\",\"stage\":\"completed\",\"percent\":100,\"chunkCount\":3,\"at\":\"2026-11-24T09:30:00.000Z\"}"
           *     }
           */
          readonly 'text/event-stream': components['schemas']['Event'];
        };
      };
    };
  };
  readonly listCollections: {
    readonly parameters: {
      readonly query?: {
        readonly cursor?: string;
        readonly limit?: number;
      };
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description One page. */
      readonly 200: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['CollectionPage'];
        };
      };
    };
  };
  readonly createCollection: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly 'application/json': components['schemas']['CreateCollectionRequest'];
      };
    };
    readonly responses: {
      /** @description The new collection. */
      readonly 201: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['Collection'];
        };
      };
    };
  };
  readonly getCollection: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly name: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description The collection. */
      readonly 200: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['Collection'];
        };
      };
    };
  };
  readonly deleteCollection: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly name: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description Gone. */
      readonly 204: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content?: never;
      };
    };
  };
  readonly changeCollection: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly name: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly 'application/json': components['schemas']['ChangeCollectionRequest'];
      };
    };
    readonly responses: {
      /** @description The collection as it is now. */
      readonly 200: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['Collection'];
        };
      };
    };
  };
  readonly search: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly 'application/json': components['schemas']['SearchRequest'];
      };
    };
    readonly responses: {
      /** @description Ranked passages, best first. */
      readonly 200: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['SearchAnswer'];
        };
      };
    };
  };
  readonly listApiKeys: {
    readonly parameters: {
      readonly query?: {
        readonly cursor?: string;
        readonly limit?: number;
      };
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description One page, newest first; never the keys themselves. */
      readonly 200: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['ApiKeyPage'];
        };
      };
    };
  };
  readonly createApiKey: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly 'application/json': components['schemas']['CreateApiKeyRequest'];
      };
    };
    readonly responses: {
      /** @description The new key. */
      readonly 201: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['CreatedApiKey'];
        };
      };
    };
  };
  readonly revokeApiKey: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description It opens nothing any more. */
      readonly 204: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content?: never;
      };
    };
  };
  readonly listWebhooks: {
    readonly parameters: {
      readonly query?: {
        readonly cursor?: string;
        readonly limit?: number;
      };
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description One page, oldest first. */
      readonly 200: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['WebhookPage'];
        };
      };
    };
  };
  readonly createWebhook: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly 'application/json': components['schemas']['CreateWebhookRequest'];
      };
    };
    readonly responses: {
      /** @description The new webhook. */
      readonly 201: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['Webhook'];
        };
      };
    };
  };
  readonly getWebhook: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description The webhook. */
      readonly 200: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['Webhook'];
        };
      };
    };
  };
  readonly deleteWebhook: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description Gone. */
      readonly 204: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content?: never;
      };
    };
  };
  readonly changeWebhook: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody: {
      readonly content: {
        readonly 'application/json': components['schemas']['ChangeWebhookRequest'];
      };
    };
    readonly responses: {
      /** @description The webhook as it is now. */
      readonly 200: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['Webhook'];
        };
      };
    };
  };
  readonly testWebhook: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description The delivery, about to be sent. */
      readonly 202: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['Delivery'];
        };
      };
    };
  };
  readonly listDeliveries: {
    readonly parameters: {
      readonly query?: {
        readonly cursor?: string;
        readonly limit?: number;
        readonly status?: readonly components['schemas']['DeliveryStatus'][];
      };
      readonly header?: never;
      readonly path: {
        readonly id: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description One page, newest first. */
      readonly 200: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['DeliveryPage'];
        };
      };
    };
  };
  readonly retryDelivery: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path: {
        readonly id: string;
        readonly deliveryId: string;
      };
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description The delivery, about to be sent. */
      readonly 202: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['Delivery'];
        };
      };
    };
  };
  readonly sendTestAlert: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description What the receiver said. */
      readonly 200: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly RateLimit: components['headers']['RateLimit'];
          readonly 'RateLimit-Policy': components['headers']['RateLimitPolicy'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['TestAlertReport'];
        };
      };
    };
  };
  readonly getHealth: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description It does. */
      readonly 200: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['Health'];
        };
      };
    };
  };
  readonly getLiveness: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description It should; also while it shuts down. */
      readonly 200: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['Liveness'];
        };
      };
    };
  };
  readonly getReadiness: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description They may. */
      readonly 200: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'application/json': components['schemas']['Readiness'];
        };
      };
    };
  };
  readonly getMetrics: {
    readonly parameters: {
      readonly query?: never;
      readonly header?: never;
      readonly path?: never;
      readonly cookie?: never;
    };
    readonly requestBody?: never;
    readonly responses: {
      /** @description In its text format. */
      readonly 200: {
        headers: {
          readonly 'X-Request-ID': components['headers']['RequestId'];
          readonly [name: string]: unknown;
        };
        content: {
          readonly 'text/plain': string;
        };
      };
    };
  };
}
