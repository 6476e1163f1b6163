import type { DeliveryStatus, EventType } from '@vectorlane/domain';

/** Somebody who is told of events by a request of ours. */
export interface Webhook {
  readonly id: string;
  readonly url: string;
  readonly description: string | null;
  /** Null: all but the progress of ingestions. */
  readonly types: readonly EventType[] | null;
  /** Keys of collections; null: all. */
  readonly collections: readonly string[] | null;
  readonly secretVersion: number;
  /** Until then the secret before is good, too. */
  readonly rotatedUntil: Date | null;
  readonly enabled: boolean;
  readonly disabledReason: string | null;
  /** Since when nothing has got through; null where the last delivery did. */
  readonly failingSince: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface WebhookChange {
  readonly url?: string;
  readonly description?: string | null;
  readonly types?: readonly EventType[] | null;
  readonly collections?: readonly string[] | null;
  readonly enabled?: boolean;
  /** Begins a new secret; the one before is good for another day. */
  readonly rotateSecret?: boolean;
}

/** One thing that a webhook is told, until it has been or is given up. */
export interface Delivery {
  readonly id: string;
  readonly webhookId: string;
  readonly type: string;
  readonly body: Record<string, unknown>;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  /** Of the receiver's last answer; null where there was none. */
  readonly lastStatus: number | null;
  readonly lastError: string | null;
  readonly nextAttemptAt: Date;
  readonly createdAt: Date;
  readonly endedAt: Date | null;
}

/** What is sent when somebody asks for a test. */
export const TEST_EVENT = 'webhook.test';
