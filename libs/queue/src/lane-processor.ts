import { OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import { Logger } from '@nestjs/common';
import type { Lane } from '@vectorlane/domain';
import type { Job, Worker } from 'bullmq';
import type { LaneConsumer, LaneConsumers } from './lane-consumers';
import { type IngestionJob, queueName } from './lanes';

/**
 * BullMQ delivers, PostgreSQL decides: a job that stalls or throws is never the end of a document, so BullMQ's own
 * limits are out of the way and what it retains is bounded.
 */
const WORKER_OPTIONS = {
  autorun: false,
  lockDuration: 30_000,
  stalledInterval: 15_000,
  maxStalledCount: 1_000_000,
  removeOnComplete: { count: 1_000 },
  removeOnFail: { count: 1_000 },
} as const;

/** Marks a class as the processor of one lane; it extends `LaneProcessor` and is provided by the consuming module. */
export function ProcessesLane(lane: Lane): ClassDecorator {
  return Processor(queueName(lane), WORKER_OPTIONS);
}

/** One lane's consumer. Fetching starts when the whole program has started, and stops first at shutdown. */
export abstract class LaneProcessor extends WorkerHost<Worker<IngestionJob>> implements LaneConsumer {
  private readonly logger = new Logger(LaneProcessor.name);
  private readonly abort = new AbortController();

  constructor(
    readonly lane: Lane,
    readonly concurrency: number,
    consumers: LaneConsumers,
  ) {
    super();
    consumers.register(this);
  }

  /**
   * Works on one delivery. It may run twice for one document, at the same time even: claim before anything else.
   * @param signal aborted when the shutdown cannot wait any longer: hand the document back and return
   */
  protected abstract deliver(job: IngestionJob, jobId: string, signal: AbortSignal): Promise<void>;

  override async process(job: Job<IngestionJob>): Promise<void> {
    await this.deliver(job.data, job.id ?? '', this.abort.signal);
  }

  /**
   * Heard from the worker's first moment on, also in a boot that fails half way: BullMQ prints what nobody hears. A
   * lost connection is for libs/redis to report. The message alone: ioredis hangs the command on its errors, AUTH with
   * its password among them.
   */
  @OnWorkerEvent('error')
  onConnectionError({ message }: Error): void {
    this.logger.debug({ lane: this.lane, reason: message }, 'worker connection error');
  }

  /** Gives up what is in hand. */
  abandon(reason: Error): void {
    this.abort.abort(reason);
  }
}
