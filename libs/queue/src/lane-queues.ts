import { getQueueToken } from '@nestjs/bullmq';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Config } from '@vectorlane/config';
import { ReadinessRegistry } from '@vectorlane/health';
import { ShutdownSequence } from '@vectorlane/shutdown';
import type { Queue } from 'bullmq';
import { bounded } from './bounded';
import { type Delivery, type IngestionJob, jobId, type Lane, LANES, queueName } from './lanes';

const LIVE_STATES: ReadonlySet<string> = new Set(['active', 'delayed', 'prioritized', 'waiting', 'waiting-children']);

/** The producers' side of the lanes. Every call is bounded by `REDIS_COMMAND_TIMEOUT_MS`. */
@Injectable()
export class LaneQueues implements OnModuleInit {
  private readonly logger = new Logger(LaneQueues.name);
  private readonly queues: Readonly<Record<Lane, Queue<IngestionJob>>>;

  constructor(
    private readonly config: Config,
    private readonly readiness: ReadinessRegistry,
    private readonly shutdown: ShutdownSequence,
    @Inject(getQueueToken(queueName('fast'))) fast: Queue<IngestionJob>,
    @Inject(getQueueToken(queueName('heavy'))) heavy: Queue<IngestionJob>,
  ) {
    this.queues = { fast, heavy };
  }

  onModuleInit(): void {
    for (const lane of LANES) {
      // Without a listener an 'error' event would end the process; the redis room reports the connection's state.
      this.queues[lane].on('error', (error) => this.logger.debug({ lane, err: error }, 'queue connection error'));
      this.shutdown.add('producers', `queue ${lane}`, () => this.queues[lane].close());
    }
    this.readiness.register({ name: 'queue', check: async () => void (await this.counts()) });
  }

  /**
   * Puts a document's delivery on its lane. Adding the same delivery twice adds one job.
   * @throws QueueTimeoutError or a connection error; the reconciler queues the document later
   */
  async add(delivery: Delivery, delayMs = 0): Promise<void> {
    const id = jobId(delivery);
    await bounded(
      this.queues[delivery.lane].add('ingest', { documentId: delivery.documentId }, { jobId: id, delay: delayMs }),
      this.config.REDIS_COMMAND_TIMEOUT_MS,
      'take a job',
    );
  }

  /** Which of these deliveries no job in Redis carries any more. */
  async withoutLiveJob(deliveries: readonly Delivery[]): Promise<Delivery[]> {
    const states = await bounded(
      Promise.all(deliveries.map((delivery) => this.queues[delivery.lane].getJobState(jobId(delivery)))),
      this.config.REDIS_COMMAND_TIMEOUT_MS,
      'tell job states',
    );
    return deliveries.filter((_, index) => !LIVE_STATES.has(states[index] ?? 'unknown'));
  }

  /** Jobs by state, per lane. */
  async counts(): Promise<Readonly<Record<Lane, Record<string, number>>>> {
    const [fast, heavy] = await bounded(
      Promise.all([this.queues.fast.getJobCounts(), this.queues.heavy.getJobCounts()]),
      this.config.REDIS_COMMAND_TIMEOUT_MS,
      'count jobs',
    );
    return { fast, heavy };
  }
}
