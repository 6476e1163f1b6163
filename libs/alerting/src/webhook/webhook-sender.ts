import { Logger } from '@nestjs/common';
import { HttpEndpoint } from '@vectorlane/endpoint';
import { REAL_TIMING, RetrySchedule, type Timing, within } from '@vectorlane/time';
import type { Alert } from '../alert';
import { callWebhook, type Receipt } from './webhook-call';
import type { WebhookTarget } from './webhook-target';

/** What became of an alert. */
export type DeliveryOutcome = 'sent' | 'failed' | 'dropped';

export interface WebhookSenderOptions {
  readonly target: WebhookTarget;
  /** Longest wait for one answer. */
  readonly timeoutMs: number;
  readonly onOutcome?: (outcome: DeliveryOutcome) => void;
  readonly timing?: Timing;
}

/** More alerts than this at once are not read by anybody; the oldest goes first. */
export const QUEUED_AT_MOST = 100;
export const TRIES_AT_MOST = 5;
/** A receiver cannot ask for a longer pause than this: alerts that come an hour late help nobody. */
export const RETRY_AFTER_AT_MOST_MS = 60_000;
const RETRIES = {
  backoff: { firstMs: 1_000, longestMs: 30_000 },
  maxTries: TRIES_AT_MOST,
  busy: { longestMs: RETRY_AFTER_AT_MOST_MS },
};

/**
 * Delivers alerts one after the other, in their order, beside everything else the process does: the caller never waits.
 * A failure of the webhook is logged and counted and never tracked as an error: it would feed itself.
 */
export class WebhookSender {
  private readonly logger = new Logger('Alerting');
  private readonly queue: Alert[] = [];
  private readonly closing = new AbortController();
  private readonly endpoint: HttpEndpoint;
  private readonly timing: Timing;
  private delivering: Promise<void> | undefined;

  constructor(private readonly options: WebhookSenderOptions) {
    const { url, authorization } = options.target;
    const headers = authorization === undefined ? {} : { authorization };
    // The queue's alert, and a test alert beside it.
    this.endpoint = new HttpEndpoint({ baseUrl: url.origin, headers, maxConnections: 2 });
    this.timing = options.timing ?? REAL_TIMING;
  }

  enqueue(alert: Alert): void {
    this.queue.push(alert);
    // The first is under way already, perhaps there already.
    if (this.queue.length > QUEUED_AT_MOST) this.drop(this.queue.splice(1, 1)[0], 'the queue is full');
    this.delivering ??= this.deliverAll();
  }

  /** One try, now and beside the queue. */
  try(alert: Alert): Promise<Receipt> {
    return callWebhook(this.endpoint, this.options.target, alert, this.options.timeoutMs);
  }

  /** Resolves when nothing is waiting any more. */
  async idle(): Promise<void> {
    await this.delivering;
  }

  /**
   * What is waiting gets one more try each, without pauses, while the time lasts; what is left then is dropped.
   * @param withinMs longest this takes
   */
  async close(withinMs: number): Promise<void> {
    this.closing.abort();
    await within(this.idle(), { timeoutMs: withinMs }).catch(() => undefined);
    for (const alert of this.queue.splice(0)) this.drop(alert, 'the process ends');
    this.endpoint.close();
  }

  private async deliverAll(): Promise<void> {
    for (let alert = this.queue[0]; alert !== undefined; alert = this.queue[0]) {
      await this.deliver(alert);
      if (this.queue[0] === alert) this.queue.shift();
    }
    this.delivering = undefined;
  }

  private async deliver(alert: Alert): Promise<void> {
    const { target } = this.options;
    const schedule = new RetrySchedule(RETRIES, this.timing.random);
    for (let tries = 1; ; tries += 1) {
      const receipt = await this.try(alert);
      const { delivered, status, latencyMs, detail } = receipt;
      const line = {
        ...{ event: alert.event, errorType: alert.errorType, channel: target.channel.kind, host: target.host },
        ...{ status, latencyMs, tries },
      };
      // Dropped while it was tried, because the process ends: counted already.
      if (this.queue[0] !== alert) return;
      if (delivered) {
        this.logger.log(line, 'alert sent');
        this.options.onOutcome?.('sent');
        return;
      }
      const waitMs = this.closing.signal.aborted ? undefined : pauseAfter(receipt, schedule);
      if (waitMs === undefined) {
        this.logger.error({ ...line, detail }, `alert not delivered, given up: ${alert.title}`);
        this.options.onOutcome?.('failed');
        return;
      }
      this.logger.warn({ ...line, detail, waitMs }, 'alert not delivered, trying again');
      await this.pause(waitMs);
    }
  }

  /** The end of the process ends every pause, and what waits gets its last try. */
  private async pause(waitMs: number): Promise<void> {
    const { signal } = this.closing;
    try {
      await this.timing.wait(waitMs, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  private drop(alert: Alert | undefined, why: string): void {
    if (alert === undefined) return;
    this.logger.error({ event: alert.event, errorType: alert.errorType, why }, `alert dropped: ${alert.title}`);
    this.options.onOutcome?.('dropped');
  }
}

function pauseAfter({ transient, retryAfterMs }: Receipt, schedule: RetrySchedule): number | undefined {
  if (!transient) return undefined;
  return retryAfterMs === undefined ? schedule.afterFault() : schedule.afterBusy(retryAfterMs);
}
