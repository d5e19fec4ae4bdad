/** What is in an order: things that fit the child's age, whose line amounts sum to the order's amount to the fen. */
import type { Random } from './random.ts'
import type { SeededOrderItem } from '../types.ts'
import type { Household, ShopProduct } from './shop.ts'
import { monthsOf, populationOf } from './people.ts'

const maxLines = 6
const tries = 8

/** The value of one order, Gamma distributed around the household's own level. */
export function amountOf(random: Random, customer: Household, products: readonly ShopProduct[]): number {
  const yuan = random.gamma(populationOf.spendShape, customer.nature.spendRate)
  const cheapestFen = Math.min(...products.map((product) => product.priceFen))
  return Math.max(Math.round(yuan * 100), Math.round(cheapestFen * 0.8))
}

function fitting(products: readonly ShopProduct[], customer: Household, at: number): readonly ShopProduct[] {
  const months = monthsOf(customer, at)
  const fit = products.filter(
    (product) =>
      product.ageFromMonths <= months + 1 && months < product.ageToMonths && keepsToBrand(product, customer),
  )
  return fit.length >= 4 ? fit : products.filter((product) => product.ageToMonths >= 36)
}

/** A family that feeds goat milk does not change to cow milk from order to order. */
function keepsToBrand(product: ShopProduct, customer: Household): boolean {
  const goat = Number(customer.shopId.slice(-1)) < 3
  return !product.sku.startsWith(goat ? 'MF-A2' : 'MF-GT')
}

/** Picks until the list prices cover the amount; what is bought again and again is picked more often. */
function fill(random: Random, range: readonly ShopProduct[], amountFen: number): ShopProduct[] {
  const chosen: ShopProduct[] = []
  let restFen = amountFen
  while (restFen > 0) {
    const last = chosen.length >= maxLines - 1
    const within = range.filter(
      (product) => product.priceFen <= restFen && product.priceFen * maxLines >= restFen,
    )
    if (last || within.length === 0) {
      const cover = range.filter((product) => product.priceFen >= restFen)
      const next = cover.reduce<ShopProduct | null>((a, b) => (a && a.priceFen <= b.priceFen ? a : b), null)
      const dearest = range.reduce((a, b) => (a.priceFen >= b.priceFen ? a : b))
      chosen.push(next ?? dearest)
    } else {
      const often = within.filter((product) => product.replenishDays > 0)
      chosen.push(random.pick(often.length > 0 && random.chance(0.75) ? often : within))
    }
    restFen -= chosen.at(-1)?.priceFen ?? restFen
  }
  return chosen
}

const listFen = (basket: readonly ShopProduct[]) => basket.reduce((sum, product) => sum + product.priceFen, 0)

export function basketOf(
  random: Random,
  products: readonly ShopProduct[],
  customer: Household,
  at: number,
  amountFen: number,
): SeededOrderItem[] {
  const range = fitting(products, customer, at)
  // Of several baskets the one nearest to the amount, so that what looks like the shop's discount stays small.
  let best = fill(random, range, amountFen)
  for (let i = 1; i < tries; i++) {
    const other = fill(random, range, amountFen)
    if (listFen(other) < listFen(best)) best = other
  }
  return share(best, amountFen)
}

/** Splits the amount over the lines by list price; rounding is carried along, so that the sum is exact. */
function share(basket: readonly ShopProduct[], amountFen: number): SeededOrderItem[] {
  const quantities = new Map<ShopProduct, number>()
  for (const product of basket) quantities.set(product, (quantities.get(product) ?? 0) + 1)
  const total = listFen(basket)
  let listed = 0
  let paid = 0
  return [...quantities].map(([product, quantity]) => {
    listed += product.priceFen * quantity
    const upTo = Math.round((amountFen * listed) / total)
    const line = { sku: product.sku, quantity, amountFen: upTo - paid }
    paid = upTo
    return line
  })
}
