/**
 * One builder of SQL answers where customers stand at the end of a day: the whole row of `standing`, for everybody or for
 * a list. Everything is said by the database in one pass over the day buckets, which lie in the order of their key; a
 * row never travels to be judged. When only conditions or cut points changed, the window figures kept in `standing` are
 * judged again instead, and no bucket is read.
 *
 * What is true on a day counts only what was known at its end: later purchases and acts are left out, later refunds are
 * put back. All numbers in the text are our own; the one parameter, `$1`, is a JSON list of customer ids.
 */
import type { Instant } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import { dormancyByRhythmSql, dormancySql, quietSql, stageSql } from './lifecycle.ts'
import type { Moment } from './rule.ts'
import type { TierRules } from './tier-rules.ts'

type Dialect = Reader['dialect']

/** As many windows as `standing` has places for; a configuration with more is refused. */
export const slotCount = 6

export interface Question {
  readonly dialect: Dialect
  readonly rules: Pick<TierRules, 'tiers' | 'lead' | 'windows' | 'dormancy' | 'stages'>
  readonly moment: Moment
  /** Everybody known before this instant. */
  readonly knownBefore: Instant
  /** True: only the customers in `$1`. */
  readonly listed: boolean
  /** Refunds after the day have to be put back. */
  readonly refundsAfter: boolean
}

export const idsIn = (dialect: Dialect, column: string): string =>
  dialect === 'sqlite'
    ? `${column} in (select value from json_each($1))`
    : `${column} = any(array(select jsonb_array_elements_text(cast($1 as jsonb))))`

// ------------------------------------------------------------------ features

/**
 * From the day buckets: `customer, first_no, last_no, purchases, amount_fen, engaged_no`, three figures a window, and
 * three days to come on which something that is recorded already begins to count.
 */
export function featuresSql(question: Question): string {
  const { dialect, listed, refundsAfter, moment, knownBefore } = question
  const day = String(moment.dayNo)
  const touched = `select customer from refund where day_no > ${day} and purchase_no <= ${day} and customer is not null`
  const mine = (column: string): string => (listed ? ` and ${idsIn(dialect, column)}` : '')
  const apart = (column: string, not = ' not'): string =>
    refundsAfter ? ` and ${column}${not} in (${touched})` : ''
  const plain = `(select customer, day_no, amount_fen from purchase_day where day_no <= ${day} and orders > 0${mine('customer')}${apart('customer')})`
  const arms = [
    buyers(question, plain),
    leads(
      question,
      `c.created_at < ${String(knownBefore)} and (f.first_no is null or f.first_no > ${day})${mine('c.id')}${apart('c.id')}`,
    ),
  ]
  if (refundsAfter) {
    const hers = `customer in (${touched})${mine('customer')}`
    const restored = `(select customer, day_no, cast(sum(amount_fen) as bigint) as amount_fen from (
        select customer, day_no, orders, amount_fen from purchase_day where day_no <= ${day} and ${hers}
        union all
        select customer, purchase_no as day_no, orders, amount_fen from refund
        where day_no > ${day} and purchase_no <= ${day} and ${hers}) net
      group by customer, day_no having sum(orders) > 0)`
    arms.push(
      buyers(question, restored),
      leads(
        question,
        `c.created_at < ${String(knownBefore)}${mine('c.id')}${apart('c.id', '')}
         and not exists (select 1 from ${restored} r where r.customer = c.id)`,
      ),
    )
  }
  return arms.join('\n union all ')
}

function buyers({ rules, moment, refundsAfter }: Question, purchases: string): string {
  const windows = rules.windows.map((days) => {
    const [n, inside] = [String(days), `filter (where p.day_no > ${String(moment.dayNo - days)})`]
    return `, count(*) ${inside} as purchases_${n}, coalesce(cast(sum(p.amount_fen) ${inside} as bigint), 0) as amount_${n},
      min(p.day_no) ${inside} as oldest_${n}`
  })
  return `select b.*, ${engagedAndComing('b.customer', moment.dayNo, refundsAfter)} from (
      select p.customer, min(p.day_no) as first_no, max(p.day_no) as last_no, count(*) as purchases,
        cast(sum(p.amount_fen) as bigint) as amount_fen${windows.join('')}
      from ${purchases} p group by p.customer) b left join facts f on f.customer = b.customer`
}

