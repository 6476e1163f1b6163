import { STATUS_CODES } from 'node:http';
import { StringDecoder } from 'node:string_decoder';
import { ExchangeError, HttpEndpoint, type HttpReply } from '@vectorlane/endpoint';
import { retry, type RetryPolicy, RetrySchedule } from '@vectorlane/time';
import { ApiProblem, RequestTimedOut, ServerUnreachable, UnexpectedAnswer } from './api-errors';
import type { FileForm } from './file-form';
import { retryDelay } from './retry-policy';
import type { Clock } from './terminal';

/**
 * One HTTP request to the server and its tries, each fault in the words of this client. Knows nothing of the routes.
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
  /** Made for each try: the file may have become another one meanwhile. */
  readonly form?: () => Promise<FileForm>;
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

/** More than the command line has under way: uploads, and the documents it follows. */
const MAX_CONNECTIONS = 64;

export class HttpTransport {
  private readonly endpoint: HttpEndpoint;
  private metBefore = false;
  /** No request leaves before this moment: a server that limits one request limits them all. */
  private heldUntil = 0;

  constructor(private readonly options: TransportOptions) {
    const { url, apiKey } = options;
    const headers = apiKey === undefined ? {} : { 'x-api-key': apiKey };
    this.endpoint = new HttpEndpoint({ baseUrl: url, headers, maxConnections: MAX_CONNECTIONS });
  }

  /**
   * @returns the answer with a 2xx status.
   * @throws ApiProblem, ServerUnreachable, RequestTimedOut, UnexpectedAnswer, UnreadableFile; or the signal's reason.
   */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    const { clock, policy, random, onWait } = this.options;
    const { signal, repeatable } = request;
    const schedule = new RetrySchedule(policy, random);
    const attempt = async (): Promise<HttpAnswer> => {
      await this.waitUntilLetIn(signal);
      return this.sendOnce(request);
    };
    return retry(attempt, {
      waitAfter: (error, tryNumber) =>
        retryDelay(schedule, { error, tryNumber, repeatable, metBefore: this.metBefore }),
      onWait: (waitMs, error) => {
        if (error instanceof ApiProblem && error.status === 429)
          this.heldUntil = Math.max(this.heldUntil, clock.now() + waitMs);
        onWait?.(waitMs, error instanceof ApiProblem ? error.code : 'no answer');
      },
      signal,
      timing: { wait: (waitMs, until) => clock.sleep(waitMs, until) },
    });
  }

  /**
   * A stream of events, block by block, from what came after `lastEventId`. One try.
   * @returns nothing where there is none to be had
   * @throws the signal's reason
   */
  async openEvents(
    path: string,
    lastEventId: string | undefined,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<AsyncIterable<string> | undefined> {
    const headers = {
      accept: 'text/event-stream',
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    };
    try {
      const { status, parts, close } = await this.endpoint.open({ path, headers, timeoutMs }, signal);
      if (status === 200) return blocksOf(parts);
      close();
      return undefined;
    } catch (error) {
      if (error instanceof ExchangeError) return undefined;
      throw error;
    }
  }

  private async waitUntilLetIn(signal: AbortSignal): Promise<void> {
    const { clock } = this.options;
    // Another request may prolong the pause meanwhile, hence the loop; each prolongation costs that request a try.
    for (let waitMs = this.heldUntil - clock.now(); waitMs > 0; waitMs = this.heldUntil - clock.now()) {
      await clock.sleep(waitMs, signal);
    }
  }

  private async sendOnce({ method, path, json, form, timeoutMs, signal }: HttpRequest): Promise<HttpAnswer> {
    const { contentType, body } = form === undefined ? jsonBody(json) : await form();
    const headers = contentType === undefined ? {} : { 'content-type': contentType };
    const content = body === undefined ? {} : { body };
    const exchange = { method, path, headers, ...content, maxBytes: MAX_ANSWER_BYTES, timeoutMs } as const;
    try {
      const reply = await this.endpoint.exchange(exchange, signal);
      this.metBefore = true;
      return this.readAnswer(reply);
    } catch (error) {
      throw error instanceof ExchangeError ? this.inOurWords(error, timeoutMs) : error;
    }
  }

  private readAnswer({ status, headers, body: bytes, retryAfterMs }: HttpReply): HttpAnswer {
    const { url } = this.options;
    const text = bytes.toString('utf8');
    const body = parseJson(text);
    if (status >= 200 && status < 300) {
      if (body === undefined && text !== '') throw notOurs(url, 'no JSON');
      return { status, body };
    }
    // A key goes to no other address.
    if (status >= 300 && status < 400)
      throw new UnexpectedAnswer(`${url} redirects to another address; give that one with --url`);
    const problem = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
    const field = (name: string) => (typeof problem[name] === 'string' ? problem[name] : undefined);
    // A missing route without one of our codes: some other program listens there.
    if (field('code') === undefined && NO_SUCH_ROUTE.has(status)) throw notOurs(url, `status ${status}`);
    throw new ApiProblem(
      status,
      field('code') ?? `HTTP_${status}`,
      field('detail') ?? field('title') ?? STATUS_CODES[status] ?? `the answer was status ${status}`,
      field('requestId') ?? headers['x-request-id']?.toString(),
      retryAfterMs,
    );
  }

  private inOurWords({ fault, code, message }: ExchangeError, timeoutMs: number): Error {
    const { url } = this.options;
    switch (fault) {
      case 'unreachable':
        return new ServerUnreachable(url, code ?? message, true);
      case 'lost':
        return new ServerUnreachable(url, code ?? message, false);
      case 'slow':
        return new RequestTimedOut(url, timeoutMs);
      case 'misbehaving':
        return notOurs(url, 'no HTTP');
      case 'too-large':
        return new UnexpectedAnswer('The answer is larger than this client takes (32 MiB).');
    }
  }
}

/** Events end with an empty line. */
async function* blocksOf(parts: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const part of parts) {
    const blocks = (rest + decoder.write(part)).split('\n\n');
    rest = blocks.pop() ?? '';
    yield* blocks;
  }
}

export function notOurs(url: string, what: string): UnexpectedAnswer {
  return new UnexpectedAnswer(
    `The answer of ${url} is not one this client knows (${what}). Is it Vectorlane, of the same version?`,
  );
}

function jsonBody(json: unknown): { contentType?: string; body?: Buffer } {
  return json === undefined ? {} : { contentType: 'application/json', body: Buffer.from(JSON.stringify(json)) };
}

function parseJson(text: string): unknown {
  try {
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}
