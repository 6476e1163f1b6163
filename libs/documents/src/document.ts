import type { Coverage, Dependency, DocumentStatus, Lane, Stage, StageTimings } from '@vectorlane/domain';
import type { IngestionFailureCode } from '@vectorlane/errors';

export type DocumentMetadata = Record<string, unknown>;

/**
 * A document and where it stands, as callers see it; what ingestion needs besides is in its claim. Identity is
 * (collection, SHA-256 of the bytes); the name is not part of it.
 */
export interface Document {
  readonly id: string;
  readonly collection: string;
  readonly contentId: string;
  readonly filename: string;
  readonly format: string;
  readonly lane: Lane;
  readonly mediaType: string;
  readonly sizeBytes: number;
  readonly metadata: DocumentMetadata;
  readonly status: DocumentStatus;
  readonly stage: Stage;
  /** 0 to 100, over the whole ingestion. */
  readonly percent: number;
  /** Errors that may pass and that the document itself may have caused. */
  readonly attempts: number;
  /** The generation whose chunks readers see; null before the first completion. */
  readonly visibleGeneration: number | null;
  /** Raised with each deliberate enqueue; part of the job id. */
  readonly delivery: number;
  readonly chunkCount: number | null;
  readonly failureCode: IngestionFailureCode | null;
  readonly failureMessage: string | null;
  readonly failureRetryable: boolean | null;
  /** What a pending document waits for, and since when; null where nothing keeps it but the queue. */
  readonly waitingFor: Dependency | null;
  readonly waitingSince: Date | null;
  readonly timings: StageTimings;
  /** What of it was read; null before it has completed. */
  readonly coverage: Coverage | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** The columns of a row of `documents` that is a `Document`. */
export const DOCUMENT_COLUMNS = `id, (SELECT c.name FROM collections c WHERE c.key = collection) AS collection,
  content_id AS "contentId", filename, format, lane, media_type AS "mediaType",
  size_bytes::double precision AS "sizeBytes", metadata, status, stage, percent, attempts, delivery,
  visible_generation AS "visibleGeneration", chunk_count AS "chunkCount", failure_code AS "failureCode",
  failure_message AS "failureMessage", failure_retryable AS "failureRetryable", timings, coverage,
  waiting_for AS "waitingFor", waiting_since AS "waitingSince",
  created_at AS "createdAt", updated_at AS "updatedAt"`;
