import { Injectable, Logger } from '@nestjs/common';
import { Config } from '@vectorlane/config';
import { Lane } from '@vectorlane/domain';
import { Metrics } from '@vectorlane/metrics';
import { ShutdownSequence } from '@vectorlane/shutdown';
import type { Worker } from 'bullmq';
import { ConsumerPresence } from './consumer-presence';
import type { IngestionJob } from './lanes';

// What a job gets between being told to hand its document back and being cut off.
const HAND_BACK_MS = 3_000;

/** One lane's processor, as the starting and stopping of it sees it. */
export interface LaneConsumer {
  readonly lane: Lane;
  readonly concurrency: number;
  readonly worker: Worker<IngestionJob>;
  /** Asks what is in hand to give up. */
  abandon(reason: Error): void;
}

/**
 * Starts and stops the processors of this process. In a role that consumes, a lane nobody works would let documents
 * wait for ever in silence, so the boot fails instead.
 */
@Injectable()
export class LaneConsumers {
  private readonly logger = new Logger(LaneConsumers.name);
  private readonly processors = new Map<Lane, LaneConsumer>();

  constructor(
    private readonly config: Config,
    private readonly shutdown: ShutdownSequence,
    private readonly metrics: Metrics,
    private readonly presence: ConsumerPresence,
  ) {}

  register(processor: LaneConsumer): void {
    if (this.processors.has(processor.lane)) throw new Error(`Lane "${processor.lane}" has two processors.`);
    this.processors.set(processor.lane, processor);
  }

  /** @throws Error naming the lanes without a processor */
  start(): void {
    const missing = Lane.options.filter((lane) => !this.processors.has(lane));
    if (missing.length > 0) {
      throw new Error(
        `Nobody works lane ${missing.map((lane) => `"${lane}"`).join(', ')}: provide a class with @ProcessesLane(...) ` +
          'in the consuming module, or start with ROLE=api.',
      );
    }
    for (const processor of this.processors.values()) this.run(processor);
  }

  private run(processor: LaneConsumer): void {
    const { lane, worker, concurrency } = processor;
    worker.concurrency = concurrency;
    worker.on('stalled', (jobId) => {
      this.metrics.jobsStalled.inc({ lane });
      this.logger.warn({ lane, jobId }, 'job stalled and is delivered again');
    });
    // A lost connection is told once, by libs/redis; what Redis refuses (full, read-only) nobody else hears.
    let lastReason = '';
    worker.on('error', ({ message }) => {
      const reason = /^[A-Z]{3,}\b/.exec(message)?.[0];
      if (reason === undefined || /^E[A-Z]{4,}$/.test(reason)) return;
      this.metrics.queueErrors.inc({ lane });
      if (reason === lastReason) return;
      lastReason = reason;
      this.logger.warn({ lane, reason: message }, 'Redis refuses what the queue needs');
    });
    worker.on('active', () => (lastReason = ''));
    worker.on('failed', (job, error) =>
      this.logger.error({ lane, jobId: job?.id, err: error }, 'job ended with an error'),
    );
    this.shutdown.add('drain', `worker ${lane} stops fetching`, () => worker.pause(true));
    this.shutdown.add(
      'consumers',
      `worker ${lane}`,
      () => this.finish(processor),
      this.config.SHUTDOWN_QUEUE_TIMEOUT_MS + 2 * HAND_BACK_MS,
    );
    worker.run().catch((error: unknown) => this.logger.error({ lane, err: error }, 'worker stopped'));
    this.presence.announce(lane, () => worker.isRunning() && !worker.isPaused());
    this.logger.log({ lane, concurrency }, 'worker started');
  }

  /** Lets jobs in hand finish; those that take too long hand their documents back, to be taken up at the next start. */
  private async finish(processor: LaneConsumer): Promise<void> {
    const deadline = setTimeout(() => {
      this.logger.warn({ lane: processor.lane }, 'jobs in hand take too long; their documents are handed back');
      processor.abandon(new Error('The process is shutting down.'));
    }, this.config.SHUTDOWN_QUEUE_TIMEOUT_MS);
    try {
      await processor.worker.close();
    } finally {
      clearTimeout(deadline);
    }
  }
}
