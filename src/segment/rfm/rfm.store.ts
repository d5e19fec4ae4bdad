/** What the RFM rules look at, for the whole shop at once: order statistics, counts and expressions over one relation. */
import { addDays, dayNumber, dayOfNumber, daysBetween } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import type { Reader } from '../../base/db.ts'
import { quantilePlace } from '../quantile.ts'
import { distributionOf, hundredthsAt, percentsOf } from './edges.ts'
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
  if (when === 'now' && rules.window === 'lifetime')
    return `select customer, ${lastColumn} as last, orders, purchases, amount_fen from facts where purchases > 0 ${whose(query)}`
  const since = rules.window === 'lifetime' ? null : addDays(day, -rules.window)
  return `select customer, max(day) as last, cast(sum(orders) as bigint) as orders,
      cast(count(*) as bigint) as purchases, cast(sum(amount_fen) as bigint) as amount_fen
    from (${await bucketsSql(reader, query, since)}) bought group by customer`
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

/** The cut points of that day itself. */
export async function computeRfmCuts(reader: Reader, query: RelationQuery): Promise<RfmCuts> {
  const { rules, day } = query
  const buyers = await buyersSql(reader, query)
  const percents = percentsOf(rules)
  const quiet = await histogram(reader, `select last as value from (${buyers}) b`)
  const often = await histogram(reader, `select ${countColumn(rules)} as value from (${buyers}) b`)
  const recency = quiet.map(({ value, n }) => ({ value: daysBetween(read(Number(value)), day), n }))
  const n = recency.reduce((sum, one) => sum + one.n, 0)
  return {
    buyers: n,
    recency: weighed(recency, percents),
    frequency: weighed(
      often.map((one) => ({ value: Number(one.value), n: one.n })),
      percents,
    ),
    monetary: await moneyDistribution(
      reader,
      `select ${moneySql(rules)} as value from (${buyers}) b`,
      percents,
    ),
  }
}

export async function countBuyers(reader: Reader, query: RelationQuery): Promise<number> {
  const [row] = await reader.rows<{ n: number }>(
    `select cast(count(*) as bigint) as n from (${await buyersSql(reader, query)}) b`,
  )
  return row?.n ?? 0
}

interface Bar<V> {
  readonly value: V
  readonly n: number
}

const histogram = (reader: Reader, values: string): Promise<Bar<string | number>[]> =>
  reader.rows(`select value, cast(count(*) as bigint) as n from (${values}) v group by value`)

/** Few distinct values, many buyers: the same order statistics as of the long list. */
function weighed(bars: readonly Bar<number>[], percents: readonly number[]): Distribution {
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

/** Sums of money are nearly all distinct: the database sorts, and hands over only the neighbours of each place. */
async function moneyDistribution(
  reader: Reader,
  values: string,
  percents: readonly number[],
): Promise<Distribution> {
  const [total] = await reader.rows<{ n: number; average: number | null }>(
    `select cast(count(*) as bigint) as n, cast(sum(value) as bigint) * 100 / count(*) as average
     from (${values}) v having count(*) > 0`,
  )
  if (!total) return distributionOf([], percents)
  const places = percents.flatMap((percent) => {
    const { index } = quantilePlace(total.n, percent)
    return [index, index + 1]
  })
  const rows =
    places.length === 0
      ? []
      : await reader.rows<{ place: number; value: number }>(
          `select cast(place as bigint) as place, value
           from (select value, row_number() over (order by value) - 1 as place from (${values}) v) ranked
           where place in (${[...new Set(places)].join(', ')})`,
        )
  const found = new Map(rows.map(({ place, value }) => [place, value]))
  return {
    quantiles: quantilesAt(total.n, percents, (index) => found.get(index)),
    average: total.average ?? 0,
  }
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
