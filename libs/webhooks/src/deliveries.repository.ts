import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { inTransaction, KeysetCursor, momentOf, momentSchema, type Page } from '@vectorlane/database';
import { Problem } from '@vectorlane/errors';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { type Delivery, TEST_EVENT } from './webhook';

/** Events that one transaction makes deliveries of, for one webhook. */
const SPAN = 1_000;
/** Deliveries of a webhook that wait; further events wait in their log. */
const MOST_PENDING = 10_000;
/** Longest that deliveries of one thing are tried. */
const TRIED_FOR_HOURS = 24;
const KEPT_DAYS = 3;

const COLUMNS = `id, webhook_id AS "webhookId", type, body, status, attempts, last_status AS "lastStatus",
  last_error AS "lastError", next_attempt_at AS "nextAttemptAt", created_at AS "createdAt", ended_at AS "endedAt"`;

const cursors = new KeysetCursor(z.tuple([momentSchema, z.string()]));

/** What is to be sent now, with what signing it needs. */
export interface DueDelivery extends Pick<Delivery, 'id' | 'webhookId' | 'type' | 'body' | 'attempts'> {
  readonly url: string;
  readonly secretVersion: number;
  readonly isRotated: boolean;
}

export type Outcome =
  | { readonly kind: 'delivered'; readonly status: number }
  /** Tried again after a while. */
  | { readonly kind: 'failed'; readonly status: number | null; readonly error: string; readonly delayMs: number }
  /** The receiver wants nothing more, ever. */
  | { readonly kind: 'gone'; readonly status: number };

/** What came of noting an outcome. */
export interface Noted {
  /** The delivery will not be tried again. */
  readonly isGivenUp: boolean;
  /** Why the webhook was switched off by it. */
  readonly disabled: string | null;
}

