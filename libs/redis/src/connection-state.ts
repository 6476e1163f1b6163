import { Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';

/**
 * Tells the log when a connection goes and when it comes back: one line each, however many tries lie in between.
 * Only the message of an error is written. ioredis hangs the command on its errors, and with a wrong password the
 * command is AUTH, password and all.
 */
export class ConnectionState {
  private readonly logger = new Logger('Redis');
  private state: 'connecting' | 'up' | 'down' | 'closing' = 'connecting';
  private downSince = 0;
  /** Why the latest try failed, for messages. */
  reason: string | undefined;

  constructor(
    client: Redis,
    private readonly label: string,
  ) {
    client.on('ready', () => this.up());
    client.on('error', (error: Error) => (this.reason = error.message));
    client.on('close', () => this.down());
  }

  /** What follows is wanted: nothing is reported any more. */
  closing(): void {
    this.state = 'closing';
  }

  private up(): void {
    if (this.state === 'down') {
      const downMs = Math.round(performance.now() - this.downSince);
      this.logger.log({ address: this.label, downMs }, 'Redis is back');
    }
    if (this.state !== 'closing') this.state = 'up';
    this.reason = undefined;
  }

  private down(): void {
    // Before the first connection the boot waits and speaks for itself.
    if (this.state !== 'up') return;
    this.state = 'down';
    this.downSince = performance.now();
    this.logger.error({ address: this.label, reason: this.reason ?? 'the connection was closed' }, 'Redis is away');
  }
}
