import type { MigrationInterface, QueryRunner } from 'typeorm'

/** A comparison that would let go of very many waits for a person: how many were missing, and when she agreed. */
export class Losses1764800000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const column of ['lost_contacts', 'lost_groups', 'agreed_at'])
      await runner.query(`ALTER TABLE wecom_comparison ADD COLUMN ${column} bigint`)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const column of ['agreed_at', 'lost_groups', 'lost_contacts'])
      await runner.query(`ALTER TABLE wecom_comparison DROP COLUMN ${column}`)
  }
}