const noDay = 'cast(null as bigint)'

/** Known, but nothing bought by then. */
function leads({ rules, moment, refundsAfter }: Question, where: string): string {
  const windows = rules.windows.map(() => `, 0, 0, ${noDay}`).join('')
  return `select c.id, ${noDay}, ${noDay}, 0, 0${windows}, ${engagedAndComing('c.id', moment.dayNo, refundsAfter)}
    from customer c left join facts f on f.customer = c.id where ${where}`
}

/** The latest act by then, and the first purchase, act and refund after it. */
function engagedAndComing(customer: string, dayNo: number, refundsAfter: boolean): string {
  const day = String(dayNo)
  const acts = `from engagement_day e where e.customer = ${customer} and e.day_no`
  const refund = refundsAfter
    ? `(select min(r.day_no) from refund r where r.customer = ${customer} and r.day_no > ${day})`
    : noDay
  return `case when f.engaged_no is null or f.engaged_no <= ${day} then f.engaged_no
        else (select max(e.day_no) ${acts} <= ${day}) end as engaged_no,
      case when f.last_no > ${day} then (select min(l.day_no) from purchase_day l
        where l.customer = ${customer} and l.day_no > ${day} and l.orders > 0) end as coming_purchase_no,
      case when f.engaged_no > ${day} then (select min(e.day_no) ${acts} > ${day}) end as coming_act_no,
      ${refund} as coming_refund_no`
}

/** Who can be judged from the figures kept: not due, and with nothing recorded for a day to come. */
const keptHolds = (day: string): string => `(s.next_no is null or s.next_no > ${day})
  and (f.last_no is null or f.last_no <= ${day}) and (f.engaged_no is null or f.engaged_no <= ${day})`

/** From the figures kept in `standing`, which hold until `next_no`. */
function keptSql({ rules, moment }: Question): string {
  const windows = rules.windows.map((days, i) => {
    const [n, slot] = [String(days), String(i + 1)]
    return `, s.w${slot}_n as purchases_${n}, s.w${slot}_fen as amount_${n}, s.w${slot}_oldest_no as oldest_${n}`
  })
  return `select s.customer, f.first_no, f.last_no, coalesce(f.purchases, 0) as purchases,
      coalesce(f.amount_fen, 0) as amount_fen, f.engaged_no${windows.join('')},
      ${noDay} as coming_purchase_no, ${noDay} as coming_act_no, ${noDay} as coming_refund_no
    from standing s left join facts f on f.customer = s.customer where ${keptHolds(String(moment.dayNo))}`
}

// ------------------------------------------------------------------ judgement

/** First match wins; whoever never bought is a lead. */
export function tierSql({ tiers, lead }: Question['rules'], moment: Moment): string {
  const cases = tiers.map(({ name, when }) => {
    const condition = when.length === 0 ? '1 = 1' : when.map((rule) => rule.sql(moment)).join(' and ')
    return `when ${condition} then '${name}'`
  })
  return `case when purchases = 0 then '${lead.name}' ${cases.join(' ')} end`
}

const never = 99_999_999

/** The next day on which time alone can move her; null when there is none. */
export function nextSql({ dialect, rules, moment }: Question): string {
  const changes = new Set([
    ...rules.tiers.flatMap(({ when }) => when.flatMap((rule) => rule.changesSql)),
    ...quietSql(rules.dormancy, rules.stages),
    'coming_purchase_no',
    'coming_act_no',
    'coming_refund_no',
  ])
  const later = [...changes].map(
    (change) => `case when ${change} > ${String(moment.dayNo)} then ${change} else ${String(never)} end`,
  )
  const least = dialect === 'sqlite' ? 'min' : 'least'
  return `nullif(${least}(${later.join(', ')}), ${String(never)})`
}

