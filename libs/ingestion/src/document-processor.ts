import { Injectable, Logger } from '@nestjs/common';
import { Config } from '@vectorlane/config';
import {
  ChunksRepository,
  type Claim,
  ContentGoneError,
  type Cost,
  EmbeddingSpacesRepository,
  IngestionLedger,
  StaleClaimError,
} from '@vectorlane/documents';
import { Dependency } from '@vectorlane/domain';
import { dependencyOf, IngestionFailure } from '@vectorlane/errors';
import { ExtractionService } from '@vectorlane/extraction';
import { LogContext } from '@vectorlane/logging';
import { backoffMs, retry } from '@vectorlane/time';
import { DependencyCircuits } from './dependency-circuits';
import { type EndReason, IngestionObserver } from './ingestion-observer';
import { IngestionPipeline } from './ingestion.pipeline';
import { IngestionScheduler } from './ingestion-scheduler';

const COSTS: Readonly<Record<EndReason, Cost>> = {
  permanent: 'none',
  interruptions: 'none',
  attempts: 'attempt',
  parser_deaths: 'parser-death',
};

/** Where the doubling ends: an hour after the cause is fixed, a document should be on its way. */
const MAX_BACKOFF_MS = 3_600_000;

/** How long one document waits before it is tried again, while its dependency is away. Never long: see `PAUSE`. */
const WAIT = { firstMs: 1_000, longestMs: 15_000 };
/** A document that failed so often in a row while others got through is the cause itself: attempts count again. */
const WAITS_BEFORE_SUSPICION = 8;
/** While the database is away nothing can be noted. The lane stands still meanwhile. */
const DATABASE_AWAY = { firstMs: 250, longestMs: 5_000 };
/** A database that is away, or whose volume is full. */
const keepsNotingBack = (dependency: Dependency | undefined): boolean =>
  dependency === 'database' || dependency === 'disk';
const DATABASE_AWAY_AT_MOST_MS = 3_600_000;
/** A document that takes too long mostly does so by its own doing: a busy machine is given one more chance. */
const MAX_TIMEOUTS = 2;

/** How often it is looked whether a document in work has been deleted or revised: nothing goes on for nobody. */
const LOOK_MS = 1_000;

/** The process is shutting down and the document goes back untouched. */
class HandedBackError extends Error {
  override readonly name = 'HandedBackError';
}

/**
 * What one delivery of one document comes to. PostgreSQL decides whether there is anything to do (the claim), whether
 * this worker still may (the lease, prolonged by a heartbeat) and what an error means (another attempt, or the end).
 */
@Injectable()
export class DocumentProcessor {
  private readonly logger = new Logger(DocumentProcessor.name);

  constructor(
    private readonly config: Config,
    private readonly ledger: IngestionLedger,
    private readonly chunks: ChunksRepository,
    private readonly spaces: EmbeddingSpacesRepository,
    private readonly pipeline: IngestionPipeline,
    private readonly scheduler: IngestionScheduler,
    private readonly observer: IngestionObserver,
    private readonly log: LogContext,
    private readonly circuits: DependencyCircuits,
    private readonly extraction: ExtractionService,
  ) {}

  /** @param shutdown aborted when the process cannot wait for this document any longer */
  async process(documentId: string, jobId: string, shutdown: AbortSignal): Promise<void> {
    await this.log.run({ documentId, jobId }, async () => {
      const { INGESTION_LEASE_MS: leaseMs } = this.config;
      if (await this.isHeld(documentId)) return;
      const claim = await this.throughOutage(() => this.ledger.claim(documentId, leaseMs, this.spaces.active.id));
      // Somebody else has it, it is finished, or it is gone: a second delivery of a job is normal.
      if (claim === undefined) return;
      this.observer.claimed(claim);
      if (claim.interruptions >= this.config.INGESTION_MAX_INTERRUPTIONS) {
        const failure = new IngestionFailure(
          'PROCESS_CRASHED',
          `The program ended ${claim.interruptions} times while it worked on this document, which may be the cause. ` +
            'Nothing of it is tried again until you ask for a retry.',
        );
        await this.end(claim, failure, 'interruptions');
        return;
      }
      await this.work(claim, shutdown);
    });
  }

