import { setImmediate } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { Config } from '@vectorlane/config';
import { TaskLeases } from '@vectorlane/database';
import type { Dependency } from '@vectorlane/domain';
import {
  ChunksRepository,
  ContentsRepository,
  DeletedCollectionsRepository,
  IngestionLedger,
  type Unfinished,
} from '@vectorlane/documents';
import { EventLogRepository } from '@vectorlane/events';
import { LaneQueues } from '@vectorlane/queue';
import { ShutdownSequence } from '@vectorlane/shutdown';
import { DependencyCircuits } from './dependency-circuits';
import { FilesService } from './files.service';
import { IngestionScheduler } from './ingestion-scheduler';

const PAGE = 200;
const SWEEP_LIMIT = 500;
const MARKED_AT_ONCE = 1_000;
// Longer than any upload may take; see MAX_UPLOAD_BYTES and the server's request timeout.
const ORPHAN_IDLE_SECONDS = 3_600;
const SWEEP_INTERVAL_MS = 600_000;
const TASK = 'reconcile';
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/**
 * Makes the queue agree with the database, never the other way round: whatever PostgreSQL calls unfinished and no job
 * carries (Redis emptied, a crash between commit and enqueue, a lapsed lease) is queued again. Beside that it sweeps
 * what crashes leave behind. One replica at a time does it; that two would once do no harm (a second job finds nothing
 * to claim) is why a lease suffices, whose holder may die.
 */
@Injectable()
export class Reconciler {
  private readonly logger = new Logger(Reconciler.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;
  private nextSweepAt = 0;

  constructor(
    private readonly config: Config,
    private readonly ledger: IngestionLedger,
    private readonly contents: ContentsRepository,
    private readonly chunks: ChunksRepository,
    private readonly deleted: DeletedCollectionsRepository,
    private readonly events: EventLogRepository,
    private readonly files: FilesService,
    private readonly queues: LaneQueues,
    private readonly scheduler: IngestionScheduler,
    private readonly leases: TaskLeases,
    private readonly shutdown: ShutdownSequence,
    private readonly circuits: DependencyCircuits,
  ) {}

  /** Begins with a pass at once: after a start of the embedded profile the queue is empty and the database is not. */
  start(): void {
    this.shutdown.add('drain', 'reconciler', () => this.stop());
    this.plan(0);
  }

  /**
   * One pass over everything that could be claimed now, in pages; nothing but one short query when there is none of it,
   * or when another replica is at it.
   * @returns how many documents were queued again
   */
  async reconcile(): Promise<number> {
    let queued = 0;
    let after = FIRST_ID;
    const away = this.circuits.in('open', 'trial');
    while (!this.stopped) {
      const page = await this.ledger.claimable(after, PAGE, away);
      const last = page.at(-1);
      if (last === undefined || !(await this.hold())) break;
      after = last.documentId;
      const taken = await this.requeue(page);
      queued += taken.queued;
      // The first that the queue refuses tells of all the others: the next pass tries again.
      if (taken.refused || page.length < PAGE) break;
    }
    queued += await this.tryOne(this.circuits.in('trial'));
    if (queued > 0) this.logger.log({ documents: queued }, 'queued documents that no job carried');
    return queued;
  }

  /** A dependency that may be back is tried with one document before all the others come. */
  private async tryOne(dependencies: readonly Dependency[]): Promise<number> {
    let queued = 0;
    for (const dependency of dependencies) {
      const document = await this.ledger.longestUntried(dependency);
      if (document.length > 0 && (await this.hold())) queued += (await this.requeue(document)).queued;
    }
    return queued;
  }

  /** Asked again for each page, so that the lease outlives the longest pass of a living replica. */
  private hold(): Promise<boolean> {
    return this.leases.acquire(TASK, this.config.INGESTION_LEASE_MS);
  }

  /** Counts what the queue took, and not what it was offered. */
  private async requeue(page: readonly Unfinished[]): Promise<{ queued: number; refused: boolean }> {
    let lost: readonly Pick<Unfinished, 'documentId'>[];
    try {
      lost = await this.queues.withoutLiveJob(page);
    } catch (error) {
      // Their jobs may be alive, and nobody can work on them: the documents say so.
      await this.ledger.allWaitFor('redis', MARKED_AT_ONCE);
      throw error;
    }
    let queued = 0;
    for (const { documentId } of lost) {
      const scheduling = await this.scheduler.schedule(documentId);
      if (scheduling === 'refused') return { queued, refused: true };
      if (scheduling === 'queued') queued += 1;
    }
    return { queued, refused: false };
  }

  private async sweep(): Promise<void> {
    if (this.stopped || performance.now() < this.nextSweepAt || !(await this.hold())) return;
    const contents = await this.contents.sweepOrphans(ORPHAN_IDLE_SECONDS, SWEEP_LIMIT);
    const rows = await this.chunks.sweepDeadGenerations(SWEEP_LIMIT);
    const events = await this.events.prune(SWEEP_LIMIT);
    const expired = await this.files.sweepExpired();
    // A full sweep may have left some behind: go on at the next pass.
    const more = expired || [contents, rows, events].some((swept) => swept >= SWEEP_LIMIT);
    this.nextSweepAt = performance.now() + (more ? 0 : SWEEP_INTERVAL_MS);
    if (contents + rows > 0) this.logger.log({ contents, rows }, 'swept what was left behind');
  }

  /** What deleted collections held, one short step after the other. */
  private async sweepCollections(): Promise<void> {
    while (!this.stopped && (await this.deleted.sweep()) && (await this.hold())) await setImmediate();
  }

  private plan(delayMs: number): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.running = this.pass().finally(() => this.plan(this.config.RECONCILE_INTERVAL_MS));
    }, delayMs);
  }

  private async pass(): Promise<void> {
    try {
      await this.reconcile();
      await this.sweep();
      await this.sweepCollections();
    } catch (error) {
      this.logger.warn({ err: error }, 'could not reconcile; trying again');
    }
    await this.leases.release(TASK);
  }

  private async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }
}
