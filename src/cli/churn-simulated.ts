/**
 * Histories of the simulator's households, for the part of the churn signal that no open data knows: purchases together
 * with browsing. What comes of it shows that the machinery works, not how good it is in a real shop.
 */
import { dayNumber, instantOf } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import { createPacker } from '../segment/index.ts'
import type { Histories } from '../segment/index.ts'
import { dayOf } from '../simulator/shop/shop.ts'
import { seedShop } from '../simulator/shop/seed-shop.ts'
import type { Shop } from '../simulator/shop/shop.ts'
import { visitsOf } from '../simulator/shop/visits.ts'

/** Shops of 600 contacts each. */
const shops = 6

export const simulatedNote =
  'SIMULATED: households of the simulator (Pareto/NBD purchases; browsing that is assumed to fade before they leave). It shows that the machinery works, not how good it is in a real shop.'

export function simulatedHistories(today: Day): Histories {
  const now = instantOf(today)
  const packer = createPacker()
  for (let seed = 1; seed <= shops; seed += 1) addShop(seedShop({ seed, now }), packer)
  return packer.done()
}

function addShop(shop: Shop, packer: ReturnType<typeof createPacker>): void {
  const lasts = new Map(shop.products.map(({ sku, replenishDays }) => [sku, replenishDays]))
  const bought = new Map<string, Map<string, { at: number; supply: number }>>()
  for (const order of shop.orders) {
    const own = bought.get(order.shopId) ?? new Map<string, { at: number; supply: number }>()
    bought.set(order.shopId, own)
    const day = dayOf(order.at)
    const supplies = order.items
      .map(({ sku, quantity }) => (lasts.get(sku) ?? 0) * quantity)
      .concat(own.get(day)?.supply ?? 0)
      .filter((days) => days > 0)
    own.set(day, {
      at: own.get(day)?.at ?? order.at,
      supply: supplies.length === 0 ? 0 : Math.min(...supplies),
    })
  }
  for (const customer of shop.customers) {
    const own = [...(bought.get(customer.shopId) ?? [])]
    const [first] = own
    if (!first) continue
    const visits = visitsOf(shop.seed, customer, { entersAt: first[1].at, before: shop.now })
    packer.add({
      customer: `${String(shop.seed)}-${customer.shopId}`,
      purchases: own.map(([day, { supply }]) => ({
        dayNo: dayNumber(day),
        ...(supply > 0 ? { supplyDays: supply } : {}),
      })),
      acts: [...visits].map(([day, acts]) => ({ dayNo: dayNumber(day), acts })),
    })
  }
}