const slotNames = Array.from({ length: slotCount }, (_, i) => `w${String(i + 1)}`)
/** The columns of a standing that are compared and written, beside `customer` and `since_no`. */
export const standingColumns: readonly string[] = [
  'tier',
  'dormancy',
  'dormancy_rhythm',
  'stage',
  'next_no',
  ...slotNames.flatMap((slot) => [`${slot}_n`, `${slot}_fen`, `${slot}_oldest_no`]),
]

/** `customer` and `standingColumns`, over features from wherever. */
function judged(question: Question, features: string): string {
  const { rules, moment } = question
  const slots = slotNames.map((slot, i) => {
    const days = rules.windows[i]
    return days === undefined
      ? `0 as ${slot}_n, 0 as ${slot}_fen, ${noDay} as ${slot}_oldest_no`
      : `purchases_${String(days)} as ${slot}_n, amount_${String(days)} as ${slot}_fen, oldest_${String(days)} as ${slot}_oldest_no`
  })
  return `select customer, ${tierSql(rules, moment)} as tier,
      ${dormancySql(moment.dayNo, rules.dormancy)} as dormancy,
      ${dormancyByRhythmSql(moment.dayNo, rules.dormancy)} as dormancy_rhythm,
      ${stageSql(moment.dayNo, rules.stages)} as stage, ${nextSql(question)} as next_no,
      ${slots.join(', ')}
    from (${features}) features`
}

/** The rows of `standing` as they should be. */
export const standingSql = (question: Question): string => judged(question, featuresSql(question))

const nullable = new Set([
  'dormancy',
  'dormancy_rhythm',
  'next_no',
  ...slotNames.map((slot) => `${slot}_oldest_no`),
])
const differs = `(s.customer is null or ${standingColumns
  .map((column) =>
    nullable.has(column) ? `s.${column} is distinct from n.${column}` : `s.${column} <> n.${column}`,
  )
  .join(' or ')})`

/** Ids of everybody whose stored standing is not the one computed from the buckets. */
export const differingSql = (question: Question): string =>
  `select n.customer from (${standingSql(question)}) n left join standing s on s.customer = n.customer where ${differs}`

/** The same from the figures kept; whoever they say nothing of is named too, to be computed from the buckets. */
export const differingByKeptSql = (question: Question): string =>
  `select n.customer from (${judged(question, keptSql(question))}) n join standing s on s.customer = n.customer where ${differs}
   union all
   select s.customer from standing s left join facts f on f.customer = s.customer
   where not (${keptHolds(String(question.moment.dayNo))})`

/** How many of each kind there are: `tier, dormancy, dormancy_rhythm, stage, n`. */
export const countsSql = (question: Question): string =>
  `select tier, dormancy, dormancy_rhythm, stage, cast(count(*) as bigint) as n from (${standingSql(question)}) n
   group by tier, dormancy, dormancy_rhythm, stage`

const shopOffsetMs = 8 * 3_600_000
const dayMs = 86_400_000

/**
 * Writes the rows that differ, and answers their new tiers. `since_no` is the day of her last move; of a lead who never
 * moved, the day of the first log row that names her.
 */
export function publishSql(question: Question): string {
  const { rules, moment } = question
  const firstSeen = `coalesce((select (l.at + ${String(shopOffsetMs)}) / ${String(dayMs)} from customer c join log l on l.seq = c.first_seq
      where c.id = n.customer), ${String(moment.dayNo)})`
  const columns = ['customer', 'since_no', ...standingColumns]
  return `insert into standing (${columns.join(', ')})
    select n.customer, case when s.tier = n.tier then s.since_no
        when s.customer is null and n.tier = '${rules.lead.name}' then ${firstSeen} else ${String(moment.dayNo)} end,
      ${standingColumns.map((column) => `n.${column}`).join(', ')}
    from (${standingSql(question)}) n left join standing s on s.customer = n.customer where ${differs}
    on conflict (customer) do update set ${columns
      .slice(1)
      .map((column) => `${column} = excluded.${column}`)
      .join(', ')}`
}

/** With the rows judged in memory too: features, and the tier the database chose. */
export const judgedFeaturesSql = (question: Question): string =>
  `select features.*, ${tierSql(question.rules, question.moment)} as tier from (${featuresSql(question)}) features order by customer`
