/**
 * What to offer whom: what goes with what she bought, minus what she has, plus what she is running out of. Only what is
 * in stock and in the catalogue (a shop without a catalogue is taken by its order lines), each with its reason in words.
 */
import type { Reader } from '../../base/db.ts'
import { boughtBy, hasCatalogue, pairsOf, productsOf } from './co-purchase.store.ts'
import type { BoughtItem, CoPurchase, ProductLine } from './co-purchase.store.ts'
import { orderLines } from './lines.ts'
import type { RecommendSettings } from './settings.ts'

export type RecommendationKind = 'together' | 'replenish' | 'popular'

export interface Recommendation {
  readonly sku: string
  readonly name: string
  readonly kind: RecommendationKind
  /** Chinese, with its figures. */
  readonly reason: string
  /** The bought sku it follows from. */
  readonly because?: string
  readonly score: number
  readonly priceFen?: number
  readonly stock?: number
  readonly url?: string
}

export const mostCustomers = 500

/** At most 500 customers; everybody gets a list, which may be empty. */
export async function recommendFor(
  reader: Reader,
  settings: RecommendSettings,
  customers: readonly string[],
  { dayNo, most }: { readonly dayNo: number; readonly most: number },
): Promise<Map<string, Recommendation[]>> {
  if (customers.length > mostCustomers)
    throw new RangeError(`recommendFor takes at most ${String(mostCustomers)} customers at a time.`)
  const bought = new Map<string, BoughtItem[]>(customers.map((customer) => [customer, []]))
  for (const line of await boughtBy(reader, orderLines(reader), customers))
    bought.get(line.customer)?.push(line)
  const recent = [...bought.values()].flatMap((own) => own.slice(0, settings.historyItems))
  const pairs = new Map<string, CoPurchase[]>()
  for (const pair of await pairsOf(reader, ['', ...new Set(recent.map(({ sku }) => sku))])) {
    const own = pairs.get(pair.sku)
    if (own) own.push(pair)
    else pairs.set(pair.sku, [pair])
  }
  const skus = new Set([...recent, ...[...pairs.values()].flat()].map((one) => one.sku))
  for (const list of pairs.values()) for (const { other } of list) skus.add(other)
  skus.delete('')
  const shelf: Shelf = {
    products: await productsOf(reader, [...skus]),
    closed: await hasCatalogue(reader),
  }
  return new Map(
    [...bought].map(([customer, own]) => [customer, choose(own, pairs, shelf, settings, dayNo, most)]),
  )
}

interface Shelf {
  readonly products: ReadonlyMap<string, ProductLine>
  /** The shop keeps a catalogue: what is not in it is not sold any more. */
  readonly closed: boolean
}

interface Candidate {
  readonly sku: string
  readonly kind: RecommendationKind
  readonly score: number
  readonly reason: string
  readonly because?: string
}

export function choose(
  own: readonly BoughtItem[],
  pairs: ReadonlyMap<string, readonly CoPurchase[]>,
  shelf: Shelf,
  settings: RecommendSettings,
  dayNo: number,
  most: number,
): Recommendation[] {
  const nameOf = (sku: string): string => shelf.products.get(sku)?.name ?? sku
  const owned = new Map(own.map((line) => [line.sku, line]))
  const isDue = (line: BoughtItem): boolean => {
    const days = shelf.products.get(line.sku)?.replenish_days ?? 0
    return days > 0 && (dayNo - line.last_no) * 100 >= days * settings.replenishFromPercent
  }
  const sold = (sku: string): boolean => {
    const product = shelf.products.get(sku)
    if (!product) return !shelf.closed
    return product.stock === null || product.stock > 0
  }
  const lists: Candidate[][] = [
    dueOf(own.filter(isDue), shelf, dayNo),
    togetherOf(own.slice(0, settings.historyItems), pairs, settings, nameOf),
    popularOf(pairs.get('') ?? []),
  ]
  const chosen: Recommendation[] = []
  const taken = new Set<string>()
  for (const candidate of lists.flat()) {
    if (chosen.length >= most) break
    const { sku, kind } = candidate
    if (taken.has(sku) || !sold(sku)) continue
    if (owned.has(sku) && kind !== 'replenish') continue
    taken.add(sku)
    const product = shelf.products.get(sku)
    chosen.push({
      ...candidate,
      name: nameOf(sku),
      ...(product ? { priceFen: product.price_fen } : {}),
      ...(typeof product?.stock === 'number' ? { stock: product.stock } : {}),
      ...(product && product.url !== '' ? { url: product.url } : {}),
    })
  }
  return chosen
}

/** The longest overdue by its own measure first. */
function dueOf(due: readonly BoughtItem[], { products }: Shelf, dayNo: number): Candidate[] {
  return due
    .map((line): Candidate => {
      const days = products.get(line.sku)?.replenish_days ?? 1
      const since = dayNo - line.last_no
      return {
        sku: line.sku,
        kind: 'replenish',
        score: Math.min(1_000_000, Math.round((since / days) * 500_000)),
        reason: `上次购买已过 ${String(since)} 天，通常约 ${String(days)} 天用完，可以提醒补货`,
        because: line.sku,
      }
    })
    .sort((a, b) => b.score - a.score || (a.sku < b.sku ? -1 : 1))
}

function togetherOf(
  own: readonly BoughtItem[],
  pairs: ReadonlyMap<string, readonly CoPurchase[]>,
  { measure, unit }: RecommendSettings,
  nameOf: (sku: string) => string,
): Candidate[] {
  const sums = new Map<string, { score: number; best: CoPurchase; bestWorth: number }>()
  for (const { sku } of own)
    for (const pair of pairs.get(sku) ?? []) {
      const worth = measure === 'cosine' ? pair.cosine_e6 : pair.lift_e3
      const sum = sums.get(pair.other)
      if (!sum) sums.set(pair.other, { score: worth, best: pair, bestWorth: worth })
      else {
        sum.score += worth
        if (worth > sum.bestWorth) Object.assign(sum, { best: pair, bestWorth: worth })
      }
    }
  return [...sums]
    .sort(([a, x], [b, y]) => y.score - x.score || y.best.together - x.best.together || (a < b ? -1 : 1))
    .map(([sku, { score, best }]) => ({
      sku,
      kind: 'together',
      score: score,
      because: best.sku,
      reason: `买过「${nameOf(best.sku)}」的人常一起买「${nameOf(sku)}」（${shareWords(best, unit)}）`,
    }))
}

const shareWords = ({ together, units }: CoPurchase, unit: RecommendSettings['unit']): string =>
  unit === 'customer'
    ? `${String(units)} 位中有 ${String(together)} 位`
    : `${String(units)} 单中有 ${String(together)} 单`

const popularOf = (pairs: readonly CoPurchase[]): Candidate[] =>
  pairs.map(({ other, together, units }) => ({
    sku: other,
    kind: 'popular',
    score: units === 0 ? 0 : Math.round((together / units) * 1e6),
    reason: `店里近期最多人买的商品之一（${String(together)} 人次）`,
  }))
