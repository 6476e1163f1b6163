import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseJson, readText } from './stand-in-wire';

/**
 * A real HTTP server that speaks OpenAI's embeddings protocol on a free port, with vectors that bring together texts of
 * the same words, and with every bad manner a client has to live with.
 */
export interface EmbeddingsRequest {
  readonly model: string;
  readonly input: string[];
  readonly dimensions?: number;
  readonly encoding_format?: string;
}

export interface RecordedEmbeddingsRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: EmbeddingsRequest;
  /** Port of the client: the same for requests over one connection. */
  readonly clientPort: number | undefined;
  /** Settles when the connection is gone or the answer has been sent. */
  readonly closed: Promise<void>;
}

export interface EmbeddingsAnswer {
  object: string;
  model: string;
  data: { object: string; index: number; embedding: unknown }[];
}

export type EmbeddingsManner =
  | { readonly kind: 'well' }
  /** Answers only when told to. */
  | { readonly kind: 'held'; readonly until: Promise<unknown> }
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly body?: string;
      readonly headers?: Record<string, string>;
    }
  | { readonly kind: 'body'; readonly body: string; readonly contentType?: string }
  /** Answers well, but for what is changed. */
  | { readonly kind: 'changed'; readonly change: (answer: EmbeddingsAnswer) => unknown }
  | { readonly kind: 'hang' | 'hang-midway' | 'reset' | 'close-early' | 'endless' | 'endless-error' | 'drip' };

const WELL: EmbeddingsManner = { kind: 'well' };

export class StandInEmbeddings {
  readonly requests: RecordedEmbeddingsRequest[] = [];
  /** Most requests that were being answered at one time. */
  mostAtOnce = 0;
  private atOnce = 0;
  private readonly manners: EmbeddingsManner[] = [];
  private usual: (request: EmbeddingsRequest) => EmbeddingsManner = () => WELL;
  private readonly watchers = new Set<() => void>();
  private readonly server: Server;

  private constructor(private readonly dimension: number) {
    this.server = createServer((request, response) => {
      this.handle(request, response).catch(() => response.destroy());
    });
  }

  static async start(dimension = 256, port = 0): Promise<StandInEmbeddings> {
    const standIn = new StandInEmbeddings(dimension);
    await new Promise<void>((resolve, reject) => {
      standIn.server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    return standIn;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${this.port}/v1`;
  }

  /** What makes a service ask here. */
  get settings(): Readonly<Record<string, string>> {
    return { EMBEDDING_API_URL: this.baseUrl, EMBEDDING_API_MODEL: 'stand-in' };
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  /** The next requests are treated so, one each. */
  behave(...manners: EmbeddingsManner[]): void {
    this.manners.push(...manners);
  }

  /** Every request without a manner of its own is treated so. */
  behaveAlways(usual: EmbeddingsManner | ((request: EmbeddingsRequest) => EmbeddingsManner)): void {
    this.usual = typeof usual === 'function' ? usual : () => usual;
  }

  /** Resolves when so many requests have come in whole; Jest's own timeout bounds it. */
  async arrived(count: number): Promise<void> {
    while (this.requests.length < count) {
      await new Promise<void>((resolve) => this.watchers.add(resolve));
    }
  }

  /** Texts of all requests, in the order they came. */
  get inputs(): string[] {
    return this.requests.flatMap(({ body }) => body.input);
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.atOnce += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.atOnce);
    const closed = new Promise<void>((resolve) => {
      response.once('close', () => {
        this.atOnce -= 1;
        resolve();
      });
    });
    const body = parseJson(await readText(request)) as EmbeddingsRequest;
    const { url: path = '', headers, socket } = request;
    this.requests.push({ path, headers, body, clientPort: socket.remotePort, closed });
    for (const watcher of this.watchers) watcher();
    this.watchers.clear();
    await this.answer(body, this.manners.shift() ?? this.usual(body), response);
  }

  private async answer(body: EmbeddingsRequest, manner: EmbeddingsManner, response: ServerResponse): Promise<void> {
    const json = { 'content-type': 'application/json' };
    switch (manner.kind) {
      case 'held':
        await manner.until;
        response.writeHead(200, json).end(JSON.stringify(this.embeddings(body)));
        return;
      case 'well':
        response.writeHead(200, json).end(JSON.stringify(this.embeddings(body)));
        return;
      case 'changed':
        response.writeHead(200, json).end(JSON.stringify(manner.change(this.embeddings(body))));
        return;
      case 'status':
        response.writeHead(manner.status, { ...json, ...manner.headers }).end(manner.body ?? '{}');
        return;
      case 'body':
        response.writeHead(200, { 'content-type': manner.contentType ?? 'application/json' }).end(manner.body);
        return;
      case 'hang':
        return;
      case 'hang-midway':
        response.writeHead(200, json).write('{"object":"list","data":[');
        return;
      case 'reset':
        response.socket?.resetAndDestroy();
        return;
      case 'close-early':
        response.writeHead(200, { ...json, 'content-length': 10_000 });
        response.write('{"object":"list","data":[', () => response.destroy());
        return;
      case 'endless':
        await pour(response.writeHead(200, json), Buffer.alloc(65_536, ' '));
        return;
      case 'endless-error':
        await pour(response.writeHead(400, json), Buffer.alloc(65_536, 'x'));
        return;
      case 'drip':
        drip(response.writeHead(200, json));
    }
  }

  private embeddings({ model, input, dimensions }: EmbeddingsRequest): EmbeddingsAnswer {
    const dimension = dimensions ?? this.dimension;
    const data = input.map((text, index) => ({ object: 'embedding', index, embedding: bagOfWords(text, dimension) }));
    return { object: 'list', model, data };
  }
}

/** Each word at a place of its own: texts are the nearer, the more words they share. Not normalised. */
export function bagOfWords(text: string, dimension: number): number[] {
  const vector = new Array<number>(dimension).fill(0);
  for (const word of text.toLowerCase().match(/\p{L}{3,}/gu) ?? ['']) {
    const place = createHash('sha256').update(word).digest().readUInt32BE() % dimension;
    vector[place] = (vector[place] ?? 0) + 1;
  }
  return vector;
}

/** Writes as fast as it is read, until the client has had enough. */
async function pour(response: ServerResponse, part: Buffer): Promise<void> {
  let goOn: () => void = () => undefined;
  response.on('drain', () => goOn()).on('close', () => goOn());
  while (!response.destroyed) {
    if (response.write(part)) continue;
    await new Promise<void>((resolve) => (goOn = resolve));
  }
}

/** A byte every few milliseconds: never idle, never done. */
function drip(response: ServerResponse): void {
  const timer = setInterval(() => response.write(' '), 5);
  response.once('close', () => clearInterval(timer));
}
