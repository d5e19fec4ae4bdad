/** The periods in which WeCom counts group sends (WECOM.md §3.6), in its three modes. Pure. */
import { addDays, weekdayOf } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import { quotaModes } from './manners.ts'
import type { QuotaMode } from './manners.ts'

export interface QuotaPeriod {
  readonly period: 'month' | 'week' | 'day'
  readonly from: Day
  /** The first day that is not in it any more. */
  readonly until: Day
  /** How many each customer, and each group, may get in it. */
  readonly most: number
}

export function quotaPeriod(mode: QuotaMode, day: Day): QuotaPeriod {
  switch (mode) {
    case 'month-days': {
      const from = `${day.slice(0, 7)}-01`
      const until = `${addDays(from, 31).slice(0, 7)}-01`
      return { period: 'month', from, until, most: Number(addDays(until, -1).slice(8)) }
    }
    case '7-per-week': {
      const from = addDays(day, 1 - weekdayOf(day))
      return { period: 'week', from, until: addDays(from, 7), most: 7 }
    }
    case '1-per-day':
      return { period: 'day', from: day, until: addDays(day, 1), most: 1 }
  }
}

/** The next stricter rule; the strictest stays. */
export const stricterThan = (mode: QuotaMode): QuotaMode =>
  quotaModes[Math.min(quotaModes.indexOf(mode) + 1, quotaModes.length - 1)] ?? mode

export const stricterOf = (a: QuotaMode, b: QuotaMode): QuotaMode =>
  quotaModes.indexOf(a) >= quotaModes.indexOf(b) ? a : b
