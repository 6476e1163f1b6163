import { Logger } from '@nestjs/common';
import { IngestionFailure } from '@vectorlane/errors';
import { ExchangeError, HttpEndpoint, type HttpReply } from '@vectorlane/endpoint';
import { correlationId } from '@vectorlane/logging';
import { REAL_TIMING, retry, RetrySchedule, type Timing } from '@vectorlane/time';
import type { components, operations } from './ai-worker-contract';
import { readRefusal, type Refusal } from './refusal';

export type RecognisedFormat = components['schemas']['RecognisedDocument']['format'];
type RecognitionQuery = NonNullable<operations['recognisePages']['parameters']['query']>;

export interface AiWorkerOptions {
  /** Where the worker listens, without a path. */
  readonly baseUrl: string;
  readonly token: string;
  /** Documents sent at once. */
  readonly concurrency: number;
  /** Bound on one document's exchange. */
  readonly extractionTimeoutMs: number;
  /** Waits of one call together. */
  readonly maxWaitMs: number;
  /** Bound on the probe before each document. @default 5 seconds */
  readonly probeTimeoutMs?: number;
  readonly timing?: Timing;
}

export interface RecognitionCall<T> {
  readonly format: RecognisedFormat;
  readonly bytes: Uint8Array;
  /** Of a PDF, in their order; all when left out. */
  readonly pages?: readonly number[];
  /** Tries at a worker that is away: few where there is another way to read the file. */
  readonly patient: boolean;
  /** Makes sense of the answer; one that makes none counts as a fault of the worker. */
  readonly read: (answer: Uint8Array) => Promise<T>;
}

/** What kept the worker from answering: too much to do, no whole answer in time, or anything else. */
export type AwayCause = 'busy' | 'slow' | 'away';

/** The worker gave neither a judgement of the file nor its words. `message` finishes a sentence: "The AI worker …". */
export class AiWorkerAwayError extends Error {
  override readonly name = 'AiWorkerAwayError';

  constructor(
    readonly of: AwayCause,
    message: string,
    /** How long to wait before it is asked again; nothing: it has been enough. */
    readonly waitMs?: number,
  ) {
    super(message);
  }
}

/** Thrown by `RecognitionCall.read`: the answer is none that the contract allows. */
export class UnreadableAnswerError extends Error {
  override readonly name = 'UnreadableAnswerError';
}

/** Of words with their places; parsing more of it would take the memory of the whole program. */
export const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const MAX_READINESS_BYTES = 16_384;
/** A worker that lives answers a probe at once even while it works; one that is frozen is found out by it. */
const PROBE_TIMEOUT_MS = 5_000;
const FEW_FAULTS = 3;
const BACKOFF = { firstMs: 500, longestMs: 10_000 };

/** The AI worker's product routes but the embeddings, which speak OpenAI's protocol (libs/embeddings). */
export class AiWorkerClient {
  private readonly logger = new Logger('AiWorker');
  private readonly endpoint: HttpEndpoint;
  /** Of its own, so that no probe waits behind a document. */
  private readonly probes: HttpEndpoint;
  private readonly closing = new AbortController();
  private readonly timing: Timing;

  constructor(private readonly options: AiWorkerOptions) {
    const { baseUrl, token, concurrency } = options;
    this.endpoint = new HttpEndpoint({ baseUrl, token, maxConnections: concurrency });
    this.probes = new HttpEndpoint({ baseUrl, token: undefined, maxConnections: concurrency + 1 });
    this.timing = options.timing ?? REAL_TIMING;
  }

  /** Longest a call of `recognise` takes, every try and wait in it. */
  get longestMs(): number {
    return this.options.extractionTimeoutMs + this.options.maxWaitMs;
  }

  /**
   * Words with their places, asked for again while what keeps it from coming may pass.
   * @throws IngestionFailure what the worker says of the file
   * @throws AiWorkerAwayError when it says nothing; the signal's reason when aborted
   */
  async recognise<T>(call: RecognitionCall<T>, signal: AbortSignal): Promise<T> {
    const wanted = AbortSignal.any([signal, this.closing.signal]);
    const policy = {
      backoff: BACKOFF,
      maxWaitMs: this.options.maxWaitMs,
      ...(!call.patient && { maxFaults: FEW_FAULTS }),
    };
    const schedule = new RetrySchedule(policy, this.timing.random);
    const deadline = performance.now() + this.longestMs;
    return retry(() => this.attempt(call, schedule, deadline - performance.now(), wanted), {
      waitAfter: (error) => {
        const waitMs = error instanceof AiWorkerAwayError ? error.waitMs : undefined;
        return waitMs !== undefined && performance.now() + waitMs > deadline ? undefined : waitMs;
      },
      onWait: (waitMs, error) =>
        this.logger.debug({ reason: (error as Error).message, waitMs }, 'the AI worker is asked again'),
      signal: wanted,
      timing: this.timing,
    });
  }

