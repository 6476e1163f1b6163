import { Logger } from '@nestjs/common';
import { type Alert, alertOf, testAlert } from './alert';
import { thresholdOf } from './error-kinds';
import type { Clock, ErrorTally } from './error-tally';
import type { AlertWindow, Decision } from './window/alert-window';
import type { WebhookSender } from './webhook/webhook-sender';
import type { WebhookTarget } from './webhook/webhook-target';

/** What the receiver said to a test alert. */
export interface TestReport {
  readonly delivered: boolean;
  /** `slack`, `discord` or `json`; null when there is no webhook. */
  readonly channel: string | null;
  readonly host: string | null;
  /** HTTP status; null when there was no answer. */
  readonly status: number | null;
  readonly latencyMs: number;
  readonly detail: string;
}

export interface AlertingOptions {
  readonly tally: ErrorTally;
  readonly window: AlertWindow;
  readonly threshold: number;
  readonly now: Clock;
  /** Undefined: alerts go to the log alone. */
  readonly webhook: { readonly target: WebhookTarget; readonly sender: WebhookSender } | undefined;
  readonly onTracked?: (errorType: string, count: number) => void;
}

/** Errors of this long go to the window in one call, however many they are. */
const GATHER_MS = 500;
/** How often somebody looks whether an alert is over, or whether Redis is back. */
const LOOK_MS = 15_000;
/** Longest one call waits for Redis, whatever `REDIS_COMMAND_TIMEOUT_MS` is. */
const DECIDE_WITHIN_MS = 5_000;
/** At the end of the process, in the order they come. */
const LAST_DECISION_WITHIN_MS = 1_500;
const LAST_DELIVERY_WITHIN_MS = 3_000;
export const CLOSE_WITHIN_MS = LAST_DECISION_WITHIN_MS + LAST_DELIVERY_WITHIN_MS + 500;

/** The way of an error: tally → window → sender. Errors pass it in batches; one decision is under way at a time. */
export class AlertingService {
  private readonly logger = new Logger('Alerting');
  private gather: NodeJS.Timeout | undefined;
  private look: NodeJS.Timeout | undefined;
  private deciding: Promise<void> = Promise.resolve();
  private testing: Promise<TestReport> | undefined;
  private closed = false;

  constructor(private readonly options: AlertingOptions) {}

  start(): void {
    this.options.tally.observe((errorType, count) => {
      this.options.onTracked?.(errorType, count);
      if (!this.closed) this.gather ??= setTimeout(() => void this.decide(), GATHER_MS).unref();
    });
    this.look = setInterval(() => void this.decide(), LOOK_MS).unref();
  }

  /** Takes what was tallied to the window and sends what it says. @param withinMs longest wait for Redis */
  decide(withinMs = DECIDE_WITHIN_MS): Promise<void> {
    this.deciding = this.deciding.then(() => this.decideOnce(withinMs));
    return this.deciding;
  }

  /** Sends a test alert past the queue, once. Callers at the same time share one. */
  test(): Promise<TestReport> {
    this.testing ??= this.sendTest().finally(() => (this.testing = undefined));
    return this.testing;
  }

  /** Counts what is left and gives what waits a last chance. */
  async close(): Promise<void> {
    clearInterval(this.look);
    this.closed = true;
    await this.decide(LAST_DECISION_WITHIN_MS);
    await this.options.webhook?.sender.close(LAST_DELIVERY_WITHIN_MS);
  }

  private async decideOnce(withinMs: number): Promise<void> {
    clearTimeout(this.gather);
    this.gather = undefined;
    const { tally, window } = this.options;
    try {
      window.record(tally.take());
      for (const decision of await window.advance(withinMs)) this.send(decision);
    } catch (error) {
      // A bug in here must not end the process by an unhandled rejection, and cannot be alerted about.
      this.logger.error({ err: error }, 'alerting failed');
    }
  }

  private send(decision: Decision): void {
    const { webhook, threshold } = this.options;
    const alert = alertOf(
      decision,
      thresholdOf(decision.errorType, threshold),
      webhook?.target.secrets ?? [],
      this.wallClock(),
    );
    if (webhook !== undefined) {
      webhook.sender.enqueue(alert);
      return;
    }
    const { event, errorType, count, example, runbook } = alert;
    const line = { event, errorType, count, example, runbook };
    if (event === 'resolved') this.logger.log(line, `${alert.title} (no webhook configured)`);
    else this.logger.error(line, `${alert.title} (no webhook configured: set ALERT_WEBHOOK_URL)`);
  }

  private async sendTest(): Promise<TestReport> {
    const { webhook, threshold } = this.options;
    if (webhook === undefined) {
      const detail = 'No webhook is configured. Set ALERT_WEBHOOK_URL; until then alerts go to the log.';
      return { delivered: false, channel: null, host: null, status: null, latencyMs: 0, detail };
    }
    const alert: Alert = testAlert(threshold, this.wallClock());
    const { delivered, status = null, latencyMs, detail } = await webhook.sender.try(alert);
    const { channel, host } = webhook.target;
    this.logger.log({ delivered, channel: channel.kind, host, status, latencyMs }, 'test alert');
    return { delivered, channel: channel.kind, host, status, latencyMs, detail };
  }

  private wallClock(): Date {
    return new Date(this.options.now());
  }
}
