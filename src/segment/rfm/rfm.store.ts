/** What the RFM rules look at, for the whole shop at once: order statistics, counts and expressions over one relation. */
import { addDays, dayNumber, dayOfNumber } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import type { Reader } from '../../base/db.ts'
import { quantilePlace } from '../quantile.ts'
import { hundredthsAt, percentsOf } from './edges.ts'
import type { Distribution, RfmCuts } from './edges.ts'
import type { Scale } from './score.ts'
import { valueTypes } from './settings.ts'
import type { Range, RfmRules } from './settings.ts'

// How days are written in tables: the one place to change.
const dayColumn = 'day_no'
const purchaseColumn = 'purchase_no'
const lastColumn = 'last_no'
const written = (day: Day): string => String(dayNumber(day))
const read = (value: number): Day => dayOfNumber(value)

const list = (values: readonly unknown[]): string => values.map((_, i) => `$${String(i + 1)}`).join(', ')

/**
 * One row per buyer: `customer, last, orders, purchases, amount_fen`. `now`: from the maintained facts, everything that
 * is known. `end-of-day`: from the day buckets, only what had happened by then (later refunds are put back).
 */
export type When = 'now' | 'end-of-day'

export interface RelationQuery {
  readonly rules: RfmRules
  readonly day: Day
  readonly when: When
  /** `$1 …` name these customers. */
  readonly customers?: readonly string[] | undefined
}

export async function buyersSql(reader: Reader, query: RelationQuery): Promise<string> {
  const { rules, day, when } = query
  if (rules.window === 'lifetime' && (when === 'now' || (await nothingAfter(reader, query))))
    return `select customer, ${lastColumn} as last, orders, purchases, amount_fen from facts where purchases > 0 ${whose(query)}`
  const since = rules.window === 'lifetime' ? null : addDays(day, -rules.window)
  return `select customer, max(day) as last, cast(sum(orders) as bigint) as orders,
      cast(count(*) as bigint) as purchases, cast(sum(amount_fen) as bigint) as amount_fen
    from (${await bucketsSql(reader, query, since)}) bought group by customer`
}

/** The facts are what was known at the end of the day when nothing came later: no pass over the buckets is needed. */
async function nothingAfter(reader: Reader, query: RelationQuery): Promise<boolean> {
  const { day, customers } = query
  // Of a few customers only theirs count; asked of everybody this is a pass over the facts.
  const after = await reader.rows(
    `select 1 as yes from facts where last_no > ${written(day)} ${whose(query)}
     union all select 1 from refund where ${dayColumn} > ${written(day)} ${whose(query)} limit 1`,
    customers ?? [],
  )
  return after.length === 0
}

const whose = ({ customers }: RelationQuery): string =>
  customers === undefined ? '' : `and customer in (${list(customers)})`

async function bucketsSql(reader: Reader, query: RelationQuery, since: Day | null): Promise<string> {
  const { day, when } = query
  const inside = (column: string): string =>
    [
      ...(when === 'now' ? [] : [`${column} <= ${written(day)}`]),
      ...(since === null ? [] : [`${column} > ${written(since)}`]),
      '1 = 1',
    ].join(' and ')
  const net = `select customer, ${dayColumn} as day, orders, amount_fen from purchase_day where ${inside(dayColumn)} ${whose(query)}`
  const later =
    when === 'now'
      ? []
      : await reader.rows(
          `select 1 as yes from refund where ${dayColumn} > ${written(day)} and customer is not null limit 1`,
        )
  if (later.length === 0) return `select customer, day, orders, amount_fen from (${net}) net where orders > 0`
  return `select customer, day, cast(sum(orders) as bigint) as orders, cast(sum(amount_fen) as bigint) as amount_fen
    from (${net} union all
      select customer, ${purchaseColumn} as day, orders, amount_fen from refund
      where ${dayColumn} > ${written(day)} and ${inside(purchaseColumn)} ${whose(query)}
    ) net group by customer, day having sum(orders) > 0`
}

const countColumn = ({ frequency }: RfmRules): string => (frequency === 'orders' ? 'orders' : 'purchases')
/** Whole fen, rounded down; a division of whole numbers is whole on both databases. */
const moneySql = (rules: RfmRules, of = ''): string =>
  rules.monetary === 'total' ? `${of}amount_fen` : `(${of}amount_fen / ${of}${countColumn(rules)})`

