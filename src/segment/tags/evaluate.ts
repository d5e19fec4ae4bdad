/** Which tags hold at a moment, why, and when time alone may change that. Reads facts, never the stored tags. */
import { addDays, instantOf } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import type { Instant } from '../../base/clock.ts'
import type { Reader } from '../../base/db.ts'
import { productNames } from '../../order/index.ts'
import { momentAt } from './rule.ts'
import type { TagMoment } from './rule.ts'
import type { TagRules } from './tag-rules.ts'
import { readIntervals } from './tags.store.ts'
import type { IntervalRow, StoredTag } from './tags.store.ts'

export interface TagsOfCustomer {
  readonly tags: readonly StoredTag[]
  /** Null: nothing changes until something happens. */
  readonly next: Instant | null
}

const nobodys: TagsOfCustomer = { tags: [], next: null }

/** The tags of at most 500 customers at an instant, from the facts of today. */
export const tagsAt = (
  reader: Reader,
  rules: TagRules,
  at: Instant,
  customers: readonly string[],
): Promise<Map<string, TagsOfCustomer>> => evaluate(reader, rules, momentAt(at, null), customers)

/** At the end of a day that is over, as far as it was known by then. */
export const tagsOnDay = (
  reader: Reader,
  rules: TagRules,
  day: Day,
  customers: readonly string[],
): Promise<Map<string, TagsOfCustomer>> =>
  evaluate(reader, rules, momentAt(instantOf(addDays(day, 1)) - 1, day), customers)

async function evaluate(
  reader: Reader,
  rules: TagRules,
  moment: TagMoment,
  customers: readonly string[],
): Promise<Map<string, TagsOfCustomer>> {
  const bound = rules.tags.map(({ rule }, i) => [i, rule.sql(moment)] as const)
  const rows = await readIntervals(reader, bound, moment, customers)
  const perCustomer = new Map<string, IntervalRow[]>()
  for (const row of rows) {
    const hers = perCustomer.get(row.customer)
    if (hers) hers.push(row)
    else perCustomer.set(row.customer, [row])
  }
  const active = rows.filter((row) => row.rule >= 0 && isActive(row, moment.at))
  const names = await productNames(reader, skusIn(rules, active))
  return new Map(
    customers.map((customer) => {
      const hers = perCustomer.get(customer)
      return [customer, hers ? settled(rules, moment.at, hers, names) : nobodys]
    }),
  )
}

const isActive = (row: IntervalRow, at: Instant): boolean =>
  row.holds === 1 && row.since_at <= at && (row.until_at === null || row.until_at > at)

const skusIn = (rules: TagRules, rows: readonly IntervalRow[]): string[] => [
  ...new Set(
    rows.flatMap(({ rule, subject }) =>
      rules.tags[rule]?.rule.subjectIs === 'product' && subject !== null ? [subject] : [],
    ),
  ),
]

function settled(
  rules: TagRules,
  at: Instant,
  rows: readonly IntervalRow[],
  names: ReadonlyMap<string, string>,
): TagsOfCustomer {
  const best = new Map<number, IntervalRow>()
  let next: Instant | null = null
  const soon = (instant: Instant | null): void => {
    if (instant !== null && instant > at && (next === null || instant < next)) next = instant
  }
  for (const row of rows) {
    soon(row.recheck_at)
    if (row.holds !== 1) continue
    if (row.until_at === null || row.until_at > row.since_at) {
      soon(row.since_at)
      soon(row.until_at)
    }
    if (row.rule < 0 || !isActive(row, at)) continue
    const other = best.get(row.rule)
    if (!other || isNewer(row, other)) best.set(row.rule, row)
  }
  const tags = [...best].map(([i, row]) => tagOf(rules, i, row, names))
  return { tags: tags.sort((a, b) => (a.tag < b.tag ? -1 : 1)), next }
}

/** Of several products or categories the newest is named; of one instant, the first by name. */
const isNewer = (a: IntervalRow, b: IntervalRow): boolean =>
  a.since_at === b.since_at ? (a.subject ?? '') < (b.subject ?? '') : a.since_at > b.since_at

function tagOf(
  rules: TagRules,
  place: number,
  row: IntervalRow,
  names: ReadonlyMap<string, string>,
): StoredTag {
  const rule = rules.tags[place]
  if (!rule) throw new Error(`There is no tag rule ${String(place)}.`)
  const subject = row.subject ?? ''
  const said = rule.rule.subjectIs === 'product' ? (names.get(subject) ?? subject) : subject
  return {
    customer: row.customer,
    tag: rule.name,
    since_at: row.since_at,
    expires_at: row.until_at,
    subject,
    reason: rule.rule.explain({ subject: said, a: row.a, b: row.b }),
  }
}
