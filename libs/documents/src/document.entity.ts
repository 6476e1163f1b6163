import type { IngestionFailureCode } from '@vectorlane/errors';
import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';

export const DOCUMENT_STATUSES = ['pending', 'processing', 'completed', 'failed'] as const;
export type DocumentStatus = (typeof DOCUMENT_STATUSES)[number];

export const DOCUMENT_STAGES = ['queued', 'extracting', 'chunking', 'embedding', 'completed', 'failed'] as const;
export type DocumentStage = (typeof DOCUMENT_STAGES)[number];

/** Milliseconds spent in each stage of the attempt that completed. */
export type StageTimings = Partial<Record<'extractingMs' | 'chunkingMs' | 'embeddingMs' | 'totalMs', number>>;

export type DocumentMetadata = Record<string, unknown>;

/** A document and where it stands. Identity is (collection, SHA-256 of the bytes); the name is not part of it. */
@Entity('documents')
export class Document {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  collection!: string;

  @Column('bytea')
  sha256!: Buffer;

  @Column('uuid', { name: 'content_id' })
  contentId!: string;

  @Column('text')
  filename!: string;

  @Column('text')
  format!: string;

  @Column('text')
  lane!: 'fast' | 'heavy';

  @Column('text', { name: 'media_type' })
  mediaType!: string;

  @Column('text', { name: 'declared_charset', nullable: true })
  declaredCharset!: string | null;

  @Column('bigint', { name: 'size_bytes', transformer: { from: Number, to: (value: number) => value } })
  sizeBytes!: number;

  @Column('jsonb')
  metadata!: DocumentMetadata;

  @Column('text')
  status!: DocumentStatus;

  @Column('text')
  stage!: DocumentStage;

  /** 0 to 100, over the whole ingestion. */
  @Column('smallint')
  percent!: number;

  /** Errors that the pipeline returned and that may pass. */
  @Column('integer')
  attempts!: number;

  /** Leases that lapsed: crashes and stalls of ours. */
  @Column('integer')
  interruptions!: number;

  /** Deaths of an isolated parser on this document. */
  @Column('integer', { name: 'parser_deaths' })
  parserDeaths!: number;

  /** Grows with each claim: the fencing token of the worker that holds the lease. */
  @Column('integer')
  generation!: number;

  /** The generation whose chunks readers see; null before the first completion. */
  @Column('integer', { name: 'visible_generation', nullable: true })
  visibleGeneration!: number | null;

  /** Raised with each deliberate enqueue; part of the job id. */
  @Column('integer')
  delivery!: number;

  @Column('timestamptz', { name: 'lease_expires_at', nullable: true })
  leaseExpiresAt!: Date | null;

  @Column('timestamptz', { name: 'next_attempt_at' })
  nextAttemptAt!: Date;

  @Column('integer', { name: 'chunk_count', nullable: true })
  chunkCount!: number | null;

  @Column('text', { name: 'failure_code', nullable: true })
  failureCode!: IngestionFailureCode | null;

  @Column('text', { name: 'failure_message', nullable: true })
  failureMessage!: string | null;

  @Column('boolean', { name: 'failure_retryable', nullable: true })
  failureRetryable!: boolean | null;

  @Column('jsonb')
  timings!: StageTimings;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt!: Date;

  @UpdateDateColumn({ type: 'timestamptz', name: 'updated_at' })
  updatedAt!: Date;
}
