import type { Document, DocumentFailure, Problem, ProblemCode } from './types.ts';

/** Everything this client throws on purpose, but for the reason of an aborted signal. */
export class VectorlaneError extends Error {
  override readonly name: string = 'VectorlaneError';
}

/** The service refused. Decide by `code`, show `message`, quote `requestId` in reports. */
export class ApiError extends VectorlaneError {
  override readonly name = 'ApiError';
  readonly status: number;
  /** Undefined where something between here and the service answered. A newer service may send others. */
  readonly code: ProblemCode | undefined;
  readonly requestId: string | undefined;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(status: number, problem: Partial<Problem>, retryAfterMs?: number) {
    super(problem.detail ?? problem.title ?? `The service answered ${status}.`);
    this.status = status;
    this.code = problem.code;
    this.requestId = problem.requestId;
    this.retryable = problem.retryable ?? false;
    this.retryAfterMs = retryAfterMs;
  }
}

/** No answer came, or only a part of one; `cause` says why. */
export class ConnectionFailed extends VectorlaneError {
  override readonly name = 'ConnectionFailed';
}

/** It took longer than it may. */
export class TimedOut extends VectorlaneError {
  override readonly name = 'TimedOut';
}

/** The document, or the newest content for it, could not be read. */
export class DocumentFailed extends VectorlaneError {
  override readonly name = 'DocumentFailed';

  constructor(
    readonly document: Document,
    readonly failure: DocumentFailure | undefined,
  ) {
    super(`${document.filename} failed: ${failure?.message ?? 'the service does not say why'}`);
  }
}

/** A webhook that is not to be believed. */
export class WebhookRefused extends VectorlaneError {
  override readonly name = 'WebhookRefused';
}

/** Whether the service refused with one of these codes. */
export function hasCode<Code extends ProblemCode>(
  error: unknown,
  ...codes: readonly Code[]
): error is ApiError & { readonly code: Code } {
  return error instanceof ApiError && codes.some((code) => code === error.code);
}

/** Reads a refusal, whatever answered. */
export async function refusalOf(response: Response): Promise<ApiError> {
  const text = await response.text();
  return new ApiError(response.status, problemIn(text), retryAfterMs(response.headers.get('retry-after')));
}

function problemIn(text: string): Partial<Problem> {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null && 'code' in body) return body as Partial<Problem>;
  } catch {
    // A proxy answers in its own words, which help nobody.
  }
  return {};
}

/** Seconds, or a date. */
export function retryAfterMs(header: string | null, now = Date.now()): number | undefined {
  if (header === null) return undefined;
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * 1_000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
