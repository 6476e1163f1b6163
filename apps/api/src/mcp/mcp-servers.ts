import { Readable } from 'node:stream';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import {
  type CallToolResult,
  ErrorCode,
  McpError,
  type ServerNotification,
  type ServerRequest,
} from '@modelcontextprotocol/sdk/types.js';
import type { Principal } from '@vectorlane/auth';
import {
  ChunksRepository,
  CollectionsRepository,
  type Document,
  DocumentListRepository,
  DocumentsRepository,
} from '@vectorlane/documents';
import { ERROR_TRACKER, type ErrorTracker, Problem } from '@vectorlane/errors';
import { VERSION } from '@vectorlane/health';
import { toProblem } from '@vectorlane/http';
import { IngestionService } from '@vectorlane/ingestion';
import { SearchService } from '@vectorlane/search';
import { REAL_TIMING } from '@vectorlane/time';
import { documentId } from '../validation';
import * as schemas from './mcp.schemas';

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

const NEWEST_FIRST = { by: 'createdAt', descending: true } as const;
const DOCUMENT_URI = 'vectorlane://documents/';
/** What `resources/list` shows; the tool `list_documents` has all of them, in pages. */
const LISTED_RESOURCES = 50;
/** How long `add_text` waits for its text to be findable; an agent that is told "pending" asks again. */
const ADD_WAIT_MS = 20_000;
const ADD_POLL_MS = 200;

export const SERVER = { name: 'vectorlane', title: 'Vectorlane', version: VERSION };
export const INSTRUCTIONS =
  'A library of documents. `search` finds the best passage of each document that answers a question; `fetch` reads a ' +
  'whole document by the id that a search gave. Quote an exact phrase, or exclude a -word, in the query of a search.';

/** Makes the server that answers one request, with the tools that its caller may use. */
@Injectable()
export class McpServers {
  private readonly logger = new Logger('Mcp');

  constructor(
    private readonly searches: SearchService,
    private readonly collections: CollectionsRepository,
    private readonly documents: DocumentsRepository,
    private readonly lists: DocumentListRepository,
    private readonly chunks: ChunksRepository,
    private readonly ingestion: IngestionService,
    @Inject(ERROR_TRACKER) private readonly errors: ErrorTracker,
  ) {}

  /** @param baseUrl what addresses in answers begin with: `https://host`, without a slash at the end */
  serve(caller: Principal, baseUrl: string): McpServer {
    const server = new McpServer(SERVER, { instructions: INSTRUCTIONS });
    const textUrl = (id: string): string => `${baseUrl}/api/documents/${id}/text`;
    this.addReading(server, caller, textUrl);
    this.addListing(server, caller, textUrl);
    if (caller.scopes.has('write')) this.addWriting(server, caller);
    this.addResources(server, caller);
    return server;
  }

  private addReading(server: McpServer, caller: Principal, textUrl: (id: string) => string): void {
    server.registerTool('search', schemas.search, ({ query, limit, mode, filter, collections }, { signal }) =>
      this.told(async () => {
        const scope = await this.collections.scopeOf(caller, collections);
        const request = { query, topK: limit, mode, groupBy: 'document', filter: { ...filter, scope } } as const;
        const { hits, degraded } = await this.searches.search(request, signal);
        const results = hits.map(({ documentId: id, content, score, place, metadata }) => ({
          ...{ id, title: metadata.filename, url: textUrl(id) },
          ...{ text: content, score: Math.round(score * 1_000) / 1_000, place },
        }));
        return { results, ...(degraded.length > 0 && { degraded: [...degraded] }) };
      }),
    );
    server.registerTool('fetch', schemas.fetch, ({ id, offset }) =>
      this.told(async () => {
        const { document, text } = await this.read(caller, id.replace(DOCUMENT_URI, ''));
        const part = schemas.wholeCharacters(text, offset);
        const { filename, format, metadata, createdAt } = document;
        const end = offset + part.length;
        return {
          ...{ id: document.id, title: filename, text: part, url: textUrl(document.id) },
          metadata: {
            ...{ format, createdAt: createdAt.toISOString(), document: metadata },
            ...{ totalCharacters: text.length, ...(end < text.length && { nextOffset: end }) },
          },
        };
      }),
    );
  }

  private addListing(server: McpServer, caller: Principal, textUrl: (id: string) => string): void {
    server.registerTool('list_collections', schemas.listCollections, ({ cursor, limit }) =>
      this.told(async () => {
        const page = await this.collections.list(await this.collections.scopeOf(caller), limit, cursor);
        const collections = page.items.map(({ name, description, documents }) => ({
          ...{ name, documents, ...(description !== null && { description }) },
        }));
        return { collections, ...(page.nextCursor !== null && { nextCursor: page.nextCursor }) };
      }),
    );
    server.registerTool('list_documents', schemas.listDocuments, ({ cursor, limit, status, collections }) =>
      this.told(async () => {
        const scope = await this.collections.scopeOf(caller, collections);
        const page = await this.lists.list({ scope, ...(status && { status: [status] }) }, NEWEST_FIRST, limit, cursor);
        const documents = page.items.map((document) => ({
          ...{ id: document.id, title: document.filename, url: textUrl(document.id), collection: document.collection },
          ...{ format: document.format, status: document.status, createdAt: document.createdAt.toISOString() },
        }));
        return { documents, ...(page.nextCursor !== null && { nextCursor: page.nextCursor }) };
      }),
    );
  }

