/**
 * What to offer, chosen in the database for one customer or some hundreds: what goes with her newest things, summed over
 * them, minus what she has; and what of hers is nearly used up. Only what is in stock and in the catalogue (a shop
 * without a catalogue is taken by its order lines), and no more than half of it for replenishing.
 */
import type { Reader } from '../../base/db.ts'
import type { RecommendSettings } from './settings.ts'

export interface OfferRow {
  readonly customer: string
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
  'customer',
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
  /** The placeholders of the customers. */
  readonly list: string
}

const whole = (n: number): string => String(Math.trunc(n))

export function offersSql({ settings, dayNo, most, list }: OffersQuery): string {
  const worth = settings.measure === 'cosine' ? 'cosine_e6' : 'lift_e3'
  const day = whole(dayNo)
  return `with own as (
      select customer, sku, max(day_no) as last_no from order_item where customer in (${list}) group by customer, sku),
    recent as (
      select customer, sku from (
        select customer, sku, row_number() over (partition by customer order by last_no desc, sku) as place from own) o
      where place <= ${whole(settings.historyItems)}),
    fitting as (
      select r.customer, c.other, c.sku, c.together, c.units, c.${worth} as worth
      from recent r join co_purchase c on c.sku = r.sku
      where not exists (select 1 from own o where o.customer = r.customer and o.sku = c.other)),
    summed as (
      select customer, other, sku, together, units, sum(worth) over (partition by customer, other) as score,
        row_number() over (partition by customer, other order by worth desc, together desc, sku) as best from fitting),
    offered as (
      select customer, 'together' as kind, other as sku, score, sku as because, together, units, 0 as since_days
      from summed where best = 1
      union all
      select o.customer, 'replenish', o.sku, (${day} - o.last_no) * 500000 / p.replenish_days, o.sku, 0, 0, ${day} - o.last_no
      from own o join product p on p.sku = o.sku
      where p.replenish_days > 0 and (${day} - o.last_no) * 100 >= p.replenish_days * ${whole(settings.replenishFromPercent)}),
    sold as (
      select f.*, p.name, p.price_fen, p.stock, p.replenish_days, p.url,
        row_number() over (partition by f.customer, f.kind order by f.score desc, f.together desc, f.sku) as in_kind
      from offered f left join product p on p.sku = f.sku
      where case when p.sku is null then not exists (select 1 from product) else coalesce(p.stock, 1) > 0 end),
    shown as (
      select s.*, row_number() over (partition by customer order by kind, in_kind) as place
      from sold s where kind = 'together' or in_kind <= ${whole((most + 1) / 2)})
    select s.customer, s.kind, s.sku, cast(s.score as bigint) as score, s.because, s.together, s.units, s.since_days, s.name,
      b.name as because_name, s.price_fen, s.stock, s.replenish_days, s.url
    from shown s left join product b on b.sku = s.because
    where s.place <= ${whole(most)} order by s.customer, s.place`
}

export const offersOf = (
  reader: Reader,
  customers: readonly string[],
  query: Omit<OffersQuery, 'list'>,
): Promise<OfferRow[]> =>
  reader.rows<OfferRow>(
    offersSql({ ...query, list: customers.map((_, i) => `$${String(i + 1)}`).join(', ') }),
    customers,
  )

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
