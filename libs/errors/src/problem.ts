/**
 * Every `code` that a refused request can be answered with, its HTTP status and its title. Codes are part of
 * docs/contract.md §1; the wording of `detail` is not.
 */
export const PROBLEMS = {
  INVALID_REQUEST: { status: 400, title: 'The request is not valid' },
  INVALID_JSON: { status: 400, title: 'The body is not valid JSON' },
  INVALID_MULTIPART: { status: 400, title: 'The body is not valid multipart/form-data' },
  WEBHOOK_URL_REFUSED: { status: 400, title: 'The address of the webhook is not allowed' },
  INVALID_CURSOR: { status: 400, title: 'The cursor is not one of ours' },
  MISSING_API_KEY: { status: 401, title: 'An API key is needed' },
  INVALID_API_KEY: { status: 401, title: 'The API key is not valid' },
  INVALID_METRICS_TOKEN: { status: 401, title: 'The metrics token is not valid' },
  INSUFFICIENT_SCOPE: { status: 403, title: 'The API key lacks the scope for this' },
  SESSION_HEADER_MISSING: { status: 403, title: 'A session changes nothing without the header of the console' },
  ORIGIN_NOT_ALLOWED: { status: 403, title: 'Pages of this origin may not ask here' },
  NOT_FOUND: { status: 404, title: 'There is nothing here' },
  DOCUMENT_NOT_FOUND: { status: 404, title: 'There is no such document' },
  COLLECTION_NOT_FOUND: { status: 404, title: 'There is no such collection' },
  FILE_NOT_FOUND: { status: 404, title: 'There is no such file' },
  FILE_BATCH_NOT_FOUND: { status: 404, title: 'There is no such batch of files' },
  MODEL_NOT_FOUND: { status: 404, title: 'There is no such model' },
  WEBHOOK_NOT_FOUND: { status: 404, title: 'There is no such webhook' },
  DELIVERY_NOT_FOUND: { status: 404, title: 'There is no such delivery' },
  PAGE_NOT_AVAILABLE: { status: 404, title: 'There is no picture of this page' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'The route does not know this method' },
  TEXT_NOT_AVAILABLE: { status: 409, title: 'The document has no extracted text yet' },
  BODY_TOO_SLOW: { status: 408, title: 'The body came too slowly', retryable: true },
  NOT_FAILED: { status: 409, title: 'Only a failed document can be retried' },
  DUPLICATE: { status: 409, title: 'There is a document of this name already' },
  TOO_MANY_WEBHOOKS: { status: 409, title: 'There are too many webhooks' },
  NOT_FINISHED: { status: 409, title: 'The document is still being read' },
  COLLECTION_EXISTS: { status: 409, title: 'There is a collection of this name already' },
  DEFAULT_COLLECTION: { status: 409, title: 'The default collection always exists' },
  EVENTS_GONE: { status: 410, title: 'These events are no longer kept' },
  TOO_LARGE: { status: 413, title: 'The content is too large' },
  UNSUPPORTED_FORMAT: { status: 415, title: 'This kind of content is not supported' },
  RATE_LIMITED: { status: 429, title: 'Too many requests in a minute', retryable: true },
  INGESTION_BUSY: { status: 503, title: 'Too many documents are waiting', retryable: true },
  UPLOADS_BUSY: { status: 503, title: 'Too many uploads are under way', retryable: true },
  STREAMS_BUSY: { status: 503, title: 'Too many event streams are open', retryable: true },
  DEPENDENCY_UNAVAILABLE: { status: 503, title: 'A part this needs is not available', retryable: true },
  EMBEDDING_UNAVAILABLE: { status: 503, title: 'The embedding model does not answer', retryable: true },
  INTERNAL_ERROR: { status: 500, title: 'Something went wrong on our side' },
} as const satisfies Record<string, { status: number; title: string; retryable?: boolean }>;

export type ProblemCode = keyof typeof PROBLEMS;

/** A URI that names the kind of problem; it is a name, not an address to fetch. */
export function problemType(code: ProblemCode): string {
  return `urn:vectorlane:problem:${code.toLowerCase().replaceAll('_', '-')}`;
}

export interface ProblemOptions {
  /** For the log, never shown to the caller. */
  readonly cause?: unknown;
  /** Seconds after which trying again makes sense; becomes `Retry-After`. */
  readonly retryAfterSeconds?: number;
  /** The field of the request that is wrong. */
  readonly field?: string | undefined;
}

/**
 * A refusal with a stable code. Thrown anywhere below the edge; the edge's filter turns it into RFC 9457.
 * `detail` is shown to the caller: say what was wrong and what to do, never anything of the inside.
 */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly title: string;
  readonly retryable: boolean;
  readonly retryAfterSeconds: number | undefined;
  readonly field: string | undefined;

  constructor(
    readonly code: ProblemCode,
    readonly detail: string,
    options: ProblemOptions = {},
  ) {
    super(`${code}: ${detail}`, options.cause === undefined ? undefined : { cause: options.cause });
    const definition: { status: number; title: string; retryable?: boolean } = PROBLEMS[code];
    this.status = definition.status;
    this.title = definition.title;
    this.field = options.field;
    this.retryable = definition.retryable ?? false;
    this.retryAfterSeconds = options.retryAfterSeconds ?? (this.retryable ? 5 : undefined);
  }
}
