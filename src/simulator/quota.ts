import { dayMs, shanghaiMs } from './days.ts'
import type { State } from './state.ts'
import type { QuotaMode } from './types.ts'

interface Period {
  readonly key: string
  readonly limit: number
}

/** The period an instant belongs to, and how many broadcasts one recipient may get in it. */
export function periodOf(mode: QuotaMode, at: number): Period {
  const local = new Date(at + shanghaiMs)
  const day = Math.floor((at + shanghaiMs) / dayMs)
  switch (mode) {
    case 'month-days': {
      const year = local.getUTCFullYear()
      const month = local.getUTCMonth()
      return { key: `m${year}-${month + 1}`, limit: new Date(Date.UTC(year, month + 1, 0)).getUTCDate() }
    }
    case '7-per-week':
      // Day 0 of the epoch was a Thursday; weeks begin on Monday.
      return { key: `w${Math.floor((day + 3) / 7)}`, limit: 7 }
    case '1-per-day':
      return { key: `d${day}`, limit: 1 }
  }
}

/** Takes one send out of the recipient's quota; false when nothing is left. */
export function spendQuota(state: State, mode: QuotaMode, recipient: string, at: number): boolean {
  // All three rules are counted all the time, so that switching the rule keeps what was already used.
  const used = (period: Period): number => state.quota.get(`${recipient} ${period.key}`) ?? 0
  const now = periodOf(mode, at)
  if (used(now) >= now.limit) return false
  for (const each of ['month-days', '7-per-week', '1-per-day'] as const) {
    const period = periodOf(each, at)
    state.quota.set(`${recipient} ${period.key}`, used(period) + 1)
  }
  return true
}
