import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DocumentStatus, Lane } from '@vectorlane/domain';
import { misbehave, parseJson, problem, readText, receiveUpload, send, type Misbehaviour } from './stand-in-wire';

/**
 * A small server that keeps the REST contract on a free port and can be told to misbehave: what a client must live
 * with and a healthy server never shows. It holds digests and states, never contents.
 */
export const STAND_IN_KEY = 'vl_standinstand_0123456789012345678901234567890123456789abc';

interface Rule {
  readonly matches: (request: RecordedRequest) => boolean;
  readonly misbehaviour: Misbehaviour;
  times: number;
}

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly key: string | undefined;
  readonly contentLength: number | undefined;
  /** Parsed, for JSON requests, once they have been read. */
  body?: unknown;
}

export interface StoredDocument {
  readonly id: string;
  readonly filename: string;
  readonly sizeBytes: number;
  readonly metadata: unknown;
  readonly lane: Lane;
  pollsLeft: number;
  status: DocumentStatus;
  failure?: { code: string; message: string; retryable: boolean };
}

export interface StandInOptions {
  /** Status requests answered with "processing" before a document is done. */
  readonly pollsUntilDone?: number;
  /** File names whose documents fail. */
  readonly failing?: Readonly<Record<string, { code: string; message: string }>>;
  /** By file name, what of the document was read. */
  readonly coverage?: Readonly<Record<string, { pages: number | null; pagesWithoutText: number[]; notes: string[] }>>;
  /** Extensions refused with 415. */
  readonly unsupported?: readonly string[];
  readonly searchAnswer?: unknown;
}

interface StoredKey {
  id: string;
  name: string;
  scopes: string[];
  createdAt: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
  revokedAt: string | null;
  rateLimitPerMinute: number | 'none' | null;
}

export class StandInApi {
  readonly requests: RecordedRequest[] = [];
  readonly documents = new Map<string, StoredDocument>();
  readonly keys = new Map<string, StoredKey>();
  private readonly rules: Rule[] = [];
  private readonly byDigest = new Map<string, string>();
  private readonly server: Server;
  private readonly listeners = new Set<(request: RecordedRequest) => void>();

  private constructor(private readonly options: StandInOptions) {
    this.server = createServer((request, response) => {
      this.handle(request, response).catch(() => response.destroy());
    });
  }

