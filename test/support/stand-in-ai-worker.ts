import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { bagOfWords } from './stand-in-embeddings';
import { parseJson } from './stand-in-wire';

/** A real HTTP server on a free port that answers as the AI worker does, and with every bad manner of one. */
export type WorkerManner =
  | { readonly kind: 'well' }
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body: string;
      readonly headers?: Record<string, string>;
    }
  | { readonly kind: 'hang' | 'reset' | 'close-early' | 'endless' };

export interface RecordedWorkerRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export const WORKER_TOKEN = 'stand-in-token-0123456789abcdefghij';
const WELL: WorkerManner = { kind: 'well' };
const JSON_TYPE = { 'content-type': 'application/json' };

export function refusalOf(code: string, status = 422): WorkerManner {
  const body = JSON.stringify({
    ...{ type: 'about:blank', title: code, status, detail: `The worker says ${code}.`, code },
    ...{ requestId: 'stand-in', retryable: false },
  });
  return { kind: 'answer', status, body, headers: { 'content-type': 'application/problem+json' } };
}

export function status(code: number, headers: Record<string, string> = {}): WorkerManner {
  return { kind: 'answer', status: code, body: '{"code":"NOT_READY"}', headers };
}

export function answers(body: unknown): WorkerManner {
  return { kind: 'answer', status: 200, body: typeof body === 'string' ? body : JSON.stringify(body) };
}

/** Lines of words on one page, as the worker would tell of them. */
export function recognised(text: string, format = 'png', page = 1): Record<string, unknown> {
  const words = text.split('\n').flatMap((line, number) => {
    let x0 = 72;
    return line.split(' ').map((word) => {
      const x1 = x0 + 5 * word.length;
      const place = { x0, y0: 72 + 14 * number, x1, y1: 82 + 14 * number };
      x0 = x1 + 4;
      return { text: word, ...place, confidence: 91.5, line: number };
    });
  });
  return { format, pages: [{ page, width: 612, height: 792, words }] };
}

export class StandInAiWorker {
  readonly requests: RecordedWorkerRequest[] = [];
  /** What `/ready` answers. */
  probe: WorkerManner = WELL;
  /** What `/v1/recognise` answers where nothing else was asked for: the words of this document. */
  text = 'The lighthouse keeper polishes the brass lantern every evening.';
  /** Of the embeddings' answer. */
  model = 'gte-small';
  dimension = 384;
  private readonly manners: WorkerManner[] = [];
  private usual: WorkerManner = WELL;
  /** Stays when it is closed: another one may be started on it. */
  port = 0;
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => {
      this.handle(request, response).catch(() => response.destroy());
    });
  }

  static async start(port = 0): Promise<StandInAiWorker> {
    const standIn = new StandInAiWorker();
    await new Promise<void>((resolve, reject) => {
      standIn.server.once('error', reject).listen(port, '127.0.0.1', resolve);
    });
    standIn.port = (standIn.server.address() as AddressInfo).port;
    return standIn;
  }

  get settings(): Record<string, string> {
    return { AI_WORKER_URL: `http://127.0.0.1:${this.port}`, AI_WORKER_TOKEN: WORKER_TOKEN };
  }

  get documents(): readonly RecordedWorkerRequest[] {
    return this.requests.filter(({ path }) => path.startsWith('/v1/recognise'));
  }

  async close(): Promise<void> {
    if (!this.server.listening) return;
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  /** For the next test: nothing was asked yet, and every answer is a good one. */
  reset(): void {
    this.requests.length = 0;
    this.manners.length = 0;
    this.usual = WELL;
  }

  /** The next documents are treated so, one each. */
  behave(...manners: WorkerManner[]): void {
    this.manners.push(...manners);
  }

  /** Every document without a manner of its own is treated so. */
  behaveAlways(usual: WorkerManner): void {
    this.usual = usual;
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { url: path = '', method = '', headers } = request;
    const body = Buffer.concat(parts);
    this.requests.push({ method, path, headers, body });
    if (path === '/ready') {
      const checks = { model: 'up', parsers: 'up', ocr: 'up' };
      return misbehave(this.probe, { status: 'ok', checks }, response);
    }
    if (headers.authorization !== `Bearer ${WORKER_TOKEN}`) {
      return misbehave({ kind: 'answer', status: 401, body: '{"code":"INVALID_TOKEN"}' }, {}, response);
    }
    if (path === '/v1/embeddings') return misbehave(WELL, this.embeddings(body), response);
    const query = new URL(path, 'http://worker').searchParams;
    const page = Number(/^\d+/.exec(query.get('pages') ?? '1')?.[0]);
    const well = recognised(this.text, query.get('format') ?? 'png', page);
    return misbehave(this.manners.shift() ?? this.usual, well, response);
  }

  private embeddings(body: Buffer): unknown {
    const { input } = parseJson(body.toString('utf8')) as { input: string[] };
    const data = input.map((text, index) => ({ index, embedding: bagOfWords(text, this.dimension) }));
    return { object: 'list', model: this.model, data };
  }
}

function misbehave(manner: WorkerManner, well: unknown, response: ServerResponse): void {
  switch (manner.kind) {
    case 'well':
      response.writeHead(200, JSON_TYPE).end(JSON.stringify(well));
      return;
    case 'answer':
      response.writeHead(manner.status, { ...JSON_TYPE, ...manner.headers }).end(manner.body);
      return;
    case 'hang':
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'close-early':
      response.writeHead(200, { ...JSON_TYPE, 'content-length': 10_000 });
      response.write('{"format":"png","text":"', () => response.destroy());
      return;
    case 'endless': {
      response.writeHead(200, JSON_TYPE);
      const part = Buffer.alloc(1024 * 1024, ' ');
      const pour = (): void => {
        while (!response.destroyed && response.write(part));
      };
      response.on('drain', pour);
      pour();
    }
  }
}