  private addWriting(server: McpServer, caller: Principal): void {
    server.registerTool('add_text', schemas.addText, ({ text, title, metadata, collection: name }, extra) =>
      this.told(async () => {
        const file = await this.ingestion.receive(Readable.from([Buffer.from(text, 'utf8')]), caller.keyId);
        try {
          const collection = await this.collections.keyFor(caller, name);
          const said = { filename: title, declaredType: 'text/plain; charset=utf-8', metadata };
          const { document, duplicate } = await this.ingestion.submit(file, {
            ...said,
            collection,
            uploadedBy: caller.keyId,
          });
          const ended = await this.untilEnded(caller, document, extra);
          const { failureCode, failureMessage } = ended;
          return {
            ...{ id: ended.id, title: ended.filename, status: ended.status, duplicate },
            ...(failureCode !== null && { failure: { code: failureCode, message: failureMessage ?? '' } }),
          };
        } finally {
          await file.discard();
        }
      }),
    );
  }

  private addResources(server: McpServer, caller: Principal): void {
    const template = new ResourceTemplate(`${DOCUMENT_URI}{id}`, {
      list: async () => {
        const scope = await this.collections.scopeOf(caller);
        const { items } = await this.lists.list(
          { scope, status: ['completed'] },
          NEWEST_FIRST,
          LISTED_RESOURCES,
          undefined,
        );
        return {
          resources: items.map(({ id, filename, format }) => ({
            ...{ uri: `${DOCUMENT_URI}${id}`, name: filename, description: format, mimeType: 'text/plain' },
          })),
        };
      },
    });
    server.registerResource(
      'documents',
      template,
      { title: 'Documents', description: 'The text of a document.', mimeType: 'text/plain' },
      async ({ href }, { id }) => {
        const { text } = await this.read(caller, String(id)).catch(asInvalidParams);
        return { contents: [{ uri: href, mimeType: 'text/plain', text }] };
      },
    );
  }

  /** @throws Problem `DOCUMENT_NOT_FOUND`, `TEXT_NOT_AVAILABLE` */
  private async read(caller: Principal, id: string): Promise<{ document: Document; text: string }> {
    const document = await this.documents.findById(await this.collections.scopeOf(caller), documentId(id));
    if (document === null) throw new Problem('DOCUMENT_NOT_FOUND', `There is no document ${id}. Search for its id.`);
    const text = await this.chunks.visibleText(document.id);
    if (text !== null) return { document, text };
    throw new Problem('TEXT_NOT_AVAILABLE', `The document is ${document.status}; its text is there once it completed.`);
  }

  /** Follows a document to its end, as long as an agent can be kept waiting, and tells how far it is. */
  private async untilEnded(
    caller: Principal,
    document: Document,
    { signal, sendNotification, _meta }: Extra,
  ): Promise<Document> {
    const until = performance.now() + ADD_WAIT_MS;
    const scope = await this.collections.scopeOf(caller);
    let latest = document;
    for (let told = -1; performance.now() < until;) {
      latest = (await this.documents.findById(scope, document.id)) ?? latest;
      if (latest.status === 'completed' || latest.status === 'failed') return latest;
      if (_meta?.progressToken !== undefined && latest.percent > told) {
        told = latest.percent;
        const params = { progressToken: _meta.progressToken, progress: told, total: 100, message: latest.stage };
        await sendNotification({ method: 'notifications/progress', params });
      }
      await REAL_TIMING.wait(ADD_POLL_MS, signal);
    }
    return latest;
  }

  /** What a tool came to, as data and as the one text that connectors read; an error in words a model can act on. */
  private async told(work: () => Promise<Record<string, unknown>>): Promise<CallToolResult> {
    try {
      const structuredContent = await work();
      return { structuredContent, content: [{ type: 'text', text: JSON.stringify(structuredContent) }] };
    } catch (error) {
      const problem = toProblem(error);
      if (problem.code === 'INTERNAL_ERROR') {
        this.logger.error({ code: problem.code, err: error }, 'a tool failed');
        this.errors.trackError('HTTP_INTERNAL_ERROR', { error, route: 'POST /mcp' });
      }
      return { isError: true, content: [{ type: 'text', text: `${problem.code}: ${problem.detail}` }] };
    }
  }
}

/** What a client can do something about: it asked for a resource that is not there. */
function asInvalidParams(error: unknown): never {
  const { code, detail } = toProblem(error);
  const isTheirs = code === 'DOCUMENT_NOT_FOUND' || code === 'TEXT_NOT_AVAILABLE';
  throw isTheirs ? new McpError(ErrorCode.InvalidParams, `${code}: ${detail}`) : error;
}
