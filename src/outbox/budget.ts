/** Caps and quota as pure rules over what is promised or said already. */
import { addDays, dayOf, instantOf } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'
import { days, hours } from '../base/clock.ts'
import type { Manners, Reason } from './manners.ts'
import { channelTitles, isBroadcast } from './promise.ts'
import type { ChannelName, Purpose, SubjectKind } from './promise.ts'
import { quotaPeriod } from './quota-period.ts'
import { reasonOf } from './reasons.ts'

/** One promise that uses up patience: queued, waiting or sent, or held back for comparison; never a failed attempt. */
export interface Use {
  readonly at: Instant
  readonly purpose: Purpose
  readonly channel: ChannelName
  /** `handed`: an advisor has it in her hands; `planned`: not yet called. */
  readonly stage: 'planned' | 'handed' | 'said'
  /** Of 微信客服: who hears it at which account; see kf-window.ts. */
  readonly kfWindow?: string
}

export interface Wanted {
  readonly purpose: Purpose
  readonly channel: ChannelName
  readonly subjectKind: SubjectKind
  readonly dueAt: Instant
  readonly touchpoint?: string
  readonly awaited?: boolean | undefined
}

/** Why there is no room, and the first later instant at which that may be different. */
export interface Over extends Reason {
  readonly until: Instant
}

const sameDay = (a: Instant, b: Instant): boolean => Math.abs(a - b) < days(1) && dayOf(a) === dayOf(b)
const startOfNextDay = (at: Instant): Instant => instantOf(addDays(dayOf(at), 1))

/** The most that any span around `at` would hold if `at` were added. A use may lie ahead: it is reserved. */
export function busiest(times: readonly Instant[], at: Instant, span: number): number {
  if (times.length === 0) return 1
  const all = [...times, at]
  const starts = all.filter((start) => start <= at && start > at - span)
  return Math.max(...starts.map((start) => all.filter((t) => t >= start && t < start + span).length))
}
export const busiestWeek = (times: readonly Instant[], at: Instant): number => busiest(times, at, days(7))

/** Null when there is room. */
export function overBudget(manners: Manners, wanted: Wanted, uses: readonly Use[]): Over | null {
  return (
    waitingAlready(wanted, uses, 'handed') ??
    overCap(manners, wanted, uses) ??
    waitingAlready(wanted, uses, 'planned') ??
    overQuota(manners, wanted, uses)
  )
}

/**
 * Our own caps over what is really in somebody's hands or said, for the moment before a call. WeCom counts its quota
 * itself by then.
 */
export const overNow = (manners: Manners, wanted: Wanted, uses: readonly Use[]): Over | null =>
  overCap(
    manners,
    wanted,
    uses.filter(({ stage }) => stage !== 'planned'),
  )

/** An advisor has one thing at a time in her hands for one customer on one channel; marketing never delays service. */
function waitingAlready(wanted: Wanted, uses: readonly Use[], stage: Use['stage']): Over | null {
  if (wanted.channel === 'welcome' || wanted.subjectKind !== 'customer' || wanted.awaited === true)
    return null
  const waits = uses.some(
    (use) =>
      use.stage === stage &&
      use.channel === wanted.channel &&
      (wanted.purpose === 'marketing' || use.purpose === 'service') &&
      sameDay(use.at, wanted.dueAt),
  )
  return waits ? { ...reasonOf('waiting-already'), until: startOfNextDay(wanted.dueAt) } : null
}

function overCap(manners: Manners, wanted: Wanted, uses: readonly Use[]): Over | null {
  const at = wanted.dueAt
  if (wanted.subjectKind === 'group') {
    const today = uses.filter((use) => sameDay(use.at, at)).length
    if (today < manners.groupPerDay) return null
    const words =
      manners.groupPerDay === 0
        ? '社群每天群发上限为 0，不发社群消息'
        : `该社群当天已有 ${String(today)} 条群发`
    return { ...reasonOf('group-broadcast-today', words), until: startOfNextDay(at) }
  }
  if (wanted.purpose === 'service' || wanted.channel === 'welcome') return null
  if (manners.capExempt.includes(wanted.touchpoint ?? '')) return null
  const marketing = uses.filter((use) => use.purpose === 'marketing')
  // What an advisor publishes is no message to anybody: only the channel has its measure.
  if (wanted.subjectKind === 'staff') return overChannel(manners, wanted, marketing)
  return (
    overAll(
      manners,
      marketing.map((use) => use.at),
      at,
    ) ?? overChannel(manners, wanted, marketing)
  )
}

