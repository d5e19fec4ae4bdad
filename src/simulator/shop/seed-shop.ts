/** 小禾母婴, a maternity and baby shop: the same seed and the same now give the same shop, to the last fen. */
import type { SeededFollow, SeededOrder } from '../types.ts'
import { groupsOf } from './groups.ts'
import { historyMs, numbered, ordersOf } from './orders.ts'
import { advisors, customerOf } from './people.ts'
import { products } from './products.ts'
import type { Random } from './random.ts'
import { randomOf } from './random.ts'
import type { Shop, ShopCustomer } from './shop.ts'
import { dayMs } from './shop.ts'

const contactCount = 600
const strangerCount = 44
/** Contacts who scanned a code and never bought. */
const lookerShare = 0.13
/** Contacts whom a second advisor has added, too. */
const twiceAddedShare = 0.025

const tags = [
  { group: '孕育阶段', names: ['备孕', '孕期', '0-1岁', '1-3岁', '3岁以上'] },
  { group: '来源', names: ['包裹码', '门店码', '妈妈集市'] },
] as const

const tagOfState: Readonly<Record<string, string>> = { parcel: '包裹码', shop: '门店码', fair: '妈妈集市' }

/** Shops grow: the density of arrivals rises linearly, the last month brings twice as many as the first. */
function entryOf(uniform: number, now: number): number {
  return now - historyMs + historyMs * (Math.sqrt(1 + 3 * uniform) - 1)
}

function followsOf(random: Random, entersAt: number, buys: boolean, now: number): SeededFollow[] {
  // Half scan the parcel's code a few days after the first order, the others meet an advisor before it.
  const byParcel = buys && random.chance(0.5)
  const addedAt = byParcel
    ? entersAt + random.between(1, 6) * dayMs
    : entersAt - random.between(0.01, 2) * dayMs
  const state = byParcel ? 'parcel' : random.pick(['shop', 'shop', 'fair', ''])
  const tag = random.chance(0.6) ? tagOfState[state] : undefined
  const [first, second] = random.sample(advisors, 2)
  const createtime = Math.floor(Math.min(addedAt, now - 60_000) / 1000)
  const follows: SeededFollow[] = []
  // 1: by scanning a code, 2: by searching the mobile number.
  const how = { state, add_way: state === '' ? 2 : 1, ...(tag ? { tags: [tag] } : {}) }
  if (first) follows.push({ userid: first.userid, createtime, ...how })
  if (second && random.chance(twiceAddedShare)) {
    const later = createtime + (now / 1000 - createtime) * random.next()
    follows.push({ userid: second.userid, createtime: Math.floor(later), add_way: 2 })
  }
  return follows
}

function arrive(seed: number, number: number, now: number): { customer: ShopCustomer; entersAt: number } {
  const random = randomOf(seed, 'arrival', number)
  const entersAt = Math.floor(entryOf(random.next(), now) / 1000) * 1000
  const buys = !random.chance(lookerShare)
  const follow = followsOf(random, entersAt, buys, now)
  return { customer: customerOf({ seed, number, entersAt, buys, follow }), entersAt }
}

/** A group member nobody has as a contact: the shop has no orders of hers and OAuth tells only her openid. */
const strangerOf = (seed: number, number: number, now: number) =>
  customerOf({ seed, number: contactCount + number, entersAt: now - 90 * dayMs, buys: false, follow: [] })

export function seedShop(options: { readonly seed: number; readonly now: number }): Shop {
  const { seed, now } = options
  const contacts: ShopCustomer[] = []
  const orders: Omit<SeededOrder, 'orderId'>[] = []
  for (let number = 1; number <= contactCount; number++) {
    const { customer, entersAt } = arrive(seed, number, now)
    contacts.push(customer)
    orders.push(...ordersOf(seed, customer, products, entersAt, now))
  }
  const strangers = Array.from({ length: strangerCount }, (_, i) => strangerOf(seed, i + 1, now))
  return {
    name: '小禾母婴',
    seed,
    now,
    staff: advisors,
    products,
    customers: [...contacts, ...strangers],
    groups: groupsOf(seed, contacts, strangers, now),
    orders: numbered(orders),
    tags,
  }
}
