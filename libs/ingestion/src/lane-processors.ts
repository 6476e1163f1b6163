import { Injectable } from '@nestjs/common';
import { Config } from '@vectorlane/config';
import { type IngestionJob, LaneConsumers, LaneProcessor, ProcessesLane } from '@vectorlane/queue';
import { DocumentProcessor } from './document-processor';

@Injectable()
@ProcessesLane('fast')
export class FastLaneProcessor extends LaneProcessor {
  constructor(
    config: Config,
    consumers: LaneConsumers,
    private readonly documents: DocumentProcessor,
  ) {
    super('fast', config.FAST_LANE_CONCURRENCY, consumers);
  }

  protected deliver({ documentId }: IngestionJob, jobId: string, signal: AbortSignal): Promise<void> {
    return this.documents.process(documentId, jobId, signal);
  }
}

@Injectable()
@ProcessesLane('heavy')
export class HeavyLaneProcessor extends LaneProcessor {
  constructor(
    config: Config,
    consumers: LaneConsumers,
    private readonly documents: DocumentProcessor,
  ) {
    super('heavy', config.HEAVY_LANE_CONCURRENCY, consumers);
  }

  protected deliver({ documentId }: IngestionJob, jobId: string, signal: AbortSignal): Promise<void> {
    return this.documents.process(documentId, jobId, signal);
  }
}