  private async work(claim: Claim, shutdown: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const handBack = (): void => stop.abort(new HandedBackError());
    shutdown.addEventListener('abort', handBack, { once: true });
    const stopHeartbeat = this.heartbeat(claim, stop);
    try {
      await this.pipeline.run(claim, stop.signal);
      this.circuits.succeeded(Dependency.options.filter((dependency) => this.isUsed(claim, dependency)));
      // The first generation has none before it.
      if (claim.generation > 1) await this.chunks.sweepDocument(claim.documentId);
    } catch (error) {
      // Whatever an aborted pipeline throws, the reason for the abort is what counts.
      const reason: unknown = stop.signal.aborted ? stop.signal.reason : error;
      await this.throughOutage(() => this.settle(claim, reason));
    } finally {
      stopHeartbeat();
      shutdown.removeEventListener('abort', handBack);
    }
  }

  /** Turns an error into the document's next state. */
  private async settle(claim: Claim, error: unknown): Promise<void> {
    try {
      if (error instanceof StaleClaimError) {
        this.logger.warn({ generation: claim.generation }, 'the claim was lost; nothing more is written');
      } else if (error instanceof HandedBackError) {
        await this.ledger.release(claim);
        this.logger.log('handed back for the next start');
      } else {
        // The bytes vanish under a worker when the document is deleted: a lost claim, not a failure.
        if (error instanceof ContentGoneError) await this.ledger.prolong(claim, this.config.INGESTION_LEASE_MS);
        await this.fail(claim, error);
      }
    } catch (settling) {
      // Deleted or claimed again while we were about to write: that decides.
      if (!(settling instanceof StaleClaimError)) throw settling;
    }
  }

  private async fail(claim: Claim, error: unknown): Promise<void> {
    const failure =
      error instanceof IngestionFailure
        ? error
        : new IngestionFailure('INTERNAL_ERROR', 'Something went wrong on our side.', { cause: error });
    const dependency = failure.dependency ?? (error instanceof IngestionFailure ? undefined : dependencyOf(error));
    if (dependency !== undefined && !this.isCauseItself(claim, dependency)) {
      return this.wait(claim, failure, dependency);
    }
    const price = this.price(claim, failure);
    if (price === undefined) return this.end(claim, failure, 'permanent');
    const { cost, spent, limit } = price;
    if (spent >= limit) return this.end(claim, failure, cost === 'attempt' ? 'attempts' : 'parser_deaths');
    const backoff = { firstMs: this.config.INGESTION_BACKOFF_MS, longestMs: MAX_BACKOFF_MS };
    const delayMs = backoffMs(backoff, spent);
    this.logger.warn({ code: failure.code, cost, spent, limit, delayMs, err: failure }, 'failed; trying again later');
    await this.ledger.postpone(claim, delayMs, cost);
    this.observer.postponed(cost);
    await this.scheduler.schedule(claim.rowId, delayMs);
  }

  /** A fault of ours or of a dependency: it costs nothing, and the reconciler brings the document back. */
  private async wait(claim: Claim, failure: IngestionFailure, dependency: Dependency): Promise<void> {
    const delayMs = backoffMs(WAIT, claim.waits + 1, Math.random);
    this.logger.warn({ code: failure.code, dependency, delayMs, err: failure }, 'the document waits for a dependency');
    await this.ledger.wait(claim, dependency, delayMs);
    this.circuits.failed(dependency);
    this.observer.waiting(claim, failure, dependency);
  }

  private isCauseItself(claim: Claim, dependency: Dependency): boolean {
    return claim.waits >= WAITS_BEFORE_SUSPICION && this.circuits.hasSucceededWithin(dependency, claim.waitedMs);
  }

  /** Puts a document aside, untried, that needs something which has just failed. */
  private async isHeld(documentId: string): Promise<boolean> {
    for (const dependency of this.circuits.in('open')) {
      const formats = this.extraction.formatsNeeding(dependency);
      const hold = (): Promise<boolean> => this.ledger.hold(documentId, dependency, WAIT.firstMs, formats);
      if (await this.throughOutage(hold)) return true;
    }
    return false;
  }

