import type { MigrationInterface, QueryRunner } from 'typeorm'

/** How often a worker fell between claiming a promise and writing down its call. */
export class Stumbles1764300000100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE promise ADD COLUMN stumbles bigint')
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE promise DROP COLUMN stumbles')
  }
}
