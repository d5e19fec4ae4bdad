/** The earliest good instant. Pure: windows, quiet hours, bad hours and blackout days of the manners against the clock. */
import { addDays, dayOf, instantOf, minutesOf, timeOf, weekdayOf } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'
import type { Manners, Reason } from './manners.ts'
import { isTask } from './promise.ts'
import type { ChannelName, Purpose } from './promise.ts'
import { reasonOf } from './reasons.ts'

/** What of a promise decides when it may leave. */
export interface Timed {
  readonly channel: ChannelName
  readonly purpose: Purpose
  readonly touchpoint: string
  /** The customer waits for it; 1 in a row. */
  readonly awaited?: boolean | number | null | undefined
}

export interface Moment {
  readonly at: Instant
  /** Why it is not the instant asked for; null when it is. */
  readonly moved: Reason | null
}

interface Minutes {
  readonly from: number
  readonly to: number
}
const minutesOfSpan = (text: string): Minutes => {
  const [from = '', to = ''] = text.split('-')
  return { from: minutesOf(from), to: minutesOf(to) }
}
/** A span whose end lies before its start runs over midnight. */
const inside = (minute: number, { from, to }: Minutes): boolean =>
  from <= to ? minute >= from && minute < to : minute >= from || minute < to

// ---------------------------------------------------------------- read once

interface Blackout {
  readonly from: Day
  readonly to: Day
  /** Null: all. */
  readonly channels: readonly ChannelName[] | null
  readonly touchpoints: readonly string[] | null
}

interface Hours {
  readonly quiet: Minutes
  readonly avoid: readonly { readonly weekday: number; readonly minutes: Minutes; readonly words: string }[]
  readonly blackout: readonly Blackout[]
  /** Sorted by their start. */
  readonly windows: readonly Minutes[]
  readonly ofChannel: ReadonlyMap<ChannelName, readonly Minutes[]>
}

/** Manners never change once read, so their texts are taken apart once. */
const known = new WeakMap<Manners, Hours>()

const windowsOf = (texts: readonly string[]): Minutes[] =>
  texts.map(minutesOfSpan).sort((a, b) => a.from - b.from)

const weekdayWords = ['一', '二', '三', '四', '五', '六', '日']

function hoursOf(manners: Manners): Hours {
  const read = known.get(manners)
  if (read) return read
  const ofChannel = new Map<ChannelName, readonly Minutes[]>()
  for (const [name, { windows }] of Object.entries(manners.channels) as [
    ChannelName,
    { windows?: string[] | undefined },
  ][])
    if (windows !== undefined) ofChannel.set(name, windowsOf(windows))
  const hours: Hours = {
    quiet: minutesOfSpan(manners.quietHours),
    avoid: manners.avoid.map(({ weekday, span }) => ({
      weekday,
      minutes: minutesOfSpan(span),
      words: `周${weekdayWords[weekday - 1] ?? ''} ${span} 避开营销`,
    })),
    blackout: manners.blackout.map((one) => {
      const { days, channels = null, touchpoints = null } = typeof one === 'string' ? { days: one } : one
      const [from = '', to = from] = days.split('~')
      return { from, to, channels, touchpoints }
    }),
    windows: windowsOf(manners.windows),
    ofChannel,
  }
  known.set(manners, hours)
  return hours
}

/** No marketing on that day: of anything, or of this channel or touchpoint. */
export const isBlackout = (manners: Manners, what: Timed, day: Day): boolean =>
  what.purpose === 'marketing' &&
  hoursOf(manners).blackout.some(
    ({ from, to, channels, touchpoints }) =>
      day >= from &&
      day <= to &&
      (channels === null || channels.includes(what.channel)) &&
      (touchpoints === null || touchpoints.includes(what.touchpoint)),
  )

// ---------------------------------------------------------------- one step

/** More steps than any sane set of manners can need; beyond it no moment is allowed at all. */
const maxSteps = 400

const hhmm = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
const atMinute = (day: Day, minute: number): Instant =>
  minute >= 1_440 ? instantOf(addDays(day, 1)) : instantOf(day, hhmm(minute))

interface Step {
  readonly to: Instant
  readonly reason: Reason
}