  static async start(options: StandInOptions = {}, port = 0): Promise<StandInApi> {
    const api = new StandInApi(options);
    await new Promise<void>((resolve, reject) => {
      api.server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    return api;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  /** The next `times` requests that match are treated so; rules are tried in the order they were made. */
  misbehave(method: string, path: RegExp, misbehaviour: Misbehaviour, times = 1): void {
    this.rules.push({
      matches: (request) => request.method === method && path.test(request.path),
      misbehaviour,
      times,
    });
  }

  count(method: string, path: RegExp): number {
    return this.requests.filter((request) => request.method === method && path.test(request.path)).length;
  }

  /** Resolves with the next matching request, as soon as its head has arrived. */
  async next(method: string, path: RegExp): Promise<RecordedRequest> {
    return new Promise((resolve) => {
      const listener = (request: RecordedRequest) => {
        if (request.method !== method || !path.test(request.path)) return;
        this.listeners.delete(listener);
        resolve(request);
      };
      this.listeners.add(listener);
    });
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    const length = request.headers['content-length'];
    const recorded: RecordedRequest = {
      method,
      path: url,
      key: request.headers['x-api-key']?.toString(),
      contentLength: length === undefined ? undefined : Number(length),
    };
    this.requests.push(recorded);
    for (const listener of this.listeners) listener(recorded);

    const rule = this.rules.find((candidate) => candidate.times > 0 && candidate.matches(recorded));
    if (rule !== undefined) {
      rule.times -= 1;
      misbehave(rule.misbehaviour, request, response);
      return;
    }
    if (recorded.key !== STAND_IN_KEY) {
      request.resume();
      const code = recorded.key === undefined ? 'MISSING_API_KEY' : 'INVALID_API_KEY';
      problem(response, 401, code);
    } else if (method === 'POST' && url === '/api/documents') {
      await this.upload(request, response);
    } else if (method === 'GET' && url.startsWith('/api/documents/')) {
      this.documentStatus(decodeURIComponent(url.slice('/api/documents/'.length)), response);
    } else {
      recorded.body = parseJson(await readText(request));
      this.answerJson(recorded, response);
    }
  }

  private answerJson({ method, path, body }: RecordedRequest, response: ServerResponse): void {
    const id = path.startsWith('/api/admin/keys/')
      ? decodeURIComponent(path.slice('/api/admin/keys/'.length))
      : undefined;
    const key = id === undefined ? undefined : this.keys.get(id);
    if (method === 'GET' && path.startsWith('/api/documents?')) {
      this.list(new URLSearchParams(path.split('?')[1]), response);
    } else if (method === 'POST' && path === '/api/documents/retry') {
      // Two at a time: a client that asks once leaves the rest as they are.
      const failed = [...this.documents.values()].filter(({ failure }) => failure?.retryable === true);
      const retried = failed.slice(0, 2);
      for (const document of retried) this.retry(document);
      send(response, 200, { matched: failed.length, retried: retried.length });
    } else if (method === 'POST' && path.endsWith('/retry')) {
      const document = this.documents.get(path.split('/')[3] ?? '');
      if (document === undefined) problem(response, 404, 'DOCUMENT_NOT_FOUND');
      else if (document.status !== 'failed') problem(response, 409, 'NOT_FAILED');
      else send(response, 202, documentBody(this.retry(document)));
    } else if (method === 'DELETE' && path.startsWith('/api/documents/')) {
      if (this.documents.delete(path.split('/')[3] ?? '')) response.writeHead(204).end();
      else problem(response, 404, 'DOCUMENT_NOT_FOUND');
    } else if (method === 'POST' && path === '/api/search') {
      send(response, 200, this.options.searchAnswer ?? { results: [], tookMs: 1.4 });
    } else if (method === 'POST' && path === '/api/admin/keys') {
      const { name, scopes, expiresAt, rateLimitPerMinute } = body as Pick<StoredKey, 'name' | 'scopes'> &
        Partial<StoredKey>;
      const createdAt = new Date().toISOString();
      const created = {
        id: randomUUID(),
        name,
        scopes,
        createdAt,
        expiresAt: expiresAt ?? null,
        lastUsedAt: null,
        revokedAt: null,
        rateLimitPerMinute: rateLimitPerMinute ?? null,
      };
      this.keys.set(created.id, created);
      send(response, 201, { ...created, key: `vl_made_${created.id}` });
    } else if (method === 'GET' && path.startsWith('/api/admin/keys?')) {
      // One key a page: a client that reads the first page alone loses the rest.
      const at = Number(new URLSearchParams(path.split('?')[1]).get('cursor') ?? 0);
      const items = [...this.keys.values()].reverse();
      send(response, 200, {
        items: items.slice(at, at + 1),
        nextCursor: at + 1 < items.length ? String(at + 1) : null,
      });
    } else if (method === 'DELETE' && key !== undefined) {
      key.revokedAt = new Date().toISOString();
      response.writeHead(204).end();
    } else {
      problem(response, 404, 'NOT_FOUND');
    }
  }

  private list(query: URLSearchParams, response: ServerResponse): void {
    const at = Number(query.get('cursor') ?? 0);
    const end = at + Math.min(2, Number(query.get('limit')));
    const wanted = [...this.documents.values()].filter(({ status }) => (query.get('status') ?? status) === status);
    const items = wanted.slice(at, end).map(documentBody);
    send(response, 200, { items, nextCursor: end < wanted.length ? String(end) : null });
  }

  private retry(document: StoredDocument): StoredDocument {
    document.status = 'pending';
    delete document.failure;
    return document;
  }

  private async upload(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { filename, digest, sizeBytes, metadata } = await receiveUpload(request);
    const extension = filename.split('.').at(-1) ?? '';
    if (this.options.unsupported?.includes(extension) === true) {
      problem(response, 415, 'UNSUPPORTED_FORMAT');
      return;
    }
    const known = this.documents.get(this.byDigest.get(digest) ?? '');
    if (known !== undefined) {
      send(response, 200, { ...documentBody(known), duplicate: true });
      return;
    }
    const document: StoredDocument = {
      id: randomUUID(),
      filename,
      sizeBytes,
      metadata,
      lane: extension === 'pdf' ? 'heavy' : 'fast',
      pollsLeft: this.options.pollsUntilDone ?? 1,
      status: 'pending',
    };
    this.documents.set(document.id, document);
    this.byDigest.set(digest, document.id);
    const { id, lane, status } = document;
    send(response, 202, { id, filename, format: extension, lane, status }, { location: `/api/documents/${id}` });
  }

  private documentStatus(id: string, response: ServerResponse): void {
    const document = this.documents.get(id);
    if (document === undefined) {
      problem(response, 404, 'DOCUMENT_NOT_FOUND');
      return;
    }
    document.status = 'processing';
    document.pollsLeft -= 1;
    if (document.pollsLeft < 0) {
      const failure = this.options.failing?.[document.filename];
      document.status = failure === undefined ? 'completed' : 'failed';
      if (failure !== undefined) document.failure = { ...failure, retryable: false };
    }
    const coverage = document.status === 'completed' ? this.options.coverage?.[document.filename] : undefined;
    send(response, 200, { ...documentBody(document), ...(coverage && { coverage }) });
  }
}

/** Chunks of a completed document here: one for every 1,000 bytes begun. */
function documentBody(document: StoredDocument): Record<string, unknown> {
  const { id, filename, lane, status, sizeBytes, failure } = document;
  const now = new Date().toISOString();
  return {
    ...{ id, filename, format: filename.split('.').at(-1), lane, status, sizeBytes, attempts: 1 },
    stage: status === 'processing' ? 'embedding' : 'done',
    percent: status === 'processing' ? 50 : 100,
    chunkCount: status === 'completed' ? Math.ceil(sizeBytes / 1_000) : null,
    timings: {},
    ...(failure === undefined ? {} : { failure }),
    ...{ createdAt: now, updatedAt: now },
  };
}
