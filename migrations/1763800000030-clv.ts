import type { MigrationInterface, QueryRunner } from 'typeorm'
import { createTable, dropTables } from './kit.ts'

/** What customers are worth, and the fit that says so. */
export class Clv1763800000030 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(
      runner,
      'clv_estimate',
      {
        customer: 'text key',
        model: 'text',
        computed_no: 'int',
        p_alive: 'real',
        expected_52w: 'real',
        value_52w_fen: 'int',
        low_fen: 'int',
        high_fen: 'int',
        fit_seq: 'int',
      },
      { index: [['value_52w_fen', 'customer']] },
    )
    await createTable(runner, 'clv_fit', {
      seq: 'int key',
      source_key: 'text',
      end_no: 'int',
      at: 'int',
      detail: 'text',
    })
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, ['clv_fit', 'clv_estimate'])
  }
}