/** Nothing is full: the rule itself lets nothing through. */
const noneAllowed = (span: string): string => `营销触达${span}上限为 0，不发营销`

/** All channels together: calendar day, any 7 and any 30 days, and the gap. */
function overAll(manners: Manners, times: readonly Instant[], at: Instant): Over | null {
  const { marketingPerDay, marketingPerWeek, marketingPerMonth, gapHours } = manners
  if (times.filter((time) => sameDay(time, at)).length >= marketingPerDay) {
    const words =
      marketingPerDay === 0 ? noneAllowed('每天') : `当天已安排触达，每天最多 ${String(marketingPerDay)} 次`
    return { ...reasonOf('cap-day', words), until: startOfNextDay(at) }
  }
  if (busiest(times, at, days(7)) > marketingPerWeek) {
    const words =
      marketingPerWeek === 0 ? noneAllowed(' 7 天内') : `7 天内最多触达 ${String(marketingPerWeek)} 次`
    return { ...reasonOf('cap-week', words), until: roomAfter(times, at, days(7)) }
  }
  if (busiest(times, at, days(30)) > marketingPerMonth) {
    const words =
      marketingPerMonth === 0 ? noneAllowed(' 30 天内') : `30 天内最多触达 ${String(marketingPerMonth)} 次`
    return { ...reasonOf('cap-month', words), until: roomAfter(times, at, days(30)) }
  }
  const near = times.filter((time) => Math.abs(time - at) < hours(gapHours))
  if (near.length === 0) return null
  const words = `与另一次触达相隔不足 ${String(gapHours)} 小时`
  return { ...reasonOf('gap', words), until: Math.min(...near) + hours(gapHours) }
}

function overChannel(
  manners: Manners,
  { channel, dueAt: at }: Wanted,
  marketing: readonly Use[],
): Over | null {
  if (channel === 'welcome') return null
  const { perDay, perWeek, perMonth } = manners.channels[channel]
  if (perDay === undefined && perWeek === undefined && perMonth === undefined) return null
  const times = marketing.filter((use) => use.channel === channel).map((use) => use.at)
  const full = (span: string, most: number, until: Instant): Over => ({
    ...reasonOf(
      'channel-cap',
      most === 0
        ? `${channelTitles[channel]}${span}上限为 0，这个渠道不发营销`
        : `${channelTitles[channel]}${span}最多 ${String(most)} 次`,
    ),
    until,
  })
  if (perDay !== undefined && times.filter((time) => sameDay(time, at)).length >= perDay)
    return full('每天', perDay, startOfNextDay(at))
  if (perWeek !== undefined && busiest(times, at, days(7)) > perWeek)
    return full(' 7 天内', perWeek, roomAfter(times, at, days(7)))
  if (perMonth !== undefined && busiest(times, at, days(30)) > perMonth)
    return full(' 30 天内', perMonth, roomAfter(times, at, days(30)))
  return null
}

/** When the first of those that share a span with `at` leaves it; without any, no time brings room: a day on. */
function roomAfter(times: readonly Instant[], at: Instant, span: number): Instant {
  const leaving = times.filter((time) => time > at - span).map((time) => time + span)
  return leaving.length === 0 ? startOfNextDay(at) : Math.min(...leaving)
}

/** WeCom's own ceiling per customer and per group (WECOM.md §3.6); beyond it the result says status 3. */
function overQuota(manners: Manners, wanted: Wanted, uses: readonly Use[]): Over | null {
  if (!isBroadcast(wanted.channel) || !uses.some((use) => isBroadcast(use.channel))) return null
  const { from, until, most } = quotaPeriod(manners.quotaMode, dayOf(wanted.dueAt))
  const [start, end] = [instantOf(from), instantOf(until)]
  return broadcastsBetween(uses, start, end) >= most ? { ...reasonOf('wecom-quota'), until: end } : null
}

export const broadcastsBetween = (uses: readonly Use[], from: Instant, until: Instant): number =>
  uses.filter((use) => isBroadcast(use.channel) && use.at >= from && use.at < until).length

/** What of an advisor's day is counted under. */
export const loadKey = (staff: string, at: Instant): string => `${staff}\t${dayOf(at)}`
