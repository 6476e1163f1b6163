import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Documents are looked up by their names. A name may be longer than an entry of an index: its digest stands for it. */
export class DocumentsByName1765710000000 implements MigrationInterface {
  readonly name = 'DocumentsByName1765710000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE INDEX documents_by_name ON documents (collection, md5(filename)) WHERE revision_of IS NULL`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX documents_by_name`);
  }
}
