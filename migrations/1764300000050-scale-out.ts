import type { MigrationInterface, QueryRunner } from 'typeorm'
import { createTable, dropTables } from './kit.ts'

/** What several processes share: rates, access tokens; and job slots left open are found without a scan. */
export class ScaleOut1764300000050 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, 'rate_bucket', { name: 'text key', due_us: 'int' })
    await createTable(runner, 'wecom_token', {
      app: 'text key',
      sealed: 'text?',
      renew_at: 'int',
      version: 'int',
      holder: 'text?',
      lease_until: 'int',
    })
    await runner.query('CREATE INDEX ix_job_slot_state ON job_slot (state)')
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX ix_job_slot_state')
    await dropTables(runner, ['wecom_token', 'rate_bucket'])
  }
}
