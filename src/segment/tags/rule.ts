/**
 * A tag rule says of whom a tag holds, and from when to when, as one SELECT over facts of behaviour for the customers of
 * `touched`. It looks at facts and at the moment, at nothing else: the tags of a customer are a pure function of log,
 * catalogue, configuration and instant, so they can be computed again at any time and must come out the same.
 *
 * A row is an interval [since, until): active when the moment lies inside. `recheck` is an instant at which time alone
 * may change the answer although no interval says so (an old purchase leaves a share's window).
 */
import type { z } from 'zod'
import { dayNumber, dayOf } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import { minutes } from '../../base/clock.ts'
import type { Instant } from '../../base/clock.ts'
import type { Kind } from '../../interaction/index.ts'

const dayMs = 86_400_000
/** The shop's zone (base/calendar.ts), in which day buckets are kept. */
const zoneMs = 8 * 3_600_000

/** The tables of facts as of the moment. Everything here is our own words and whole numbers, never input. */
export interface TagMoment {
  readonly at: Instant
  readonly dayNo: number
  /** Lines and orders as a FROM item: today's, or, for a past day, with what was taken back only later. */
  readonly items: string
  readonly orders: string
  /** `o.` is a row of `shop_order`: was some of it taken back by then? */
  readonly isRefunded: string
}

export function momentAt(at: Instant, pastDay: Day | null): TagMoment {
  const dayNo = dayNumber(dayOf(at))
  if (pastDay === null)
    return {
      at,
      dayNo,
      items: 'order_item',
      orders: '(select * from shop_order where refunded_day is null)',
      isRefunded: '(o.refunded_fen > 0 or o.refunded_day is not null)',
    }
  const columns = 'order_key, line, customer, sku, day_no, quantity, amount_fen'
  return {
    at,
    dayNo,
    items: `(select ${columns} from order_item union all
      select ${columns.replaceAll(/\b(\w)/g, 'back.$1')} from returned_item back
        join shop_order whole on whole.source_key = back.order_key where whole.refunded_day > '${pastDay}')`,
    orders: `(select * from shop_order where refunded_day is null or refunded_day > '${pastDay}')`,
    isRefunded: `exists (select 1 from refund r where r.order_key = o.source_key and r.purchase_no is not null and r.day_no <= ${String(dayNo)})`,
  }
}

/** What a rule's SELECT answers; every expression a whole number unless said otherwise. */
export interface TagSql {
  readonly since: string
  /** Absent: until something else happens. */
  readonly until?: string
  readonly recheck?: string
  /** 1 or 0; absent = every row holds. */
  readonly holds?: string
  /** Text: what it is about (a product, a category, a choice). */
  readonly subject?: string
  readonly a?: string
  readonly b?: string
  /** From `touched t` on; has `customer` in scope under this name. */
  readonly customer: string
  readonly from: string
}

export interface Evidence {
  /** The subject in words: a product's name where it is one. */
  readonly subject: string
  readonly a: number
  readonly b: number
}

export interface BoundTagRule {
  readonly kind: string
  /** What may change the answer. */
  readonly kinds: readonly Kind[]
  readonly subjectIs: 'product' | 'words'
  sql(moment: TagMoment): TagSql
  /** Why, Chinese, one sentence; says nothing that a mere day changes. */
  explain(evidence: Evidence): string
}

export interface TagRuleKind {
  /** Written in config: never changes once released. */
  readonly name: string
  readonly title: string
  readonly settings: z.ZodType
  bind(settings: unknown): BoundTagRule
}

interface TagRuleSpec<S> {
  readonly name: string
  readonly title: string
  readonly settings: z.ZodType<S>
  readonly kinds: readonly Kind[] | ((settings: S) => readonly Kind[])
  readonly subjectIs?: 'product' | 'words'
  sql(settings: S, moment: TagMoment): TagSql
  explain(settings: S, evidence: Evidence): string
}

export function defineTagRule<S>(spec: TagRuleSpec<S>): TagRuleKind {
  return {
    name: spec.name,
    title: spec.title,
    settings: spec.settings,
    bind(raw) {
      const settings = spec.settings.parse(raw)
      return {
        kind: spec.name,
        kinds: typeof spec.kinds === 'function' ? spec.kinds(settings) : spec.kinds,
        subjectIs: spec.subjectIs ?? 'words',
        sql: (moment) => spec.sql(settings, moment),
        explain: (evidence) => spec.explain(settings, evidence),
      }
    },
  }
}

// ------------------------------------------------------------------ words of SQL

/** Midnight at the beginning of a day number. */
export const startOf = (dayNo: string): string => `((${dayNo}) * ${String(dayMs)} - ${String(zoneMs)})`
export const startOfDayNo = (dayNo: number): Instant => dayNo * dayMs - zoneMs
/** The day number of an instant, and its minute of the day. */
export const dayNoSql = (at: string): string => `((${at} + ${String(zoneMs)}) / ${String(dayMs)})`
export const minuteSql = (at: string): string =>
  `(((${at} + ${String(zoneMs)}) % ${String(dayMs)}) / ${String(minutes(1))})`
/** Within the `days` days that end with the moment's. */
export const dayWithin = (column: string, { dayNo }: TagMoment, days: number): string =>
  `${column} > ${String(dayNo - days)} and ${column} <= ${String(dayNo)}`
export const instantWithin = (column: string, { dayNo }: TagMoment, days: number): string =>
  `${column} >= ${String(startOfDayNo(dayNo - days + 1))} and ${column} < ${String(startOfDayNo(dayNo + 1))}`
/** A word of the configuration as a literal. */
export const literal = (word: string): string => `'${word.replaceAll("'", "''")}'`

/**
 * Of all orders of the last `days` days at least `percent` % are `isOne`, and there are at least `orders`. Time alone
 * changes the share whenever the oldest order leaves the window.
 */
export function shareOfOrders(
  moment: TagMoment,
  {
    from,
    isOne,
    orders,
    percent,
    days,
  }: {
    readonly from: string
    readonly isOne: string
    readonly orders: number
    readonly percent: number
    readonly days: number
  },
): TagSql {
  return {
    customer: 's.customer',
    since: 's.newest',
    until: startOf(`${dayNoSql('s.newest')} + ${String(days)}`),
    recheck: startOf(`${dayNoSql('s.oldest')} + ${String(days)}`),
    holds: `case when s.n >= ${String(orders)} and s.k * 100 >= ${String(percent)} * s.n then 1 else 0 end`,
    a: 's.k',
    b: 's.n',
    from: `(select o.customer, cast(count(*) as bigint) as n, min(o.at) as oldest,
        cast(sum(case when ${isOne} then 1 else 0 end) as bigint) as k, max(case when ${isOne} then o.at end) as newest
      from touched t cross join ${from} o where o.customer = t.customer and ${instantWithin('o.at', moment, days)}
      group by o.customer) s where s.k > 0`,
  }
}
