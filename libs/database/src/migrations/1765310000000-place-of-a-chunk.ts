import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Where a chunk stands becomes one value, `place jsonb`, in place of a column for each kind of position: a new kind
 * (a slide, a sheet) needs no migration any more.
 */
export class PlaceOfAChunk1765310000000 implements MigrationInterface {
  readonly name = 'PlaceOfAChunk1765310000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  /** Loses what the old columns have no room for: slides and sheets. */
  async down(queryRunner: QueryRunner): Promise<void> {
    for (const statement of DOWN) await queryRunner.query(statement);
  }
}

const viewOf = (position: string): string =>
  `CREATE VIEW visible_chunks AS
     SELECT c.id, c.document_id, c.generation, c.ordinal, c.content, c.char_start, c.char_end, c.token_count,
            ${position}, d.collection, d.filename, d.format, d.lane, d.language, d.metadata
       FROM chunks c
       JOIN documents d ON d.id = c.document_id AND d.visible_generation = c.generation`;

const UP = [
  'DROP VIEW visible_chunks',
  // The type of one column is changed, not a column added and filled: that would leave every row in the table twice.
  `ALTER TABLE chunks ALTER COLUMN heading TYPE jsonb USING jsonb_strip_nulls(jsonb_build_object(
     'page', CASE WHEN page > 0 THEN page END,
     'row', CASE WHEN row_number > 0 THEN row_number END,
     'jsonPath', nullif(json_path, ''),
     'heading', nullif(heading, '')))`,
  'ALTER TABLE chunks RENAME COLUMN heading TO place',
  `ALTER TABLE chunks ALTER COLUMN place SET DEFAULT '{}', ALTER COLUMN place SET NOT NULL`,
  'ALTER TABLE chunks DROP COLUMN page, DROP COLUMN row_number, DROP COLUMN json_path',
  viewOf('c.place'),
];

const DOWN = [
  'DROP VIEW visible_chunks',
  'ALTER TABLE chunks ADD COLUMN page integer, ADD COLUMN row_number integer, ADD COLUMN json_path text',
  `UPDATE chunks SET page = (place ->> 'page')::integer, row_number = (place ->> 'row')::integer,
                     json_path = place ->> 'jsonPath'`,
  'ALTER TABLE chunks ALTER COLUMN place DROP DEFAULT, ALTER COLUMN place DROP NOT NULL',
  `ALTER TABLE chunks ALTER COLUMN place TYPE text USING place ->> 'heading'`,
  'ALTER TABLE chunks RENAME COLUMN place TO heading',
  viewOf('c.heading, c.page, c.row_number, c.json_path'),
];
