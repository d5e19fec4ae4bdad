import { TableColumn } from 'typeorm'
import type { MigrationInterface, QueryRunner } from 'typeorm'
import { createTable, dropTables } from './kit.ts'

const price = (isNullable: boolean): TableColumn =>
  new TableColumn({ name: 'price_fen', type: 'bigint', isNullable })

/** What is known of a customer beside her deeds; products whose price nobody told. */
export class Imports1763800000020 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(
      runner,
      'attribute',
      {
        customer: 'text key',
        name: 'text key',
        value: 'text?',
        number: 'real?',
        words: 'text?',
        at: 'int',
      },
      { index: [['name', 'value']] },
    )
    await runner.changeColumn('product', 'price_fen', price(true))
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('UPDATE product SET price_fen = 0 WHERE price_fen IS NULL')
    await runner.changeColumn('product', 'price_fen', price(false))
    await dropTables(runner, ['attribute'])
  }
}
