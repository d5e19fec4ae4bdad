/** What became of one running of a campaign, counted in the database. */
import { addDays, daysBetween } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import type { Instant } from '../../base/clock.ts'
import type { Reader } from '../../base/db.ts'
import { inOrder, placeholders } from '../../base/placeholders.ts'
import type { Placeholders } from '../../base/placeholders.ts'
import type { Decision, PromiseState } from '../../outbox/index.ts'
import { rsvpId } from './campaign.ts'
import { identityColumns, tookPartSql } from './part.store.ts'
import type { PartWindow } from './part.store.ts'

const whole = (sql: string): string => `cast(coalesce(sum(${sql}), 0) as bigint)`
const flag = (condition: string): string => `case when ${condition} then 1 else 0 end`

function ask<T extends object>(reader: Reader, sql: (values: Placeholders) => string): Promise<T[]> {
  const values = placeholders()
  const text = sql(values)
  return reader.rows<T>(...inOrder(text, values.all))
}

// ---------------------------------------------------------------- promises

/** Promises of a running: they carry its first day as the period of their key. */
export interface Scope {
  readonly touchpoints: readonly string[]
  readonly from: Day
  /** The days on which any of it may have been planned, also after its days were changed. */
  readonly firstDay: Day
  readonly lastDay: Day
}

/** Days one by one, so that the index over day and touchpoint is walked by both. */
const daysOf = (first: Day, last: Day): Day[] =>
  Array.from({ length: Math.max(0, daysBetween(first, last)) + 1 }, (_, i) => addDays(first, i))

const ofRunning = ({ touchpoints, from, firstDay, lastDay }: Scope, values: Placeholders): string =>
  `p.day in (${values.list(daysOf(firstDay, lastDay))}) and p.touchpoint in (${values.list(touchpoints)})
     and p.dedupe_key like ${values.put(`%:${from}`)}`

const outcome = 'p.decision, p.state, p.reason_code, p.settle_code'

export interface OutcomeRow {
  readonly touchpoint: string
  readonly day: Day
  readonly decision: Decision
  readonly state: PromiseState | null
  readonly reason_code: string
  readonly settle_code: string | null
  readonly n: number
}

export const outcomesOf = (reader: Reader, scope: Scope): Promise<OutcomeRow[]> =>
  ask(
    reader,
    (values) =>
      `select p.touchpoint, min(p.day) as day, ${outcome}, cast(count(*) as bigint) as n
       from promise p where ${ofRunning(scope, values)} group by p.touchpoint, ${outcome}`,
  )

const likeText = (text: string): string => text.replace(/[!%_]/g, (sign) => `!${sign}`)

/**
 * Messages to groups that carried the news of a campaign on these days, whichever touchpoint they belong to. `head`: how
 * the news begin.
 */
export const newsOutcomes = (
  reader: Reader,
  carriers: readonly string[],
  days: readonly Day[],
  head: string,
): Promise<OutcomeRow[]> =>
  ask(
    reader,
    (values) =>
      `select p.touchpoint, p.day, ${outcome}, cast(count(*) as bigint) as n
       from promise p where p.day in (${values.list(days)}) and p.touchpoint in (${values.list(carriers)})
         and p.subject_kind = 'group' and p.content like ${values.put(`%${likeText(JSON.stringify(head).slice(1, -1))}%`)} escape '!'
       group by p.touchpoint, p.day, ${outcome}`,
  )

// ---------------------------------------------------------------- people

export interface ToldRow {
  readonly told: number
  readonly opted_out: number
}

/** How many were really told, and how many of them opted out between their first word and `until`. */
export async function toldOf(
  reader: Reader,
  scope: Scope,
  { since, until }: { readonly since: Instant; readonly until: Instant },
): Promise<ToldRow> {
  const outs = identityColumns
    .map(
      ([kind, column]) =>
        `select i.customer, l.at from log l join identity i on i.kind = '${kind}' and i.value = l.${column}
         where l.kind = 'opted-out' and l.at >= ${String(since)} and l.at < ${String(until)}`,
    )
    .join(' union all ')
  const [row] = await ask<ToldRow>(
    reader,
    (values) =>
      `with told as (
         select p.customer, min(p.sent_at) as at from promise p
         where ${ofRunning(scope, values)} and p.sent_at is not null and p.customer is not null
         group by p.customer),
       outs as (select customer, max(at) as at from (${outs}) o group by customer)
       select cast(count(*) as bigint) as told, ${whole(flag('o.at >= t.at'))} as opted_out
       from told t left join outs o on o.customer = t.customer`,
  )
  return row ?? { told: 0, opted_out: 0 }
}

/** By choice, those who answered the invitation. */
export const answersOf = (
  reader: Reader,
  name: string,
  from: Day,
): Promise<{ readonly choice: string; readonly n: number }[]> =>
  ask(
    reader,
    (values) =>
      `select m.choice, cast(count(*) as bigint) as n from game_move m
       where m.game = ${values.put(rsvpId(name, from))} and m.slot = 'vote' group by m.choice`,
  )

