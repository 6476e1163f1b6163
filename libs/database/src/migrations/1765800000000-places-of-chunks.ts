import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Which document and generation a chunk belongs to, without its text: a search asks that of hundreds of chunks, and the
 * table has one page for every eight of them.
 */
export class PlacesOfChunks1765800000000 implements MigrationInterface {
  readonly name = 'PlacesOfChunks1765800000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('CREATE UNIQUE INDEX chunks_places ON chunks (id) INCLUDE (document_id, generation)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX chunks_places');
  }
}
