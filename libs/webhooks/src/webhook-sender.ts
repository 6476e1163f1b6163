import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Config } from '@vectorlane/config';
import { TaskLeases } from '@vectorlane/database';
import { ERROR_TRACKER, type ErrorTracker } from '@vectorlane/errors';
import { EventLogRepository } from '@vectorlane/events';
import { Metrics } from '@vectorlane/metrics';
import { ShutdownSequence } from '@vectorlane/shutdown';
import { within } from '@vectorlane/time';
import { DeliveriesRepository, type DueDelivery } from './deliveries.repository';
import { CALL_TIMEOUT_MS, callReceiver } from './webhook-call';
import { WebhookSecrets } from './webhook-secrets';

/** Calls under way; one receiver that hangs takes no more than its share. */
const MOST_CALLS = 16;
const MOST_CALLS_OF_ONE = 4;
const TURN_MS = 500;
const RETRY_MS = 2_000;
/** After it, a call of a process that is gone is made again. */
const CALL_LEASE_MS = CALL_TIMEOUT_MS + 15_000;
const TASK = 'webhooks';
const TASK_LEASE_MS = 15_000;
const PRUNE_INTERVAL_MS = 600_000;
const PRUNED_AT_ONCE = 1_000;
/** Longest that the shutdown waits for answers. */
const LAST_CALLS_MS = 3_000;

/**
 * Tells webhooks of events: makes deliveries of what the log holds, and sends what is due. One process at a time does
 * it, by a lease; when it dies, the next one goes on with what has no answer yet, so that every event arrives at least
 * once. Of each document they are sent one after the other.
 */
@Injectable()
export class WebhookSender implements OnModuleInit {
  private readonly logger = new Logger('Webhooks');
  private readonly calls = new Map<string, { readonly webhookId: string; readonly done: Promise<void> }>();
  private readonly cutOff = new AbortController();
  private loop: Promise<void> = Promise.resolve();
  private wake: () => void = () => undefined;
  private stopped = false;
  private nextPruneAt = 0;

  constructor(
    private readonly config: Config,
    private readonly deliveries: DeliveriesRepository,
    private readonly secrets: WebhookSecrets,
    private readonly log: EventLogRepository,
    private readonly leases: TaskLeases,
    private readonly metrics: Metrics,
    @Inject(ERROR_TRACKER) private readonly errors: ErrorTracker,
    private readonly shutdown: ShutdownSequence,
  ) {}

  onModuleInit(): void {
    this.shutdown.add('drain', 'webhooks', () => this.stop());
    this.shutdown.add('consumers', 'webhook calls', () => this.endCalls(), LAST_CALLS_MS + 5_000);
    this.loop = this.run();
  }

  private async run(): Promise<void> {
    let waitMs = TURN_MS;
    while (!this.stopped) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs).unref();
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      if (!this.stopped) waitMs = await this.take();
    }
  }

  /** One turn. @returns how long until the next */
  private async take(): Promise<number> {
    try {
      // Where there is no webhook nothing is written, not even a lease.
      if (!(await this.deliveries.anyWebhook())) {
        await this.leases.release(TASK);
        return RETRY_MS;
      }
      if (!(await this.leases.acquire(TASK, TASK_LEASE_MS))) return RETRY_MS;
      await this.takeEvents();
      await this.sendDue();
      if (performance.now() >= this.nextPruneAt) {
        this.nextPruneAt = performance.now() + PRUNE_INTERVAL_MS;
        await this.deliveries.prune(PRUNED_AT_ONCE);
      }
      return TURN_MS;
    } catch (error) {
      this.logger.warn({ err: error }, 'webhooks could not be served; trying again');
      return RETRY_MS;
    }
  }

  private async takeEvents(): Promise<void> {
    const { last } = await this.log.bounds();
    for (const id of await this.deliveries.behind(last)) {
      while (!this.stopped && (await this.deliveries.take(id, last)));
    }
  }

  private async sendDue(): Promise<void> {
    const free = MOST_CALLS - this.calls.size;
    if (free <= 0 || this.stopped) return;
    const ofOne = new Map<string, number>();
    for (const { webhookId } of this.calls.values()) ofOne.set(webhookId, (ofOne.get(webhookId) ?? 0) + 1);
    const busy = [...ofOne].filter(([, count]) => count >= MOST_CALLS_OF_ONE).map(([id]) => id);
    const due = await this.deliveries.claim(Math.min(free, MOST_CALLS_OF_ONE), busy, CALL_LEASE_MS);
    for (const delivery of due) {
      const done = this.send(delivery).finally(() => {
        this.calls.delete(delivery.id);
        // What comes after it need not wait for the next turn.
        this.wake();
      });
      this.calls.set(delivery.id, { webhookId: delivery.webhookId, done });
    }
  }

  private async send(delivery: DueDelivery): Promise<void> {
    const { id, webhookId, secretVersion, isRotated } = delivery;
    try {
      const body = JSON.stringify(delivery.body);
      const timestamp = Math.floor(Date.now() / 1_000);
      const versions = isRotated ? [secretVersion, secretVersion - 1] : [secretVersion];
      const signature = await this.secrets.sign({ id, timestamp, body }, webhookId, versions);
      const call = { delivery, body, timestamp, signature };
      const outcome = await callReceiver(call, this.config.WEBHOOK_ALLOW_PRIVATE, this.cutOff.signal);
      const { isGivenUp, disabled } = await this.deliveries.note(delivery, outcome);
      const isDelivered = outcome.kind === 'delivered';
      this.metrics.webhookDeliveries.inc({ outcome: isDelivered ? 'delivered' : isGivenUp ? 'given_up' : 'put_back' });
      if (disabled !== null) {
        this.logger.error({ webhookId, reason: disabled }, 'webhook disabled');
        this.errors.trackError('WEBHOOK_DISABLED', { message: `Webhook ${webhookId}: ${disabled}.` });
      }
    } catch (error) {
      if (this.cutOff.signal.aborted) {
        await this.deliveries
          .release(id)
          .catch(() => this.logger.debug({ deliveryId: id }, 'the call is made again later'));
      } else {
        // Its lease runs out, and it is made again.
        this.logger.warn({ deliveryId: id, webhookId, err: error }, 'a webhook call came to nothing');
      }
    }
  }

  private async stop(): Promise<void> {
    this.stopped = true;
    this.wake();
    await this.loop;
    await this.leases.release(TASK);
  }

  private async endCalls(): Promise<void> {
    const answered = (): Promise<unknown> => Promise.all([...this.calls.values()].map(({ done }) => done));
    await within(answered(), { timeoutMs: LAST_CALLS_MS }).catch(() => undefined);
    this.cutOff.abort(new Error('The process is shutting down.'));
    await answered();
  }
}
