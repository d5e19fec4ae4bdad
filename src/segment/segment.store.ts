import type { Day } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'
import type { Reader, Tx } from '../base/db.ts'
import { between, quantilePlace } from './quantile.ts'
import type { Cut, CutNeed, Features } from './rule.ts'
import { before } from './rule.ts'

const chunk = 500
const list = (values: readonly unknown[], from = 1): string =>
  values.map((_, i) => `$${String(i + from)}`).join(', ')

// ------------------------------------------------------------------ as of a day

/**
 * Purchases as they were known at the end of `day`: today's net buckets, plus what later refunds took away again.
 * Without a later refund the buckets are the answer themselves. `day` is one of our own strings, never input.
 */
async function purchasesAsOf(
  reader: Reader,
  day: Day,
  { since = '', of = '' }: { readonly since?: Day; readonly of?: string },
): Promise<string> {
  const [later] = await reader.rows(
    'select 1 as yes from refund where day > $1 and customer is not null limit 1',
    [day],
  )
  const net = `select customer, day, orders, amount_fen from purchase_day where day <= '${day}' and day > '${since}' ${of}`
  if (!later) return `select customer, day, amount_fen from (${net}) net where orders > 0`
  return `select customer, day, cast(sum(amount_fen) as bigint) as amount_fen from (${net}
      union all
      select customer, purchase_day as day, orders, amount_fen from refund
      where day > '${day}' and purchase_day <= '${day}' and purchase_day > '${since}' ${of}
    ) net group by customer, day having sum(orders) > 0`
}

export interface FeatureQuery {
  readonly day: Day
  /** Only who was known by then. */
  readonly knownBefore: Instant
  readonly windows: readonly number[]
  /** A CASE over the features: the tier's name. */
  readonly tier: string
  /** At most 500; null for everybody. */
  readonly customers: readonly string[] | null
}

export type FeatureRow = Features & { readonly customer: string; readonly tier: string }

export async function readFeatures(reader: Reader, query: FeatureQuery): Promise<FeatureRow[]> {
  const { day, customers } = query
  if (customers?.length === 0) return []
  const of = customers === null ? '' : `and customer in (${list(customers)})`
  const whose = customers === null ? '' : `and c.id in (${list(customers)})`
  const windows = query.windows.map((days) => {
    const inside = `day > '${before(day, days)}'`
    const n = String(days)
    return `, cast(sum(case when ${inside} then 1 else 0 end) as bigint) as purchases_${n},
      cast(sum(case when ${inside} then amount_fen else 0 end) as bigint) as amount_${n},
      min(case when ${inside} then day end) as oldest_${n}`
  })
  const columns = query.windows.map(
    (days) =>
      `, coalesce(b.purchases_${String(days)}, 0) as purchases_${String(days)}, coalesce(b.amount_${String(days)}, 0) as amount_${String(days)}, b.oldest_${String(days)} as oldest_${String(days)}`,
  )
  return reader.rows<FeatureRow>(
    `with purchases as (${await purchasesAsOf(reader, day, { of })}),
     bought as (
       select customer, min(day) as first_day, max(day) as last_day, cast(count(*) as bigint) as purchases,
         cast(sum(amount_fen) as bigint) as amount_fen ${windows.join('')}
       from purchases group by customer),
     engaged as (
       select customer, max(day) as engaged_day from engagement_day where day <= '${day}' ${of} group by customer),
     features as (
       select c.id as customer, b.first_day, b.last_day, coalesce(b.purchases, 0) as purchases,
         coalesce(b.amount_fen, 0) as amount_fen, e.engaged_day ${columns.join('')}
       from customer c left join bought b on b.customer = c.id left join engaged e on e.customer = c.id
       where c.created_at < $${String((customers?.length ?? 0) + 1)} ${whose})
     select features.*, ${query.tier} as tier from features order by customer`,
    [...(customers ?? []), query.knownBefore],
  )
}

