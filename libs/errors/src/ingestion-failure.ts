import type { Dependency } from '@vectorlane/domain';

/**
 * Why a document could not be ingested. The codes are part of the contract.
 * - `transient`: the same bytes may succeed later. Any other failure ends the document at once.
 * - `dependency`: what failed is not the document. It waits for the dependency and it costs it no attempt.
 */
export const INGESTION_FAILURES = {
  UNSUPPORTED_FORMAT: { transient: false },
  UNKNOWN_CHARSET: { transient: false },
  CORRUPT_FILE: { transient: false },
  PASSWORD_PROTECTED: { transient: false },
  EMPTY_CONTENT: { transient: false },
  NEEDS_OCR: { transient: false },
  TOO_LARGE: { transient: false },
  TIMEOUT: { transient: true },
  PARSER_CRASHED: { transient: true },
  /** Processes of ours ended while they worked on it, as often as they may. */
  PROCESS_CRASHED: { transient: true },
  EXTRACTION_UNAVAILABLE: { transient: true, dependency: 'ai-worker' },
  EMBEDDING_UNAVAILABLE: { transient: true, dependency: 'embeddings' },
  INTERNAL_ERROR: { transient: true },
} as const satisfies Record<string, { transient: boolean; dependency?: Dependency }>;

export type IngestionFailureCode = keyof typeof INGESTION_FAILURES;

export interface IngestionFailureOptions extends ErrorOptions {
  /** The document may itself have caused it, so that it counts as its attempt. @default false */
  readonly ofDocument?: boolean;
}

/**
 * Thrown by extraction and embeddings; the pipeline decides what becomes of the document. `message` is shown to users.
 */
export class IngestionFailure extends Error {
  override readonly name = 'IngestionFailure';
  readonly transient: boolean;
  readonly dependency: Dependency | undefined;

  constructor(
    readonly code: IngestionFailureCode,
    message: string,
    { ofDocument = false, ...options }: IngestionFailureOptions = {},
  ) {
    super(message, options);
    const { transient, dependency }: { transient: boolean; dependency?: Dependency } = INGESTION_FAILURES[code];
    this.transient = transient;
    this.dependency = ofDocument ? undefined : dependency;
  }
}
