import { z } from 'zod'
import { hours, minutes } from '../../base/clock.ts'
import { textAt } from '../answer.ts'
import { common } from '../fields.ts'
import { noteFields, noteText, personalWording } from '../note.ts'
import { defineTouchpoint } from '../touchpoint.ts'

const settings = z.strictObject({
  ...common,
  ending: noteFields.ending,
  /** So many hours before it ends. */
  hoursLeft: z.number().int().min(1).max(48).default(2),
  /** Only coupons that live at least so long: of a shorter one she knows. */
  fromHours: z.number().int().min(2).max(8_760).default(24),
  wording: personalWording,
})
type Settings = z.infer<typeof settings>

const expiryOf = (value: unknown): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) ? value : null

/** 优惠券倒计时: two hours before it ends, to whoever has not used it. */
export const couponEnding = defineTouchpoint<Settings>({
  kind: 'coupon-ending',
  title: '优惠券倒计时',
  audience: 'customer',
  channel: 'advisor-task',
  purpose: 'marketing',
  personal: true,
  priority: 71,
  settings,
  due: () => null,
  answers: ['coupon-issued'],
  onHappening(settings, { at, detail }) {
    const endsAt = expiryOf(detail['expiresAt'])
    const code = textAt(detail, 'code')
    if (endsAt === null || code === '' || endsAt - at < hours(settings.fromHours)) return null
    return {
      period: code,
      wantedAt: endsAt - hours(settings.hoursLeft),
      // A reminder that comes with the end helps nobody.
      expiresAt: endsAt - minutes(15),
      occasion: { key: code, words: textAt(detail, 'title'), number: settings.hoursLeft },
    }
  },
  endedBy: ['coupon-redeemed'],
  ends: (_settings, { detail }, period) =>
    textAt(detail, 'code') === period ? { code: 'redeemed', words: '优惠券已使用，不再提醒' } : null,
  compose: (settings, _moment, _member, view, { words, number = 0 }) => ({
    text: noteText(settings, settings.wording, view),
    why: `${words ?? '优惠券'}还有 ${String(number)} 小时到期，没有用掉`,
    target: 'me',
  }),
})