// ------------------------------------------------------------------ cut points

/** The cut points of that day itself, in one pass over the buyers. */
export async function computeRfmCuts(reader: Reader, query: RelationQuery): Promise<RfmCuts> {
  const { rules, day } = query
  const percents = percentsOf(rules)
  const dayNo = dayNumber(day)
  const rows = await reader.rows<CutRow>(cutsSql(await buyersSql(reader, query), rules, percents))
  const of = (what: CutRow['what']): CutRow[] => rows.filter((row) => row.what === what)
  const recency = of('recency').map(({ value, n }) => ({ value: dayNo - value, n }))
  const [average] = of('average')
  const money = new Map(of('monetary').map(({ value, n: place }) => [place, value]))
  const buyers = average?.n ?? 0
  return {
    buyers,
    recency: weighed(recency, percents),
    frequency: weighed(of('frequency'), percents),
    monetary: {
      quantiles: quantilesAt(buyers, percents, (index) => money.get(index)),
      average: average?.value ?? 0,
    },
  }
}

/** How many have this value; of money, which is nearly always distinct, the value at this place in ascending order. */
interface CutRow {
  readonly what: 'recency' | 'frequency' | 'monetary' | 'average'
  readonly value: number
  readonly n: number
}

/** Days and counts have few distinct values; of money only the neighbours of each quantile travel. */
function cutsSql(buyers: string, rules: RfmRules, percents: readonly number[]): string {
  const places = percents.flatMap((percent) => {
    const place = `(n - 1) * ${String(percent)} / 100`
    return [place, `${place} + 1`]
  })
  const money =
    places.length === 0
      ? []
      : [
          `select 'monetary' as what, value, cast(place as bigint) as n
           from (select m as value, row_number() over (order by m) - 1 as place, count(*) over () as n from b) ranked
           where place in (${places.join(', ')})`,
        ]
  const parts = [
    `select 'recency' as what, last as value, cast(count(*) as bigint) as n from b group by last`,
    `select 'frequency' as what, f as value, cast(count(*) as bigint) as n from b group by f`,
    ...money,
    `select 'average' as what, cast(sum(m) as bigint) * 100 / count(*) as value, cast(count(*) as bigint) as n from b having count(*) > 0`,
  ]
  return `with b as materialized (select last, ${countColumn(rules)} as f, ${moneySql(rules)} as m from (${buyers}) buyers)
    ${parts.join('\n    union all ')}`
}

export async function countBuyers(reader: Reader, query: RelationQuery): Promise<number> {
  const [row] = await reader.rows<{ n: number }>(
    `select cast(count(*) as bigint) as n from (${await buyersSql(reader, query)}) b`,
  )
  return row?.n ?? 0
}

interface Bar {
  readonly value: number
  readonly n: number
}

/** Few distinct values, many buyers: the same order statistics as of the long list. */
function weighed(bars: readonly Bar[], percents: readonly number[]): Distribution {
  const ascending = bars.toSorted((a, b) => a.value - b.value)
  const total = ascending.reduce((sum, { n }) => sum + n, 0)
  const at = (index: number): number | undefined => {
    let seen = 0
    for (const { value, n } of ascending) if (index < (seen += n)) return value
    return undefined
  }
  const sum = ascending.reduce((all, { value, n }) => all + value * n, 0)
  return {
    quantiles: quantilesAt(total, percents, at),
    average: total === 0 ? 0 : Math.floor((sum * 100) / total),
  }
}

function quantilesAt(
  n: number,
  percents: readonly number[],
  at: (index: number) => number | undefined,
): Map<number, number> {
  const quantiles = new Map<number, number>()
  for (const percent of percents) {
    const { index, hundredths } = quantilePlace(n, percent)
    const lower = at(index)
    if (lower !== undefined) quantiles.set(percent, hundredthsAt(hundredths, lower, at(index + 1) ?? lower))
  }
  return quantiles
}

// ------------------------------------------------------------------ scores as SQL

