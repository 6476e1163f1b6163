import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whose documents have failed lately is read with each scrape, however many have failed in all. */
export class FailuresOfKeys1766100000000 implements MigrationInterface {
  readonly name = 'FailuresOfKeys1766100000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE INDEX documents_failed_lately ON documents (updated_at, uploaded_by) WHERE status = 'failed'`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX documents_failed_lately');
  }
}
