import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Lane } from '@vectorlane/domain';
import { type ReadinessDetails, type ReadinessIndicator, ReadinessRegistry } from '@vectorlane/health';
import { ConsumerPresence } from './consumer-presence';
import { LaneQueues } from './lane-queues';

/**
 * Whether the queue can be used: its jobs can be counted, and in a process that works lanes each of them is worked. Who
 * works them elsewhere is shown and decides nothing (docs/adr/0013): without consumers an upload is safe in PostgreSQL.
 */
@Injectable()
export class QueueIndicator implements ReadinessIndicator, OnModuleInit {
  readonly name = 'queue';

  constructor(
    private readonly queues: LaneQueues,
    private readonly presence: ConsumerPresence,
    private readonly readiness: ReadinessRegistry,
  ) {}

  onModuleInit(): void {
    this.readiness.register(this);
  }

  async check(): Promise<ReadinessDetails> {
    const [counts, consumers] = await Promise.all([this.queues.counts(), this.presence.seen()]);
    const { stopped } = this.presence;
    if (stopped.length > 0) throw new Error(`This process is to work lane ${stopped.join(' and ')} and does not.`);
    return { waiting: Lane.options.reduce((sum, lane) => sum + (counts[lane]['waiting'] ?? 0), 0), consumers };
  }
}