  /** Whether the end of this document's ingestion says that the dependency works. */
  private isUsed({ format }: Claim, dependency: Dependency): boolean {
    return this.extraction.formatsNeeding(dependency)?.includes(format) ?? true;
  }

  /**
   * Waits while the database is away, in place of the lane's next documents: each would come to the same end.
   * @throws the database's error after an hour or at the shutdown; the lease, if there is one, lapses
   */
  private throughOutage<T>(work: () => Promise<T>): Promise<T> {
    const until = performance.now() + DATABASE_AWAY_AT_MOST_MS;
    const { stopping } = this.circuits;
    return retry(work, {
      waitAfter: (error, tries) =>
        keepsNotingBack(dependencyOf(error)) && performance.now() < until && !stopping.aborted
          ? backoffMs(DATABASE_AWAY, tries, Math.random)
          : undefined,
      onWait: (waitMs, error, tries) => {
        if (tries === 1) this.logger.warn({ waitMs, err: error }, 'the database is away; the lane waits for it');
      },
      signal: stopping,
    });
  }

  /**
   * Which counter an error adds to, and where that one then stands. The death of a parser is not an attempt: a document
   * that kills its parser is set aside after few deaths, whatever else went wrong with it before.
   * @returns nothing for an error that cannot pass: it ends the document and costs nothing
   */
  private price(claim: Claim, failure: IngestionFailure): { cost: Cost; spent: number; limit: number } | undefined {
    if (failure.code === 'PARSER_CRASHED') {
      return { cost: 'parser-death', spent: claim.parserDeaths + 1, limit: this.config.INGESTION_MAX_PARSER_DEATHS };
    }
    if (!failure.transient) return undefined;
    const { INGESTION_MAX_ATTEMPTS: attempts } = this.config;
    const limit = failure.code === 'TIMEOUT' ? Math.min(attempts, MAX_TIMEOUTS) : attempts;
    return { cost: 'attempt', spent: claim.attempts + 1, limit };
  }

  private async end(claim: Claim, failure: IngestionFailure, reason: EndReason): Promise<void> {
    const { code, message, transient } = failure;
    await this.ledger.fail(claim, { code, message, retryable: transient }, COSTS[reason]);
    this.observer.failed(claim, failure, reason);
    // A broken file is its owner's news; what kept a good one from completing is ours, with all that is known of it.
    const keyId = claim.uploadedBy;
    if (transient) this.logger.error({ code, keyId, err: failure }, 'document failed');
    else this.logger.warn({ code, keyId, reason: message }, 'document failed');
    await this.chunks.sweepDocument(claim.documentId);
  }

  /** Prolongs the lease three times within its length; a claim that is lost aborts the work, within two seconds. */
  private heartbeat(claim: Claim, stop: AbortController): () => void {
    const { INGESTION_LEASE_MS: leaseMs } = this.config;
    const everyMs = Math.min(LOOK_MS, leaseMs / 3);
    /** Looks between one that prolongs and the next. */
    const looks = Math.max(1, Math.floor(leaseMs / 3 / everyMs));
    let beats = 0;
    let isBeating = false;
    const beat = async (): Promise<void> => {
      beats += 1;
      if (beats % looks === 0) await this.ledger.prolong(claim, leaseMs);
      else if (!(await this.ledger.holds(claim))) throw new StaleClaimError(claim);
    };
    const timer = setInterval(() => {
      // A database that is slow is not asked again before it has answered.
      if (isBeating) return;
      isBeating = true;
      beat()
        .catch((error: unknown) => {
          // One that is away for a moment is no reason to stop: the fencing token guards every write.
          if (error instanceof StaleClaimError) stop.abort(error);
          else this.logger.warn({ err: error }, 'the lease could not be prolonged');
        })
        .finally(() => (isBeating = false));
    }, everyMs);
    return () => clearInterval(timer);
  }
}
