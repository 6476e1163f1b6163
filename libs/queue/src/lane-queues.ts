import { getQueueToken } from '@nestjs/bullmq';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Config } from '@vectorlane/config';
import { Lane } from '@vectorlane/domain';
import { RedisConnections } from '@vectorlane/redis';
import { ShutdownSequence } from '@vectorlane/shutdown';
import { PRIORITY_LIMIT, type Queue } from 'bullmq';
import { answeredWithin, QueueTimeoutError } from './answered-within';
import { type Delivery, type IngestionJob, jobId, queueName } from './lanes';

/** Clocks of several processes differ by less. */
const CLOCK_SLACK_MS = 10_000;

/** Looked at for the oldest. */
const NEXT_IN_LINE = 25;

/** The producers' side of the lanes. Every call is bounded by `REDIS_COMMAND_TIMEOUT_MS`. */
@Injectable()
export class LaneQueues implements OnModuleInit {
  private readonly logger = new Logger(LaneQueues.name);
  private readonly queues: Readonly<Record<Lane, Queue<IngestionJob>>>;

  constructor(
    private readonly config: Config,
    private readonly shutdown: ShutdownSequence,
    private readonly redis: RedisConnections,
    @Inject(getQueueToken(queueName('fast'))) fast: Queue<IngestionJob>,
    @Inject(getQueueToken(queueName('heavy'))) heavy: Queue<IngestionJob>,
  ) {
    this.queues = { fast, heavy };
  }

  onModuleInit(): void {
    for (const lane of Lane.options) {
      // Without a listener an 'error' event would end the process; libs/redis reports the connection's state.
      this.queues[lane].on('error', ({ message }) =>
        this.logger.debug({ lane, reason: message }, 'queue connection error'),
      );
      this.shutdown.add('producers', `queue ${lane}`, () => this.queues[lane].close());
    }
  }

  /**
   * Puts a document's delivery on its lane. Adding the same delivery twice adds one job.
   * @throws QueueTimeoutError, also at once while Redis is away; the reconciler queues the document later
   */
  async add(delivery: Delivery, delayMs = 0): Promise<void> {
    const { documentId, lane, turn } = delivery;
    const data: IngestionJob = { documentId, ...(delayMs > 0 && { joinsLine: true }) };
    const options = {
      jobId: jobId(delivery),
      delay: delayMs,
      // Two million turns on, without one idle moment of the lane, those beyond are served as they come.
      ...(turn !== undefined && { priority: Math.min(turn, PRIORITY_LIMIT) }),
    };
    await this.ask(() => this.queues[lane].add('ingest', data, options), 'take a job');
  }

  /**
   * Which of these claimable deliveries no job in Redis carries any more. A job that was picked up does not count: had
   * its worker been alive, the document would be claimed, and waiting for BullMQ to notice takes longer than the lease.
   * Asked by the job's own key: its state would be looked for along the whole waiting list, for every document of a
   * long one.
   */
  async withoutLiveJob(deliveries: readonly Delivery[]): Promise<Delivery[]> {
    const jobs = await this.ask(
      () => Promise.all(deliveries.map((delivery) => this.queues[delivery.lane].getJob(jobId(delivery)))),
      'tell job states',
    );
    // A job of the future is of a time before the clock was set back: its delay would last until it has caught up.
    const horizon = Date.now() + CLOCK_SLACK_MS;
    return deliveries.filter((_, index) => {
      const job = jobs[index];
      return job === undefined || job.processedOn !== undefined || job.timestamp > horizon;
    });
  }

  /** Jobs by state, per lane. */
  async counts(): Promise<Readonly<Record<Lane, Record<string, number>>>> {
    const [fast, heavy] = await this.ask(
      () => Promise.all([this.queues.fast.getJobCounts(), this.queues.heavy.getJobCounts()]),
      'count jobs',
    );
    return { fast: toStates(fast), heavy: toStates(heavy) };
  }

  /**
   * When the oldest of those that are next in line began to wait, in ms since the epoch, per lane; undefined where none
   * waits. Every key's oldest is among the first, as long as fewer keys than that have documents in line.
   */
  async oldestWaiting(): Promise<Readonly<Record<Lane, number | undefined>>> {
    const since = async (lane: Lane): Promise<number | undefined> => {
      const [plain, inLine] = await Promise.all([
        this.queues[lane].getWaiting(0, 0),
        this.queues[lane].getPrioritized(0, NEXT_IN_LINE - 1),
      ]);
      // The wait before another attempt is not the queue's.
      const began = [...plain, ...inLine].map(({ timestamp, opts }) => timestamp + (opts.delay ?? 0));
      return began.sort((one, other) => one - other)[0];
    };
    const [fast, heavy] = await this.ask(() => Promise.all([since('fast'), since('heavy')]), 'show waiting jobs');
    return { fast, heavy };
  }

  /**
   * While Redis is away nothing is even asked: the client would keep every command until it is back, without a bound,
   * and carry out what its caller has long given up.
   */
  private ask<T>(work: () => Promise<T>, what: string): Promise<T> {
    if (this.redis.shared.status !== 'ready') {
      return Promise.reject(new QueueTimeoutError(`Redis is away and did not ${what}.`));
    }
    return answeredWithin(work(), this.config.REDIS_COMMAND_TIMEOUT_MS, what);
  }
}

/** BullMQ tells jobs with a turn apart from those without; both wait. */
function toStates({ prioritized = 0, waiting = 0, ...states }: Record<string, number>): Record<string, number> {
  return { ...states, waiting: waiting + prioritized };
}
