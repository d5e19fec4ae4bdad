/** What to offer whom, each with its reason in words. */
import type { Reader } from '../../base/db.ts'
import { offersOf, ownedOf, popularItems } from './offers.store.ts'
import type { OfferRow, PopularRow } from './offers.store.ts'
import type { RecommendSettings } from './settings.ts'

export type RecommendationKind = 'replenish' | 'together' | 'popular'

export interface Recommendation {
  readonly sku: string
  readonly name: string
  readonly kind: RecommendationKind
  /** Chinese, with its figures. */
  readonly reason: string
  /** The bought sku it follows from. */
  readonly because?: string
  readonly priceFen?: number
  readonly stock?: number
  readonly url?: string
}

export const mostCustomers = 500

/** At most 500 customers; everybody gets a list, which may be empty. Short lists are filled up with what is popular. */
export async function recommendFor(
  reader: Reader,
  settings: RecommendSettings,
  customers: readonly string[],
  { dayNo, most }: { readonly dayNo: number; readonly most: number },
): Promise<Map<string, Recommendation[]>> {
  if (customers.length > mostCustomers)
    throw new RangeError(`recommendFor takes at most ${String(mostCustomers)} customers at a time.`)
  const lists = new Map<string, Recommendation[]>(customers.map((customer) => [customer, []]))
  if (customers.length === 0) return lists
  for (const [customer, list] of lists)
    for (const row of await offersOf(reader, customer, { settings, dayNo, most }))
      list.push(presentOffer(row, settings))
  await fillUp(reader, lists, most)
  return lists
}

/** Short lists get what is popular and not hers yet. */
export async function fillUp(
  reader: Reader,
  lists: Map<string, Recommendation[]>,
  most: number,
): Promise<void> {
  const short = [...lists].filter(([, list]) => list.length < most)
  if (short.length === 0) return
  const popular = await popularItems(reader)
  const owned = await ownedOf(
    reader,
    short.map(([customer]) => customer),
    popular.map(({ sku }) => sku),
  )
  for (const [customer, list] of short)
    for (const item of popular) {
      if (list.length >= most) break
      if (owned.has(`${customer}\t${item.sku}`) || list.some(({ sku }) => sku === item.sku)) continue
      list.push(presentPopular(item))
    }
}

export function presentOffer(row: OfferRow, { unit }: RecommendSettings): Recommendation {
  const name = row.name ?? row.sku
  return {
    sku: row.sku,
    name,
    kind: row.kind,
    reason:
      row.kind === 'replenish'
        ? `上次购买已过 ${String(row.since_days)} 天，通常约 ${String(row.replenish_days ?? 0)} 天用完，可以提醒补货`
        : `买过「${row.because_name ?? row.because}」的人常一起买「${name}」（${shareWords(row, unit)}）`,
    because: row.because,
    ...onShelf(row),
  }
}

const presentPopular = (row: PopularRow): Recommendation => ({
  sku: row.sku,
  name: row.name ?? row.sku,
  kind: 'popular',
  reason: `店里近期最多人买的商品之一（${String(row.together)} 人次）`,
  ...onShelf(row),
})

const onShelf = (
  row: Pick<PopularRow, 'price_fen' | 'stock' | 'url'>,
): Pick<Recommendation, 'priceFen' | 'stock' | 'url'> => ({
  ...(row.price_fen === null ? {} : { priceFen: row.price_fen }),
  ...(row.stock === null ? {} : { stock: row.stock }),
  ...(row.url === null || row.url === '' ? {} : { url: row.url }),
})

const shareWords = (
  { together, units }: Pick<OfferRow, 'together' | 'units'>,
  unit: RecommendSettings['unit'],
): string =>
  unit === 'customer'
    ? `${String(units)} 位中有 ${String(together)} 位`
    : `${String(units)} 单中有 ${String(together)} 单`