/** The first rule that forbids this instant, and the instant up to which it forbids. */
function forbids(
  manners: Manners,
  what: Timed,
  at: Instant,
  windows: readonly Minutes[] | null,
): Step | null {
  const hours = hoursOf(manners)
  const day = dayOf(at)
  const minute = minutesOf(timeOf(at))
  if (isBlackout(manners, what, day)) return { to: atMinute(day, 1_440), reason: reasonOf('blackout') }
  const { quiet } = hours
  if (inside(minute, quiet)) {
    const to = minute < quiet.to ? atMinute(day, quiet.to) : atMinute(addDays(day, 1), quiet.to)
    return { to, reason: reasonOf('quiet-hours', `安静时段（${manners.quietHours}）`) }
  }
  if (avoids(manners, what)) {
    const weekday = weekdayOf(day)
    const bad = hours.avoid.find((rule) => rule.weekday === weekday && inside(minute, rule.minutes))
    if (bad) return { to: endOf(day, minute, bad.minutes), reason: reasonOf('weekday', bad.words) }
  }
  if (windows === null || windows.some((window) => inside(minute, window))) return null
  const next = windows.find(({ from }) => from > minute)
  return {
    to: next === undefined ? atMinute(addDays(day, 1), windows[0]?.from ?? 0) : atMinute(day, next.from),
    reason: reasonOf('window'),
  }
}

/** Bad hours may run over midnight too; then they end on the next day, which has bad hours of its own. */
const endOf = (day: Day, minute: number, { from, to }: Minutes): Instant =>
  from > to && minute >= from ? atMinute(day, 1_440) : atMinute(day, to)

const avoids = (manners: Manners, { purpose, channel, touchpoint }: Timed): boolean =>
  (purpose === 'marketing' || channel === 'sms') && !manners.avoidExempt.includes(touchpoint)

/** Null: no window binds it, only quiet and bad hours. */
function bindingWindows(manners: Manners, channel: ChannelName): readonly Minutes[] | null {
  const hours = hoursOf(manners)
  const own = hours.ofChannel.get(channel)
  if (own) return own
  // An advisor chooses the minute herself; what goes to the staff or answers in 客服 disturbs no customer.
  const bindsNobody = channel === 'kf' || channel === 'app-message' || channel === 'robot'
  return isTask(channel) || bindsNobody ? null : hours.windows
}

/** What the customer waits for: no hour is a bad one. */
const isAnswer = ({ channel, purpose, awaited }: Timed): boolean =>
  channel === 'welcome' || (channel === 'kf' && purpose === 'service') || Boolean(awaited)

/**
 * The earliest instant, not before `from`, at which this may be handed over. What is held over quiet hours is held to
 * their end and then to the next window, never around in a circle: each step goes forward, and their number is bounded.
 */
export function nextAllowedAt(manners: Manners, what: Timed, from: Instant): Moment {
  if (isAnswer(what)) return { at: from, moved: null }
  let windows = bindingWindows(manners, what.channel)
  let at = from
  let moved: Reason | null = null
  for (let steps = 0; steps < maxSteps; steps += 1) {
    const step = forbids(manners, what, at, windows)
    if (!step) return { at, moved }
    // Whoever is moved out of a bad hour goes to a good one, not to its first minute.
    if (step.reason.code === 'weekday') windows ??= hoursOf(manners).windows
    if (moved === null || step.reason.code === 'weekday') moved = step.reason
    at = step.to
  }
  return { at: Number.MAX_SAFE_INTEGER, moved: moved ?? reasonOf('window', '没有可用的发送时段') }
}

/** Quiet hours alone: reminders to advisors keep to them too. */
export const isQuiet = (manners: Manners, at: Instant): boolean =>
  inside(minutesOf(timeOf(at)), hoursOf(manners).quiet)

/** This instant, or the end of the quiet hours it falls into. */
export function afterQuiet(manners: Manners, at: Instant): Instant {
  if (!isQuiet(manners, at)) return at
  const { quiet } = hoursOf(manners)
  const [day, minute] = [dayOf(at), minutesOf(timeOf(at))]
  return minute < quiet.to ? atMinute(day, quiet.to) : atMinute(addDays(day, 1), quiet.to)
}
