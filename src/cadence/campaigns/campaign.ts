/**
 * A campaign as one object: the days it lives, and what is said before, during and after. Whoever writes one thinks of
 * one thing; the planner sees ordinary touchpoints (parts.ts), so caps, quiet hours and the dry run hold for it as well.
 */
import { z } from 'zod'
import { addDays, daysBetween, weekdayOf } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import {
  channelField,
  dayField,
  maxBytes,
  overCapField,
  slugField,
  timeField,
  wordingField,
  wordingWithWayOut,
} from '../fields.ts'
import { attachmentsField } from '../attachments.ts'
import { audienceField } from '../audience-rule.ts'
import { dayChoices } from '../day-kinds.ts'
import { addMistake } from '../mistake.ts'
import { personalWording } from '../note.ts'
import { offerField } from '../offer.ts'
import { isQuarterMonth } from '../schedule.ts'

const broadcast = wordingWithWayOut('anyone', maxBytes.broadcast)
const tiers = z.array(z.string().min(1).max(32)).min(1).max(20)
const mostDays = 62
const updateBytes = 700

const early = z.strictObject({
  tiers,
  days: z.number().int().min(1).max(21),
  /** That of the others where it says nothing. */
  at: timeField.optional(),
  wording: broadcast,
  attachments: attachmentsField,
})

const before = z.strictObject({
  /** So many days before it begins. */
  days: z.number().int().min(1).max(14).default(3),
  at: timeField.default('10:00'),
  wording: broadcast,
  attachments: attachmentsField,
  /** These hear it earlier: early access for the most valuable. */
  early: early.optional(),
})

const start = z.strictObject({
  at: timeField.default('10:00'),
  wording: broadcast,
  attachments: attachmentsField,
  offer: offerField.optional(),
})

const groups = z.strictObject({
  at: timeField.default('10:00'),
  /** What goes into the groups' message of its first, second … day. */
  updates: z
    .array(
      z.strictObject({
        day: z.number().int().min(1).max(mostDays),
        text: wordingField('anyone', updateBytes),
      }),
    )
    .min(1)
    .max(mostDays),
})

const reminder = z.strictObject({
  at: timeField.default('09:30'),
  wording: broadcast,
  attachments: attachmentsField,
})

const invitation = z.strictObject({
  daysBefore: z.number().int().min(1).max(21).default(5),
  at: timeField.default('15:00'),
  question: z.string().min(2).max(60),
  wording: broadcast,
  attachments: attachmentsField,
  /** On the first day, to whoever said that she comes. */
  reminder: reminder.optional(),
})

const after = z.strictObject({
  /** So many days after its last day. */
  days: z.number().int().min(1).max(14).default(1),
  at: timeField.default('15:00'),
  withinDays: z.number().int().min(0).max(7).default(2),
  /** For whoever took part and did not buy, by her advisor. */
  wording: personalWording,
  offer: offerField.optional(),
  channel: channelField('advisor-task', 'phone-task'),
})

const every = z.strictObject({
  every: z.enum(['month', 'quarter']),
  /** The first, second or third month of the quarter. */
  monthOfQuarter: z.number().int().min(1).max(3).default(1),
  /** The n-th whole week (Monday to Sunday) of the month. */
  week: z.number().int().min(1).max(4),
})

export const campaignShape = z
  .strictObject({
    enabled: z.boolean().default(true),
    title: z.string().min(2).max(20),
    tiers: tiers.optional(),
    audience: audienceField,
    days: z
      .enum(dayChoices)
      .default('all')
      .describe(
        '哪些日子：发给客户的部分 all 每天，workdays 只在工作日，restdays 只在休息日；调休按 holidays.yaml，社群播报不受限',
      ),
    topic: slugField.optional(),
    priority: z.number().int().min(0).max(100).default(64),
    onOverCap: overCapField,
    /** First and last day; or a week that comes back each month or quarter. */
    from: dayField.optional(),
    until: dayField.optional(),
    repeat: every.optional(),
    before: before.optional(),
    start: start.optional(),
    groups: groups.optional(),
    invitation: invitation.optional(),
    after: after.optional(),
  })
  .superRefine((one, ctx) => {
    const once = one.from !== undefined && one.until !== undefined
    const half = (one.from === undefined) !== (one.until === undefined)
    if (half || once === (one.repeat !== undefined))
      addMistake(ctx, {
        message: '活动的日期没有写清楚',
        fix: '写 from 和 until（起止日期），或 repeat（每月、每季度的第几周），只写一种',
        messageEn: 'the days of the campaign are not clear',
        fixEn: 'write from and until, or repeat, and only one of the two',
      })
    else if (once)
      spanMistake(one.from ?? '', one.until ?? '', (words) => addMistake(ctx, words, { path: ['until'] }))
    if (!one.before && !one.start && !one.groups && !one.invitation && !one.after)
      addMistake(ctx, {
        message: '活动没有任何内容',
        fix: '至少写 before、start、groups、invitation、after 中的一段',
        messageEn: 'the campaign says nothing',
        fixEn: 'write at least one of before, start, groups, invitation and after',
      })
  })
