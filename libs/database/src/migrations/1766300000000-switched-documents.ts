import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Each search asks whether a document has got other content meanwhile: those that have lately are few. */
export class SwitchedDocuments1766300000000 implements MigrationInterface {
  readonly name = 'SwitchedDocuments1766300000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE INDEX documents_switched ON documents (updated_at)
        WHERE status = 'completed' AND generation > 1 AND revision_of IS NULL`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX documents_switched');
  }
}
