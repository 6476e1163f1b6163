import { type SentinelConnectionOptions, SentinelConnector } from 'ioredis';

/**
 * ioredis' own, less a fault of 5.11: what listens for a failover outlives the connection that it was made for. A word
 * of it that came while the next primary was being looked for ended the client for good: each command was refused until
 * the process was restarted.
 */
export class FailoverConnector extends SentinelConnector {
  /** @param options of the client, as ioredis hands them over */
  constructor(options: unknown) {
    super(options as SentinelConnectionOptions);
  }

  override connect(...args: Parameters<SentinelConnector['connect']>): ReturnType<SentinelConnector['connect']> {
    // Only when a connection has closed does the client ask for another. Who watched over it goes with it.
    Reflect.deleteProperty(this, 'stream');
    this.disconnect();
    return super.connect(...args);
  }
}
