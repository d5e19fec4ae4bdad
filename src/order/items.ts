/**
 * What was bought, line by line. A pure function of `shop_order`: an order that was taken back as a whole keeps its lines
 * in `returned_item`, so that `order_item` is net without a filter and a past day can still be told. A partial refund
 * says an amount, not a product: it leaves the lines.
 */
import { dayNumber, dayOf } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import type { FreshRow, Projection } from '../interaction/index.ts'
import { orderKeyOf } from './orders.ts'
import { dropItems, ordersWithItems, saveDiscounts, saveItems } from './items.store.ts'
import type { ItemRow, OrderWithItems } from './items.store.ts'

const lastText = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value.slice(0, 64) : null

const wholeOf = (value: unknown, least: number): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= least ? value : null

/** Lines as the shop sent them; one without a product says nothing and is left out. */
function itemsOf(order: OrderWithItems): ItemRow[] {
  const lines: unknown = JSON.parse(order.items)
  if (!Array.isArray(lines)) return []
  return lines.flatMap((line: unknown, i): ItemRow[] => {
    if (typeof line !== 'object' || line === null) return []
    const { sku, quantity, amountFen } = line as Record<string, unknown>
    const name = lastText(sku)
    if (name === null) return []
    return [
      {
        order_key: order.source_key,
        line: i,
        customer: order.customer,
        sku: name,
        day_no: dayNumber(dayOf(order.at)),
        quantity: wholeOf(quantity, 1) ?? 1,
        amount_fen: wholeOf(amountFen, 0),
      },
    ]
  })
}

const byKey = (a: { readonly order_key: string }, b: { readonly order_key: string }): number =>
  a.order_key < b.order_key ? -1 : 1

/** Orders whose lines these rows may change; an order that names no product has none. */
const keysOf = (rows: readonly FreshRow[]): string[] => {
  const keys = rows.flatMap((row) => {
    if (row.kind === 'order-refunded') return lastText(row.detail['orderId']) ?? []
    const { items } = row.detail
    return Array.isArray(items) && items.length > 0 ? orderKeyOf(row) : []
  })
  return [...new Set(keys)].sort()
}

/** Stands after the order projection in the list, whose orders it reads. */
export const itemProjection: Projection = {
  name: 'order-items',
  kinds: ['order-placed', 'order-refunded'],
  keeps: [
    { table: 'order_item', of: 'customer' },
    { table: 'returned_item', of: 'customer' },
  ],
  async apply(tx, rows) {
    const orders = await ordersWithItems(tx, keysOf(rows))
    const [kept, returned] = [true, false].map((isKept) =>
      orders
        .filter(({ refunded_day: day }) => (day === null) === isKept)
        .flatMap(itemsOf)
        .sort(byKey),
    )
    await saveItems(tx, 'order_item', kept ?? [])
    await saveItems(tx, 'returned_item', returned ?? [])
    await dropItems(
      tx,
      orders.filter(({ refunded_day: day }) => day !== null).map((order) => order.source_key),
    )
  },
}

/** Where a shop may say that an order was made cheaper. */
const amounts = ['discountFen', 'couponFen'] as const
const marks = ['coupon', 'couponCode', 'couponId', 'promotion'] as const

function discountOf({ kind, detail }: FreshRow): number | null {
  const said = amounts.map((name) => wholeOf(detail[name], 1) ?? 0)
  const fen = Math.max(...said)
  const isMarked = kind === 'coupon-redeemed' || marks.some((name) => lastText(detail[name]) !== null)
  return fen > 0 || isMarked ? fen : null
}

/** Which orders were made with a coupon or a discount; said by the order itself, or by a coupon redeemed for it. */
export const discountProjection: Projection = {
  name: 'order-discounts',
  kinds: ['order-placed', 'coupon-redeemed'],
  keeps: [{ table: 'order_discount', of: 'customer' }],
  async apply(tx, rows) {
    const found = new Map<string, { order_key: string; customer: string; fen: number }>()
    for (const row of rows) {
      const fen = discountOf(row)
      if (fen === null || row.customer === null) continue
      const key = row.kind === 'order-placed' ? orderKeyOf(row) : lastText(row.detail['orderId'])
      if (key === null) continue
      const before = found.get(key)
      found.set(key, {
        order_key: key,
        customer: before?.customer ?? row.customer,
        fen: Math.max(fen, before?.fen ?? 0),
      })
    }
    await saveDiscounts(tx, [...found.values()].sort(byKey))
  },
}

export interface TouchedOrder {
  readonly customer: string
  readonly at: Instant
  readonly skus: readonly string[]
  readonly isReturned: boolean
}

/** The orders that these rows placed or took back, as they stand now. */
export async function ordersTouchedBy(reader: Reader, rows: readonly FreshRow[]): Promise<TouchedOrder[]> {
  const orders = await ordersWithItems(reader, keysOf(rows))
  return orders.map((order) => ({
    customer: order.customer,
    at: order.at,
    skus: [...new Set(itemsOf(order).map(({ sku }) => sku))],
    isReturned: order.refunded_day !== null,
  }))
}