export async function partCount(reader: Reader, window: PartWindow): Promise<number> {
  const [row] = await ask<{ n: number }>(
    reader,
    (values) =>
      `select cast(count(*) as bigint) as n from campaign_part c where ${tookPartSql('c', window, values)}`,
  )
  return row?.n ?? 0
}

export interface ResultRow {
  readonly took_part: number
  readonly ordered: number
  readonly orders: number
  readonly fen: number
  /** Had not ordered when the follow-up was due. */
  readonly quiet: number
  readonly followed: number
  readonly ordered_after: number
}

/** Orders that were not taken back as a whole, and what was left of them. */
const ordersOf = (people: string, from: Instant, until: Instant): string =>
  `${people} x left join shop_order o on o.customer = x.customer
     and o.at >= ${String(from)} and o.at < ${String(until)} and o.amount_fen > o.refunded_fen`

export interface ResultQuery {
  readonly window: PartWindow
  /** The promises of the follow-up. */
  readonly followUp: Scope
  readonly from: Instant
  readonly until: Instant
  /** When the follow-up looks who has not ordered. */
  readonly quietAt: Instant
}

export async function resultsOf(reader: Reader, query: ResultQuery): Promise<ResultRow> {
  const { window, followUp, from, until, quietAt } = query
  const [row] = await ask<ResultRow>(
    reader,
    (values) =>
      `with part as (select c.customer from campaign_part c where ${tookPartSql('c', window, values)}),
       bought as (
         select x.customer, cast(count(o.source_key) as bigint) as orders,
           ${whole('o.amount_fen - o.refunded_fen')} as fen,
           max(${flag(`o.at < ${String(quietAt)}`)}) as soon, max(o.at) as last_at
         from ${ordersOf('part', from, until)} group by x.customer),
       followed as (
         select p.customer, min(p.sent_at) as at from promise p
         where ${ofRunning(followUp, values)} and p.state = 'sent' and p.customer is not null
         group by p.customer)
       select cast(count(*) as bigint) as took_part, ${whole(flag('b.orders > 0'))} as ordered,
         ${whole('b.orders')} as orders, ${whole('b.fen')} as fen, ${whole('1 - b.soon')} as quiet,
         ${whole(flag('b.soon = 0 and f.customer is not null'))} as followed,
         ${whole(flag('b.soon = 0 and b.last_at >= f.at'))} as ordered_after
       from bought b left join followed f on f.customer = b.customer`,
  )
  return row ?? { took_part: 0, ordered: 0, orders: 0, fen: 0, quiet: 0, followed: 0, ordered_after: 0 }
}

export interface HeldRow {
  /** 1: held out. */
  readonly held: number
  readonly n: number
  readonly ordered: number
  readonly fen: number
}

/**
 * Those who were held out, against those for whom nothing else spoke against it either: the holdout is judged last, so
 * the two differ by the lot alone. `scope`: the parts that do not depend on what a customer did meanwhile.
 */
export const heldOut = (
  reader: Reader,
  scope: Scope,
  { from, until }: { readonly from: Instant; readonly until: Instant },
): Promise<HeldRow[]> =>
  ask(
    reader,
    (values) =>
      `with due as (
         select p.customer,
           max(${flag(`p.reason_code = 'holdout' or p.settle_code = 'holdout'`)}) as held,
           max(${flag(`p.decision <> 'declined'`)}) as could
         from promise p where ${ofRunning(scope, values)} and p.customer is not null
         group by p.customer),
       people as (select customer, held from due where held = 1 or could = 1),
       bought as (
         select x.customer, x.held, cast(count(o.source_key) as bigint) as orders,
           ${whole('o.amount_fen - o.refunded_fen')} as fen
         from ${ordersOf('people', from, until)} group by x.customer, x.held)
       select held, cast(count(*) as bigint) as n, ${whole(flag('orders > 0'))} as ordered, ${whole('fen')} as fen
       from bought group by held order by held`,
  )

export interface CouponRow {
  readonly issued: number
  readonly redeemed: number
}

/** Coupons that went with its words: their key names touchpoint and planned day. */
export async function couponsOf(reader: Reader, scope: Scope, since: Instant): Promise<CouponRow> {
  const [row] = await ask<CouponRow>(
    reader,
    (values) =>
      `select cast(count(distinct c.code) as bigint) as issued,
         cast(count(distinct case when c.state = 'redeemed' then c.code end) as bigint) as redeemed
       from promise p join coupon c on c.player = p.customer and c.issued_at >= ${String(since)}
         and c.source_key like p.touchpoint || ':%:' || p.day
       where ${ofRunning(scope, values)} and p.sent_at is not null`,
  )
  return row ?? { issued: 0, redeemed: 0 }
}
