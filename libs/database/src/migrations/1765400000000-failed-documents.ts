import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Failed documents are found without looking through all others: few, and retried many at a time. */
export class FailedDocuments1765400000000 implements MigrationInterface {
  readonly name = 'FailedDocuments1765400000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`CREATE INDEX documents_failed ON documents (id) WHERE status = 'failed'`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX documents_failed');
  }
}
