import { INGESTION_FAILURES, type IngestionFailureCode } from './ingestion-failure';

/**
 * The small port between the places where errors occur and the library that alerts about them. It stands here, below
 * every other library, so that probes, the shutdown and the pipeline can report without knowing what alerting is.
 */
export interface ErrorTracker {
  /**
   * Notes one error. Returns at once, never throws and never waits: counting and sending happen later, elsewhere.
   * Call it once for an event (a failed request, a dependency that went from up to down), not once per symptom.
   * @param errorType one of {@link ErrorType}; anything else is counted under `UNKNOWN_ERROR`.
   * @param context small facts for the example in the alert; texts are redacted and cut before they leave.
   */
  trackError(errorType: ErrorType, context?: ErrorContext): void;
}

/** Inject the {@link ErrorTracker} by this token; `AlertingModule` provides it everywhere. */
export const ERROR_TRACKER = Symbol('ERROR_TRACKER');

/** What is known of one error. Everything is optional: an alert shows what there is. */
export interface ErrorContext {
  /** The error itself, for its message; its stack goes to the log of the code that caught it, not here. */
  readonly error?: unknown;
  /** Said instead of the error's own message. */
  readonly message?: string;
  readonly requestId?: string;
  readonly documentId?: string;
  readonly jobId?: string;
  /** Route template (`/api/documents/:id`), never a raw URL. */
  readonly route?: string;
  /** Stage of the ingestion, step of the shutdown, or the like. */
  readonly stage?: string;
}

/**
 * Every kind of error that is counted: SCREAMING_SNAKE, and few, since each has a window, an alert and a page of the
 * runbook (docs/alerting.md). A dependency is named by its probe: `dependencyErrorType('redis')`.
 */
export type ErrorType =
  | 'HTTP_INTERNAL_ERROR'
  | `INGESTION_${IngestionFailureCode}`
  | `DEPENDENCY_${Uppercase<string>}`
  | 'SHUTDOWN_ERROR'
  | 'WEBHOOK_DISABLED'
  | 'UNCAUGHT_EXCEPTION'
  | 'UNKNOWN_ERROR';

/** The error types of fixed name; those of dependencies come beside them. */
export const ERROR_TYPES: ReadonlySet<string> = new Set<ErrorType>([
  'HTTP_INTERNAL_ERROR',
  ...(Object.keys(INGESTION_FAILURES) as IngestionFailureCode[]).map((code) => `INGESTION_${code}` as const),
  'SHUTDOWN_ERROR',
  'WEBHOOK_DISABLED',
  'UNCAUGHT_EXCEPTION',
  'UNKNOWN_ERROR',
]);

/** `redis` → `DEPENDENCY_REDIS`; `ai-worker` → `DEPENDENCY_AI_WORKER`. */
export function dependencyErrorType(name: string): `DEPENDENCY_${Uppercase<string>}` {
  return `DEPENDENCY_${name.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_') as Uppercase<string>}`;
}

/** `TIMEOUT` → `INGESTION_TIMEOUT`. */
export function ingestionErrorType(code: IngestionFailureCode): `INGESTION_${IngestionFailureCode}` {
  return `INGESTION_${code}`;
}

/**
 * Documents that cannot be read are their owner's news, who sees it with the document: they are counted, and raise no
 * alert. What share of all documents fails is watched by the metrics' rules (docs/alerting.md).
 */
export function isFaultOfDocument(errorType: string): boolean {
  const code = errorType.replace(/^INGESTION_/, '');
  return code !== errorType && DOCUMENT_FAULTS.has(code);
}

const DOCUMENT_FAULTS: ReadonlySet<string> = new Set(
  Object.entries(INGESTION_FAILURES).flatMap(([code, { transient }]) => (transient ? [] : [code])),
);

/** Tracks nothing; for tests and for parts that are built by hand. */
export const NO_ERROR_TRACKER: ErrorTracker = { trackError: () => undefined };
