/** Caps and quota as pure rules over what is promised or said already. */
import { dayOf, weekOf } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'
import { days, hours } from '../base/clock.ts'
import type { Manners, Reason } from './manners.ts'
import type { ChannelName, Purpose, SubjectKind } from './promise.ts'

/** One promise that uses up patience: queued, waiting or sent, never a failed attempt. */
export interface Use {
  readonly at: Instant
  readonly purpose: Purpose
  readonly channel: ChannelName
  /** `handed`: an advisor has it in her hands; `planned`: not yet called. */
  readonly stage: 'planned' | 'handed' | 'said'
}

export interface Wanted {
  readonly purpose: Purpose
  readonly channel: ChannelName
  readonly subjectKind: SubjectKind
  readonly dueAt: Instant
}

const week = days(7)
const isBroadcast = (channel: ChannelName): boolean =>
  channel === 'broadcast' || channel === 'group-broadcast'
const sameDay = (a: Instant, b: Instant): boolean => Math.abs(a - b) < days(1) && dayOf(a) === dayOf(b)

/** The most that any 7 days around `at` would hold if `at` were added. A use may lie ahead: it is reserved. */
export function busiestWeek(times: readonly Instant[], at: Instant): number {
  const all = [...times, at]
  const starts = all.filter((start) => start <= at && start > at - week)
  return Math.max(...starts.map((start) => all.filter((t) => t >= start && t < start + week).length))
}

/** Null when there is room. */
export function overBudget(manners: Manners, wanted: Wanted, uses: readonly Use[]): Reason | null {
  return (
    waitingAlready(wanted, uses, 'handed') ??
    overCap(manners, wanted, uses) ??
    waitingAlready(wanted, uses, 'planned') ??
    overQuota(manners, wanted, uses)
  )
}

/** An advisor has one thing at a time in her hands for one customer on one channel; marketing never delays service. */
function waitingAlready(wanted: Wanted, uses: readonly Use[], stage: Use['stage']): Reason | null {
  if (wanted.channel === 'welcome' || wanted.subjectKind === 'group') return null
  const waits = uses.some(
    (use) =>
      use.stage === stage &&
      use.channel === wanted.channel &&
      (wanted.purpose === 'marketing' || use.purpose === 'service') &&
      sameDay(use.at, wanted.dueAt),
  )
  return waits ? { code: 'waiting-already', words: '还有一条在等顾问确认' } : null
}

function overCap(manners: Manners, wanted: Wanted, uses: readonly Use[]): Reason | null {
  if (wanted.subjectKind === 'group') {
    const today = uses.filter((use) => sameDay(use.at, wanted.dueAt)).length
    if (today < manners.groupPerDay) return null
    return { code: 'group-broadcast-today', words: `该社群当天已有 ${String(today)} 条群发` }
  }
  if (wanted.purpose === 'service' || wanted.channel === 'welcome') return null
  const times = uses.filter((use) => use.purpose === 'marketing').map((use) => use.at)
  if (times.filter((at) => sameDay(at, wanted.dueAt)).length >= manners.marketingPerDay)
    return { code: 'cap-day', words: `当天已安排触达，每天最多 ${String(manners.marketingPerDay)} 次` }
  if (busiestWeek(times, wanted.dueAt) > manners.marketingPerWeek)
    return { code: 'cap-week', words: `7 天内最多触达 ${String(manners.marketingPerWeek)} 次` }
  if (times.some((at) => Math.abs(at - wanted.dueAt) < hours(manners.gapHours)))
    return { code: 'gap', words: `与另一次触达相隔不足 ${String(manners.gapHours)} 小时` }
  return null
}

/** WeCom's own ceiling per customer and per group (WECOM.md §3.6); beyond it the result says status 3. */
function overQuota(manners: Manners, wanted: Wanted, uses: readonly Use[]): Reason | null {
  if (!isBroadcast(wanted.channel)) return null
  const day = dayOf(wanted.dueAt)
  const times = uses.filter((use) => isBroadcast(use.channel)).map((use) => dayOf(use.at))
  const reason = { code: 'wecom-quota', words: '企业微信群发配额已用完' }
  switch (manners.quotaMode) {
    case 'month-days': {
      const inMonth = times.filter((other) => other.slice(0, 7) === day.slice(0, 7)).length
      return inMonth >= daysInMonth(day) ? reason : null
    }
    case '7-per-week':
      return times.filter((other) => weekOf(other) === weekOf(day)).length >= 7 ? reason : null
    case '1-per-day':
      return times.includes(day) ? reason : null
  }
}

const daysInMonth = (day: string): number =>
  new Date(Date.UTC(Number(day.slice(0, 4)), Number(day.slice(5, 7)), 0)).getUTCDate()