export type Campaign = z.infer<typeof campaignShape>

/** A part that customers hear by themselves: where its settings stand, and what they must be. */
export interface PartPlace {
  readonly path: readonly string[]
  readonly shape: z.ZodType<Readonly<Record<string, unknown>>>
}

/** By the end of the part's name: `feast-start` is the part `start` of the campaign `feast`. */
export const partPlaces: Readonly<Record<string, PartPlace>> = {
  early: { path: ['before', 'early'], shape: early },
  before: { path: ['before'], shape: before },
  invitation: { path: ['invitation'], shape: invitation },
  reminder: { path: ['invitation', 'reminder'], shape: reminder },
  start: { path: ['start'], shape: start },
  after: { path: ['after'], shape: after },
}

function spanMistake(from: Day, until: Day, add: (words: Parameters<typeof addMistake>[1]) => void): void {
  const length = daysBetween(from, until) + 1
  if (length >= 1 && length <= mostDays) return
  add({
    message:
      length < 1
        ? `结束日 ${until} 早于开始日 ${from}`
        : `活动长达 ${String(length)} 天，最多 ${String(mostDays)} 天`,
    fix: length < 1 ? '把 until 改到 from 当天或之后' : '分成几个活动',
    messageEn:
      length < 1
        ? `it ends on ${until}, before it begins on ${from}`
        : `it lasts ${String(length)} days, more than ${String(mostDays)}`,
    fixEn: length < 1 ? 'put until on from or later' : 'make several campaigns of it',
  })
}

/** How many days each running lasts; null while its days are not written. */
export function campaignDays({
  from,
  until,
  repeat,
}: Pick<Campaign, 'from' | 'until' | 'repeat'>): number | null {
  if (from !== undefined && until !== undefined) return daysBetween(from, until) + 1
  return repeat ? 7 : null
}

/** One running of a campaign. */
export interface Span {
  readonly from: Day
  readonly until: Day
}

const firstMonday = (month: string): Day => {
  const first = `${month}-01`
  return addDays(first, (8 - weekdayOf(first)) % 7)
}

/** The running that touches this day, widened by some days on either side; null when none does. */
export function spanNear(campaign: Campaign, day: Day, daysBefore: number, daysAfter: number): Span | null {
  const touches = ({ from, until }: Span): boolean =>
    day >= addDays(from, -daysBefore) && day <= addDays(until, daysAfter)
  return spansAround(campaign, day).find(touches) ?? null
}

const spansAround = (campaign: Campaign, day: Day): Span[] =>
  spansIn(
    campaign,
    [-1, 0, 1].map((step) => monthAfter(day, step)),
  )

/** All runnings that begin in the months from so many before this day to so many after it, the earliest first. */
export const spansNear = (campaign: Campaign, day: Day, monthsBefore: number, monthsAfter: number): Span[] =>
  spansIn(
    campaign,
    Array.from({ length: monthsBefore + 1 + monthsAfter }, (_, i) => monthAfter(day, i - monthsBefore)),
  )

/** A campaign with days of its own has one running, whatever the months. */
function spansIn({ from, until, repeat }: Campaign, months: readonly string[]): Span[] {
  if (from !== undefined && until !== undefined) return [{ from, until }]
  if (!repeat) return []
  return months
    .filter((month) => repeat.every === 'month' || isQuarterMonth(`${month}-01`, repeat.monthOfQuarter - 1))
    .map((month) => {
      const monday = addDays(firstMonday(month), (repeat.week - 1) * 7)
      return { from: monday, until: addDays(monday, 6) }
    })
}

function monthAfter(day: Day, step: number): string {
  const months = Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1 + step
  return `${String(Math.floor(months / 12))}-${String((months % 12) + 1).padStart(2, '0')}`
}

/** The game of its invitation. */
export const rsvpId = (name: string, from: Day): string => `${name}-rsvp-${from}`
