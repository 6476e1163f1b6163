import { Injectable, Logger } from '@nestjs/common';
import { Config } from '@vectorlane/config';
import { backoffMs } from '@vectorlane/time';
import type { Redis, RedisOptions } from 'ioredis';
import { ConnectionState } from './connection-state';
import type { EmbeddedValkey } from './embedded/embedded-valkey';
import { addressOf, parseRedisUrl, type RedisAddress } from './redis-address';
import { RedisClient } from './redis-client';

/** Redis cannot be used at boot. The message names the address, never the password. */
export class RedisUnreachableError extends Error {
  override readonly name = 'DependencyUnreachableError';
}

/**
 * `consumer` keeps a command until Redis is back, as a BullMQ worker needs it; `producer` fails at once while Redis is
 * away, so that nothing piles up in memory behind a caller who has long been answered.
 */
export type QueueRole = 'consumer' | 'producer';

const BOOT_TIMEOUT_MS = 10_000;
const RECONNECT = { firstMs: 50, longestMs: 2_000 };
const KEEP_ALIVE_MS = 10_000;
const READINESS_KEY_MS = 60_000;
/** The other end is no longer the server it was: behind the same name there may be a new primary, or a new password. */
const NOT_THE_SAME = /^(READONLY|NOAUTH)/;
/** Trying again does not fix these. */
const REFUSAL = /^(WRONGPASS|NOAUTH|NOPERM|ERR AUTH|ERR DB index)/;

/** The one policy for connections to Redis, whatever opens them and wherever Redis runs. */
@Injectable()
export class RedisConnections {
  private readonly logger = new Logger('Redis');
  private readonly address: RedisAddress;
  private readonly sharedState: ConnectionState;
  private readonly duplicates = new Set<Redis>();
  private heartbeat: NodeJS.Timeout | undefined;
  /** For short commands of everybody: rejected at once while Redis is away, and after `REDIS_COMMAND_TIMEOUT_MS`. */
  readonly shared: Redis;

  /** @param embedded left out: `REDIS_URL` says where Redis is */
  constructor(
    private readonly config: Config,
    embedded?: Pick<EmbeddedValkey, 'endpoint'>,
  ) {
    this.address = embedded === undefined ? parseRedisUrl(config.REDIS_URL ?? '') : addressOf(embedded.endpoint);
    this.shared = new RedisClient(this.shortCommands());
    this.sharedState = new ConnectionState(this.shared, this.address.label);
  }

  /** What BullMQ opens its connections with. Blocking reads have no bound of their own: callers bound their wait. */
  options(role: QueueRole = 'consumer'): RedisOptions {
    return {
      ...this.common(`queue-${role}`),
      ...(role === 'consumer'
        ? { maxRetriesPerRequest: null }
        : { maxRetriesPerRequest: 0, enableOfflineQueue: false }),
    };
  }

  /**
   * A connection of one's own, for what blocks or subscribes: it keeps its commands until Redis is back. Closed with
   * the others.
   * @param purpose shown by `CLIENT LIST` after `vectorlane-`
   */
  duplicate(purpose: string, options: RedisOptions = {}): Redis {
    const client = new RedisClient({ ...this.common(purpose), maxRetriesPerRequest: null, ...options });
    this.duplicates.add(client);
    client.on('end', () => this.duplicates.delete(client));
    // The shared connection tells the log; the same news once more per connection would be noise.
    client.on('error', (error: Error) => this.logger.debug({ purpose, reason: error.message }, 'connection error'));
    return client;
  }

  /**
   * Waits for Redis at boot.
   * @throws RedisUnreachableError after ten seconds, or at once when Redis refuses us
   */
  async connect(): Promise<void> {
    try {
      await this.untilReady();
    } catch (error) {
      this.sharedState.closing();
      this.shared.disconnect();
      throw error;
    }
    await this.warnOfEviction();
    this.heartbeat = setInterval(() => void this.beat(), this.config.REDIS_COMMAND_TIMEOUT_MS * 2).unref();
  }

