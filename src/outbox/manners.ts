/**
 * Manners: when and how often the machine may hand something over. The schema is the single source of defaults, limits
 * and words; a published cadence carries one, copied into the outbox's own table. What follows from it for an instant
 * stands in moment.ts, for a count in budget.ts.
 */
import { z } from 'zod'
import { isDay } from '../base/calendar.ts'
import { channelTitles } from './promise.ts'
import type { ChannelName } from './promise.ts'

const timeOfDay = /^([01]\d|2[0-3]):[0-5]\d$/
const isSpan = (text: string): boolean => {
  const [from = '', to = '', ...rest] = text.split('-')
  return rest.length === 0 && timeOfDay.test(from) && (timeOfDay.test(to) || to === '24:00') && from !== to
}

/** What is wrong in both languages, where whoever reads a cadence looks for it. */
const wording = (words: { message: string; fix: string; messageEn: string; fixEn: string }) => ({
  code: 'custom' as const,
  message: words.messageEn,
  params: { words, row: 0 },
})

const span = z.string().superRefine((text, ctx) => {
  if (isSpan(text)) return
  const seen = text.slice(0, 40)
  ctx.addIssue(
    wording({
      message: `“${seen}”不是时段`,
      fix: '时段写成 09:30-11:00：两个 24 小时制时间，小时写两位，开始与结束不同',
      messageEn: `"${seen}" is not a span of time`,
      fixEn: 'write two different 24-hour times with two digits each, such as 09:30-11:00',
    }),
  )
})
const spans = z.array(span).min(1).max(12)

/** `2026-05-20`, or `2026-05-20~2026-05-22` with both ends. */
const isDayOrRange = (text: string): boolean => {
  const [from = '', to = from, ...rest] = text.split('~')
  return rest.length === 0 && isDay(from) && isDay(to) && from <= to
}
const dayOrRange = z.string().superRefine((text, ctx) => {
  if (isDayOrRange(text)) return
  const seen = text.slice(0, 40)
  ctx.addIssue(
    wording({
      message: `“${seen}”不是日期`,
      fix: '日期写成 2026-05-20，连续几天写成 2026-05-20~2026-05-22，结束不早于开始',
      messageEn: `"${seen}" is not a day or a range of days`,
      fixEn: 'write 2026-05-20, or 2026-05-20~2026-05-22 with the earlier day first',
    }),
  )
})

const cap = (most: number) => z.int().min(0).max(most)

/** Of one channel, beside what holds for all. */
const channelShape = z.strictObject({
  windows: spans.optional().describe('这个渠道自己的发送时段；不写就用总的 windows'),
  perDay: cap(10).optional().describe('每位客户每天在这个渠道最多几次营销'),
  perWeek: cap(50).optional().describe('每位客户任意 7 天内最多几次'),
  perMonth: cap(200).optional().describe('每位客户任意 30 天内最多几次'),
})
export type ChannelManners = z.infer<typeof channelShape>
const channel = channelShape.prefault({})

/** The welcome is waited for and has no manners. */
export type MannerlyChannel = Exclude<ChannelName, 'welcome'>
const channelNames = Object.keys(channelTitles).filter((name): name is ChannelName => name in channelTitles)
const channelsShape = z.strictObject({
  'advisor-task': channel,
  'phone-task': channel,
  broadcast: channel,
  'group-broadcast': channel,
  kf: channel,
  'app-message': channel,
  moments: channelShape
    .extend({
      perDay: cap(10).default(1).describe('朋友圈：每位顾问每天最多发几条'),
      perMonth: cap(200)
        .default(4)
        .describe('朋友圈：每位顾问任意 30 天内最多发几条；企业微信对每位客户展示的条数有限'),
    })
    .prefault({}),
  robot: channel,
  sms: channelShape
    .extend({ perMonth: cap(200).default(3).describe('短信：任意 30 天内最多几条') })
    .prefault({}),
  email: channel,
} satisfies Record<MannerlyChannel, z.ZodType>)

