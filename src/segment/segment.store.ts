import { dayNumber } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'
import type { Reader, Tx } from '../base/db.ts'
import { idsIn } from './compute.ts'
import { between, quantilePlace } from './quantile.ts'
import type { Cut, CutNeed } from './rule.ts'
import { wantTierTags } from './tags/wanted.store.ts'

const chunk = 500
const list = (values: readonly unknown[], from = 1): string =>
  values.map((_, i) => `$${String(i + from)}`).join(', ')

// ------------------------------------------------------------------ cut points

/** Did refunds come after this day that must be put back to say what was known then? */
export async function anyRefundAfter(reader: Reader, dayNo: number): Promise<boolean> {
  const [later] = await reader.rows(
    'select 1 as yes from refund where day_no > $1 and customer is not null limit 1',
    [dayNo],
  )
  return later !== undefined
}

/** Purchases of the days after `since` up to `dayNo`, as they were known at the end of that day. */
async function purchasesAsOf(reader: Reader, dayNo: number, since: number): Promise<string> {
  const span = (column: string): string => `${column} <= ${String(dayNo)} and ${column} > ${String(since)}`
  const net = `select customer, day_no, orders, amount_fen from purchase_day where ${span('day_no')}`
  if (!(await anyRefundAfter(reader, dayNo))) return `${net} and orders > 0`
  return `select customer, day_no, cast(sum(amount_fen) as bigint) as amount_fen from (${net}
      union all
      select customer, purchase_no as day_no, orders, amount_fen from refund
      where day_no > ${String(dayNo)} and ${span('purchase_no')}
    ) net group by customer, day_no having sum(orders) > 0`
}

/** The quantile of average purchases (or sums) over everybody who bought within `days` of `day`. */
export async function computeCut(reader: Reader, { of, percent, days }: CutNeed, day: Day): Promise<Cut> {
  const dayNo = dayNumber(day)
  // One pass: the two neighbours of the quantile's place, by the same integer arithmetic as quantile.ts.
  const rows = await reader.rows<{ average: number; place: number; n: number }>(
    `with averages as (
       select cast(sum(amount_fen) as bigint)${of === 'average' ? ' / count(*)' : ''} as average
       from (${await purchasesAsOf(reader, dayNo, dayNo - days)}) purchases group by customer),
     ranked as (select average, row_number() over (order by average) - 1 as place, count(*) over () as n from averages)
     select cast(average as bigint) as average, cast(place as bigint) as place, cast(n as bigint) as n from ranked
     where place in ((n - 1) * ${String(percent)} / 100, (n - 1) * ${String(percent)} / 100 + 1) order by place`,
  )
  const [lower, upper] = rows
  if (!lower) return { cutFen: 0, buyers: 0 }
  const { hundredths } = quantilePlace(lower.n, percent)
  return { cutFen: between(lower.average, upper?.average ?? lower.average, hundredths), buyers: lower.n }
}

/** True when more than `n` customers ever bought: too many to go through inside a transaction. */
export async function moreBuyersThan(reader: Reader, n: number): Promise<boolean> {
  const [row] = await reader.rows<{ n: number }>(
    `select cast(count(*) as bigint) as n from (select 1 as one from facts where purchases > 0 limit ${String(n + 1)}) buyers`,
  )
  return (row?.n ?? 0) > n
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
    await tx.run(
      `INSERT INTO facts (customer, first_no, last_no, purchases, orders, amount_fen)
       select customer, min(case when orders > 0 then day_no end), max(case when orders > 0 then day_no end),
         cast(sum(case when orders > 0 then 1 else 0 end) as bigint),
         cast(sum(orders) as bigint), cast(sum(amount_fen) as bigint)
       from purchase_day where ${idsIn(tx.dialect, 'customer')} group by customer order by customer
       ON CONFLICT (customer) DO UPDATE SET first_no = excluded.first_no, last_no = excluded.last_no,
       purchases = excluded.purchases, orders = excluded.orders, amount_fen = excluded.amount_fen`,
      [JSON.stringify(part)],
    )
  }
}

export type LatestDay = 'engaged_no' | 'complained_no' | 'browsed_no'

/** Moves one "latest day" forward; never back, whatever the order of arrival. */
export const noteLatest = (
  tx: Tx,
  column: LatestDay,
  days: readonly { readonly customer: string; readonly dayNo: number }[],
): Promise<number> =>
  tx.insert(
    'facts',
    days.map(({ customer, dayNo }) => ({
      customer,
      purchases: 0,
      orders: 0,
      amount_fen: 0,
      [column]: dayNo,
    })),
    `ON CONFLICT (customer) DO UPDATE SET ${column} =
     case when facts.${column} is null or facts.${column} < excluded.${column} then excluded.${column} else facts.${column} end`,
  )

export const addEngagement = (
  tx: Tx,
  rows: readonly { readonly customer: string; readonly dayNo: number; readonly acts: number }[],
): Promise<number> =>
  tx.insert(
    'engagement_day',
    rows.map(({ customer, dayNo, acts }) => ({ customer, day_no: dayNo, acts })),
    'ON CONFLICT (customer, day_no) DO UPDATE SET acts = engagement_day.acts + excluded.acts',
  )

// ------------------------------------------------------------------ state

/** Whoever recomputes takes this first: an older view must not overwrite a newer one. */
export const lockStandings = (tx: Tx): Promise<number> =>
  tx.run(`UPDATE segment_state SET value = value WHERE name = 'lock'`)

/** `rules`: hash of the rules everybody was last judged by. `windows`: what the figures kept in `standing` count. */
export async function stateOf(reader: Reader, name: 'rules' | 'windows'): Promise<string> {
  const [row] = await reader.rows<{ value: string }>('select value from segment_state where name = $1', [
    name,
  ])
  return row?.value ?? ''
}

export const saveState = (tx: Tx, name: 'rules' | 'windows', value: string): Promise<number> =>
  tx.insert('segment_state', [{ name, value }], 'ON CONFLICT (name) DO UPDATE SET value = excluded.value')

export const saveWantedTags = (
  tx: Tx,
  rows: readonly { customer: string; tag_group: string; tag: string; changed_at: Instant }[],
): Promise<void> => wantTierTags(tx, rows, rows[0]?.changed_at ?? 0)

/** Of somebody who is no more. */
export async function deleteStandings(tx: Tx, customer: string): Promise<void> {
  for (const name of ['standing', 'wanted_tag', 'wanted_change', 'dynamic_tag', 'tag_due', 'churn_signal'])
    await tx.run(`DELETE FROM ${name} WHERE customer = $1`, [customer])
}
