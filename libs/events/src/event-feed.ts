import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Problem } from '@vectorlane/errors';
import { Metrics } from '@vectorlane/metrics';
import { RedisConnections } from '@vectorlane/redis';
import { ShutdownSequence } from '@vectorlane/shutdown';
import { backoffMs } from '@vectorlane/time';
import type { Writable } from 'node:stream';
import type { EventFilter } from './event';
import { EventLogRepository } from './event-log.repository';
import { EventStream } from './event-stream';
import { EVENTS_CHANNEL } from './event-wakes';

/** Of one process; each costs about 30 KB. */
const MOST_STREAMS = 2_000;
/** What Redis does not tell is found by looking. */
const POLL_MS = 500;
const RETRY_MS = 2_000;
const BEAT_MS = 15_000;
/** When a client whose stream we end comes back: not all of them at once. */
const COME_BACK = { firstMs: 3_000, longestMs: 3_000 };

/**
 * Reads the log once for all streams of this process. It looks when it is woken, and twice a second as long as there
 * are streams. All reading is done in one loop that began with the process: a page after the other, so that a thousand
 * streams that come back together take no more of the database than one, and none of it counts as a request's.
 */
@Injectable()
export class EventFeed implements OnModuleInit {
  private readonly logger = new Logger('Events');
  private readonly streams = new Set<EventStream>();
  /** Number of the last event that was offered; nothing while nobody follows. */
  private position: number | undefined;
  private wake: () => void = () => undefined;
  private isWoken = false;
  private stopped = false;
  private loop: Promise<void> = Promise.resolve();
  private beat: NodeJS.Timeout | undefined;
  private subscriber: ReturnType<RedisConnections['duplicate']> | undefined;

  constructor(
    private readonly log: EventLogRepository,
    private readonly redis: RedisConnections,
    private readonly metrics: Metrics,
    private readonly shutdown: ShutdownSequence,
  ) {}

  onModuleInit(): void {
    this.metrics.eventStreamsOpen.set(0);
    this.shutdown.add('drain', 'event streams', () => this.stop());
    this.loop = this.run();
    this.beat = setInterval(() => this.beatAll(), BEAT_MS).unref();
  }

  /**
   * @param lastEventId the last event that the client has; left out: it wants what happens from now on
   * @throws Problem `STREAMS_BUSY`, `EVENTS_GONE`
   */
  async open(
    out: Writable,
    filter: EventFilter,
    lastEventId: number | undefined,
    {
      fromStart,
      begin,
    }: {
      /** Whether a client that has no event wants all that is kept. */
      readonly fromStart: boolean;
      /** Called once it is sure that there will be a stream, and before it is written to. */
      readonly begin: () => void;
    },
  ): Promise<EventStream> {
    if (this.stopped || this.streams.size >= MOST_STREAMS) {
      throw new Problem('STREAMS_BUSY', 'This process takes no further streams. Come back in a few seconds.');
    }
    const { last, pruned } = await this.log.bounds();
    if (lastEventId !== undefined && (lastEventId < pruned || lastEventId > last)) {
      const begin = lastEventId < pruned ? pruned : last;
      throw new Problem(
        'EVENTS_GONE',
        `Events are kept for 24 hours, and what followed ${lastEventId} is not among them. ` +
          `Read the documents again, and go on with \`Last-Event-ID: ${begin}\`.`,
      );
    }
    begin();
    const stream = new EventStream(out, filter, lastEventId ?? (fromStart ? pruned : last), () => this.poke());
    // A client that has gone meanwhile: its end would never be heard of.
    if (out.destroyed) {
      stream.left();
      return stream;
    }
    this.streams.add(stream);
    this.metrics.eventStreamsOpen.set(this.streams.size);
    out.once('close', () => {
      stream.left();
      this.streams.delete(stream);
      this.metrics.eventStreamsOpen.set(this.streams.size);
    });
    this.poke();
    return stream;
  }

  /** Something may have happened. */
  poke(): void {
    this.isWoken = true;
    this.wake();
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      await this.nextTurn();
      if (this.stopped) return;
      if (this.streams.size === 0) {
        this.position = undefined;
        continue;
      }
      try {
        this.subscribe();
        await this.advance();
        await this.catchUpAll();
      } catch (error) {
        this.logger.warn({ err: error }, 'events could not be read; trying again');
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
      }
    }
  }

  private async nextTurn(): Promise<void> {
    if (!this.isWoken) {
      await new Promise<void>((resolve) => {
        const timer = this.streams.size > 0 ? setTimeout(resolve, POLL_MS).unref() : undefined;
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.isWoken = false;
  }

  private async advance(): Promise<void> {
    if (this.position === undefined) {
      this.position = (await this.log.bounds()).last;
      return;
    }
    await this.log.number();
    for (;;) {
      const { events } = await this.log.read(this.position, Number.MAX_SAFE_INTEGER);
      const last = events.at(-1);
      if (last === undefined) return;
      this.position = last.number;
      for (const stream of this.streams) stream.offer(events, last.number);
    }
  }

  private async catchUpAll(): Promise<void> {
    for (;;) {
      const behind = [...this.streams].filter((stream) => stream.isBehind);
      if (behind.length === 0 || this.stopped) return;
      for (const stream of behind) {
        await stream.catchUp(
          (after, upTo, filter) => this.log.read(after, upTo, filter),
          () => this.position ?? 0,
        );
      }
      await this.advance();
    }
  }

  private beatAll(): void {
    const now = performance.now();
    for (const stream of this.streams) stream.beat(now);
  }

  private subscribe(): void {
    if (this.subscriber !== undefined) return;
    const subscriber = this.redis.duplicate('events');
    this.subscriber = subscriber;
    subscriber.on('message', () => this.poke());
    subscriber.subscribe(EVENTS_CHANNEL).catch((error: unknown) => {
      // The client tries again by itself once it is connected; until then we look.
      this.logger.debug({ err: error }, 'not woken by Redis yet');
    });
  }

  private async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.beat);
    const retryMs = backoffMs(COME_BACK, 1, Math.random);
    for (const stream of this.streams) stream.end(`retry: ${retryMs}\n\n`);
    this.poke();
    await this.loop;
  }
}