  /**
   * What the worker's own `/ready` tells of its parts.
   * @throws Error with the reason when it is not ready
   */
  async readiness(signal: AbortSignal, timeoutMs: number): Promise<Readonly<Record<string, string>>> {
    const exchange = { method: 'GET', path: '/ready', maxBytes: MAX_READINESS_BYTES, timeoutMs } as const;
    const { status, body } = await this.probes.exchange(exchange, signal);
    if (status !== 200) throw new ExchangeError('lost', `is not ready (${status})`);
    return checksOf(body);
  }

  /** Ends what is under way. Safe to call twice. */
  close(): void {
    this.closing.abort(new AiWorkerAwayError('away', 'is not asked any more: the service is shutting down'));
    this.endpoint.close();
    this.probes.close();
  }

  /** @throws AiWorkerAwayError with the wait before the next try */
  private async attempt<T>(
    call: RecognitionCall<T>,
    schedule: RetrySchedule,
    leftMs: number,
    signal: AbortSignal,
  ): Promise<T> {
    try {
      await this.probe(signal);
      const reply = await this.send(call, Math.min(this.options.extractionTimeoutMs, leftMs), signal);
      if (reply.status === 200) return await call.read(reply.body);
      throw refusalError(readRefusal(reply), schedule);
    } catch (error) {
      throw awayError(error, schedule);
    }
  }

  /** A document is only sent to a worker that answers: one that is frozen would hold it for minutes. */
  private async probe(signal: AbortSignal): Promise<void> {
    try {
      await this.readiness(signal, this.options.probeTimeoutMs ?? PROBE_TIMEOUT_MS);
    } catch (error) {
      throw error instanceof ExchangeError ? new ExchangeError('lost', error.message) : error;
    }
  }

  private async send<T>(
    { format, bytes, pages }: RecognitionCall<T>,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<HttpReply> {
    const query: RecognitionQuery = { format, ...(pages && { pages: rangesOf(pages) }) };
    const requestId = correlationId();
    const exchange = {
      method: 'POST',
      path: `/v1/recognise?${queryOf(query)}`,
      headers: {
        'content-type': 'application/octet-stream',
        ...(requestId !== undefined && { 'x-request-id': requestId }),
      },
      body: bytes,
      maxBytes: MAX_ANSWER_BYTES,
      timeoutMs: Math.max(1, timeoutMs),
    } as const;
    return this.endpoint.exchange(exchange, signal);
  }
}

function queryOf({ format, pages }: RecognitionQuery): string {
  return new URLSearchParams({ format: String(format), ...(pages && { pages }) }).toString();
}

/** As the contract writes them: `1,4-7`. */
function rangesOf(pages: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const page of pages) {
    const last = ranges.at(-1);
    if (last !== undefined && page === last[1] + 1) last[1] = page;
    else ranges.push([page, page]);
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
}

function refusalError(refusal: Refusal, schedule: RetrySchedule): Error {
  switch (refusal.kind) {
    case 'judgement':
      return refusal.failure;
    case 'busy':
      return new AiWorkerAwayError('busy', refusal.reason, schedule.afterBusy(refusal.retryAfterMs));
    case 'transient':
      return new AiWorkerAwayError('away', refusal.reason, schedule.afterFault());
    case 'final':
      return new AiWorkerAwayError('away', refusal.reason);
  }
}

/** @returns what is no fault of the worker as it is: what it said of the file, or the reason of an abort */
function awayError(error: unknown, schedule: RetrySchedule): unknown {
  if (error instanceof UnreadableAnswerError)
    return new AiWorkerAwayError('away', error.message, schedule.afterFault());
  if (!(error instanceof ExchangeError)) return error;
  const { fault, message, retryAtOnce } = error;
  switch (fault) {
    case 'too-large':
      return new IngestionFailure('TOO_LARGE', 'The text of this file is too long. Split it into smaller files.');
    case 'slow':
      // A worker that has not answered in all that time will not do so in as much again.
      return new AiWorkerAwayError('slow', message);
    case 'unreachable':
    case 'lost':
    case 'misbehaving':
      return new AiWorkerAwayError('away', message, schedule.afterFault(retryAtOnce));
  }
}

function checksOf(body: Buffer): Readonly<Record<string, string>> {
  let readiness: { checks?: unknown };
  try {
    readiness = Object(JSON.parse(body.toString('utf8'))) as typeof readiness;
  } catch {
    throw new ExchangeError('lost', 'answered its probe with something that is not JSON');
  }
  const entries = Object.entries(Object(readiness.checks) as Record<string, unknown>);
  return Object.fromEntries(
    entries.flatMap(([name, state]) => (state === 'up' || state === 'down' ? [[name.slice(0, 40), state]] : [])),
  );
}
