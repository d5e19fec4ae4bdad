/**
 * 首购触达: of those who bought for the first time, how many heard from us alone within seven days of that order, and why
 * the others did not. Looked at are the thirty full days before the last seven, so that everybody has had her seven; and
 * no day before there was a cadence, since whoever bought then could not have heard from it.
 */
import { addDays, dayNumber, dayOf, dayOfNumber, instantOf, weekdayOf } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import { days } from '../base/clock.ts'
import type { Instant } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import { currentCadence } from '../cadence/index.ts'
import { advisorsOf } from '../customer/index.ts'
import { reasons } from '../outbox/index.ts'
import type { ChannelName } from '../outbox/index.ts'
import { firstBuyersPage, firstCadenceAt, firstOrders, pageRows, saidTo } from './first-buyers.store.ts'
import type { SaidRow } from './first-buyers.store.ts'

export const reachDays = 7
const lookedDays = 30
/** Where the words reach her in a chat of her own. */
const oneToOne: readonly ChannelName[] = ['welcome', 'advisor-task', 'phone-task', 'broadcast', 'kf']

/** What no promise says: the rest are reason codes of the outbox. */
const ownWords = {
  'never-added': '没有顾问添加她',
  'too-late': '7 天之后才触达',
  'still-open': '已安排，还没有发出',
  'nothing-due': '7 天内没有触点轮到她',
} as const

export interface Missed {
  readonly code: string
  readonly words: string
}

/** Null: she was reached in time. `said`: everything planned for her, the latest first. Pure. */
export function whyMissed(firstAt: Instant, said: readonly SaidRow[], hasAdvisor: boolean): Missed | null {
  const until = firstAt + days(reachDays)
  const isIn = (at: number | null): boolean => at !== null && at >= firstAt && at <= until
  if (said.some(({ state, sent_at }) => state === 'sent' && isIn(sent_at))) return null
  const tried = said.filter(({ due_at }) => isIn(due_at))
  const ended = tried.find(({ state }) => state === 'expired' || state === 'refused' || state === 'cancelled')
  if (ended) return missedBy(ended.settle_code ?? ended.reason_code, ended.settle_words ?? ended.reason_words)
  if (tried.some(({ state }) => state === 'sent')) return own('too-late')
  if (tried.some(({ state }) => state !== null)) return own('still-open')
  if (!hasAdvisor) return own('never-added')
  const [declined] = tried
  return declined ? missedBy(declined.reason_code, declined.reason_words) : own('nothing-due')
}

const own = (code: keyof typeof ownWords): Missed => ({ code, words: ownWords[code] })

/** Counted by code, so in the words of the code and not of one customer. */
const missedBy = (code: string, words: string): Missed => ({
  code,
  words: new Map(Object.entries(reasons)).get(code)?.words ?? words,
})

export interface ReachCount {
  readonly buyers: number
  readonly reached: number
}

export interface FirstBuyers extends ReachCount {
  /** First purchases from this day to that, both included; none when `from` is the later one: we began too lately. */
  readonly from: Day
  readonly until: Day
  readonly withinDays: number
  readonly goalPercent: number
  /** Every day, also without anybody. */
  readonly days: readonly ({ readonly day: Day } & ReachCount)[]
  /** By the Monday they begin with; the first and the last may be cut short. */
  readonly weeks: readonly ({ readonly monday: Day } & ReachCount)[]
  /** Why the others were not: the most frequent first. */
  readonly missed: readonly (Missed & { readonly count: number })[]
}

export async function firstBuyers(reader: Reader, now: Instant): Promise<FirstBuyers> {
  const until = addDays(dayOf(now), -reachDays - 1)
  const begunAt = await firstCadenceAt(reader)
  const thirtyAgo = addDays(until, 1 - lookedDays)
  const begun = begunAt === null ? thirtyAgo : dayOf(begunAt)
  const from = begun > thirtyAgo ? begun : thirtyAgo
  const perDay = new Map<Day, { buyers: number; reached: number }>()
  for (let day = from; day <= until; day = addDays(day, 1)) perDay.set(day, { buyers: 0, reached: 0 })
  const missed = new Map<string, Missed & { count: number }>()
  for await (const { day, why } of looked(reader, from, until)) {
    const count = perDay.get(day)
    if (!count) continue
    count.buyers += 1
    if (why === null) count.reached += 1
    else missed.set(why.code, { ...why, count: (missed.get(why.code)?.count ?? 0) + 1 })
  }
  const cadence = await currentCadence(reader)
  const daily = [...perDay].map(([day, count]) => ({ day, ...count }))
  return {
    ...{ from, until, withinDays: reachDays, goalPercent: cadence?.goals.firstBuyersPercent ?? 90 },
    ...sumOf(daily),
    days: daily,
    weeks: weeksOf(daily),
    missed: [...missed.values()].sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1)),
  }
}

const sumOf = (counts: readonly ReachCount[]): ReachCount => ({
  buyers: counts.reduce((sum, { buyers }) => sum + buyers, 0),
  reached: counts.reduce((sum, { reached }) => sum + reached, 0),
})

function weeksOf(daily: FirstBuyers['days']): FirstBuyers['weeks'] {
  const weeks = new Map<Day, ReachCount[]>()
  for (const one of daily) {
    const monday = addDays(one.day, 1 - weekdayOf(one.day))
    weeks.set(monday, [...(weeks.get(monday) ?? []), one])
  }
  return [...weeks].map(([monday, counts]) => ({ monday, ...sumOf(counts) }))
}

/** Each first buyer with the day of her order and why she was missed, in pages. */
async function* looked(
  reader: Reader,
  from: Day,
  until: Day,
): AsyncGenerator<{ readonly day: Day; readonly why: Missed | null }> {
  const since = instantOf(from)
  const span = { fromNo: dayNumber(from), untilNo: dayNumber(until) }
  for (let after = ''; ;) {
    const page = await firstBuyersPage(reader, { ...span, after })
    const customers = page.map(({ customer }) => customer)
    const last = customers.at(-1)
    if (last === undefined) return
    const orders = new Map(
      (await firstOrders(reader, customers, since)).map(({ customer, day, at }) => [
        `${customer} ${day}`,
        at,
      ]),
    )
    const said = new Map<string, SaidRow[]>()
    for (const row of await saidTo(reader, customers, oneToOne, since))
      said.set(row.customer, [...(said.get(row.customer) ?? []), row])
    const advisors = await advisorsOf(reader, customers)
    for (const { customer, first_no: firstNo } of page) {
      const day = dayOfNumber(firstNo)
      const firstAt = orders.get(`${customer} ${day}`) ?? instantOf(day)
      yield { day, why: whyMissed(firstAt, said.get(customer) ?? [], advisors.has(customer)) }
    }
    if (page.length < pageRows) return
    after = last
  }
}