/** What is to be told to webhooks, each event once in the log of deliveries, and sent at least once. */
@Injectable()
export class DeliveriesRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Whether there is a webhook at all; one that is off still has deliveries that become old. */
  async anyWebhook(): Promise<boolean> {
    return (await this.dataSource.query<unknown[]>('SELECT 1 FROM webhooks LIMIT 1')).length > 0;
  }

  /** @returns webhooks for which there may be events up to a number that they are not told of yet */
  async behind(last: number): Promise<readonly string[]> {
    const rows = await this.dataSource.query<{ id: string }[]>(
      `SELECT id FROM webhooks w WHERE enabled AND position < $1
          AND (SELECT count(*) FROM (SELECT 1 FROM webhook_deliveries d
                 WHERE d.webhook_id = w.id AND d.status = 'pending' LIMIT ${MOST_PENDING}) AS waiting) < ${MOST_PENDING}
        ORDER BY id`,
      [last],
    );
    return rows.map(({ id }) => id);
  }

  /** Makes deliveries of the next events. @returns whether there may be more */
  async take(webhookId: string, last: number): Promise<boolean> {
    return inTransaction(this.dataSource, async (manager) => {
      const [row] = await manager.query<{ position: number }[]>(
        'SELECT position::double precision AS position FROM webhooks WHERE id = $1 AND enabled FOR UPDATE',
        [webhookId],
      );
      if (row === undefined || row.position >= last) return false;
      const upTo = Math.min(last, row.position + SPAN);
      await manager.query(
        `INSERT INTO webhook_deliveries (id, webhook_id, number, document_id, type, body)
         SELECT 'msg_' || replace(gen_random_uuid()::text, '-', ''), w.id, e.number, e.document_id, e.type,
                jsonb_build_object('type', e.type, 'timestamp', to_char(e.at AT TIME ZONE 'UTC',
                  'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'data', e.body)
           FROM webhooks w
           JOIN document_events e ON e.number > w.position AND e.number <= $2
            AND CASE WHEN w.types IS NULL THEN e.type <> 'document.progress' ELSE e.type = ANY(w.types) END
            AND (w.collections IS NULL OR e.collection = ANY(w.collections))
          WHERE w.id = $1
          ORDER BY e.number
         ON CONFLICT DO NOTHING`,
        [webhookId, upTo],
      );
      await manager.query('UPDATE webhooks SET position = $2 WHERE id = $1', [webhookId, upTo]);
      return upTo < last;
    });
  }

  /**
   * Takes what is due for a while: of each document the oldest that has not ended, so that a receiver hears of it in
   * order.
   * @param busy webhooks that get no more for now
   */
  async claim(limit: number, busy: readonly string[], leaseMs: number): Promise<readonly DueDelivery[]> {
    return this.dataSource.query<DueDelivery[]>(
      `WITH due AS (
         SELECT d.id FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id AND w.enabled
          WHERE d.status = 'pending' AND d.next_attempt_at <= now() AND d.webhook_id <> ALL($2::text[])
            AND (d.lease_expires_at IS NULL OR d.lease_expires_at < now())
            AND NOT EXISTS (
              SELECT 1 FROM webhook_deliveries e
               WHERE e.webhook_id = d.webhook_id AND e.document_id = d.document_id AND e.status = 'pending'
                 AND e.number < d.number)
          ORDER BY d.next_attempt_at, d.number LIMIT $1
            FOR UPDATE OF d SKIP LOCKED),
       claimed AS (
         UPDATE webhook_deliveries d SET attempts = attempts + 1,
                lease_expires_at = now() + make_interval(secs => $3)
           FROM due WHERE d.id = due.id RETURNING d.*)
       SELECT c.id, c.webhook_id AS "webhookId", c.type, c.body, c.attempts, w.url,
              w.secret_version AS "secretVersion", coalesce(w.rotated_until > now(), false) AS "isRotated"
         FROM claimed c JOIN webhooks w ON w.id = c.webhook_id`,
      [limit, busy, leaseMs / 1_000],
    );
  }

  /** Untouched, for the next process to send. */
  async release(id: string): Promise<void> {
    await this.dataSource.query(
      `UPDATE webhook_deliveries SET attempts = attempts - 1, lease_expires_at = NULL WHERE id = $1 AND status = 'pending'`,
      [id],
    );
  }

  async note({ id, webhookId }: Pick<DueDelivery, 'id' | 'webhookId'>, outcome: Outcome): Promise<Noted> {
    return inTransaction(this.dataSource, async (manager) => {
      const isDelivered = outcome.kind === 'delivered';
      // The webhook before its deliveries, as a DELETE takes them: the other way round the two wait for each other.
      await manager.query('SELECT 1 FROM webhooks WHERE id = $1 FOR NO KEY UPDATE', [webhookId]);
      const [delivery] = await manager.query<{ status: Delivery['status'] }[]>(
        `WITH noted AS (
           UPDATE webhook_deliveries
              SET status = CASE WHEN $2 THEN 'delivered'
                                WHEN $3 OR since < now() - interval '${TRIED_FOR_HOURS} hours' THEN 'failed'
                                ELSE 'pending' END,
                  ended_at = CASE WHEN $2 OR $3 OR since < now() - interval '${TRIED_FOR_HOURS} hours' THEN now() END,
                  next_attempt_at = now() + make_interval(secs => $4), lease_expires_at = NULL,
                  last_status = $5, last_error = $6
            WHERE id = $1 AND status = 'pending' RETURNING status)
         SELECT status FROM noted`,
        [
          ...[id, isDelivered, outcome.kind === 'gone', outcome.kind === 'failed' ? outcome.delayMs / 1_000 : 0],
          ...[outcome.status, outcome.kind === 'failed' ? outcome.error : null],
        ],
      );
      const [webhook] = await manager.query<{ disabled: string | null }[]>(
        `WITH noted AS (
           UPDATE webhooks
              SET failing_since = CASE WHEN $2 THEN NULL ELSE coalesce(failing_since, now()) END,
                  enabled = enabled AND NOT ($3 OR (NOT $2 AND coalesce(failing_since, now()) < now() - interval '${TRIED_FOR_HOURS} hours')),
                  disabled_reason = CASE
                    WHEN $3 THEN 'its receiver answered 410 Gone'
                    WHEN NOT $2 AND failing_since < now() - interval '${TRIED_FOR_HOURS} hours'
                      THEN 'nothing got through for a day' ELSE disabled_reason END
            WHERE id = $1 AND enabled RETURNING enabled, disabled_reason)
         SELECT CASE WHEN enabled THEN NULL ELSE disabled_reason END AS disabled FROM noted`,
        [webhookId, isDelivered, outcome.kind === 'gone'],
      );
      const disabled = webhook?.disabled ?? null;
      if (disabled !== null) {
        await manager.query(
          `UPDATE webhook_deliveries SET status = 'failed', ended_at = now(), last_error = coalesce(last_error, $2)
            WHERE webhook_id = $1 AND status = 'pending'`,
          [webhookId, 'The webhook was disabled.'],
        );
      }
      return { isGivenUp: delivery?.status === 'failed', disabled };
    });
  }

  /** A delivery that says nothing but that deliveries arrive. */
  async addTest(webhookId: string): Promise<Delivery> {
    const [delivery] = await this.dataSource.query<Delivery[]>(
      `WITH made AS (
         INSERT INTO webhook_deliveries (id, webhook_id, type, body) VALUES ($1, $2, '${TEST_EVENT}', $3) RETURNING *)
       SELECT ${COLUMNS} FROM made`,
      [
        `msg_${randomBytes(16).toString('hex')}`,
        webhookId,
        JSON.stringify({ type: TEST_EVENT, timestamp: new Date().toISOString(), data: { webhookId } }),
      ],
    );
    if (delivery === undefined) throw new Error('The test delivery was not made.');
    return delivery;
  }

  /** Newest first. @throws Problem `INVALID_CURSOR` */
  async list(
    webhookId: string,
    status: readonly Delivery['status'][] | undefined,
    limit: number,
    cursor: string | undefined,
  ): Promise<Page<Delivery>> {
    const [moment, id] = cursor === undefined ? [null, null] : cursors.decode(cursor);
    const rows = await this.dataSource.query<(Delivery & { moment: string })[]>(
      `SELECT ${COLUMNS}, ${momentOf('created_at')} AS moment FROM webhook_deliveries
        WHERE webhook_id = $1 AND ($2::text[] IS NULL OR status = ANY($2))
          AND ($3::text IS NULL OR (created_at, id) < ($3::timestamptz, $4))
        ORDER BY created_at DESC, id DESC LIMIT $5`,
      [webhookId, status ?? null, moment, id, limit + 1],
    );
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return {
      items,
      nextCursor: rows.length > limit && last !== undefined ? cursors.encode([last.moment, last.id]) : null,
    };
  }

  /** Sent once more, whatever became of it. @throws Problem `DELIVERY_NOT_FOUND` */
  async again(webhookId: string, id: string): Promise<Delivery> {
    const [delivery] = await this.dataSource.query<Delivery[]>(
      `WITH again AS (
         UPDATE webhook_deliveries
            SET status = 'pending', since = now(), next_attempt_at = now(), ended_at = NULL, lease_expires_at = NULL
          WHERE webhook_id = $1 AND id = $2 RETURNING *)
       SELECT ${COLUMNS} FROM again`,
      [webhookId, id],
    );
    if (delivery === undefined) throw new Problem('DELIVERY_NOT_FOUND', `There is no delivery ${id} of this webhook.`);
    return delivery;
  }

  async pending(): Promise<number> {
    const [row] = await this.dataSource.query<{ pending: number }[]>(
      `SELECT count(*)::integer AS pending FROM webhook_deliveries WHERE status = 'pending'`,
    );
    return row?.pending ?? 0;
  }

  /** Forgets what ended days ago. */
  async prune(limit: number): Promise<void> {
    await this.dataSource.query(
      `DELETE FROM webhook_deliveries WHERE id IN (
         SELECT id FROM webhook_deliveries
          WHERE ended_at < now() - interval '${KEPT_DAYS} days' ORDER BY ended_at LIMIT $1)`,
      [limit],
    );
  }
}
