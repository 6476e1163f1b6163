import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * When, and by which transaction, what readers see of a document was last exchanged. Until now a search went by the
 * transaction that wrote the row, which is another one with every change of it.
 */
export class MomentOfASwitch1766320000000 implements MigrationInterface {
  readonly name = 'MomentOfASwitch1766320000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE documents ADD switched_at timestamptz, ADD switched_by xid8');
    await queryRunner.query('DROP INDEX documents_switched');
    await queryRunner.query('CREATE INDEX documents_switched ON documents (switched_at) WHERE switched_at IS NOT NULL');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE documents DROP switched_at, DROP switched_by');
    await queryRunner.query(
      `CREATE INDEX documents_switched ON documents (updated_at)
        WHERE status = 'completed' AND generation > 1 AND revision_of IS NULL`,
    );
  }
}
