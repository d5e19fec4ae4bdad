/** Building blocks of touchpoint settings. */
import { z } from 'zod'
import { isDay } from '../base/calendar.ts'
import { checkWording, filledLetters, linksIn, parseWeekday } from '../content/index.ts'
import type { ViewKind } from '../content/index.ts'
import { overCaps } from '../outbox/index.ts'
import type { ChannelName } from '../outbox/index.ts'
import { attachmentsField } from './attachments.ts'
import { audienceField } from './audience-rule.ts'
import { dayChoices } from './day-kinds.ts'
import { addMistake } from './mistake.ts'

/** `9:30` or `09:30`, local to the shop. */
export const timeField = z
  .string()
  .superRefine((text, ctx) => {
    if (/^([01]?\d|2[0-3]):[0-5]\d$/.test(text)) return
    addMistake(ctx, {
      message: `“${text.slice(0, 20)}”不是一天里的时间`,
      fix: '写成 10:00 这样的 24 小时制时间',
      messageEn: `"${text.slice(0, 20)}" is not a time of day`,
      fixEn: 'write a 24-hour time such as 10:00',
    })
  })
  .transform((text) => text.padStart(5, '0'))

/** ISO: 1 = 周一 … 7 = 周日; numbers, Chinese and English names. */
export const weekdayField = z.union([z.number(), z.string()]).transform((written, ctx) => {
  const weekday = parseWeekday(written)
  if (weekday !== null) return weekday
  addMistake(ctx, {
    message: `“${String(written).slice(0, 20)}”不是星期几`,
    fix: '写 1–7（1 是周一，7 是周日），或 周三、星期三、Wed',
    messageEn: `"${String(written).slice(0, 20)}" is not a weekday`,
    fixEn: 'write 1-7 (1 is Monday, 7 is Sunday), or a name such as Wed',
  })
  return z.NEVER
})

export const dayField = z.string().superRefine((text, ctx) => {
  if (isDay(text)) return
  addMistake(ctx, {
    message: `“${text.slice(0, 20)}”不是日期`,
    fix: '写成 2026-05-20 这样的日期',
    messageEn: `"${text.slice(0, 20)}" is not a day`,
    fixEn: 'write a day such as 2026-05-20',
  })
})

/**
 * WeCom's limits in UTF-8 bytes: group send and welcome 4,000 (WECOM.md §3.5-3.6), a chat text 2,048, the words above a
 * menu of 微信客服 1,024 (§5); of a message of the app 2,048 (§4.1), of a robot 4,096 (§4.3), of which title and
 * link take some.
 */
export const maxBytes = { chat: 2_048, broadcast: 4_000, menu: 1_024, staff: 1_600, robot: 3_600 } as const

/** WeCom counts a moment in letters (WECOM.md §3.7). */
export const maxMomentLetters = 2_000

/** A Liquid wording for this audience. */
export const wordingField = (view: ViewKind, most: number) =>
  z
    .string()
    .min(1)
    .superRefine((text, ctx) => {
      for (const { row, ...words } of checkWording(text, { view, maxBytes: most }))
        addMistake(ctx, words, { row })
    })

/** Every offer shows the way out of it. */
export const wordingWithWayOut = (view: ViewKind, most: number) =>
  wordingField(view, most).superRefine((text, ctx) => {
    if (linksIn(text).includes('subscription')) return
    addMistake(ctx, {
      message: '营销话术里没有订阅设置的链接',
      fix: '加上 [[link:subscription]]，让收到的人能自己退订',
      messageEn: 'the wording does not lead to the subscription page',
      fixEn: 'add [[link:subscription]], so that whoever reads it can opt out',
    })
  })

/** The same for everybody who sees it on an advisor's page; `most` letters. */
export const momentWording = (most: number) =>
  wordingField('anyone', most * 4).superRefine((text, ctx) => {
    const letters = filledLetters(text)
    if (letters > most) addMistake(ctx, tooManyLetters(letters, most))
  })

const tooManyLetters = (letters: number, most: number) => ({
  message: `话术约 ${String(letters)} 字（链接按长链接计），超过上限 ${String(most)} 字`,
  fix: `精简到 ${String(most)} 字以内`,
  messageEn: `the wording has about ${String(letters)} letters (links counted at their longest), more than ${String(most)}`,
  fixEn: `shorten it to ${String(most)} letters`,
})

/** For our own people: the links of customers lead them nowhere. */
const ownWording = (view: ViewKind, most: number) =>
  wordingField(view, most).superRefine((text, ctx) => {
    if (linksIn(text).length === 0) return
    addMistake(ctx, {
      message: '发给员工的话术里有给客户的链接',
      fix: '删去 [[link:…]]；消息末尾自带工作台的链接',
      messageEn: 'a wording for the staff has a link for customers',
      fixEn: 'take [[link:…]] away; the message ends with a link to the desk',
    })
  })

export const staffWording = ownWording('staff', maxBytes.staff)
export const digestWording = ownWording('digest', maxBytes.robot)

/** A name that becomes part of ids and links. */
export const slugField = z
  .string()
  .max(32)
  .superRefine((text, ctx) => {
    if (/^[a-z0-9][a-z0-9-]*$/.test(text)) return
    addMistake(ctx, {
      message: `“${text.slice(0, 32)}”不能作为名字`,
      fix: '只用小写字母、数字和连字符，例如 xiaolu-1',
      messageEn: `"${text.slice(0, 32)}" cannot be a name`,
      fixEn: 'use lower-case letters, digits and hyphens, for example fawn-1',
    })
  })

export const overCapField = z
  .enum(overCaps)
  .default('skip')
  .describe('超过频次时：skip 放弃这一次，hold 顺延到有空位的时候，abort 放弃这一次并结束本轮剩下的各步')

export const common = {
  /** Which kind of touchpoint this is; the touchpoint's own name when left out. */
  kind: z.string().optional(),
  /** false keeps the settings but plans nothing. */
  enabled: z.boolean().default(true),
  /** Shown to people; the kind's title when left out. */
  title: z.string().min(1).max(30).optional(),
  /** Higher first where two of them compete for the same customer and day; the kind's own when left out. */
  priority: z.number().int().min(0).max(100).optional(),
  /** A topic that can be refused on the subscription page, such as `baby`. */
  topic: slugField.optional(),
  /** Over a cap: given up, moved to the first moment with room, or given up together with the rest of its run. */
  onOverCap: overCapField,
  days: z
    .enum(dayChoices)
    .default('all')
    .describe('哪些日子：all 每天，workdays 只在工作日，restdays 只在休息日；调休按 holidays.yaml'),
  audience: audienceField,
  attachments: attachmentsField,
}

/** The same words by another way, where a kind allows it. */
export const channelField = <const C extends readonly [ChannelName, ...ChannelName[]]>(...channels: C) =>
  z.enum(channels).optional()

export const tiersField = (...otherwise: readonly string[]) =>
  z
    .array(z.string().min(1).max(32))
    .min(1)
    .max(20)
    .default([...otherwise])
