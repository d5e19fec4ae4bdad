/**
 * Orders and refunds as the log tells them, in day buckets. An order known from two sources (a file and the API) counts
 * once by its order id. A refund may come before its order: it waits in its own table. What was true on a past day can
 * be said exactly, because each refund keeps the day on which it happened.
 */
import { dayNumber, dayOf, dayOfNumber } from '../base/calendar.ts'
import type { Happening } from '../base/act.ts'
import type { Reader, Tx } from '../base/db.ts'
import { rowsInParts, seqsNaming, seqsOfKeys } from '../interaction/index.ts'
import type { FreshRow, People, Projection, Ties } from '../interaction/index.ts'
import {
  addToDays,
  customersOfRefunds,
  insertOrders,
  ordersByKey,
  refundsOf,
  refundsWaiting,
  saveRefunded,
  saveRefunds,
} from './order.store.ts'
import type { DayDelta, RefundRow, StoredOrder } from './order.store.ts'

const wholeFen = (value: unknown): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null

export const refundKeyOf = (row: Pick<Happening, 'source' | 'sourceKey'>): string =>
  `${row.source}/${row.sourceKey}`

/** The shop's own order id when there is one; else where the row came from. */
export function orderKeyOf(row: Pick<Happening, 'source' | 'sourceKey' | 'detail'>): string {
  const id = row.detail['orderId']
  return typeof id === 'string' && id !== '' ? id : refundKeyOf(row)
}

export const orderProjection: Projection = {
  name: 'orders',
  kinds: ['order-placed', 'order-refunded'],
  keeps: [
    { table: 'shop_order', of: 'customer' },
    { table: 'purchase_day', of: 'customer' },
    { table: 'refund', of: 'customer' },
  ],
  async apply(tx, rows) {
    const placed = await place(
      tx,
      rows.filter(({ kind }) => kind === 'order-placed'),
    )
    const asked = rows.filter(({ kind }) => kind === 'order-refunded')
    // Whether a refund came in the batch of its order or before must make no difference.
    const isEarly = (row: FreshRow): boolean => row.seq < (placed.get(String(row.detail['orderId'])) ?? 0)
    const late = [
      ...(await refundsWaiting(tx, [...placed.keys()])),
      ...asked.filter(isEarly).flatMap(askedRefund),
    ].sort(byDayAndKey)
    await takeBack(tx, [...late, ...asked.filter((row) => !isEarly(row)).flatMap(askedRefund)])
  },
  ties: tiesOfRefunds,
}

/**
 * A refund is found by its order, so its row may name nobody or somebody else. Then the refunds of an order go with it,
 * and whoever named the refund of another's order goes with the other.
 */
async function tiesOfRefunds(
  facts: Reader,
  log: Reader,
  customers: readonly string[],
  people: People,
): Promise<Ties> {
  const keys = (await refundsOf(facts, customers)).flatMap(sourceAndKey)
  const seqs = await seqsOfKeys(log, 'order-refunded', keys)
  const rows = await rowsInParts(log, seqs)
  const named = [...(await people.customersOfRows(facts, rows)).values()]
  const mine = await seqsNaming(log, await people.identitiesOf(facts, customers), 'order-refunded')
  const owners = await customersOfRefunds(facts, (await rowsInParts(log, mine)).map(refundKeyOf))
  return { seqs, customers: [...new Set([...named, ...owners])] }
}

/** Where the source ends in `source/key` is not written down: every place it might end, of which the log knows one. */
const sourceAndKey = (refundKey: string): { source: string; sourceKey: string }[] =>
  [...refundKey.matchAll(/\//g)].map(({ index }) => ({
    source: refundKey.slice(0, index),
    sourceKey: refundKey.slice(index + 1),
  }))

