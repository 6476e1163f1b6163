import { randomUUID } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { Config } from '@vectorlane/config';
import { Lane } from '@vectorlane/domain';
import { RedisConnections } from '@vectorlane/redis';
import { ShutdownSequence } from '@vectorlane/shutdown';
import { answeredWithin } from './answered-within';

/** How often a consumer says that it is there, and for how long that is believed: two beats may be lost. */
const BEAT_MS = 5_000;
const BELIEVED_SECONDS = 20;

/** KEYS: lanes. ARGV: who, seconds believed. By the server's clock, the one that all processes share. */
const SAY = `
  local now = tonumber(redis.call('TIME')[1])
  for _, key in ipairs(KEYS) do
    redis.call('ZREMRANGEBYSCORE', key, '-inf', now - ARGV[2])
    redis.call('ZADD', key, now, ARGV[1])
    redis.call('EXPIRE', key, ARGV[2])
  end`;

/** KEYS: lanes. ARGV: seconds believed. Consumers seen within them, lane by lane. */
const COUNT = `
  local now = tonumber(redis.call('TIME')[1])
  local seen = {}
  for index, key in ipairs(KEYS) do seen[index] = redis.call('ZCOUNT', key, now - ARGV[1], '+inf') end
  return seen`;

/**
 * Who works the lanes, in all processes together: a consumer that fetches writes so every five seconds, and is
 * forgotten after twenty without a word. BullMQ's own list of workers asks Redis for all its clients each time.
 */
@Injectable()
export class ConsumerPresence {
  private readonly logger = new Logger(ConsumerPresence.name);
  private readonly self = randomUUID();
  private readonly own = new Map<Lane, () => boolean>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly config: Config,
    private readonly redis: RedisConnections,
    private readonly shutdown: ShutdownSequence,
  ) {}

  /** From here on this process works that lane, as long as `fetches` says so. */
  announce(lane: Lane, fetches: () => boolean): void {
    if (this.own.size === 0) {
      this.shutdown.add('drain', 'consumer presence', () => this.leave());
      this.timer = setInterval(() => void this.say(), BEAT_MS).unref();
    }
    this.own.set(lane, fetches);
    void this.say();
  }

  /** Lanes that this process is to work and does not. */
  get stopped(): readonly Lane[] {
    return [...this.own].filter(([, fetches]) => !fetches()).map(([lane]) => lane);
  }

  /** Consumers per lane, in all processes, seen in the last twenty seconds. */
  async seen(): Promise<Readonly<Record<Lane, number>>> {
    const keys = Lane.options.map(keyOf);
    const counts = await this.ask(this.redis.shared.eval(COUNT, keys.length, ...keys, BELIEVED_SECONDS), 'count');
    const [fast = 0, heavy = 0] = counts as number[];
    return { fast, heavy };
  }

  private async say(): Promise<void> {
    const keys = [...this.own].filter(([, fetches]) => fetches()).map(([lane]) => keyOf(lane));
    if (keys.length === 0) return;
    try {
      await this.ask(this.redis.shared.eval(SAY, keys.length, ...keys, this.self, BELIEVED_SECONDS), 'note');
    } catch (error) {
      // libs/redis tells the log when Redis is away; the next beat is a few seconds off.
      this.logger.debug({ reason: (error as Error).message }, 'could not say that this consumer is there');
    }
  }

  private async leave(): Promise<void> {
    clearInterval(this.timer);
    this.own.clear();
    try {
      await this.ask(Promise.all(Lane.options.map((lane) => this.redis.shared.zrem(keyOf(lane), this.self))), 'forget');
    } catch (error) {
      // Forgotten by itself in twenty seconds; no reason to call the shutdown failed.
      this.logger.debug({ reason: (error as Error).message }, 'could not say that this consumer leaves');
    }
  }

  private ask<T>(work: Promise<T>, what: string): Promise<T> {
    return answeredWithin(work, this.config.REDIS_COMMAND_TIMEOUT_MS, `${what} consumers`);
  }
}

function keyOf(lane: Lane): string {
  return `vectorlane:consumers:${lane}`;
}