  /**
   * What readiness asks: a Redis that answers and takes no writes (full, a replica after a failover, its disk full)
   * serves nobody. One small key that goes by itself, written within the bound of a command.
   * @throws Error in the words of Redis
   */
  async proveWrite(): Promise<void> {
    await this.shared.set('vectorlane:readiness', '1', 'PX', READINESS_KEY_MS);
  }

  /** @throws Error when Redis does not answer within the bound of a command */
  async ping(): Promise<void> {
    await this.shared.ping();
  }

  /** Ends the session in order where Redis answers, and hangs up where it does not. Safe to call twice. */
  async close(): Promise<void> {
    clearInterval(this.heartbeat);
    this.sharedState.closing();
    await Promise.all([this.shared, ...this.duplicates].map((client) => hangUp(client)));
  }

  private untilReady(): Promise<void> {
    const { label } = this.address;
    return new Promise<void>((resolve, reject) => {
      const settle = (failure?: string): void => {
        clearTimeout(timer);
        this.shared.off('ready', onReady).off('error', onError);
        if (failure === undefined) resolve();
        else reject(new RedisUnreachableError(failure));
      };
      const onReady = (): void => settle();
      const onError = ({ message }: Error): void => {
        if (REFUSAL.test(message))
          settle(`Redis at ${label} refuses us: ${message}. Check the password and database in REDIS_URL.`);
      };
      const timer = setTimeout(() => {
        const reason = this.sharedState.reason ?? 'no answer';
        settle(
          `Redis at ${label} could not be reached within ${BOOT_TIMEOUT_MS / 1_000} s (${reason}). Start it, or check REDIS_URL.`,
        );
      }, BOOT_TIMEOUT_MS);
      this.shared.on('ready', onReady).on('error', onError);
      // Its rejection is the first failed try's; the client goes on trying, and the events above tell how that ends.
      this.shared.connect().catch(() => undefined);
    });
  }

  /**
   * A server that accepts and never answers, or a network that swallows, leaves a connection that looks alive for ever:
   * it is cut, which starts the tries for a new one. (ioredis' `socketTimeout` would do the same, but its timer
   * outlives the connection it was started for and cuts the next one.)
   */
  private async beat(): Promise<void> {
    const { stream } = this.shared;
    if (this.shared.status !== 'ready') return;
    try {
      await this.ping();
    } catch (error) {
      if (this.shared.stream !== stream || this.shared.status !== 'ready') return;
      this.sharedState.reason = error instanceof Error ? error.message : String(error);
      this.shared.disconnect(true);
    }
  }

  /** A Redis that evicts throws queued work away in silence. */
  private async warnOfEviction(): Promise<void> {
    const memory = await this.shared.info('memory').catch((error: Error) => error.message);
    const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1];
    if (policy === undefined || policy === 'noeviction') return;
    this.logger.warn(
      `Redis at ${this.address.label} may evict queued work: set maxmemory-policy to noeviction, it is ${policy}.`,
    );
  }

  private shortCommands(): RedisOptions {
    return {
      ...this.common('shared'),
      lazyConnect: true,
      commandTimeout: this.config.REDIS_COMMAND_TIMEOUT_MS,
      // A command whose caller was told "failed" must not be carried out when Redis comes back.
      maxRetriesPerRequest: 0,
      enableOfflineQueue: false,
    };
  }

  private common(purpose: string): RedisOptions {
    return {
      ...this.address.connection,
      connectionName: `vectorlane-${purpose}`,
      connectTimeout: this.config.REDIS_COMMAND_TIMEOUT_MS,
      keepAlive: KEEP_ALIVE_MS,
      reconnectOnError: ({ message }) => NOT_THE_SAME.test(message),
      // The clients of a returning server do not all come in one instant.
      retryStrategy: (attempt) => backoffMs(RECONNECT, attempt, Math.random),
      sentinelRetryStrategy: (attempt) => backoffMs(RECONNECT, attempt, Math.random),
      sentinelCommandTimeout: this.config.REDIS_COMMAND_TIMEOUT_MS,
    };
  }
}

async function hangUp(client: Redis): Promise<void> {
  if (client.status === 'ready') {
    // Replies in flight arrive before the one to QUIT; without an answer to it the next line cuts the connection.
    await client.quit().catch(() => undefined);
  }
  if (client.status !== 'end') client.disconnect();
}
