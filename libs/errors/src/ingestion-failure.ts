/**
 * Why a document could not be ingested. `transient` says whether the same bytes may succeed later: such a failure is
 * tried again with backoff; any other ends the document at once. The codes are part of the contract.
 */
export const INGESTION_FAILURES = {
  UNSUPPORTED_FORMAT: { transient: false },
  CORRUPT_FILE: { transient: false },
  PASSWORD_PROTECTED: { transient: false },
  EMPTY_CONTENT: { transient: false },
  NEEDS_OCR: { transient: false },
  TOO_LARGE: { transient: false },
  TIMEOUT: { transient: true },
  PARSER_CRASHED: { transient: true },
  EXTRACTION_UNAVAILABLE: { transient: true },
  EMBEDDING_UNAVAILABLE: { transient: true },
  INTERNAL_ERROR: { transient: true },
} as const satisfies Record<string, { transient: boolean }>;

export type IngestionFailureCode = keyof typeof INGESTION_FAILURES;

/**
 * Thrown by extraction and embeddings; the pipeline decides what becomes of the document. `message` is shown to users.
 */
export class IngestionFailure extends Error {
  override readonly name = 'IngestionFailure';
  readonly transient: boolean;

  constructor(
    readonly code: IngestionFailureCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.transient = INGESTION_FAILURES[code].transient;
  }
}
