/**
 * Why a document could not be ingested. `passing` says whether the same bytes may succeed later: such a failure is
 * tried again with backoff; any other ends the document at once. The codes are part of the contract.
 */
export const INGESTION_FAILURES = {
  UNSUPPORTED_FORMAT: { passing: false },
  CORRUPT_FILE: { passing: false },
  PASSWORD_PROTECTED: { passing: false },
  EMPTY_CONTENT: { passing: false },
  NEEDS_OCR: { passing: false },
  TOO_LARGE: { passing: false },
  TIMEOUT: { passing: true },
  PARSER_CRASHED: { passing: true },
  EXTRACTION_UNAVAILABLE: { passing: true },
  EMBEDDING_UNAVAILABLE: { passing: true },
  INTERNAL_ERROR: { passing: true },
} as const satisfies Record<string, { passing: boolean }>;

export type IngestionFailureCode = keyof typeof INGESTION_FAILURES;

/** Thrown by extraction and embeddings; the pipeline decides what becomes of the document. `message` is shown to users. */
export class IngestionFailure extends Error {
  override readonly name = 'IngestionFailure';
  readonly passing: boolean;

  constructor(
    readonly code: IngestionFailureCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.passing = INGESTION_FAILURES[code].passing;
  }
}
