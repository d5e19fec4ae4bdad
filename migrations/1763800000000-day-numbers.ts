import type { MigrationInterface, QueryRunner } from 'typeorm'
import { createTable } from './kit.ts'
import type { Spec } from './kit.ts'

/** One table remade: its data is set aside, the table made anew, and every row put back as `columns` say. */
interface Remade {
  readonly table: string
  readonly columns: Readonly<Record<string, string>>
  readonly spec?: Spec
  /** The columns to fill, each with its expression over the old row. */
  readonly fill: Readonly<Record<string, string>>
}

const slots = [1, 2, 3, 4, 5, 6]
const slotColumns = Object.fromEntries(
  slots.flatMap((n) => [
    [`w${String(n)}_n`, 'int'],
    [`w${String(n)}_fen`, 'int'],
    [`w${String(n)}_oldest_no`, 'int?'],
  ]),
)
const emptySlots = Object.fromEntries(
  slots.flatMap((n) => [
    [`w${String(n)}_n`, '0'],
    [`w${String(n)}_fen`, '0'],
    [`w${String(n)}_oldest_no`, 'cast(null as bigint)'],
  ]),
)
const same = (...columns: string[]): Record<string, string> =>
  Object.fromEntries(columns.map((column) => [column, column]))

/** Days since 1970-01-01 of a text day, and back; null stays null. */
const isSqlite = (runner: QueryRunner): boolean => runner.connection.options.type === 'sqlite'
const numberOf = (runner: QueryRunner, day: string): string =>
  isSqlite(runner)
    ? `cast(strftime('%s', ${day}) as integer) / 86400`
    : `(cast(${day} as date) - date '1970-01-01')`
const textOf = (runner: QueryRunner, no: string): string =>
  isSqlite(runner)
    ? `date(${no} * 86400, 'unixepoch')`
    : `to_char(date '1970-01-01' + cast(${no} as integer), 'YYYY-MM-DD')`

const refundColumns = (day: string, purchaseDay: string): Record<string, string> => ({
  source_key: 'text key',
  order_key: 'text',
  customer: 'text?',
  ...(day === 'day' ? { day: 'text', [purchaseDay]: 'text?' } : { [day]: 'int', [purchaseDay]: 'int?' }),
  asked_fen: 'int?',
  amount_fen: 'int',
  orders: 'int',
})

async function remake(runner: QueryRunner, { table, columns, spec, fill }: Remade): Promise<void> {
  await runner.query(`create table kept_${table} as select * from ${table}`)
  await runner.dropTable(table)
  await createTable(runner, table, columns, spec)
  const [names, values] = [Object.keys(fill), Object.values(fill)]
  await runner.query(
    `insert into ${table} (${names.join(', ')}) select ${values.join(', ')} from kept_${table} order by 1, 2`,
  )
  await runner.query(`drop table kept_${table}`)
}

/**
 * Days in the tables of facts become numbers, day buckets lie in the order of their key, and a standing keeps the window
 * figures it was decided by instead of a sentence. Everybody is looked at again by the next nightly run.
 */
export class DayNumbers1763800000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const one of newTables((day) => numberOf(runner, day))) await remake(runner, one)
    await runner.query(`update segment_state set value = '' where name = 'rules'`)
    await runner.query(`insert into segment_state (name, value) values ('windows', '')`)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`delete from segment_state where name = 'windows'`)
    await runner.query(`update segment_state set value = '' where name = 'rules'`)
    for (const one of oldTables((no) => textOf(runner, no))) await remake(runner, one)
  }
}

