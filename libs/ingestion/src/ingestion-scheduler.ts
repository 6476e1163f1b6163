import { Injectable, Logger } from '@nestjs/common';
import { IngestionLedger } from '@vectorlane/documents';
import { LaneQueues } from '@vectorlane/queue';

/** What the queue made of it; `refused` says nothing against the document. */
export type Scheduling = 'queued' | 'not-needed' | 'refused';

/** Puts documents on their lanes. */
@Injectable()
export class IngestionScheduler {
  private readonly logger = new Logger(IngestionScheduler.name);

  constructor(
    private readonly ledger: IngestionLedger,
    private readonly queues: LaneQueues,
  ) {}

  /**
   * Queues the document under a new delivery; where it has to wait first, it joins the line when that is over. When
   * Redis does not take it the document is safe all the same: its row says that it is unfinished, and the reconciler
   * queues it once Redis is back.
   */
  async schedule(documentId: string, delayMs = 0): Promise<Scheduling> {
    const delivery = await this.ledger.nextDelivery(documentId, delayMs === 0);
    if (delivery === undefined) return 'not-needed'; // finished or deleted meanwhile
    try {
      await this.queues.add(delivery, delayMs);
      return 'queued';
    } catch (error) {
      this.logger.warn({ documentId, err: error }, 'could not queue the document now; it is queued later');
      await this.ledger.hold(documentId, 'redis', delayMs);
      return 'refused';
    }
  }
}
