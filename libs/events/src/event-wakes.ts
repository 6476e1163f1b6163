import { Injectable, Logger } from '@nestjs/common';
import { RedisConnections } from '@vectorlane/redis';

export const EVENTS_CHANNEL = 'vectorlane:events';
/** One message tells of all that has happened by then. */
const AT_MOST_EVERY_MS = 50;

/** Tells all processes that something has happened to a document. It carries nothing: the log does. */
@Injectable()
export class EventWakes {
  private readonly logger = new Logger('Events');
  private isPlanned = false;

  constructor(private readonly redis: RedisConnections) {}

  /** Call it after the commit. Never fails: those who are not woken look for themselves. */
  happened(): void {
    if (this.isPlanned) return;
    this.isPlanned = true;
    setTimeout(() => {
      this.isPlanned = false;
      this.redis.shared.publish(EVENTS_CHANNEL, '').catch((error: unknown) => {
        this.logger.debug({ err: error }, 'nobody is woken; events are found by looking');
      });
    }, AT_MOST_EVERY_MS).unref();
  }
}
