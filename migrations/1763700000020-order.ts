import type { MigrationInterface, QueryRunner } from 'typeorm'
import { createTable, dropTables } from './kit.ts'

/** The catalogue, orders, refunds, and the days on which somebody bought. */
export class Order1763700000020 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, 'product', {
      sku: 'text key',
      name: 'text',
      category: 'text',
      stage: 'text',
      age_range: 'text',
      price_fen: 'int',
      stock: 'int?',
      url: 'text',
      picture: 'text',
      replenish_days: 'int?',
      detail: 'text',
    })
    await createTable(
      runner,
      'shop_order',
      {
        source_key: 'text key',
        customer: 'text',
        at: 'int',
        day: 'text',
        amount_fen: 'int',
        refunded_fen: 'int',
        refunded_day: 'text?',
        items: 'text',
      },
      { index: [['customer', 'at'], ['at']] },
    )
    await createTable(runner, 'purchase_day', {
      customer: 'text key',
      day: 'text key',
      orders: 'int',
      amount_fen: 'int',
    })
    await createTable(
      runner,
      'refund',
      {
        source_key: 'text key',
        order_key: 'text',
        customer: 'text?',
        day: 'text',
        purchase_day: 'text?',
        asked_fen: 'int?',
        amount_fen: 'int',
        orders: 'int',
      },
      { index: [['order_key'], ['customer', 'day'], ['day']] },
    )
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, ['refund', 'purchase_day', 'shop_order', 'product'])
  }
}
