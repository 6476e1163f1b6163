import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { KeysetCursor, momentOf, momentSchema, type Page } from '@vectorlane/database';
import { Problem } from '@vectorlane/errors';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import type { Webhook, WebhookChange } from './webhook';

export const MOST_WEBHOOKS = 100;
const ROTATED_FOR_HOURS = 24;

const COLUMNS = `id, url, description, types, collections, secret_version AS "secretVersion",
  rotated_until AS "rotatedUntil", enabled, disabled_reason AS "disabledReason", failing_since AS "failingSince",
  created_at AS "createdAt", updated_at AS "updatedAt"`;

const cursors = new KeysetCursor(z.tuple([momentSchema, z.string()]));

/** Webhooks as administrators know them. */
@Injectable()
export class WebhooksRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** The key that secrets follow from: the given one, unless there is one. */
  async key(fresh: Buffer): Promise<Buffer> {
    await this.dataSource.query('INSERT INTO webhook_key (key) VALUES ($1) ON CONFLICT DO NOTHING', [fresh]);
    const [row] = await this.dataSource.query<{ key: Buffer }[]>('SELECT key FROM webhook_key');
    if (row === undefined) throw new Error('The key of webhooks is gone.');
    return row.key;
  }

  /** It is told of what happens after the event with this number. @throws Problem `TOO_MANY_WEBHOOKS` */
  async create(url: string, change: Omit<WebhookChange, 'url'>, position: number): Promise<Webhook> {
    const [webhook] = await this.dataSource.query<Webhook[]>(
      `WITH made AS (
         INSERT INTO webhooks (id, url, description, types, collections, enabled, position)
         SELECT $1, $2, $3, $4, $5, $6, $7 WHERE (SELECT count(*) FROM webhooks) < ${MOST_WEBHOOKS} RETURNING *)
       SELECT ${COLUMNS} FROM made`,
      [
        `wh_${randomBytes(12).toString('base64url')}`,
        url,
        change.description ?? null,
        change.types ?? null,
        change.collections ?? null,
        change.enabled ?? true,
        position,
      ],
    );
    if (webhook === undefined) {
      throw new Problem('TOO_MANY_WEBHOOKS', `There are ${MOST_WEBHOOKS} webhooks already.`);
    }
    return webhook;
  }

  /** @throws Problem `WEBHOOK_NOT_FOUND` */
  async find(id: string): Promise<Webhook> {
    const [webhook] = await this.dataSource.query<Webhook[]>(`SELECT ${COLUMNS} FROM webhooks WHERE id = $1`, [id]);
    if (webhook === undefined) throw notFound(id);
    return webhook;
  }

  /** Oldest first. @throws Problem `INVALID_CURSOR` */
  async list(limit: number, cursor: string | undefined): Promise<Page<Webhook>> {
    const [moment, id] = cursor === undefined ? [null, null] : cursors.decode(cursor);
    const rows = await this.dataSource.query<(Webhook & { moment: string })[]>(
      `SELECT ${COLUMNS}, ${momentOf('created_at')} AS moment FROM webhooks
        WHERE $1::text IS NULL OR (created_at, id) > ($1::timestamptz, $2)
        ORDER BY created_at, id LIMIT $3`,
      [moment, id, limit + 1],
    );
    const items = rows.slice(0, limit);
    const last = items.at(-1);
    return {
      items,
      nextCursor: rows.length > limit && last !== undefined ? cursors.encode([last.moment, last.id]) : null,
    };
  }

  /**
   * @param position of the newest event: one that is enabled again is told of what happens from then on
   * @throws Problem `WEBHOOK_NOT_FOUND`
   */
  async change(id: string, change: WebhookChange, position: number): Promise<Webhook> {
    const given = (field: keyof WebhookChange): boolean => change[field] !== undefined;
    const [webhook] = await this.dataSource.query<Webhook[]>(
      `WITH changed AS (
         UPDATE webhooks
            SET url = coalesce($2, url),
                description = CASE WHEN $3 THEN $4 ELSE description END,
                types = CASE WHEN $5 THEN $6::text[] ELSE types END,
                collections = CASE WHEN $7 THEN $8::text[] ELSE collections END,
                position = CASE WHEN $9 AND NOT enabled THEN $10 ELSE position END,
                disabled_reason = CASE WHEN $9 THEN NULL WHEN $9 IS FALSE THEN 'by an administrator'
                                       ELSE disabled_reason END,
                failing_since = CASE WHEN $9 THEN NULL ELSE failing_since END,
                enabled = coalesce($9, enabled),
                secret_version = secret_version + CASE WHEN $11 THEN 1 ELSE 0 END,
                rotated_until = CASE WHEN $11 THEN now() + interval '${ROTATED_FOR_HOURS} hours' ELSE rotated_until END,
                updated_at = now()
          WHERE id = $1 RETURNING *)
       SELECT ${COLUMNS} FROM changed`,
      [
        ...[id, change.url ?? null, given('description'), change.description ?? null],
        ...[given('types'), change.types ?? null, given('collections'), change.collections ?? null],
        ...[change.enabled ?? null, position, change.rotateSecret ?? false],
      ],
    );
    if (webhook === undefined) throw notFound(id);
    return webhook;
  }

  /** Gone with its deliveries. @throws Problem `WEBHOOK_NOT_FOUND` */
  async remove(id: string): Promise<void> {
    const rows = await this.dataSource.query<unknown[]>(
      'WITH gone AS (DELETE FROM webhooks WHERE id = $1 RETURNING id) SELECT id FROM gone',
      [id],
    );
    if (rows.length === 0) throw notFound(id);
  }
}

function notFound(id: string): Problem {
  return new Problem('WEBHOOK_NOT_FOUND', `There is no webhook ${id}.`);
}
