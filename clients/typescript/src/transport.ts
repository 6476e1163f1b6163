import { ApiError, ConnectionFailed, refusalOf, TimedOut } from './errors.ts';
import { DEFAULT_RETRY, isUncertain, type RetryOptions, retryDelay, sleep } from './retry.ts';
import { EventStreamParser, type StreamEvent } from './event-stream.ts';
import type { UploadBody } from './upload-body.ts';

export interface ClientOptions {
  /** Where the service is: `http://127.0.0.1:3000`. */
  readonly url: string;
  readonly apiKey: string;
  readonly retry?: Partial<RetryOptions>;
  /** For one try of anything but an upload. */
  readonly timeoutMs?: number;
  /** For one try of an upload. */
  readonly uploadTimeoutMs?: number;
  /** Another `fetch`: for a proxy, or for tests. */
  readonly fetch?: typeof fetch;
}

export interface Call {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, unknown>> | undefined;
  readonly json?: unknown;
  readonly upload?: () => UploadBody;
  /** Doing it twice is the same as doing it once. */
  readonly repeatable: boolean;
  /** The body can be sent a second time. */
  readonly sentOnce?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** A stream gives a sign of life every 15 seconds. */
const SILENCE_MS = 45_000;

/** Sends requests, again where that helps and does no harm, and reads what comes back. */
export class Transport {
  private readonly base: string;
  readonly retry: RetryOptions;
  private readonly fetch: typeof fetch;

  constructor(private readonly options: ClientOptions) {
    this.base = new URL(options.url).href.replace(/\/+$/, '');
    this.retry = { ...DEFAULT_RETRY, ...options.retry };
    const { fetch: send = globalThis.fetch } = options;
    // That of browsers insists on being called by itself.
    this.fetch = (input, init) => send(input, init);
  }

  json<Answer>(call: Call): Promise<Answer> {
    return this.send(call, (response) => response.json() as Promise<Answer>);
  }

  text(call: Call): Promise<string> {
    return this.send(call, (response) => response.text());
  }

  /** Deletes; what an earlier try has deleted, whose answer was lost, is done. */
  async delete(call: Omit<Call, 'method' | 'repeatable'>): Promise<void> {
    let uncertain = false;
    const onFailure = (error: unknown): void => void (uncertain ||= isUncertain(error));
    try {
      await this.send({ ...call, method: 'DELETE', repeatable: true }, (response) => response.text(), onFailure);
    } catch (error) {
      if (!(uncertain && error instanceof ApiError && error.status === 404)) throw error;
    }
  }

  /** One connection, not tried again: the caller knows where it goes on. Ends when the service ends it. */
  async *events(
    path: string,
    lastEventId: string | undefined,
    signal: AbortSignal,
    onOpen?: () => void,
  ): AsyncGenerator<StreamEvent> {
    const ended = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const alive = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => ended.abort(new TimedOut('The stream of events has fallen silent.')), SILENCE_MS);
    };
    const either = AbortSignal.any([signal, ended.signal]);
    try {
      alive();
      const response = await this.fetch(this.base + path, {
        headers: {
          ...this.headers('text/event-stream'),
          ...(lastEventId !== undefined && { 'Last-Event-ID': lastEventId }),
        },
        redirect: 'error',
        signal: either,
      });
      if (!response.ok) throw await refusalOf(response);
      if (!response.headers.get('content-type')?.startsWith('text/event-stream') || response.body === null) {
        throw new ConnectionFailed('What answered is not a stream of events.');
      }
      onOpen?.();
      const parser = new EventStreamParser();
      const decoder = new TextDecoder();
      const reader = response.body.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        alive();
        yield* parser.push(decoder.decode(value, { stream: true }));
      }
    } catch (error) {
      signal.throwIfAborted();
      throw asOurs(error);
    } finally {
      clearTimeout(timer);
      ended.abort();
    }
  }

  private async send<Answer>(
    call: Call,
    read: (response: Response) => Promise<Answer>,
    onFailure?: (error: unknown) => void,
  ): Promise<Answer> {
    for (let tryNumber = 1; ; tryNumber += 1) {
      try {
        return await this.once(call, read);
      } catch (error) {
        call.signal?.throwIfAborted();
        onFailure?.(error);
        const { repeatable } = call;
        const delayMs = call.sentOnce ? undefined : retryDelay(this.retry, { error, tryNumber, repeatable });
        if (delayMs === undefined) throw error;
        await sleep(delayMs, call.signal);
      }
    }
  }

  private async once<Answer>(call: Call, read: (response: Response) => Promise<Answer>): Promise<Answer> {
    call.signal?.throwIfAborted();
    const { timeoutMs = 60_000, uploadTimeoutMs = 15 * 60_000 } = this.options;
    const limitMs = call.upload ? uploadTimeoutMs : timeoutMs;
    const timeout = AbortSignal.timeout(limitMs);
    const upload = call.upload?.();
    try {
      const response = await this.fetch(this.base + call.path + queryOf(call.query), {
        method: call.method,
        headers: {
          ...this.headers('application/json'),
          ...(call.json !== undefined && { 'Content-Type': 'application/json' }),
          ...(upload?.contentType !== undefined && { 'Content-Type': upload.contentType }),
        },
        // A key is for one service: it is not carried to where another one points.
        redirect: 'error',
        signal: call.signal ? AbortSignal.any([call.signal, timeout]) : timeout,
        ...(call.json !== undefined && { body: JSON.stringify(call.json) }),
        ...(upload && { body: upload.body }),
        // What `fetch` asks for where a body is a stream, and does not have among its types.
        ...(upload?.body instanceof ReadableStream && { duplex: 'half' }),
      });
      if (!response.ok) throw await refusalOf(response);
      return await read(response);
    } catch (error) {
      // The file could not be read: nothing that another try would change.
      const unread = upload?.sourceError();
      if (unread !== undefined) throw unread.error;
      if (timeout.aborted) throw new TimedOut(`No answer within ${limitMs / 1_000} seconds.`, { cause: error });
      throw asOurs(error);
    }
  }

  private headers(accept: string): Record<string, string> {
    return { 'X-API-Key': this.options.apiKey, Accept: accept };
  }
}

function asOurs(error: unknown): unknown {
  if (error instanceof ApiError || error instanceof TimedOut || error instanceof ConnectionFailed) return error;
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return new ConnectionFailed(`No answer from the service${cause}.`, { cause: error });
}

export function queryOf(query: Call['query']): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const item of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (item === undefined) continue;
      search.append(name, typeof item === 'string' ? item : JSON.stringify(item));
    }
  }
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}
