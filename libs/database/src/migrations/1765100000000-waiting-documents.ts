import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A document whose ingestion failed by no fault of its own waits, and says for what and since when. `waits` counts how
 * often in a row: a document that keeps waiting while others get through is the cause itself. `unfinished_since` is
 * when it was accepted, or retried.
 */
export class WaitingDocuments1765100000000 implements MigrationInterface {
  readonly name = 'WaitingDocuments1765100000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `ALTER TABLE documents
         ADD COLUMN waiting_for text,
         ADD COLUMN waiting_since timestamptz,
         ADD COLUMN waits integer NOT NULL DEFAULT 0,
         ADD COLUMN unfinished_since timestamptz NOT NULL DEFAULT now(),
         ADD CONSTRAINT documents_waiting CHECK ((waiting_for IS NULL) = (waiting_since IS NULL))`,
    );
    await queryRunner.query('UPDATE documents SET unfinished_since = created_at');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `ALTER TABLE documents DROP COLUMN waiting_for, DROP COLUMN waiting_since, DROP COLUMN waits, DROP COLUMN unfinished_since`,
    );
  }
}
