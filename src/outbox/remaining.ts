/** How much may still be said to a customer: the caps and WeCom's quota against what is promised or said already. */
import { dayOf, instantOf, isoOf } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'
import { days, hours } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import { broadcastsBetween, busiest } from './budget.ts'
import type { Use } from './budget.ts'
import { currentManners } from './enqueue.ts'
import { usesOf } from './facts.store.ts'
import type { Manners } from './manners.ts'
import { quotaPeriod } from './quota-period.ts'

export interface Remaining {
  /** 1v1 marketing that still fits in today, in the seven days around now, and in the thirty. */
  readonly today: number
  readonly week: number
  readonly month: number
  readonly perDay: number
  readonly perWeek: number
  readonly perMonth: number
  /** The gap after the last one ends then; absent when it has. */
  readonly gapUntil?: string
  /** WeCom's own broadcast quota of the running period. */
  readonly broadcast: {
    readonly left: number
    readonly of: number
    readonly period: 'month' | 'week' | 'day'
  }
}

/** Pure: the same arithmetic as `budget.ts`, asked the other way round. */
export function remainingOf(manners: Manners, uses: readonly Use[], now: Instant): Remaining {
  const marketing = uses.filter((use) => use.purpose === 'marketing').map((use) => use.at)
  const today = dayOf(now)
  const used = marketing.filter((at) => dayOf(at) === today).length
  // What an added one would make the busiest span hold, minus the one added.
  const within = (span: number): number => busiest(marketing, now, span) - 1
  const gapMs = hours(manners.gapHours)
  const near = marketing.filter((at) => Math.abs(at - now) < gapMs)
  const left = (cap: number, spent: number): number => Math.max(0, cap - spent)
  return {
    today: left(manners.marketingPerDay, used),
    week: left(manners.marketingPerWeek, within(days(7))),
    month: left(manners.marketingPerMonth, within(days(30))),
    perDay: manners.marketingPerDay,
    perWeek: manners.marketingPerWeek,
    perMonth: manners.marketingPerMonth,
    ...(near.length === 0 ? {} : { gapUntil: isoOf(Math.max(...near) + gapMs) }),
    broadcast: broadcastLeft(manners, uses, today),
  }
}

function broadcastLeft(manners: Manners, uses: readonly Use[], today: string): Remaining['broadcast'] {
  const { period, from, until, most } = quotaPeriod(manners.quotaMode, today)
  const used = broadcastsBetween(uses, instantOf(from), instantOf(until))
  return { left: Math.max(0, most - used), of: most, period }
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
