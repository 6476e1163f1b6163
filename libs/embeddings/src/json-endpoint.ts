import { Agent as HttpAgent, request as requestHttp, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { EndpointError } from './endpoint-error';

/**
 * JSON by POST to one address over kept connections, everything bounded: the time of the whole exchange, the bytes of
 * the answer, the connections. Redirects are not followed and nothing is unpacked, so that bytes are bytes.
 */
export interface JsonEndpointOptions {
  readonly url: URL;
  /** Sent as a bearer token. */
  readonly token: string | undefined;
  readonly maxConnections: number;
  /** From the first byte sent to the last received. */
  readonly timeoutMs: number;
}

export interface JsonReply {
  readonly status: number;
  readonly contentType: string;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

/** Servers close idle connections after 5 s and more; ours are gone before, so that none is closed under a request. */
const IDLE_CONNECTION_MS = 4_000;
/** An answer that is an error is read so far and no further. */
const MAX_ERROR_BYTES = 16_384;

export class JsonEndpoint {
  private readonly agent: HttpAgent | HttpsAgent;
  private readonly request: typeof requestHttp;

  constructor(private readonly options: JsonEndpointOptions) {
    const secure = options.url.protocol === 'https:';
    const agentOptions = { keepAlive: true, maxSockets: options.maxConnections, timeout: IDLE_CONNECTION_MS };
    this.agent = secure ? new HttpsAgent(agentOptions) : new HttpAgent(agentOptions);
    this.request = secure ? requestHttps : requestHttp;
  }

  /**
   * @throws EndpointError when there is no answer, or a good one of more than `maxBytes`; the signal's reason when aborted
   */
  post(body: unknown, maxBytes: number, signal: AbortSignal): Promise<JsonReply> {
    const payload = Buffer.from(JSON.stringify(body));
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the caller's own reason
        reject(signal.reason);
        return;
      }
      const request = this.request(this.options.url, {
        method: 'POST',
        agent: this.agent,
        headers: this.headers(payload.length),
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
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- an EndpointError or the caller's own reason
        reject(error);
        request.destroy();
      };
      const onAbort = (): void => fail(signal.reason);
      const { timeoutMs } = this.options;
      const timer = setTimeout(
        () => fail(new EndpointError('passing', `gave no whole answer within ${timeoutMs} ms`)),
        timeoutMs,
      );
      signal.addEventListener('abort', onAbort, { once: true });
      request.on('error', (error) => fail(connectionError(request, error)));
      // However a connection ends without an error; once there is an answer, its own end decides.
      let answered = false;
      request.on('close', () => answered || fail(connectionError(request)));
      request.on('response', (response) => {
        answered = true;
        collect(response, maxBytes).then((reply) => {
          settle();
          resolve(reply);
          // What was not read to its end cannot be used again.
          if (!response.complete) request.destroy();
        }, fail);
      });
      request.end(payload);
    });
  }

  /** Ends the kept connections; those in use are ended by their callers' signals. */
  close(): void {
    this.agent.destroy();
  }

  private headers(length: number): Record<string, string | number> {
    const { token } = this.options;
    return {
      'content-type': 'application/json',
      'content-length': length,
      accept: 'application/json',
      'user-agent': 'vectorlane',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    };
  }
}

function collect(response: IncomingMessage, maxBytes: number): Promise<JsonReply> {
  const status = response.statusCode ?? 0;
  const isError = status < 200 || status > 299;
  const limit = isError ? MAX_ERROR_BYTES : maxBytes;
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let bytes = 0;
    const finish = (): void => {
      const contentType = response.headers['content-type'] ?? '';
      const body = Buffer.concat(parts).subarray(0, limit).toString('utf8');
      resolve({ status, contentType, retryAfter: response.headers['retry-after'], body });
    };
    const overflow = (): void => {
      if (isError) finish();
      else reject(new EndpointError('final', `answered with more than ${limit} bytes`));
    };
    response.on('data', (part: Buffer) => {
      if (bytes > limit) return;
      bytes += part.length;
      parts.push(part);
      if (bytes > limit) overflow();
    });
    response.on('end', finish);
    response.on('error', () => reject(new EndpointError('passing', 'broke off in the middle of its answer')));
    response.on('close', () => reject(new EndpointError('passing', 'broke off in the middle of its answer')));
  });
}

function connectionError(request: ClientRequest, error?: NodeJS.ErrnoException): EndpointError {
  const code = error?.code;
  // A code is a constant of Node's; a message may hold bytes of the answer.
  const shown = code !== undefined && /^[A-Z0-9_]{1,40}$/.test(code) ? code : 'connection closed';
  // The server closed a kept connection at the moment we wrote to it: it never saw this request.
  const retryAtOnce = request.reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE');
  return new EndpointError('passing', `cannot be reached (${shown})`, { retryAtOnce });
}
