/** Eighteen months of orders: each household follows its own Poisson rate until its own silent end. */
import { amountOf, basketOf } from './basket.ts'
import { randomOf } from './random.ts'
import type { Random } from './random.ts'
import type { SeededOrder } from '../types.ts'
import type { ShopCustomer, ShopProduct } from './shop.ts'
import { dayMs, dayOf, startOfDay, weekMs } from './shop.ts'

/** How orders spread over the hours of a day: nothing at night, a hump at noon, most when the child sleeps. */
const hours = [9, 10, 10, 11, 12, 12, 13, 14, 15, 16, 17, 18, 19, 20, 20, 20, 21, 21, 21, 22, 22, 23] as const

function atShoppingHour(random: Random, at: number, from: number, before: number): number {
  const minute = random.pick(hours) * 60 + random.int(0, 59)
  const moved = startOfDay(at) + minute * 60_000 + random.int(0, 59) * 1000
  // The first and the last day are cut by the entry and by now; there the drawn instant stays.
  return moved >= from && moved < before ? moved : Math.floor(at / 1000) * 1000
}

/** Instants of all orders from the entry (which is the first order) up to `before`. */
function instantsOf(random: Random, customer: ShopCustomer, entersAt: number, before: number): number[] {
  const instants = [Math.floor(entersAt / 1000) * 1000]
  let at = entersAt
  for (;;) {
    at += random.exponential(customer.nature.ordersPerWeek) * weekMs
    if (at >= before || at >= customer.nature.leavesAt) return instants
    instants.push(atShoppingHour(random, at, entersAt, before))
  }
}

export function ordersOf(
  seed: number,
  customer: ShopCustomer,
  products: readonly ShopProduct[],
  entersAt: number,
  before: number,
): Omit<SeededOrder, 'orderId'>[] {
  if (customer.nature.ordersPerWeek === 0) return []
  const random = randomOf(seed, 'orders', customer.shopId)
  return instantsOf(random, customer, entersAt, before).map((at) => {
    const amountFen = amountOf(random, customer, products)
    return {
      shopId: customer.shopId,
      external_userid: customer.external_userid,
      at,
      amountFen,
      items: basketOf(random, products, customer, at, amountFen),
    }
  })
}

/** Order numbers as shops print them: the day and the running number of the day. */
export function numbered(orders: readonly Omit<SeededOrder, 'orderId'>[]): SeededOrder[] {
  const sorted = [...orders].sort((a, b) => a.at - b.at || (a.shopId < b.shopId ? -1 : 1))
  const countOf = new Map<string, number>()
  return sorted.map((order) => {
    const day = dayOf(order.at).replaceAll('-', '')
    const number = (countOf.get(day) ?? 0) + 1
    countOf.set(day, number)
    return { orderId: `XH${day}${String(number).padStart(4, '0')}`, ...order }
  })
}

/** The 18 months that the shop remembers. */
export const historyMs = 548 * dayMs
