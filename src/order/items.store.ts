import type { Reader, Tx } from '../base/db.ts'

const chunk = 500
const list = (values: readonly unknown[]): string => values.map((_, i) => `$${String(i + 1)}`).join(', ')

export interface OrderWithItems {
  readonly source_key: string
  readonly customer: string
  readonly at: number
  readonly refunded_day: string | number | null
  readonly items: string
}

export async function ordersWithItems(reader: Reader, keys: readonly string[]): Promise<OrderWithItems[]> {
  const orders: OrderWithItems[] = []
  for (let from = 0; from < keys.length; from += chunk) {
    const part = keys.slice(from, from + chunk)
    orders.push(
      ...(await reader.rows<OrderWithItems>(
        `select source_key, customer, at, refunded_day, items from shop_order where source_key in (${list(part)}) order by source_key`,
        part,
      )),
    )
  }
  return orders
}

export interface ItemRow {
  readonly order_key: string
  readonly line: number
  readonly customer: string
  readonly sku: string
  readonly day_no: number
  readonly quantity: number
  readonly amount_fen: number | null
}

export const saveItems = (
  tx: Tx,
  table: 'order_item' | 'returned_item',
  rows: readonly ItemRow[],
): Promise<number> =>
  tx.insert(
    table,
    rows.map((row) => ({ ...row })),
    'ON CONFLICT (order_key, line) DO NOTHING',
  )

export async function dropItems(tx: Tx, orderKeys: readonly string[]): Promise<void> {
  for (let from = 0; from < orderKeys.length; from += chunk) {
    const part = orderKeys.slice(from, from + chunk)
    await tx.run(`DELETE FROM order_item WHERE order_key IN (${list(part)})`, part)
  }
}

export const saveDiscounts = (
  tx: Tx,
  rows: readonly { readonly order_key: string; readonly customer: string; readonly fen: number }[],
): Promise<number> =>
  tx.insert(
    'order_discount',
    rows.map((row) => ({ ...row })),
    `ON CONFLICT (order_key) DO UPDATE SET
     fen = case when order_discount.fen < excluded.fen then excluded.fen else order_discount.fen end`,
  )
