import type { MigrationInterface, QueryRunner } from 'typeorm'
import { createTable, dropTables } from './kit.ts'

/** A comparison with WeCom that broke off is gone on with: where it stands, and whom it has seen. */
export class Comparisons1764400000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, 'wecom_comparison', {
      id: 'int key',
      epoch: 'int',
      started_at: 'int',
      ended_at: 'int?',
      staff: 'text',
      stage: 'text',
      part: 'int',
      cursor: 'text',
      contacts: 'int',
      groups: 'int',
      holder: 'text',
      touched_at: 'int',
      why: 'text',
    })
    await createTable(
      runner,
      'wecom_seen',
      { kind: 'text key', id: 'text key', staff: 'text key' },
      { clustered: true },
    )
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, ['wecom_seen', 'wecom_comparison'])
  }
}
