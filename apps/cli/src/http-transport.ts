import { setMaxListeners } from 'node:events';
import { ApiProblem, RequestTimedOut, ServerUnreachable, UnexpectedAnswer, UnreadableFile } from './api-errors';
import { parseRetryAfter, retryDelay, type RetryPolicy } from './retry-policy';
import type { Clock } from './terminal';

/**
 * One HTTP request to the server, with its deadline, its bounded answer and its tries. Knows nothing of the routes.
 */
export interface TransportOptions {
  readonly url: string;
  readonly apiKey: string | undefined;
  readonly policy: RetryPolicy;
  readonly clock: Clock;
  readonly random: () => number;
  /** Told of every wait for the server, in milliseconds. */
  readonly onWait?: ((waitMs: number, reason: string) => void) | undefined;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly json?: unknown;
  /** Made anew for each try, since a body can be read once. */
  readonly form?: () => Promise<FormData>;
  readonly timeoutMs: number;
  readonly repeatable: boolean;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  /** Parsed JSON; undefined for an empty body. */
  readonly body: unknown;
}

const MAX_ANSWER_BYTES = 32 * 1024 * 1024;
const NO_SUCH_ROUTE = new Set([404, 405, 501]);

/** Nothing took the connection, or there is no such host: the request has not left this machine. */
const NOT_DELIVERED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

export class HttpTransport {
  private metBefore = false;
  /** No request leaves before this moment: a server that limits one request limits them all. */
  private heldUntil = 0;

  constructor(private readonly options: TransportOptions) {}

  /**
   * @returns the answer with a 2xx status.
   * @throws ApiProblem, ServerUnreachable, RequestTimedOut, UnexpectedAnswer, UnreadableFile; or the signal's reason.
   */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    const { clock, policy, random, onWait } = this.options;
    for (let tryNumber = 1; ; tryNumber += 1) {
      await this.waitUntilLetIn(request.signal);
      try {
        return await this.sendOnce(request);
      } catch (error) {
        if (request.signal.aborted) throw request.signal.reason;
        const { repeatable } = request;
        const delayMs = retryDelay(policy, { error, tryNumber, repeatable, metBefore: this.metBefore, random });
        if (delayMs === undefined) throw error;
        if (error instanceof ApiProblem && error.status === 429)
          this.heldUntil = Math.max(this.heldUntil, clock.now() + delayMs);
        onWait?.(delayMs, error instanceof ApiProblem ? error.code : 'no answer');
        await clock.sleep(delayMs, request.signal);
      }
    }
  }

  private async waitUntilLetIn(signal: AbortSignal): Promise<void> {
    const { clock } = this.options;
    // Another request may prolong the pause meanwhile, hence the loop; each prolongation costs that request a try.
    for (let waitMs = this.heldUntil - clock.now(); waitMs > 0; waitMs = this.heldUntil - clock.now()) {
      await clock.sleep(waitMs, signal);
    }
  }

  private async sendOnce(request: HttpRequest): Promise<HttpAnswer> {
    const { url, apiKey } = this.options;
    const body = request.form === undefined ? jsonBody(request.json) : await request.form();
    const deadline = new AbortController();
    setMaxListeners(0, deadline.signal);
    const interrupt = () => deadline.abort(request.signal.reason);
    request.signal.addEventListener('abort', interrupt, { once: true });
    if (request.signal.aborted) interrupt();
    const timedOut = new RequestTimedOut(url, request.timeoutMs);
    const timer = setTimeout(() => deadline.abort(timedOut), request.timeoutMs);
    try {
      const response = await fetch(url + request.path, {
        method: request.method,
        headers: {
          accept: 'application/json',
          ...(apiKey === undefined ? {} : { 'x-api-key': apiKey }),
          ...(typeof body === 'string' ? { 'content-type': 'application/json' } : {}),
        },
        body,
        signal: deadline.signal,
        // Both together: fetch otherwise keeps a second copy of the body for a redirect, the whole file in memory
        // (measured: 2.2 GB for a file of 2 GiB, 95 MB with them). And a key goes to no other address.
        redirect: 'error',
        window: null,
      });
      this.metBefore = true;
      return await this.readAnswer(response);
    } catch (error) {
      if (deadline.signal.aborted) throw deadline.signal.reason;
      throw this.classify(error);
    } finally {
      clearTimeout(timer);
      request.signal.removeEventListener('abort', interrupt);
    }
  }

  private async readAnswer(response: Response): Promise<HttpAnswer> {
    const text = await readText(response);
    const body = parseJson(text);
    if (response.ok) {
      if (body === undefined && text !== '') throw notOurs(this.options.url, 'no JSON');
      return { status: response.status, body };
    }
    const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), this.options.clock.now());
    const problem = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
    const field = (name: string) => (typeof problem[name] === 'string' ? problem[name] : undefined);
    // A missing route without one of our codes: some other program listens there.
    if (field('code') === undefined && NO_SUCH_ROUTE.has(response.status)) {
      throw notOurs(this.options.url, `status ${response.status}`);
    }
    throw new ApiProblem(
      response.status,
      field('code') ?? `HTTP_${response.status}`,
      field('detail') ?? field('title') ?? (response.statusText || `the answer was status ${response.status}`),
      field('requestId') ?? response.headers.get('x-request-id') ?? undefined,
      retryAfterMs,
    );
  }

  /** fetch reports everything as `TypeError: fetch failed`; what it was stands in the causes. */
  private classify(error: unknown): unknown {
    if (error instanceof UnexpectedAnswer || error instanceof ApiProblem) return error;
    const causes = causesOf(error);
    if (causes.some(({ name }) => name === 'NotReadableError')) {
      return new UnreadableFile('FILE_CHANGED', 'the file changed or vanished while it was being sent', {
        cause: error,
      });
    }
    if (causes.some(({ message }) => message === 'unexpected redirect')) {
      return new UnexpectedAnswer(`${this.options.url} redirects to another address; give that one with --url`);
    }
    const code = causes.map((cause) => cause.code).find((candidate) => typeof candidate === 'string');
    const reason = code ?? causes.at(-1)?.message ?? 'unknown';
    return new ServerUnreachable(this.options.url, reason, NOT_DELIVERED.has(code ?? ''), { cause: error });
  }
}

export function notOurs(url: string, what: string): UnexpectedAnswer {
  return new UnexpectedAnswer(
    `The answer of ${url} is not one this client knows (${what}). Is it Vectorlane, of the same version?`,
  );
}

interface Cause {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
}

function causesOf(error: unknown): Cause[] {
  const causes: Cause[] = [];
  for (let cause = error; typeof cause === 'object' && cause !== null && causes.length < 8;) {
    const {
      name,
      message,
      code,
      cause: next,
    } = cause as { name?: string; message?: string; code?: unknown; cause?: unknown };
    causes.push({
      ...(name === undefined ? {} : { name }),
      ...(message === undefined ? {} : { message }),
      ...(typeof code === 'string' ? { code } : {}),
    });
    cause = next;
  }
  return causes;
}

function jsonBody(json: unknown): string | null {
  return json === undefined ? null : JSON.stringify(json);
}

function parseJson(text: string): unknown {
  try {
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

/** @throws UnexpectedAnswer beyond 32 MiB. */
async function readText(response: Response): Promise<string> {
  if (response.body === null) return '';
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body as AsyncIterable<Uint8Array>) {
    size += part.byteLength;
    if (size > MAX_ANSWER_BYTES) throw new UnexpectedAnswer('The answer is larger than this client takes (32 MiB).');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
