import type { Day } from '../base/calendar.ts'
import type { Reader, Tx, Value } from '../base/db.ts'

const chunk = 500
const list = (values: readonly unknown[], from = 1): string =>
  values.map((_, i) => `$${String(i + from)}`).join(', ')

export interface StoredOrder {
  readonly source_key: string
  readonly customer: string
  readonly at: number
  readonly day: Day
  readonly amount_fen: number
  readonly refunded_fen: number
  readonly refunded_day: Day | null
}

export async function ordersByKey(tx: Reader, keys: readonly string[]): Promise<Map<string, StoredOrder>> {
  const found = new Map<string, StoredOrder>()
  for (let from = 0; from < keys.length; from += chunk) {
    const part = keys.slice(from, from + chunk)
    const rows = await tx.rows<StoredOrder>(
      `select source_key, customer, at, day, amount_fen, refunded_fen, refunded_day from shop_order where source_key in (${list(part)})`,
      part,
    )
    for (const row of rows) found.set(row.source_key, row)
  }
  return found
}

export const insertOrders = (
  tx: Tx,
  orders: readonly (StoredOrder & { readonly items: string })[],
): Promise<number> =>
  tx.insert(
    'shop_order',
    orders.map((order) => ({
      source_key: order.source_key,
      customer: order.customer,
      at: order.at,
      day: order.day,
      amount_fen: order.amount_fen,
      refunded_fen: order.refunded_fen,
      refunded_day: order.refunded_day,
      items: order.items,
    })),
  )

export const saveRefunded = (tx: Tx, order: StoredOrder): Promise<number> =>
  tx.run('UPDATE shop_order SET refunded_fen = $1, refunded_day = $2 WHERE source_key = $3', [
    order.refunded_fen,
    order.refunded_day,
    order.source_key,
  ])

export interface DayDelta {
  readonly customer: string
  readonly dayNo: number
  readonly orders: number
  readonly amountFen: number
}

/** Adds to the day buckets; sums commute, so the order of arrival does not matter. */
export const addToDays = (tx: Tx, deltas: readonly DayDelta[]): Promise<number> =>
  tx.insert(
    'purchase_day',
    deltas.map(({ customer, dayNo, orders, amountFen }) => ({
      customer,
      day_no: dayNo,
      orders,
      amount_fen: amountFen,
    })),
    `ON CONFLICT (customer, day_no) DO UPDATE SET orders = purchase_day.orders + excluded.orders,
     amount_fen = purchase_day.amount_fen + excluded.amount_fen`,
  )

export interface RefundRow {
  readonly source_key: string
  readonly order_key: string
  readonly customer: string | null
  readonly day_no: number
  readonly purchase_no: number | null
  readonly asked_fen: number | null
  readonly amount_fen: number
  readonly orders: number
}

/** Refunds that came before their order. */
export async function refundsWaiting(tx: Tx, orderKeys: readonly string[]): Promise<RefundRow[]> {
  const rows: RefundRow[] = []
  for (let from = 0; from < orderKeys.length; from += chunk) {
    const part = orderKeys.slice(from, from + chunk)
    rows.push(
      ...(await tx.rows<RefundRow>(
        `select * from refund where customer is null and order_key in (${list(part)}) order by day_no, source_key`,
        part,
      )),
    )
  }
  return rows
}

export const saveRefunds = (tx: Tx, rows: readonly RefundRow[]): Promise<number> =>
  tx.insert(
    'refund',
    rows.map((row) => ({ ...row })),
    `ON CONFLICT (source_key) DO UPDATE SET customer = excluded.customer, day_no = excluded.day_no, purchase_no = excluded.purchase_no,
     amount_fen = excluded.amount_fen, orders = excluded.orders`,
  )

export async function customersOfRefunds(reader: Reader, sourceKeys: readonly string[]): Promise<string[]> {
  const found = new Set<string>()
  for (let from = 0; from < sourceKeys.length; from += chunk) {
    const part = sourceKeys.slice(from, from + chunk)
    const rows = await reader.rows<{ customer: string }>(
      `select distinct customer from refund where customer is not null and source_key in (${list(part)})`,
      part,
    )
    for (const { customer } of rows) found.add(customer)
  }
  return [...found]
}

/** Keys of the refunds taken off these customers' orders. */
export async function refundsOf(reader: Reader, customers: readonly string[]): Promise<string[]> {
  const keys: string[] = []
  for (let from = 0; from < customers.length; from += chunk) {
    const part = customers.slice(from, from + chunk)
    const rows = await reader.rows<{ source_key: string }>(
      `select source_key from refund where customer in (${list(part)})`,
      part,
    )
    for (const row of rows) keys.push(row.source_key)
  }
  return keys
}

export const upsertProducts = (tx: Tx, rows: readonly Readonly<Record<string, Value>>[]): Promise<number> =>
  tx.insert(
    'product',
    rows,
    `ON CONFLICT (sku) DO UPDATE SET name = excluded.name, category = excluded.category, stage = excluded.stage,
     age_range = excluded.age_range, price_fen = excluded.price_fen, stock = excluded.stock, url = excluded.url,
     picture = excluded.picture, replenish_days = excluded.replenish_days, detail = excluded.detail`,
  )

export async function productNames(reader: Reader, skus: readonly string[]): Promise<Map<string, string>> {
  if (skus.length === 0) return new Map()
  const rows = await reader.rows<{ sku: string; name: string }>(
    `select sku, name from product where sku in (${list(skus)})`,
    skus,
  )
  return new Map(rows.map((row) => [row.sku, row.name]))
}
