import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Collections become rows. What refers to one (documents, words, keys) does so by its `key`, which is never used again:
 * a collection that is deleted and made again by the same name is another one, and nobody finds in it what was in the
 * first. The key of `default` is its name, as in all documents so far.
 *
 * A deleted collection keeps its row until its documents are gone.
 */
export class Collections1765500000000 implements MigrationInterface {
  readonly name = 'Collections1765500000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await queryRunner.query(statement);
  }
}

const UP = [
  `CREATE TABLE collections (
     key         text PRIMARY KEY,
     name        text COLLATE "C" NOT NULL CHECK (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
     description text,
     metadata    jsonb NOT NULL DEFAULT '{}',
     created_at  timestamptz NOT NULL DEFAULT now(),
     updated_at  timestamptz NOT NULL DEFAULT now(),
     deleted_at  timestamptz)`,
  `CREATE UNIQUE INDEX collections_by_name ON collections (name) WHERE deleted_at IS NULL`,
  `CREATE INDEX collections_deleted ON collections (key) WHERE deleted_at IS NOT NULL`,
  `INSERT INTO collections (key, name) VALUES ('default', 'default')`,
  `ALTER TABLE documents ADD CONSTRAINT documents_in_collection FOREIGN KEY (collection) REFERENCES collections`,
  // A list, a count or a search of one collection reads none of the others.
  `CREATE INDEX documents_by_collection ON documents (collection, created_at DESC, id DESC)
     INCLUDE (visible_generation, chunk_count, size_bytes)`,
  `ALTER TABLE api_keys ADD COLUMN collections text[]`,
];

const DOWN = [
  `ALTER TABLE api_keys DROP COLUMN collections`,
  `DROP INDEX documents_by_collection`,
  `ALTER TABLE documents DROP CONSTRAINT documents_in_collection`,
  `DROP TABLE collections`,
];
