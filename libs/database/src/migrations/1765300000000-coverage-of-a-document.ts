import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What of a completed document was read. NULL: not completed, or completed before this was kept. */
export class CoverageOfADocument1765300000000 implements MigrationInterface {
  readonly name = 'CoverageOfADocument1765300000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE documents ADD COLUMN coverage jsonb');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE documents DROP COLUMN coverage');
  }
}