/** The quantile of average purchases over everybody who bought within `days` of `day`. */
export async function computeCut(reader: Reader, { percent, days }: CutNeed, day: Day): Promise<Cut> {
  // One pass: the two neighbours of the quantile's place, by the same integer arithmetic as quantile.ts.
  const rows = await reader.rows<{ average: number; place: number; n: number }>(
    `with purchases as (${await purchasesAsOf(reader, day, { since: before(day, days) })}),
     averages as (select cast(sum(amount_fen) as bigint) / count(*) as average from purchases group by customer),
     ranked as (select average, row_number() over (order by average) - 1 as place, count(*) over () as n from averages)
     select cast(average as bigint) as average, cast(place as bigint) as place, cast(n as bigint) as n from ranked
     where place in ((n - 1) * ${String(percent)} / 100, (n - 1) * ${String(percent)} / 100 + 1) order by place`,
  )
  const [lower, upper] = rows
  if (!lower) return { cutFen: 0, buyers: 0 }
  const { hundredths } = quantilePlace(lower.n, percent)
  return { cutFen: between(lower.average, upper?.average ?? lower.average, hundredths), buyers: lower.n }
}

/** The newest frozen cut of each name that was made on or before `day` and after `since`. */
export async function frozenCuts(
  reader: Reader,
  names: readonly string[],
  since: Day,
  day: Day,
): Promise<Map<string, Cut & { readonly day: Day }>> {
  const cuts = new Map<string, Cut & { readonly day: Day }>()
  if (names.length === 0) return cuts
  const rows = await reader.rows<{ name: string; day: Day; cut: number; buyers: number }>(
    `select name, day, cut, buyers from cut_point where day > $1 and day <= $2 and name in (${list(names, 3)}) order by day`,
    [since, day, ...names],
  )
  for (const row of rows) cuts.set(row.name, { cutFen: row.cut, buyers: row.buyers, day: row.day })
  return cuts
}

export const saveCuts = (
  tx: Tx,
  rows: readonly { name: string; day: Day; cut: number; buyers: number }[],
): Promise<number> =>
  tx.insert(
    'cut_point',
    rows,
    'ON CONFLICT (name, day) DO UPDATE SET cut = excluded.cut, buyers = excluded.buyers',
  )

// ------------------------------------------------------------------ facts

export async function recountPurchases(tx: Tx, customers: readonly string[]): Promise<void> {
  for (let from = 0; from < customers.length; from += chunk) {
    const part = customers.slice(from, from + chunk)
    const rows = await tx.rows<{
      customer: string
      first_day: Day | null
      last_day: Day | null
      purchases: number
      orders: number
      amount_fen: number
    }>(
      `select customer, min(case when orders > 0 then day end) as first_day, max(case when orders > 0 then day end) as last_day,
         cast(sum(case when orders > 0 then 1 else 0 end) as bigint) as purchases,
         cast(sum(orders) as bigint) as orders, cast(sum(amount_fen) as bigint) as amount_fen
       from purchase_day where customer in (${list(part)}) group by customer order by customer`,
      part,
    )
    await tx.insert(
      'facts',
      rows.map((row) => ({ ...row })),
      `ON CONFLICT (customer) DO UPDATE SET first_day = excluded.first_day, last_day = excluded.last_day,
       purchases = excluded.purchases, orders = excluded.orders, amount_fen = excluded.amount_fen`,
    )
  }
}

export type LatestDay = 'engaged_day' | 'complained_day' | 'browsed_day'

/** Moves one "latest day" forward; never back, whatever the order of arrival. */
export const noteLatest = (
  tx: Tx,
  column: LatestDay,
  days: readonly { readonly customer: string; readonly day: Day }[],
): Promise<number> =>
  tx.insert(
    'facts',
    days.map(({ customer, day }) => ({
      customer,
      purchases: 0,
      orders: 0,
      amount_fen: 0,
      [column]: day,
    })),
    `ON CONFLICT (customer) DO UPDATE SET ${column} =
     case when facts.${column} is null or facts.${column} < excluded.${column} then excluded.${column} else facts.${column} end`,
  )

