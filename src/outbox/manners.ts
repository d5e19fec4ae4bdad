/**
 * Manners: when and how often the machine may hand something over. The schema is the single source of defaults, limits
 * and words; a published cadence carries one, copied into the outbox's own table. Everything here is pure.
 */
import { z } from 'zod'
import { addDays, dayOf, instantOf, minutesOf, timeOf, weekdayOf } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'
import { isTask } from './promise.ts'
import type { ChannelName, Purpose } from './promise.ts'

const timeOfDay = /^([01]\d|2[0-3]):[0-5]\d$/
const isSpan = (text: string): boolean => {
  const [from = '', to = '', ...rest] = text.split('-')
  return rest.length === 0 && timeOfDay.test(from) && (timeOfDay.test(to) || to === '24:00') && from !== to
}
const span = z.string().refine(isSpan, '时段写成 09:30-11:00')
const dayText = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, '日期写成 2026-05-20')

export const mannersShape = z.strictObject({
  /** Broadcasts leave inside these only. */
  windows: z
    .array(span)
    .min(1)
    .max(12)
    .default(['09:30-11:00', '14:30-16:30', '19:30-21:00'])
    .describe('发送时段：群发只在这些时段内交给顾问确认'),
  /** Nothing automatic, except what the customer waits for. May run over midnight. */
  quietHours: span.default('21:30-08:30').describe('安静时段：除欢迎语外什么都不自动发'),
  /** Bad hours for offers. A promise that falls there moves to the next window. 1 = Monday. */
  avoid: z
    .array(z.strictObject({ weekday: z.int().min(1).max(7), span }))
    .max(14)
    .default([
      { weekday: 1, span: '00:00-12:00' },
      { weekday: 5, span: '12:00-18:00' },
    ])
    .describe('营销避开的时间：默认周一上午、周五下午'),
  /** Touchpoints that are no offers. */
  avoidExempt: z.array(z.string().max(64)).max(50).default(['daily-tip']).describe('不受避开时间限制的触点'),
  marketingPerDay: z.int().min(0).max(10).default(1).describe('每位客户每天最多几次营销触达'),
  marketingPerWeek: z.int().min(0).max(50).default(2).describe('每位客户任意 7 天内最多几次营销触达'),
  gapHours: z.int().min(0).max(720).default(48).describe('两次营销触达至少间隔几小时'),
  groupPerDay: z.int().min(0).max(5).default(1).describe('每个社群每天最多几条群发'),
  afterTalkHours: z.int().min(0).max(168).default(12).describe('刚聊过后几小时内不发营销'),
  complaintDays: z.int().min(0).max(365).default(14).describe('投诉未解决时，最多几天不发营销'),
  blackout: z.array(dayText).max(366).default([]).describe('停发日：当天不发营销'),
  quotaMode: z
    .enum(['month-days', '7-per-week', '1-per-day'])
    .default('month-days')
    .describe('企业微信群发配额规则（群发助手设置）'),
})
export type Manners = z.infer<typeof mannersShape>
export const defaultManners: Manners = mannersShape.parse({})

export interface Reason {
  readonly code: string
  readonly words: string
}

/** What of a promise decides when it may leave. */
export interface Timed {
  readonly channel: ChannelName
  readonly purpose: Purpose
  readonly touchpoint: string
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
const inside = (minute: number, { from, to }: Minutes): boolean =>
  from <= to ? minute >= from && minute < to : minute >= from || minute < to

const weekdayWords = ['一', '二', '三', '四', '五', '六', '日']
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
function forbids(manners: Manners, what: Timed, at: Instant, mindWindows: boolean): Step | null {
  const day = dayOf(at)
  const minute = minutesOf(timeOf(at))
  if (what.purpose === 'marketing' && manners.blackout.includes(day))
    return { to: atMinute(day, 1_440), reason: { code: 'blackout', words: '停发日' } }
  const quiet = minutesOfSpan(manners.quietHours)
  if (inside(minute, quiet)) {
    const to = minute < quiet.to ? atMinute(day, quiet.to) : atMinute(addDays(day, 1), quiet.to)
    return { to, reason: { code: 'quiet-hours', words: `安静时段（${manners.quietHours}）` } }
  }
  if (what.purpose === 'marketing' && !manners.avoidExempt.includes(what.touchpoint)) {
    const bad = manners.avoid.find(
      (rule) => rule.weekday === weekdayOf(day) && inside(minute, minutesOfSpan(rule.span)),
    )
    if (bad) {
      const words = `周${weekdayWords[bad.weekday - 1] ?? ''} ${bad.span} 避开营销`
      return { to: atMinute(day, minutesOfSpan(bad.span).to), reason: { code: 'weekday', words } }
    }
  }
  if (!mindWindows) return null
  const windows = manners.windows.map(minutesOfSpan)
  if (windows.some((window) => inside(minute, window))) return null
  const reason = { code: 'window', words: '不在发送时段' }
  const starts = windows.map(({ from }) => from).sort((a, b) => a - b)
  const next = starts.find((from) => from > minute)
  return {
    to: next === undefined ? atMinute(addDays(day, 1), starts[0] ?? 0) : atMinute(day, next),
    reason,
  }
}

/**
 * The earliest instant, not before `from`, at which this may be handed over. Windows bind broadcasts; a card to an
 * advisor minds only quiet hours and bad hours, since she chooses the minute herself; a welcome is waited for.
 */
export function nextAllowedAt(manners: Manners, what: Timed, from: Instant): Moment {
  if (what.channel === 'welcome') return { at: from, moved: null }
  let mindWindows = !isTask(what.channel)
  let at = from
  let moved: Reason | null = null
  for (let steps = 0; steps < maxSteps; steps += 1) {
    const step = forbids(manners, what, at, mindWindows)
    if (!step) return { at, moved }
    // Whoever is moved out of a bad hour goes to a good one, not to its first minute.
    if (step.reason.code === 'weekday') mindWindows = true
    if (moved === null || step.reason.code === 'weekday') moved = step.reason
    at = step.to
  }
  return { at: Number.MAX_SAFE_INTEGER, moved: moved ?? { code: 'window', words: '没有可用的发送时段' } }
}

/** Quiet hours alone: reminders to advisors keep to them too. */
export const isQuiet = (manners: Manners, at: Instant): boolean =>
  inside(minutesOf(timeOf(at)), minutesOfSpan(manners.quietHours))

/** This instant, or the end of the quiet hours it falls into. */
export function afterQuiet(manners: Manners, at: Instant): Instant {
  if (!isQuiet(manners, at)) return at
  const quiet = minutesOfSpan(manners.quietHours)
  const [day, minute] = [dayOf(at), minutesOf(timeOf(at))]
  return minute < quiet.to ? atMinute(day, quiet.to) : atMinute(addDays(day, 1), quiet.to)
}
