import { setImmediate } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { Config } from '@vectorlane/config';
import { TaskLeases } from '@vectorlane/database';
import { VectorConversionRepository, WordIndexRepository } from '@vectorlane/documents';
import { EMBEDDING_PROVIDER, type EmbeddingProvider } from '@vectorlane/embeddings';
import { ShutdownSequence } from '@vectorlane/shutdown';

/** Batches of chunks that a search reads one by one; more are folded into the large rows. */
const FRESH_BATCHES = 128;
/** How often the postings are looked through for chunks that are gone. */
const REMOVAL_INTERVAL_MS = 600_000;
const TASK = 'words';

/**
 * Keeps what is searched in shape, in the background: analyses what another analyser has read, turns vectors of an
 * earlier version into smaller ones, folds what ingestion has added to the words, takes out what is gone. One replica
 * at a time does it, a short step after the other.
 */
@Injectable()
export class IndexKeeper {
  private readonly logger = new Logger(IndexKeeper.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;
  private nextRemovalAt = performance.now() + REMOVAL_INTERVAL_MS;
  /** Whether every chunk has been read by this analyser: from then on ingestion sees to it. */
  private analysed = false;
  /** Whether vectors are as small as they can be: new ones always are. */
  private converted = false;

  constructor(
    private readonly config: Config,
    private readonly words: WordIndexRepository,
    private readonly vectors: VectorConversionRepository,
    @Inject(EMBEDDING_PROVIDER) private readonly embeddings: EmbeddingProvider,
    private readonly leases: TaskLeases,
    private readonly shutdown: ShutdownSequence,
  ) {}

  start(): void {
    this.shutdown.add('drain', 'indexes', () => this.stop());
    this.plan(0);
  }

  private plan(delayMs: number): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.running = this.pass().finally(() => this.plan(this.config.RECONCILE_INTERVAL_MS));
    }, delayMs);
  }

  private async pass(): Promise<void> {
    try {
      if (!this.analysed && (await this.goOn())) this.analysed = await this.words.analyseAll(this.goOn);
      if (!this.converted && (await this.goOn())) {
        this.converted = await this.vectors.convertAll((text) => this.embeddings.reads(text), this.goOn);
      }
      const fresh = await this.words.freshBatches(FRESH_BATCHES);
      if (fresh >= FRESH_BATCHES && (await this.goOn())) await this.words.foldAll(this.goOn);
      if (performance.now() >= this.nextRemovalAt && (await this.goOn())) {
        await this.words.removeAllGone(this.goOn);
        this.nextRemovalAt = performance.now() + REMOVAL_INTERVAL_MS;
      }
    } catch (error) {
      this.logger.warn({ err: error }, 'the indexes could not be kept in shape; trying again');
    } finally {
      await this.leases.release(TASK);
    }
  }

  /** Between two steps: others have their turn, and the lease is prolonged. @returns whether it is still ours to do */
  private readonly goOn = async (): Promise<boolean> => {
    if (this.stopped) return false;
    await setImmediate();
    return this.leases.acquire(TASK, this.config.INGESTION_LEASE_MS);
  };

  private async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }
}
