import { Inject, Injectable } from '@nestjs/common';
import type { Claim, Cost } from '@vectorlane/documents';
import type { Coverage, Dependency, ExhaustedLimit, WorkStage } from '@vectorlane/domain';
import { ERROR_TRACKER, type ErrorTracker, type IngestionFailure, ingestionErrorType } from '@vectorlane/errors';
import { EventWakes } from '@vectorlane/events';
import { Metrics } from '@vectorlane/metrics';

const MESSAGE = 'A document could not be ingested; GET /api/documents/{id} says why.';

/**
 * What ingestion tells those who watch it: its metrics, its errors, and that there are events to read. Called after the
 * database has taken the move it is about, so that what is counted has happened.
 */
@Injectable()
export class IngestionObserver {
  constructor(
    private readonly metrics: Metrics,
    private readonly events: EventWakes,
    @Inject(ERROR_TRACKER) private readonly errors: ErrorTracker,
  ) {}

  claimed({ interrupted }: Claim): void {
    this.events.happened();
    if (interrupted) this.metrics.interruptions.inc();
  }

  stageEnded(stage: WorkStage, durationMs: number): void {
    this.events.happened();
    this.metrics.ingestionStageDuration.observe({ stage }, durationMs / 1000);
    if (stage === 'embedding') this.metrics.embeddingGenerationDuration.observe(durationMs / 1000);
  }

  completed(
    { format, lane }: Claim,
    {
      chunks,
      reusedChunks,
      coverage,
    }: { readonly chunks: number; readonly reusedChunks: number; readonly coverage: Coverage },
    durationMs: number,
  ): void {
    this.events.happened();
    this.metrics.documentsProcessed.inc({ status: 'completed', format, lane });
    this.metrics.chunksStored.inc(chunks);
    this.metrics.chunksReused.inc(reusedChunks);
    this.metrics.pagesWithoutText.inc(coverage.pagesWithoutText.length);
    this.metrics.ingestionDuration.observe(durationMs / 1000);
  }

  /** An error that may pass: the document is tried again later. */
  postponed(cost: Cost): void {
    this.events.happened();
    if (cost === 'parser-death') this.metrics.parserDeaths.inc();
    else this.metrics.attemptsRetried.inc();
  }

  /** Put aside, at no cost to the document. It is ours to know: nothing will ever fail of it. */
  waiting({ documentId }: Claim, failure: IngestionFailure, dependency: Dependency): void {
    this.events.happened();
    this.metrics.dependencyWaits.inc({ dependency });
    this.errors.trackError(ingestionErrorType(failure.code), { error: failure, documentId });
  }

  /** The end of it, until somebody asks for a retry. */
  failed({ documentId, format, lane }: Claim, failure: IngestionFailure, reason: EndReason): void {
    this.events.happened();
    this.metrics.documentsProcessed.inc({ status: 'failed', format, lane });
    if (reason === 'parser_deaths') this.metrics.parserDeaths.inc();
    if (reason !== 'permanent') this.metrics.documentsDead.inc({ reason });
    // Not the failure's message: it may name parts of the document, and an alert ends in somebody's chat.
    this.errors.trackError(ingestionErrorType(failure.code), { message: MESSAGE, documentId });
  }
}

/** Why a document ended as failed: by what its bytes are, or given up although they may be good. */
export type EndReason = 'permanent' | ExhaustedLimit;
