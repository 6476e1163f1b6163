import { Injectable, Logger } from '@nestjs/common';
import { Config } from '@vectorlane/config';
import { IngestionLedger } from '@vectorlane/documents';
import { Problem } from '@vectorlane/errors';
import { Metrics } from '@vectorlane/metrics';

/** A reading serves all uploads of this long: so far, and no further, the bound may be passed. */
const READING_MS = 1_000;
/** Uploads are taken again below this share of a bound, so that they are not let in one by one. */
const REOPENS_BELOW = 0.8;
const RETRY_AFTER_SECONDS = 15;

/**
 * Refuses uploads while more documents wait than the service is to take on, or one waits longer than it should. What is
 * accepted already is not touched, and searches go on.
 */
@Injectable()
export class IntakeLimit {
  private readonly logger = new Logger(IntakeLimit.name);
  private readAt = -Infinity;
  private closed = false;

  constructor(
    private readonly config: Config,
    private readonly ledger: IngestionLedger,
    private readonly metrics: Metrics,
  ) {}

  /** @throws Problem `INGESTION_BUSY` */
  async check(): Promise<void> {
    const now = performance.now();
    if (now - this.readAt >= READING_MS) {
      // Those that come meanwhile go by the last reading: none waits for what another one has asked.
      this.readAt = now;
      try {
        await this.read();
      } catch (error) {
        this.readAt = -Infinity;
        throw error;
      }
    }
    if (!this.closed) return;
    this.metrics.uploadsRefused.inc({ reason: 'backlog' });
    throw new Problem(
      'INGESTION_BUSY',
      'More documents are waiting than the service takes on. Those it has are worked on; send this one again later.',
      { retryAfterSeconds: RETRY_AFTER_SECONDS },
    );
  }

  private async read(): Promise<void> {
    const { pending, processing, oldestSeconds } = await this.ledger.unfinished();
    const unfinished = pending + processing;
    const { INGESTION_MAX_UNFINISHED, INGESTION_MAX_AGE_MS = Infinity } = this.config;
    const fullness = Math.max(unfinished / INGESTION_MAX_UNFINISHED, (oldestSeconds * 1_000) / INGESTION_MAX_AGE_MS);
    const isOver = this.closed ? fullness >= REOPENS_BELOW : fullness >= 1;
    if (isOver === this.closed) return;
    this.closed = isOver;
    this.logger.warn({ unfinished, oldestSeconds }, isOver ? 'uploads are refused' : 'uploads are taken again');
  }
}
