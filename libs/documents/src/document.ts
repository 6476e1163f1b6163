import type { Coverage, Dependency, DocumentStatus, Lane, Stage, StageTimings, WorkProgress } from '@vectorlane/domain';
import type { IngestionFailureCode } from '@vectorlane/errors';

export type DocumentMetadata = Record<string, unknown>;

/** How a document is cut, where its uploader says so; in tokens of the model, as far as its window goes. */
export interface Chunking {
  readonly maxTokens: number;
  readonly overlapTokens: number;
}

/** What a document in work was found to hold, and what is done of it. */
export type WorkCounts = Omit<WorkProgress, 'etaMs'>;

export interface PendingRevision {
  readonly status: DocumentStatus;
  readonly stage: Stage;
  readonly percent: number;
  readonly failureCode: IngestionFailureCode | null;
  readonly failureMessage: string | null;
  readonly failureRetryable: boolean | null;
}

/**
 * A document and where it stands, as callers see it; what ingestion needs besides is in its claim. Identity is
 * (collection, SHA-256 of the bytes); the name is not part of it.
 */
export interface Document {
  readonly id: string;
  readonly collection: string;
  /** Its owner's name for it. */
  readonly externalId: string | null;
  /** Of the content that is told of here; from 1. */
  readonly revision: number;
  /** The content that is on its way to take its place. */
  readonly pendingRevision: PendingRevision | null;
  /** Chunks whose vectors were those of the content before. */
  readonly reusedChunks: number | null;
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
  /** Of one in work, once its text was read. */
  readonly workCounts: WorkCounts | null;
  /** Milliseconds that the rest of the work will take, as was thought when the last chunks were stored. */
  readonly etaMs: number | null;
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
  readonly chunking: Chunking | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** The columns of a row of `documents` that is a `Document`. */
export const DOCUMENT_COLUMNS = `id, (SELECT c.name FROM collections c WHERE c.key = collection) AS collection,
  external_id AS "externalId", revision, reused_chunks AS "reusedChunks",
  (SELECT r.pending FROM (
     SELECT revision_of AS main, jsonb_build_object('status', status, 'stage', stage, 'percent', percent, 'failureCode',
            failure_code, 'failureMessage', failure_message, 'failureRetryable', failure_retryable) AS pending
       FROM documents) AS r WHERE r.main = id) AS "pendingRevision",
  content_id AS "contentId", filename, format, lane, media_type AS "mediaType",
  size_bytes::double precision AS "sizeBytes", metadata, status, stage, percent, attempts, delivery,
  CASE WHEN status = 'processing' THEN work_counts END AS "workCounts",
  CASE WHEN status = 'processing' AND work_ends_at IS NOT NULL
    THEN greatest(0, extract(epoch FROM work_ends_at - now()) * 1000)::integer END AS "etaMs",
  visible_generation AS "visibleGeneration", chunk_count AS "chunkCount", failure_code AS "failureCode",
  failure_message AS "failureMessage", failure_retryable AS "failureRetryable", timings, coverage, chunking,
  waiting_for AS "waitingFor", waiting_since AS "waitingSince",
  created_at AS "createdAt", updated_at AS "updatedAt"`;
