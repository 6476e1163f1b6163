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
