import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Whose a document is, and its turn in the line of its lane (docs/adr/0032). Documents of earlier versions are of
 * nobody in particular, and share one line.
 */
export class TurnsOfKeys1766000000000 implements MigrationInterface {
  readonly name = 'TurnsOfKeys1766000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await queryRunner.query(statement);
  }
}

const UP = [
  // No foreign key: what was uploaded outlives its key.
  `ALTER TABLE documents ADD COLUMN uploaded_by text NOT NULL DEFAULT '', ADD COLUMN turn bigint CHECK (turn > 0)`,
  // The end of a key's line, what the lane works on, and what it comes to next: each one end of an index, however long
  // the line is. Each by a condition of its own, so that a database without statistics does not take one for another.
  `CREATE INDEX documents_of_key ON documents (lane, uploaded_by, turn) WHERE status IN ('pending', 'processing')`,
  `CREATE INDEX documents_in_work ON documents (lane, turn) WHERE status = 'processing'`,
  `CREATE INDEX documents_in_line ON documents (lane, turn) WHERE status = 'pending'`,
];

const DOWN = [
  'DROP INDEX documents_in_line, documents_in_work, documents_of_key',
  'ALTER TABLE documents DROP COLUMN turn, DROP COLUMN uploaded_by',
];
