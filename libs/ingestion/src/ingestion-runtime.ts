import { Inject, Injectable } from '@nestjs/common';
import { Config } from '@vectorlane/config';
import { EmbeddingSpacesRepository, IngestionLedger } from '@vectorlane/documents';
import { EMBEDDING_PROVIDER, type EmbeddingProvider } from '@vectorlane/embeddings';
import { ExtractionService } from '@vectorlane/extraction';
import { LaneConsumers } from '@vectorlane/queue';
import { Reconciler } from './reconciler';
import { IndexKeeper } from './index-keeper';

/** Starts ingestion once everything it stands on is open, in the one order that is right. */
@Injectable()
export class IngestionRuntime {
  constructor(
    private readonly config: Config,
    @Inject(EMBEDDING_PROVIDER) private readonly embeddings: EmbeddingProvider,
    private readonly spaces: EmbeddingSpacesRepository,
    private readonly ledger: IngestionLedger,
    private readonly consumers: LaneConsumers,
    private readonly reconciler: Reconciler,
    private readonly words: IndexKeeper,
    private readonly extraction: ExtractionService,
  ) {}

  /**
   * @param consumes whether this process works the lanes, or only accepts documents
   * @throws SpaceMismatchError, or an Error when a lane has no processor in a process that consumes
   */
  async start({ consumes }: { consumes: boolean }): Promise<void> {
    await this.spaces.activate(this.embeddings.space, this.config.EMBEDDING_SPACE_CHANGE);
    if (!consumes) return;
    // Alone by the data folder's lock: every holder of a lease is dead, and nobody needs to wait it out.
    if (this.config.embedded) await this.ledger.lapseAllLeases();
    this.extraction.prepare();
    this.consumers.start();
    this.reconciler.start();
    this.words.start();
  }
}