/** Answers the keys of the orders that are new, with the number of the row that placed each. */
async function place(tx: Tx, rows: readonly FreshRow[]): Promise<Map<string, number>> {
  const known = await ordersByKey(tx, rows.map(orderKeyOf))
  const orders = new Map<string, StoredOrder & { items: string }>()
  const placed = new Map<string, number>()
  for (const row of rows) {
    const key = orderKeyOf(row)
    if (row.customer === null || known.has(key) || orders.has(key)) continue
    placed.set(key, row.seq)
    orders.set(key, {
      source_key: key,
      customer: row.customer,
      at: row.at,
      day: dayOf(row.at),
      amount_fen: wholeFen(row.detail['amountFen']) ?? 0,
      refunded_fen: 0,
      refunded_day: null,
      items: JSON.stringify(row.detail['items'] ?? []),
    })
  }
  const fresh = [...orders.values()]
  await insertOrders(tx, fresh)
  await addToDays(
    tx,
    perDay(
      fresh.map(({ customer, day, amount_fen }) => ({
        customer,
        dayNo: dayNumber(day),
        orders: 1,
        amountFen: amount_fen,
      })),
    ),
  )
  return placed
}

const byDayAndKey = (a: RefundRow, b: RefundRow): number =>
  a.day_no - b.day_no || (a.source_key < b.source_key ? -1 : 1)

function askedRefund(row: FreshRow): RefundRow[] {
  const id = row.detail['orderId']
  if (typeof id !== 'string' || id === '') return []
  return [
    {
      source_key: refundKeyOf(row),
      order_key: id,
      customer: null,
      day_no: dayNumber(dayOf(row.at)),
      purchase_no: null,
      asked_fen: wholeFen(row.detail['amountFen']),
      amount_fen: 0,
      orders: 0,
    },
  ]
}

async function takeBack(tx: Tx, refunds: readonly RefundRow[]): Promise<void> {
  const orders = await ordersByKey(tx, [...new Set(refunds.map((row) => row.order_key))])
  const settled: RefundRow[] = []
  const deltas: DayDelta[] = []
  const touched = new Set<string>()
  for (const refund of refunds) {
    const order = orders.get(refund.order_key)
    if (!order) {
      settled.push(refund)
      continue
    }
    const { refund: taken, order: after } = refundOnce(order, refund)
    orders.set(after.source_key, after)
    touched.add(after.source_key)
    settled.push(taken)
    deltas.push({
      customer: order.customer,
      dayNo: dayNumber(order.day),
      orders: -taken.orders,
      amountFen: -taken.amount_fen,
    })
  }
  for (const key of [...touched].sort()) {
    const order = orders.get(key)
    if (order) await saveRefunded(tx, order)
  }
  await saveRefunds(tx, settled)
  await addToDays(tx, perDay(deltas))
}

/** Never more than is left; whoever takes the rest ends the order as a purchase. */
export function refundOnce(
  order: StoredOrder,
  refund: RefundRow,
): { readonly refund: RefundRow; readonly order: StoredOrder } {
  const left = order.amount_fen - order.refunded_fen
  const taken = Math.min(refund.asked_fen ?? left, left)
  const whole = order.refunded_day === null && taken === left
  // Taken back before it was bought (a wrong clock): it never counted.
  const boughtNo = dayNumber(order.day)
  const dayNo = Math.max(refund.day_no, boughtNo)
  return {
    refund: {
      ...refund,
      customer: order.customer,
      day_no: dayNo,
      purchase_no: boughtNo,
      amount_fen: taken,
      orders: whole ? 1 : 0,
    },
    order: {
      ...order,
      refunded_fen: order.refunded_fen + taken,
      refunded_day: whole ? dayOfNumber(dayNo) : order.refunded_day,
    },
  }
}

/** One row per customer and day, in key order. */
function perDay(deltas: readonly DayDelta[]): DayDelta[] {
  const sums = new Map<string, DayDelta>()
  for (const delta of deltas) {
    const key = `${delta.customer}\n${String(delta.dayNo).padStart(7, '0')}`
    const sum = sums.get(key)
    sums.set(
      key,
      sum ? { ...sum, orders: sum.orders + delta.orders, amountFen: sum.amountFen + delta.amountFen } : delta,
    )
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum)
}
