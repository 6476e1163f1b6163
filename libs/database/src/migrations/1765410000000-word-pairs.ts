import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Which words of a chunk follow which (libs/analysis), by which a quotation is found among chunks that hold its words.
 * Empty until a chunk is analysed again, which the background does.
 */
export class WordPairs1765410000000 implements MigrationInterface {
  readonly name = 'WordPairs1765410000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE chunk_words ADD COLUMN pairs bit(1024)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE chunk_words DROP COLUMN pairs');
  }
}
