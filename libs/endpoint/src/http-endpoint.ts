import {
  Agent as HttpAgent,
  request as requestHttp,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { LookupFunction, Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { retryAfterMs } from '@vectorlane/time';
import { type AnswerBounds, collectAnswer } from './answer-body';
import { connectionError, ExchangeError } from './exchange-error';

/**
 * HTTP with one server over kept connections, everything bounded: the time of the whole exchange, the bytes of the
 * answer, the connections. Redirects are not followed and nothing is unpacked, so that bytes are bytes. The only HTTP
 * client there is: embeddings, AI worker, alert webhooks and the command line all go through here.
 */
export interface HttpEndpointOptions {
  /** Where paths are put behind. */
  readonly baseUrl: string;
  /** Sent as a bearer token. */
  readonly token?: string | undefined;
  /** Sent with every request: another kind of key, another name. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly maxConnections: number;
  /** Looks names up in place of the system, and may refuse where they lead. */
  readonly lookup?: LookupFunction;
}

/** A body that is made while it is sent: a file of any size takes the memory of one part. */
export interface StreamedBody {
  readonly sizeBytes: number;
  /** Opened for each try. What it throws is what the exchange rejects with. */
  readonly open: () => AsyncIterable<Uint8Array>;
}

export interface Exchange extends AnswerBounds {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Begins with a slash, or is empty. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | StreamedBody;
  /** From the first byte sent to the last received. */
  readonly timeoutMs: number;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** What the server asked for by `Retry-After`, in milliseconds. */
  readonly retryAfterMs: number | undefined;
}

/** The head of an answer, and what follows for as long as both sides want. */
export interface OpenReply {
  readonly status: number;
  /** Ends with the connection; throws where that breaks. */
  readonly parts: AsyncIterable<Buffer>;
  /** For a reader that wants no more. */
  readonly close: () => void;
}

/** Servers close idle connections after 5 s and more; ours are gone before, so that none is closed under a request. */
const IDLE_CONNECTION_MS = 4_000;

export class HttpEndpoint {
  private readonly agent: HttpAgent | HttpsAgent;
  private readonly request: typeof requestHttp;
  private readonly baseUrl: string;
  private readonly connectedEvent: 'connect' | 'secureConnect';

  constructor(private readonly options: HttpEndpointOptions) {
    this.baseUrl = options.baseUrl.replace(/\/+$/, '');
    const secure = this.baseUrl.startsWith('https:');
    const { maxConnections: maxSockets, lookup } = options;
    const agentOptions = { keepAlive: true, maxSockets, timeout: IDLE_CONNECTION_MS, ...(lookup && { lookup }) };
    this.agent = secure ? new HttpsAgent(agentOptions) : new HttpAgent(agentOptions);
    this.connectedEvent = secure ? 'secureConnect' : 'connect';
    this.request = secure ? requestHttps : requestHttp;
  }

  /**
   * @throws ExchangeError when there is no whole answer within the bounds; the signal's reason when aborted; what a
   *   streamed body throws
   */
  exchange(exchange: Exchange, signal?: AbortSignal): Promise<HttpReply> {
    return this.send(exchange, signal, async (response, request) => {
      const { statusCode: status = 0, headers } = response;
      const asked = retryAfterMs(headers['retry-after'], Date.now());
      const body = await collectAnswer(response, exchange);
      // What was not read or written to its end cannot be used again.
      if (!response.complete || !request.writableFinished) request.destroy();
      return { status, headers, body, retryAfterMs: asked };
    });
  }

  /**
   * An answer that goes on, such as a stream of events.
   * @param head `timeoutMs` is to the head of the answer
   * @throws ExchangeError when there is none; the signal's reason, which ends what follows too
   */
  open(head: Pick<Exchange, 'path' | 'headers' | 'timeoutMs'>, signal?: AbortSignal): Promise<OpenReply> {
    return this.send({ method: 'GET', ...head }, signal, (response, request) => {
      const end = (): void => void request.destroy();
      signal?.addEventListener('abort', end, { once: true });
      response.once('close', () => signal?.removeEventListener('abort', end));
      return Promise.resolve({ status: response.statusCode ?? 0, parts: response, close: end });
    });
  }

  private send<T>(
    exchange: Omit<Exchange, keyof AnswerBounds>,
    signal: AbortSignal | undefined,
    receive: (response: IncomingMessage, request: ClientRequest) => Promise<T>,
  ): Promise<T> {
    const { method, path, body, timeoutMs } = exchange;
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason);
        return;
      }
      const request = this.request(new URL(`${this.baseUrl}${path}`), {
        method,
        agent: this.agent,
        headers: this.headers(exchange),
      });
      let connected = false;
      let settled = false;
      const settle = (): void => {
        settled = true;
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      };
      const fail = (error: unknown): void => {
        // A request ends with `close` after all, and an aborted one with errors of its own.
        if (settled) return;
        settle();
        reject(error);
        request.destroy();
      };
      const onAbort = (): void => fail(signal?.reason);
      const timer = setTimeout(() => fail(tooSlow(timeoutMs, request.socket, connected)), timeoutMs);
      signal?.addEventListener('abort', onAbort, { once: true });
      // Once there is an answer, its own end decides: a server that refuses a body early stops reading it.
      let answered = false;
      request.on('socket', (socket) => {
        if (request.reusedSocket) connected = true;
        else socket.once(this.connectedEvent, () => (connected = true));
      });
      const broken = (error?: NodeJS.ErrnoException): void => {
        if (!answered) fail(connectionError(error, { reused: request.reusedSocket, connected }));
      };
      request.on('error', broken);
      // However a connection ends without an error.
      request.on('close', () => broken());
      request.on('response', (response) => {
        answered = true;
        receive(response, request).then((received) => {
          settle();
          resolve(received);
        }, fail);
      });
      if (body === undefined || body instanceof Uint8Array) request.end(body);
      else pour(body, request).catch((error: unknown) => answered || fail(error));
    });
  }

  /** Ends the kept connections; those in use are ended by their callers' signals. */
  close(): void {
    this.agent.destroy();
  }

  private headers({ headers, body }: Pick<Exchange, 'headers' | 'body'>): OutgoingHttpHeaders {
    const { token } = this.options;
    const bytes = body instanceof Uint8Array ? body.byteLength : body?.sizeBytes;
    return {
      ...(bytes !== undefined && { 'content-length': bytes }),
      accept: 'application/json',
      'user-agent': 'vectorlane',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...this.options.headers,
      ...headers,
    };
  }
}

/** Rejects with what the source throws, and with nothing where the request ended first: its own events tell of that. */
async function pour(body: StreamedBody, request: ClientRequest): Promise<void> {
  let ofSource: { readonly error: unknown } | undefined;
  const parts = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield* body.open();
    } catch (error) {
      ofSource = { error };
      throw error;
    }
  };
  try {
    await pipeline(Readable.from(parts(), { objectMode: false }), request);
  } catch (error) {
    if (ofSource !== undefined) throw ofSource.error;
    // Node's own complaint of a body of another length than was said; everything else is told by the request.
    if ((error as NodeJS.ErrnoException).code === 'ERR_HTTP_CONTENT_LENGTH_MISMATCH') throw error;
  }
}

/** A connection that was asked for and never had tells that nothing has been sent; waiting for a free one does not. */
function tooSlow(timeoutMs: number, socket: Socket | null, connected: boolean): ExchangeError {
  return socket === null || connected
    ? new ExchangeError('slow', `gave no whole answer within ${timeoutMs} ms`)
    : new ExchangeError('unreachable', `took no connection within ${timeoutMs} ms`, { code: 'ETIMEDOUT' });
}
