import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Files that wait to be put into collections, as OpenAI's interface has them. A document made of a file shares its
 * bytes, so a content may have several owners; it goes with the last of them.
 */
export class Files1765820000000 implements MigrationInterface {
  readonly name = 'Files1765820000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  /** Fails where documents share their bytes. */
  async down(queryRunner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await queryRunner.query(statement);
  }
}

const UP = [
  `CREATE TABLE files (
     id            uuid PRIMARY KEY,
     content_id    uuid NOT NULL REFERENCES contents,
     sha256        bytea NOT NULL CHECK (octet_length(sha256) = 32),
     size_bytes    bigint NOT NULL,
     filename      text NOT NULL,
     declared_type text,
     purpose       text NOT NULL,
     -- What its uploader was bound to; null: to nothing.
     collections   text[],
     created_at    timestamptz NOT NULL DEFAULT now(),
     expires_at    timestamptz)`,
  `CREATE INDEX files_by_age ON files (created_at DESC, id DESC)`,
  `CREATE INDEX files_by_content ON files (content_id)`,
  `CREATE INDEX files_expiring ON files (expires_at) WHERE expires_at IS NOT NULL`,

  `ALTER TABLE documents DROP CONSTRAINT documents_content_id_key, ADD COLUMN chunking jsonb`,
  `CREATE INDEX documents_by_content ON documents (content_id)`,
  // Every collection that has a document of one file.
  `CREATE INDEX documents_by_external_id ON documents (external_id) WHERE external_id IS NOT NULL`,

  `ALTER TABLE collections
     ADD COLUMN title text,
     ADD COLUMN expires_after_days integer CHECK (expires_after_days BETWEEN 1 AND 365),
     ADD COLUMN last_active_at timestamptz NOT NULL DEFAULT now()`,
  `CREATE INDEX collections_expiring ON collections (key) WHERE expires_after_days IS NOT NULL`,

  `CREATE TABLE file_batches (
     id           uuid PRIMARY KEY,
     collection   text NOT NULL REFERENCES collections ON DELETE CASCADE,
     created_at   timestamptz NOT NULL DEFAULT now(),
     cancelled_at timestamptz)`,
  `CREATE INDEX file_batches_by_collection ON file_batches (collection)`,
  `CREATE INDEX file_batches_by_age ON file_batches (created_at)`,
  `CREATE TABLE file_batch_items (
     batch_id    uuid NOT NULL REFERENCES file_batches ON DELETE CASCADE,
     ordinal     integer NOT NULL,
     file_id     text NOT NULL,
     document_id uuid,
     -- Why there is no document.
     code        text,
     message     text,
     cancelled   boolean NOT NULL DEFAULT false,
     PRIMARY KEY (batch_id, ordinal))`,
];

const DOWN = [
  `DROP TABLE file_batch_items, file_batches`,
  `DROP INDEX collections_expiring`,
  `ALTER TABLE collections DROP COLUMN title, DROP COLUMN expires_after_days, DROP COLUMN last_active_at`,
  `DROP INDEX documents_by_external_id, documents_by_content`,
  `ALTER TABLE documents DROP COLUMN chunking, ADD CONSTRAINT documents_content_id_key UNIQUE (content_id)`,
  `DROP TABLE files`,
];
