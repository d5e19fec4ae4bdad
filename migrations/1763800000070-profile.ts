import type { MigrationInterface, QueryRunner } from 'typeorm'
import { createTable, dropTables } from './kit.ts'

/** What is bought together. */
export class Profile1763800000070 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(
      runner,
      'co_purchase',
      {
        sku: 'text key',
        other: 'text key',
        together: 'int',
        units: 'int',
        cosine_e6: 'int',
        lift_e3: 'int',
        rank: 'int',
        computed_no: 'int',
      },
      { index: [['computed_no']] },
    )
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, ['co_purchase'])
  }
}
