/**
 * What to offer one customer, chosen in the database: what goes with her newest things, summed over
 * them, minus what she has; and what of hers is nearly used up. Only what is in stock and in the catalogue (a shop
 * without a catalogue is taken by its order lines), and no more than half of it for replenishing.
 */
import type { Reader } from '../../base/db.ts'
import type { RecommendSettings } from './settings.ts'

export interface OfferRow {
  readonly kind: 'replenish' | 'together'
  readonly sku: string
  readonly score: number
  /** The bought sku it follows from most. */
  readonly because: string
  readonly together: number
  readonly units: number
  readonly since_days: number
  readonly name: string | null
  readonly because_name: string | null
  readonly price_fen: number | null
  readonly stock: number | null
  readonly replenish_days: number | null
  readonly url: string | null
}

export const offerColumns = [
  'kind',
  'sku',
  'score',
  'because',
  'together',
  'units',
  'since_days',
  'name',
  'because_name',
  'price_fen',
  'stock',
  'replenish_days',
  'url',
] as const

export interface OffersQuery {
  readonly settings: RecommendSettings
  readonly dayNo: number
  readonly most: number
}

const whole = (n: number): string => String(Math.trunc(n))
/** So many more are looked at than are shown, for those that are sold out. */
const spare = 24
/** More than `historyItems` may be: a place is packed below the worth, so that one maximum carries both. */
const places = 128

/** Silent for that many times as long as it lasts: she does not use it any more, or buys it elsewhere. */
const givenUp = 4

/** For the customer `$1`. Summed in one grouping, and the catalogue asked for a few only: it is read with every card. */
export function offersSql({ settings, dayNo, most }: OffersQuery): string {
  const worth = settings.measure === 'cosine' ? 'cosine_e6' : 'lift_e3'
  const day = whole(dayNo)
  const sold = `case when p.sku is null then not exists (select 1 from product) else coalesce(p.stock, 1) > 0 end`
  return `with own as (select sku, max(day_no) as last_no from order_item where customer = $1 group by sku),
    recent as (
      select sku, row_number() over (order by last_no desc, sku) as place from own
      order by last_no desc, sku limit ${whole(settings.historyItems)}),
    fitting as (
      select c.other, sum(c.${worth}) as score, max(c.${worth} * ${whole(places)} + ${whole(places - 1)} - r.place) as best
      from recent r join co_purchase c on c.sku = r.sku where c.other not in (select sku from own)
      group by c.other order by 2 desc, c.other limit ${whole(most + spare)}),
    together as (
      select 'together' as kind, f.other as sku, f.score, r.sku as because, c.together, c.units, 0 as since_days,
        p.name, b.name as because_name, p.price_fen, p.stock, p.replenish_days, p.url
      from fitting f join recent r on r.place = ${whole(places - 1)} - f.best % ${whole(places)}
      join co_purchase c on c.sku = r.sku and c.other = f.other
      left join product p on p.sku = f.other left join product b on b.sku = r.sku
      where ${sold} order by f.score desc, f.other limit ${whole(most)}),
    due as (
      select 'replenish' as kind, o.sku, (${day} - o.last_no) * 500000 / p.replenish_days as score, o.sku as because,
        0 as together, 0 as units, ${day} - o.last_no as since_days,
        p.name, p.name as because_name, p.price_fen, p.stock, p.replenish_days, p.url
      from own o join product p on p.sku = o.sku
      where p.replenish_days > 0 and (${day} - o.last_no) * 100 >= p.replenish_days * ${whole(settings.replenishFromPercent)}
        and ${day} - o.last_no <= p.replenish_days * ${whole(givenUp)} and coalesce(p.stock, 1) > 0
      order by 3 desc, o.sku limit ${whole((most + 1) / 2)})
    select kind, sku, cast(score as bigint) as score, because, together, units, since_days, name, because_name, price_fen, stock, replenish_days, url
    from (select * from due union all select * from together) offered order by kind, score desc, sku limit ${whole(most)}`
}

export const offersOf = (reader: Reader, customer: string, query: OffersQuery): Promise<OfferRow[]> =>
  reader.rows<OfferRow>(offersSql(query), [customer])

export interface PopularRow {
  readonly sku: string
  readonly together: number
  readonly units: number
  readonly name: string | null
  readonly price_fen: number | null
  readonly stock: number | null
  readonly url: string | null
}

/** What most people bought, as far as it is sold. */
export const popularItems = (reader: Reader): Promise<PopularRow[]> =>
  reader.rows<PopularRow>(
    `select c.other as sku, c.together, c.units, p.name, p.price_fen, p.stock, p.url
     from co_purchase c left join product p on p.sku = c.other
     where c.sku = '' and case when p.sku is null then not exists (select 1 from product) else coalesce(p.stock, 1) > 0 end
     order by c.rank`,
  )

/** Which of these items each of these customers has. */
export async function ownedOf(
  reader: Reader,
  customers: readonly string[],
  skus: readonly string[],
): Promise<Set<string>> {
  if (customers.length === 0 || skus.length === 0) return new Set()
  const places = (from: number, n: number): string =>
    Array.from({ length: n }, (_, i) => `$${String(from + i)}`).join(', ')
  const rows = await reader.rows<{ customer: string; sku: string }>(
    `select distinct customer, sku from order_item
     where customer in (${places(1, customers.length)}) and sku in (${places(customers.length + 1, skus.length)})`,
    [...customers, ...skus],
  )
  return new Set(rows.map(({ customer, sku }) => `${customer}\t${sku}`))
}
