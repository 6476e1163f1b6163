import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Who is told of events by a request of ours, and each of these requests. `position` is the number of the last event
 * for which there are deliveries: both are written in one transaction. Secrets are not kept: they follow from a key and
 * from `secret_version`.
 */
export class Webhooks1765830000000 implements MigrationInterface {
  readonly name = 'Webhooks1765830000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await queryRunner.query(statement);
  }
}

const UP = [
  `CREATE TABLE webhooks (
     id               text PRIMARY KEY,
     url              text NOT NULL,
     description      text,
     types            text[],
     collections      text[],
     secret_version   integer NOT NULL DEFAULT 1,
     -- Until then deliveries are signed with the secret before, too.
     rotated_until    timestamptz,
     enabled          boolean NOT NULL DEFAULT true,
     disabled_reason  text,
     failing_since    timestamptz,
     position         bigint NOT NULL DEFAULT 0,
     created_at       timestamptz NOT NULL DEFAULT now(),
     updated_at       timestamptz NOT NULL DEFAULT now())`,
  `CREATE TABLE webhook_deliveries (
     id               text PRIMARY KEY,
     webhook_id       text NOT NULL REFERENCES webhooks ON DELETE CASCADE,
     number           bigint,
     document_id      uuid,
     type             text NOT NULL,
     body             jsonb NOT NULL,
     status           text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'failed')),
     attempts         integer NOT NULL DEFAULT 0,
     next_attempt_at  timestamptz NOT NULL DEFAULT now(),
     lease_expires_at timestamptz,
     last_status      integer,
     last_error       text,
     created_at       timestamptz NOT NULL DEFAULT now(),
     -- Of the first try after it was made, or asked for again.
     since            timestamptz NOT NULL DEFAULT now(),
     ended_at         timestamptz,
     UNIQUE (webhook_id, number))`,
  `CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_attempt_at) WHERE status = 'pending'`,
  `CREATE INDEX webhook_deliveries_in_order ON webhook_deliveries (webhook_id, document_id, number)
     WHERE status = 'pending'`,
  `CREATE INDEX webhook_deliveries_listed ON webhook_deliveries (webhook_id, created_at DESC, id DESC)`,
  `CREATE INDEX webhook_deliveries_ended ON webhook_deliveries (ended_at) WHERE ended_at IS NOT NULL`,
  // What secrets follow from where WEBHOOK_KEY is not set.
  `CREATE TABLE webhook_key (is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only), key bytea NOT NULL)`,
];

const DOWN = [`DROP TABLE webhook_key`, `DROP TABLE webhook_deliveries`, `DROP TABLE webhooks`];
