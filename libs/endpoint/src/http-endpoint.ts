import {
  Agent as HttpAgent,
  request as requestHttp,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { ExchangeError } from './exchange-error';

/**
 * HTTP with one server over kept connections, everything bounded: the time of the whole exchange, the bytes of the
 * answer, the connections. Redirects are not followed and nothing is unpacked, so that bytes are bytes.
 */
export interface HttpEndpointOptions {
  /** Where paths are put behind. */
  readonly baseUrl: string;
  /** Sent as a bearer token. */
  readonly token: string | undefined;
  readonly maxConnections: number;
}

export interface Exchange {
  readonly method: 'GET' | 'POST';
  /** Begins with a slash. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Of an answer; one that is an error is cut off earlier. */
  readonly maxBytes: number;
  /** From the first byte sent to the last received. */
  readonly timeoutMs: number;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Servers close idle connections after 5 s and more; ours are gone before, so that none is closed under a request. */
const IDLE_CONNECTION_MS = 4_000;
/** An answer that is an error is read so far and no further. */
const MAX_ERROR_BYTES = 16_384;

export class HttpEndpoint {
  private readonly agent: HttpAgent | HttpsAgent;
  private readonly request: typeof requestHttp;
  private readonly baseUrl: string;

  constructor(private readonly options: HttpEndpointOptions) {
    this.baseUrl = options.baseUrl.replace(/\/+$/, '');
    const secure = this.baseUrl.startsWith('https:');
    const agentOptions = { keepAlive: true, maxSockets: options.maxConnections, timeout: IDLE_CONNECTION_MS };
    this.agent = secure ? new HttpsAgent(agentOptions) : new HttpAgent(agentOptions);
    this.request = secure ? requestHttps : requestHttp;
  }

  /** @throws ExchangeError when there is no whole answer within the bounds; the signal's reason when aborted */
  exchange(exchange: Exchange, signal: AbortSignal): Promise<HttpReply> {
    const { method, path, body, maxBytes, timeoutMs } = exchange;
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const request = this.request(new URL(`${this.baseUrl}${path}`), {
        method,
        agent: this.agent,
        headers: this.headers(exchange),
      });
      let settled = false;
      const settle = (): void => {
        settled = true;
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
      };
      const fail = (error: unknown): void => {
        // A request ends with `close` after all, and an aborted one with errors of its own.
        if (settled) return;
        settle();
        reject(error);
        request.destroy();
      };
      const onAbort = (): void => fail(signal.reason);
      const timer = setTimeout(
        () => fail(new ExchangeError('slow', `gave no whole answer within ${timeoutMs} ms`)),
        timeoutMs,
      );
      signal.addEventListener('abort', onAbort, { once: true });
      // Once there is an answer, its own end decides: a server that refuses a body early stops reading it.
      let answered = false;
      request.on('error', (error) => answered || fail(connectionError(request, error)));
      // However a connection ends without an error.
      request.on('close', () => answered || fail(connectionError(request)));
      request.on('response', (response) => {
        answered = true;
        collect(response, maxBytes).then((reply) => {
          settle();
          resolve(reply);
          // What was not read or written to its end cannot be used again.
          if (!response.complete || !request.writableFinished) request.destroy();
        }, fail);
      });
      request.end(body);
    });
  }

  /** Ends the kept connections; those in use are ended by their callers' signals. */
  close(): void {
    this.agent.destroy();
  }

  private headers({ headers, body }: Exchange): OutgoingHttpHeaders {
    const { token } = this.options;
    return {
      ...(body !== undefined && { 'content-length': body.byteLength }),
      accept: 'application/json',
      'user-agent': 'vectorlane',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...headers,
    };
  }
}

function collect(response: IncomingMessage, maxBytes: number): Promise<HttpReply> {
  const status = response.statusCode ?? 0;
  const isError = status < 200 || status > 299;
  const limit = isError ? MAX_ERROR_BYTES : maxBytes;
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    const finish = (): void =>
      resolve({ status, headers: response.headers, body: Buffer.concat(parts).subarray(0, limit) });
    const overflow = (): void => {
      if (isError) finish();
      else reject(new ExchangeError('too-large', `answered with more than ${limit} bytes`));
    };
    response.on('data', (part: Buffer) => {
      if (bytes > limit) return;
      bytes += part.length;
      parts.push(part);
      if (bytes > limit) overflow();
    });
    const brokenOff = (): void => reject(new ExchangeError('lost', 'broke off in the middle of its answer'));
    response.on('end', finish);
    response.on('error', brokenOff);
    response.on('close', brokenOff);
  });
}

function connectionError(request: ClientRequest, error?: NodeJS.ErrnoException): ExchangeError {
  const code = error?.code;
  // A code is a constant of Node's; a message may hold bytes of the answer.
  const shown = code !== undefined && /^[A-Z0-9_]{1,40}$/.test(code) ? code : 'connection closed';
  // The server closed a kept connection at the moment we wrote to it: it never saw this request.
  const retryAtOnce = request.reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE');
  return new ExchangeError('lost', `cannot be reached (${shown})`, { retryAtOnce });
}
