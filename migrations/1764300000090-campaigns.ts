import type { MigrationInterface, QueryRunner } from 'typeorm'
import { createTable, dropTables } from './kit.ts'

/** Who took part in which campaign. */
export class Campaigns1764300000090 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(
      runner,
      'campaign_part',
      { campaign: 'text key', customer: 'text key', first_at: 'int', last_at: 'int', acts: 'int' },
      { clustered: true, index: [['customer']] },
    )
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, ['campaign_part'])
  }
}
