/** How much may still be said to a customer: the caps and WeCom's quota against what is promised or said already. */
import { dayOf, isoOf, weekOf } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'
import { hours } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import { busiestWeek } from './budget.ts'
import type { Use } from './budget.ts'
import { currentManners } from './enqueue.ts'
import { usesOf } from './facts.store.ts'
import type { Manners } from './manners.ts'

export interface Remaining {
  /** 1v1 marketing that still fits in today, and in the seven days around now. */
  readonly today: number
  readonly week: number
  readonly perDay: number
  readonly perWeek: number
  /** The gap after the last one ends then; absent when it has. */
  readonly gapUntil?: string
  /** WeCom's own broadcast quota of the running period. */
  readonly broadcast: {
    readonly left: number
    readonly of: number
    readonly period: 'month' | 'week' | 'day'
  }
}

const daysInMonth = (day: string): number =>
  new Date(Date.UTC(Number(day.slice(0, 4)), Number(day.slice(5, 7)), 0)).getUTCDate()

/** Pure: the same arithmetic as `budget.ts`, asked the other way round. */
export function remainingOf(manners: Manners, uses: readonly Use[], now: Instant): Remaining {
  const marketing = uses.filter((use) => use.purpose === 'marketing').map((use) => use.at)
  const today = dayOf(now)
  const used = marketing.filter((at) => dayOf(at) === today).length
  // What an added one would make the busiest week hold, minus the one added.
  const inWeek = busiestWeek(marketing, now) - 1
  const gapMs = hours(manners.gapHours)
  const near = marketing.filter((at) => Math.abs(at - now) < gapMs)
  const left = (cap: number, spent: number): number => Math.max(0, cap - spent)
  return {
    today: left(manners.marketingPerDay, used),
    week: left(manners.marketingPerWeek, inWeek),
    perDay: manners.marketingPerDay,
    perWeek: manners.marketingPerWeek,
    ...(near.length === 0 ? {} : { gapUntil: isoOf(Math.max(...near) + gapMs) }),
    broadcast: broadcastLeft(manners, uses, today),
  }
}

function broadcastLeft(manners: Manners, uses: readonly Use[], today: string): Remaining['broadcast'] {
  const said = uses.filter(({ channel }) => channel === 'broadcast' || channel === 'group-broadcast')
  const spent = said.map((use) => dayOf(use.at))
  const of = (period: 'month' | 'week' | 'day', cap: number, used: number): Remaining['broadcast'] => ({
    left: Math.max(0, cap - used),
    of: cap,
    period,
  })
  switch (manners.quotaMode) {
    case 'month-days':
      return of(
        'month',
        daysInMonth(today),
        spent.filter((day) => day.slice(0, 7) === today.slice(0, 7)).length,
      )
    case '7-per-week':
      return of('week', 7, spent.filter((day) => weekOf(day) === weekOf(today)).length)
    case '1-per-day':
      return of('day', 1, spent.filter((day) => day === today).length)
  }
}

export async function remainingFor(
  reader: Reader,
  customers: readonly string[],
  now: Instant,
): Promise<Map<string, Remaining>> {
  const manners = await currentManners(reader)
  const uses = await usesOf(reader, 'customer', customers, now)
  return new Map(customers.map((customer) => [customer, remainingOf(manners, uses.get(customer) ?? [], now)]))
}
