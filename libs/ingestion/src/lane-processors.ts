import { Injectable, type Type } from '@nestjs/common';
import { Config } from '@vectorlane/config';
import type { Lane } from '@vectorlane/domain';
import { type IngestionJob, LaneConsumers, LaneProcessor, ProcessesLane } from '@vectorlane/queue';
import { DocumentProcessor } from './document-processor';
import { IngestionScheduler } from './ingestion-scheduler';

/** The processor of one lane, for any lane: Nest binds a queue's name to a class, so the one class is made per lane. */
export function documentProcessorOf(lane: Lane): Type<LaneProcessor> {
  @Injectable()
  @ProcessesLane(lane)
  class DocumentLaneProcessor extends LaneProcessor {
    constructor(
      config: Config,
      consumers: LaneConsumers,
      private readonly documents: DocumentProcessor,
      private readonly scheduler: IngestionScheduler,
    ) {
      const concurrency: Record<Lane, number> = {
        fast: config.FAST_LANE_CONCURRENCY,
        heavy: config.HEAVY_LANE_CONCURRENCY,
      };
      super(lane, concurrency[lane], consumers);
    }

    protected async deliver(job: IngestionJob, jobId: string, signal: AbortSignal): Promise<void> {
      if (job.joinsLine) await this.scheduler.schedule(job.documentId);
      else await this.documents.process(job.documentId, jobId, signal);
    }
  }
  return DocumentLaneProcessor;
}
