import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A document keeps its id while its content changes. The content that is on its way is a row of its own with
 * `revision_of`, which goes through ingestion like any other and is seen by nobody; completing it is one statement that
 * takes that row away and writes what it holds into the document's. Its chunks are stored under the document's id from
 * the start, under generations that the document hands out (`last_generation`).
 */
export class Revisions1765600000000 implements MigrationInterface {
  readonly name = 'Revisions1765600000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  /** Loses revisions under way, and may fail where equal bytes have several external ids. */
  async down(queryRunner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await queryRunner.query(statement);
  }
}

const UP = [
  `ALTER TABLE documents
     ADD COLUMN external_id text CHECK (char_length(external_id) BETWEEN 1 AND 512),
     ADD COLUMN revision integer NOT NULL DEFAULT 1,
     ADD COLUMN revision_of uuid REFERENCES documents ON DELETE CASCADE,
     ADD COLUMN last_generation integer NOT NULL DEFAULT 0,
     ADD COLUMN reused_chunks integer,
     DROP CONSTRAINT documents_identity,
     DROP CONSTRAINT documents_visible,
     ADD CONSTRAINT documents_visible CHECK (status <> 'completed' OR visible_generation = generation),
     ADD CONSTRAINT documents_revision CHECK (revision_of IS NULL OR (status <> 'completed' AND visible_generation IS NULL))`,
  `CREATE UNIQUE INDEX documents_identity ON documents (collection, sha256) WHERE external_id IS NULL`,
  `CREATE UNIQUE INDEX documents_external_identity ON documents (collection, external_id) WHERE revision_of IS NULL`,
  `CREATE UNIQUE INDEX documents_revisions ON documents (revision_of) WHERE revision_of IS NOT NULL`,
  // Of what a chunk was embedded from: the same again needs no embedding.
  `ALTER TABLE chunks ADD COLUMN input_digest bytea`,
];

const DOWN = [
  `ALTER TABLE chunks DROP COLUMN input_digest`,
  `DELETE FROM documents WHERE revision_of IS NOT NULL`,
  `DROP INDEX documents_identity`,
  `ALTER TABLE documents
     DROP COLUMN external_id, DROP COLUMN revision, DROP COLUMN revision_of, DROP COLUMN last_generation,
     DROP COLUMN reused_chunks, ADD CONSTRAINT documents_identity UNIQUE (collection, sha256)`,
];
