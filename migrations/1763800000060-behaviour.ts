import type { MigrationInterface, QueryRunner } from 'typeorm'
import { createTable, dropTables } from './kit.ts'

const itemColumns = {
  order_key: 'text key',
  line: 'int key',
  customer: 'text',
  sku: 'text',
  day_no: 'int',
  quantity: 'int',
  amount_fen: 'int?',
}
const interestColumns = {
  sku: 'text key',
  browses: 'int',
  last_browse_at: 'int?',
  clicks: 'int',
  last_click_at: 'int?',
}

/** Facts of behaviour. What the log held before is filled in when the database is next opened (segment/fill.ts). */
export class Behaviour1763800000060 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const byPair = { clustered: true, index: [['customer', 'sku', 'day_no']] }
    await createTable(runner, 'order_item', itemColumns, {
      ...byPair,
      index: [...byPair.index, ['sku', 'day_no']],
    })
    await createTable(runner, 'returned_item', itemColumns, byPair)
    await createTable(
      runner,
      'order_discount',
      { order_key: 'text key', customer: 'text', fen: 'int' },
      { clustered: true, index: [['customer']] },
    )
    await createTable(
      runner,
      'interest',
      {
        customer: 'text key',
        ...interestColumns,
        bought_days: 'int',
        last_bought_at: 'int?',
      },
      { clustered: true },
    )
    await createTable(
      runner,
      'interest_day',
      {
        customer: 'text key',
        day_no: 'int key',
        ...interestColumns,
      },
      { clustered: true },
    )
    await createTable(
      runner,
      'activity_day',
      {
        customer: 'text key',
        day_no: 'int key',
        activity: 'text key',
        acts: 'int',
      },
      { clustered: true },
    )
    await createTable(
      runner,
      'satisfaction',
      {
        customer: 'text key',
        last_score: 'int?',
        scored_at: 'int?',
        last_at: 'int?',
        low: 'int',
        answers: 'int',
        open_complaint_at: 'int?',
      },
      { clustered: true },
    )
    await createTable(
      runner,
      'answer',
      {
        customer: 'text key',
        question: 'text key',
        choice: 'text key',
        at: 'int',
      },
      { clustered: true },
    )
    // Rows above this were projected as they came.
    await runner.query(
      `INSERT INTO meta (name, value)
       select 'fill-behaviour', '{"from":0,"upTo":' || seq || '}' from log_head where id = 1 and seq > 0`,
    )
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, [
      'answer',
      'satisfaction',
      'activity_day',
      'interest_day',
      'interest',
      'order_discount',
      'returned_item',
      'order_item',
    ])
    await runner.query(`DELETE FROM meta WHERE name = 'fill-behaviour'`)
  }
}
