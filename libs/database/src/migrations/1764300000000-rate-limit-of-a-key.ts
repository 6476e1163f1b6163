import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A key may have a limit of its own: so many requests a minute, or 0 for none at all. NULL: it has none of its own, and
 * its requests count with those of the address they come from.
 */
export class RateLimitOfAKey1764300000000 implements MigrationInterface {
  readonly name = 'RateLimitOfAKey1764300000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      'ALTER TABLE api_keys ADD COLUMN rate_limit_per_minute integer CHECK (rate_limit_per_minute >= 0)',
    );
    // The key that the first start made by itself has no limit, also where that start lies before this migration.
    await queryRunner.query(`UPDATE api_keys SET rate_limit_per_minute = 0 WHERE name = 'first start'`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE api_keys DROP COLUMN rate_limit_per_minute');
  }
}