const caseOf = (conditions: readonly string[], otherwise: number): string =>
  conditions.length === 0
    ? String(otherwise)
    : `case ${conditions.map((condition, i) => `when ${condition} then ${String(i)}`).join(' ')} else ${String(otherwise)} end`

/** The database scores as memory does: `scores` over a buyer, the rest over the scores `r, f, m` and the highs. */
function scoreExpressions({ rules, steps }: Scale, day: Day): { r: string; f: string; m: string } {
  const rising = (value: string, edges: readonly number[]): string => {
    const falling = edges
      .map((edge, i) => `when ${value} >= ${String(edge)} then ${String(i + 2)}`)
      .toReversed()
    return falling.length === 0 ? '1' : `case ${falling.join(' ')} else 1 end`
  }
  const quiet = steps.recency
    .map((edge, i) => `when last <= ${written(addDays(day, -edge))} then ${String(rules.bins.r - 1 - i)}`)
    .toReversed()
  return {
    r: `case ${quiet.join(' ')} else ${String(rules.bins.r)} end`,
    f: rising(countColumn(rules), steps.frequency),
    m: rising(moneySql(rules), steps.monetary),
  }
}

const inRange = (column: string, { from, to }: Range): string =>
  `${column} between ${String(from)} and ${String(to)}`
const fits = (rule: { readonly r: Range; readonly f: Range; readonly m: Range }): string =>
  [inRange('r', rule.r), inRange('f', rule.f), inRange('m', rule.m)].join(' and ')

function highExpressions({ rules, lines }: Scale, day: Day): { r: string; f: string; m: string } {
  if (lines)
    return {
      r: `last >= ${written(addDays(day, -lines.recencyMost))}`,
      f: `${countColumn(rules)} >= ${String(lines.frequencyLeast)}`,
      m: `${moneySql(rules)} >= ${String(lines.monetaryLeast)}`,
    }
  const { split } = rules
  const least = String(typeof split === 'object' && 'atLeastScore' in split ? split.atLeastScore : 0)
  return { r: `r >= ${least}`, f: `f >= ${least}`, m: `m >= ${least}` }
}

/** `customer, r, f, m, type, class, segment, orders, amount_fen`: each buyer with the places of what she is. */
export function scoredSql(buyers: string, scale: Scale, day: Day): string {
  const { rules } = scale
  const scores = scoreExpressions(scale, day)
  const high = highExpressions(scale, day)
  const type = `(case when ${high.r} then 0 else 2 end) + (case when ${high.f} then 0 else 1 end) + (case when ${high.m} then 0 else 4 end)`
  const classes = rules.classes.map((one) =>
    one.types === undefined
      ? fits(one)
      : `type in (${one.types.map((name) => String(valueTypes.indexOf(name))).join(', ')}) and ${fits(one)}`,
  )
  return `select customer, orders, amount_fen, r, f, m, type, ${caseOf(classes, rules.classes.length - 1)} as class,
      ${caseOf(rules.named.map(fits), rules.named.length)} as segment
    from (select customer, orders, amount_fen, r, f, m, ${type} as type
      from (select b.*, ${scores.r} as r, ${scores.f} as f, ${scores.m} as m from (${buyers}) b) scores) typed`
}

export interface Counted {
  readonly type: number
  readonly class: number
  readonly segment: number
  readonly customers: number
  readonly orders: number
  readonly amount_fen: number
}

export const countScored = (reader: Reader, scored: string): Promise<Counted[]> =>
  reader.rows<Counted>(
    `select type, class, segment, cast(count(*) as bigint) as customers, cast(sum(orders) as bigint) as orders,
       cast(sum(amount_fen) as bigint) as amount_fen
     from (${scored}) scored group by type, class, segment`,
  )

export interface BuyerRow {
  readonly customer: string
  readonly last: Day
  readonly orders: number
  readonly purchases: number
  readonly amount_fen: number
}

/** At most 500. */
export async function readBuyers(reader: Reader, query: RelationQuery): Promise<BuyerRow[]> {
  const rows = await reader.rows<Omit<BuyerRow, 'last'> & { readonly last: number }>(
    `${await buyersSql(reader, query)}`,
    query.customers ?? [],
  )
  return rows.map((row) => ({ ...row, last: read(row.last) }))
}
