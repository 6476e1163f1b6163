import { setTimeout as sleepFor } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
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
  /** For tests; rejects when the signal is aborted. */
  readonly sleep?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
}

/** More alerts than this at once are not read by anybody; the oldest goes first. */
export const QUEUED_AT_MOST = 100;
export const TRIES_AT_MOST = 5;
const BACKOFF_FIRST_MS = 1_000;
const BACKOFF_MOST_MS = 30_000;

/**
 * Delivers alerts one after the other, in their order, beside everything else the process does: whoever hands one over
 * never waits. A failure of the webhook is logged and counted and never tracked as an error: it would feed itself.
 */
export class WebhookSender {
  private readonly logger = new Logger('Alerting');
  private readonly queue: Alert[] = [];
  private readonly closing = new AbortController();
  private delivering: Promise<void> | undefined;

  constructor(private readonly options: WebhookSenderOptions) {}

  enqueue(alert: Alert): void {
    this.queue.push(alert);
    // The first is under way already, perhaps there already.
    if (this.queue.length > QUEUED_AT_MOST) this.drop(this.queue.splice(1, 1)[0], 'the queue is full');
    this.delivering ??= this.deliverAll();
  }

  /** One try, now and beside the queue. */
  try(alert: Alert): Promise<Receipt> {
    return callWebhook(this.options.target, alert, this.options.timeoutMs);
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
    const outOfTime = new AbortController();
    const timer = sleepFor(withinMs, undefined, { signal: outOfTime.signal }).catch(() => undefined);
    await Promise.race([this.delivering, timer]);
    outOfTime.abort();
    for (const alert of this.queue.splice(0)) this.drop(alert, 'the process ends');
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
    for (let tries = 1; ; tries += 1) {
      const receipt = await this.try(alert);
      const { delivered, status, latencyMs, detail, passing } = receipt;
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
      if (!passing || tries >= TRIES_AT_MOST || this.closing.signal.aborted) {
        this.logger.error({ ...line, detail }, `alert not delivered, given up: ${alert.title}`);
        this.options.onOutcome?.('failed');
        return;
      }
      const waitMs = this.pause(receipt, tries);
      this.logger.warn({ ...line, detail, waitMs }, 'alert not delivered, trying again');
      await this.sleep(waitMs);
    }
  }

  private pause({ retryAfterMs }: Receipt, tries: number): number {
    const most = Math.min(BACKOFF_MOST_MS, BACKOFF_FIRST_MS * 2 ** (tries - 1));
    const backoff = most * (0.5 + (this.options.random ?? Math.random)() / 2);
    return Math.round(Math.max(retryAfterMs ?? 0, backoff));
  }

  private async sleep(milliseconds: number): Promise<void> {
    const { signal } = this.closing;
    const pause = this.options.sleep ?? ((ms, until) => sleepFor(ms, undefined, { signal: until, ref: false }));
    try {
      await pause(milliseconds, signal);
    } catch (error) {
      // The end of the process ends every pause.
      if (!signal.aborted) throw error;
    }
  }

  private drop(alert: Alert | undefined, why: string): void {
    if (alert === undefined) return;
    this.logger.error({ event: alert.event, errorType: alert.errorType, why }, `alert dropped: ${alert.title}`);
    this.options.onOutcome?.('dropped');
  }
}
