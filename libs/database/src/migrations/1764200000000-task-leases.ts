import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tasks that only one process may be at, see `TaskLeases`. */
export class TaskLeases1764200000000 implements MigrationInterface {
  readonly name = 'TaskLeases1764200000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE TABLE task_leases (
         task       text PRIMARY KEY,
         holder     uuid NOT NULL,
         expires_at timestamptz NOT NULL
       )`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE task_leases');
  }
}