const newTables = (number: (day: string) => string): Remade[] => [
  {
    table: 'purchase_day',
    columns: { customer: 'text key', day_no: 'int key', orders: 'int', amount_fen: 'int' },
    spec: { clustered: true },
    fill: { ...same('customer'), day_no: number('day'), ...same('orders', 'amount_fen') },
  },
  {
    table: 'engagement_day',
    columns: { customer: 'text key', day_no: 'int key', acts: 'int' },
    spec: { clustered: true },
    fill: { ...same('customer'), day_no: number('day'), ...same('acts') },
  },
  {
    table: 'refund',
    columns: refundColumns('day_no', 'purchase_no'),
    spec: { index: [['order_key'], ['customer', 'day_no'], ['day_no']] },
    fill: {
      ...same('source_key', 'order_key', 'customer'),
      day_no: number('day'),
      purchase_no: number('purchase_day'),
      ...same('asked_fen', 'amount_fen', 'orders'),
    },
  },
  {
    table: 'facts',
    columns: {
      customer: 'text key',
      first_no: 'int?',
      last_no: 'int?',
      purchases: 'int',
      orders: 'int',
      amount_fen: 'int',
      engaged_no: 'int?',
      complained_no: 'int?',
      browsed_no: 'int?',
    },
    spec: { clustered: true },
    fill: {
      ...same('customer'),
      first_no: number('first_day'),
      last_no: number('last_day'),
      ...same('purchases', 'orders', 'amount_fen'),
      engaged_no: number('engaged_day'),
      complained_no: number('complained_day'),
      browsed_no: number('browsed_day'),
    },
  },
  {
    table: 'standing',
    columns: {
      customer: 'text key',
      tier: 'text',
      since_no: 'int',
      dormancy: 'text?',
      dormancy_rhythm: 'text?',
      stage: 'text',
      next_no: 'int?',
      ...slotColumns,
    },
    spec: { clustered: true, index: [['tier'], ['next_no']] },
    fill: {
      ...same('customer', 'tier'),
      since_no: number('since_day'),
      ...same('dormancy', 'stage'),
      next_no: number('next_day'),
      ...emptySlots,
    },
  },
]

const oldTables = (text: (no: string) => string): Remade[] => [
  {
    table: 'purchase_day',
    columns: { customer: 'text key', day: 'text key', orders: 'int', amount_fen: 'int' },
    fill: { ...same('customer'), day: text('day_no'), ...same('orders', 'amount_fen') },
  },
  {
    table: 'engagement_day',
    columns: { customer: 'text key', day: 'text key', acts: 'int' },
    fill: { ...same('customer'), day: text('day_no'), ...same('acts') },
  },
  {
    table: 'refund',
    columns: refundColumns('day', 'purchase_day'),
    spec: { index: [['order_key'], ['customer', 'day'], ['day']] },
    fill: {
      ...same('source_key', 'order_key', 'customer'),
      day: text('day_no'),
      purchase_day: text('purchase_no'),
      ...same('asked_fen', 'amount_fen', 'orders'),
    },
  },
  {
    table: 'facts',
    columns: {
      customer: 'text key',
      first_day: 'text?',
      last_day: 'text?',
      purchases: 'int',
      orders: 'int',
      amount_fen: 'int',
      engaged_day: 'text?',
      complained_day: 'text?',
      browsed_day: 'text?',
    },
    fill: {
      ...same('customer'),
      first_day: text('first_no'),
      last_day: text('last_no'),
      ...same('purchases', 'orders', 'amount_fen'),
      engaged_day: text('engaged_no'),
      complained_day: text('complained_no'),
      browsed_day: text('browsed_no'),
    },
  },
  {
    table: 'standing',
    columns: {
      customer: 'text key',
      tier: 'text',
      since_day: 'text',
      reason: 'text',
      dormancy: 'text?',
      stage: 'text',
      next_day: 'text?',
      computed_day: 'text',
    },
    spec: { index: [['tier'], ['next_day']] },
    fill: {
      ...same('customer', 'tier'),
      since_day: text('since_no'),
      reason: `''`,
      ...same('dormancy', 'stage'),
      next_day: text('next_no'),
      computed_day: text('since_no'),
    },
  },
]