/** Written as a day, as `2026-05-20~2026-05-22`, or as `{ days, channels, touchpoints }`. */
const blackoutShape = z.union([
  dayOrRange,
  z.strictObject({
    days: dayOrRange,
    channels: z.array(z.enum(channelNames)).min(1).max(20).optional(),
    touchpoints: z.array(z.string().max(64)).min(1).max(50).optional(),
  }),
])

export const quotaModes = ['month-days', '7-per-week', '1-per-day'] as const
export type QuotaMode = (typeof quotaModes)[number]

export const mannersShape = z.strictObject({
  windows: spans
    .default(['09:30-11:00', '14:30-16:30', '19:30-21:00'])
    .describe('发送时段：群发只在这些时段内交给顾问确认'),
  /** May run over midnight: 22:00-06:00 is eight hours, not sixteen. */
  quietHours: span.default('21:30-08:30').describe('安静时段：除欢迎语和客户在等的答复外什么都不自动发'),
  /** A promise that falls there moves to the next window. 1 = Monday. */
  avoid: z
    .array(z.strictObject({ weekday: z.int().min(1).max(7), span }))
    .max(14)
    .default([
      { weekday: 1, span: '00:00-12:00' },
      { weekday: 5, span: '12:00-18:00' },
    ])
    .describe('营销和短信避开的时间：默认周一上午、周五下午'),
  /** Touchpoints that are no offers. */
  avoidExempt: z
    .array(z.string().max(64))
    .max(50)
    .default(['daily-tip', 'coupon-ending'])
    .describe('不受避开时间限制的触点'),
  /** A reminder of what she already has would otherwise never come: the coupon itself used up the cap. */
  capExempt: z
    .array(z.string().max(64))
    .max(50)
    .default(['coupon-ending'])
    .describe('不受次数和间隔限制的营销触点；退订、投诉、停发日照样有效'),
  marketingPerDay: cap(10).default(1).describe('每位客户每天最多几次营销触达，所有渠道合计'),
  marketingPerWeek: cap(50).default(2).describe('每位客户任意 7 天内最多几次营销触达，所有渠道合计'),
  marketingPerMonth: cap(200).default(10).describe('每位客户任意 30 天内最多几次营销触达，所有渠道合计'),
  gapHours: cap(720).default(48).describe('两次营销触达至少间隔几小时'),
  groupPerDay: cap(5).default(1).describe('每个社群每天最多几条群发'),
  channels: channelsShape.prefault({}).describe('各渠道自己的时段和上限'),
  advisorPerDay: cap(1_000).default(60).describe('每位顾问每天最多几个任务；满了的营销任务顺延'),
  afterTalkHours: cap(168).default(12).describe('刚聊过后几小时内不发营销'),
  complaintDays: cap(365).default(14).describe('投诉未解决时，最多几天不发营销'),
  refundDays: cap(60).default(3).describe('退款后几天内不发营销'),
  blackout: z
    .array(blackoutShape)
    .max(366)
    .default([])
    .describe('停发日：当天不发营销；可以只停某些渠道或触点'),
  holdout: z
    .strictObject({
      percent: z.number().min(0).max(50).default(0).describe('对照组占全部客户的百分之几；0 为不留'),
      salt: z.string().min(1).max(32).default('siyu').describe('换一个词就换一批人；平时不要改'),
    })
    .prefault({})
    .describe('对照组：始终不收营销的一小部分客户，用来衡量触达到底有没有用'),
  quotaMode: z.enum(quotaModes).default('month-days').describe('企业微信群发配额规则（群发助手设置）'),
  quotaDoubts: z
    .int()
    .min(1)
    .max(1_000)
    .default(3)
    .describe('一天内有几位客户“配额已满”与我们的计数不符，就改用更严的配额规则'),
})
export type Manners = z.infer<typeof mannersShape>
export const defaultManners: Manners = mannersShape.parse({})

export interface Reason {
  readonly code: string
  readonly words: string
}
