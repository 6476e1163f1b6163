import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who is signed in to the console: a key that was shown once stands behind each, and takes them with it. */
export class ConsoleSessions1765900000000 implements MigrationInterface {
  readonly name = 'ConsoleSessions1765900000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of UP) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE console_sessions');
  }
}

const UP = [
  // Of the token its digest alone is kept: what is read here opens nothing.
  `CREATE TABLE console_sessions (
     token_sha256 bytea PRIMARY KEY CHECK (octet_length(token_sha256) = 32),
     key_id text NOT NULL REFERENCES api_keys ON DELETE CASCADE,
     expires_at timestamptz NOT NULL
   )`,
  'CREATE INDEX console_sessions_of_key ON console_sessions (key_id, expires_at)',
];