export const addEngagement = (
  tx: Tx,
  rows: readonly { readonly customer: string; readonly day: Day; readonly acts: number }[],
): Promise<number> =>
  tx.insert(
    'engagement_day',
    rows.map((row) => ({ ...row })),
    'ON CONFLICT (customer, day) DO UPDATE SET acts = engagement_day.acts + excluded.acts',
  )

// ------------------------------------------------------------------ standings

export interface StoredStanding {
  readonly customer: string
  readonly tier: string
  readonly since_day: Day
  readonly reason: string
  readonly dormancy: string | null
  readonly stage: string
  readonly next_day: Day | null
  readonly computed_day: Day
}

/** Whoever recomputes takes this first: an older view must not overwrite a newer one. */
export const lockStandings = (tx: Tx): Promise<number> =>
  tx.run(`UPDATE segment_state SET value = value WHERE name = 'lock'`)

export async function storedStandings(
  reader: Reader,
  customers: readonly string[] | null,
): Promise<Map<string, StoredStanding>> {
  const found = new Map<string, StoredStanding>()
  const columns = 'customer, tier, since_day, reason, dormancy, stage, next_day, computed_day'
  if (customers === null) {
    for (const row of await reader.rows<StoredStanding>(`select ${columns} from standing`))
      found.set(row.customer, row)
    return found
  }
  for (let from = 0; from < customers.length; from += chunk) {
    const part = customers.slice(from, from + chunk)
    const rows = await reader.rows<StoredStanding>(
      `select ${columns} from standing where customer in (${list(part)})`,
      part,
    )
    for (const row of rows) found.set(row.customer, row)
  }
  return found
}

export const saveStandings = (tx: Tx, rows: readonly StoredStanding[]): Promise<number> =>
  tx.insert(
    'standing',
    rows.map((row) => ({ ...row })),
    `ON CONFLICT (customer) DO UPDATE SET tier = excluded.tier, since_day = excluded.since_day, reason = excluded.reason,
     dormancy = excluded.dormancy, stage = excluded.stage, next_day = excluded.next_day, computed_day = excluded.computed_day`,
  )

/** Whom time alone may have moved by `day`, and who was never looked at. */
export async function dueCustomers(reader: Reader, day: Day, knownBefore: Instant): Promise<string[]> {
  const due = await reader.rows<{ customer: string }>(
    'select customer from standing where next_day <= $1 order by customer',
    [day],
  )
  const unseen = await reader.rows<{ customer: string }>(
    `select c.id as customer from customer c left join standing s on s.customer = c.id
     where s.customer is null and c.created_at < $1 order by c.id`,
    [knownBefore],
  )
  return [...due, ...unseen].map(({ customer }) => customer)
}

export async function stateOf(reader: Reader, name: string): Promise<string> {
  const [row] = await reader.rows<{ value: string }>('select value from segment_state where name = $1', [
    name,
  ])
  return row?.value ?? ''
}

export const saveState = (tx: Tx, name: string, value: string): Promise<number> =>
  tx.insert('segment_state', [{ name, value }], 'ON CONFLICT (name) DO UPDATE SET value = excluded.value')

export const saveWantedTags = (
  tx: Tx,
  rows: readonly { customer: string; tag_group: string; tag: string; changed_at: Instant }[],
): Promise<number> =>
  tx.insert(
    'wanted_tag',
    rows,
    'ON CONFLICT (customer, tag_group) DO UPDATE SET tag = excluded.tag, changed_at = excluded.changed_at',
  )

/** Days on which quantiles were frozen lately, newest first. */
export async function newestCutDay(reader: Reader, day: Day): Promise<Day | null> {
  const [row] = await reader.rows<{ day: Day | null }>(
    'select max(day) as day from cut_point where day <= $1',
    [day],
  )
  return row?.day ?? null
}
