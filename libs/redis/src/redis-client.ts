import { Redis, type RedisOptions } from 'ioredis';

/**
 * ioredis' own, less two faults of 5.11 that show when it is told to hang up while Redis is away, and for which BullMQ
 * waits without a bound when it closes (github.com/taskforcesh/bullmq/issues/4656): a shutdown in those seconds ran out
 * of time.
 */
export class RedisClient extends Redis {
  constructor(options: RedisOptions) {
    super(options);
    // Beside those who care. With no listener ioredis prints to the terminal, and BullMQ stops listening first.
    this.on('error', () => undefined);
  }

  /** Ends also while it waits for its next try: ioredis forgets the try and never says `end`. */
  override disconnect(reconnect = false): void {
    super.disconnect(reconnect);
    if (reconnect || this.status !== 'reconnecting') return;
    // The try is begun and given up before anything is opened.
    this.connect().catch(() => undefined);
    super.disconnect();
  }

  /** Ends at once where Redis is away: ioredis would keep QUIT until it is back, behind the other commands it kept. */
  override async quit(): Promise<'OK'> {
    if (this.status === 'ready') return super.quit();
    this.disconnect();
    return 'OK';
  }
}
