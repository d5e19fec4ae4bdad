import { z } from 'zod'
import { daysBetween } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import { discountWords, render } from '../../content/index.ts'
import { common, maxBytes, tiersField, timeField, weekdayField, wordingWithWayOut } from '../fields.ts'
import type { Gift } from '../../outbox/index.ts'
import { defineTouchpoint } from '../touchpoint.ts'

/** A month is 30 days, here as in the tiers. */
const monthDays = 30

/** Of its coupons a customer gets one in a while, whatever the touchpoint is called that gives it. */
const family = 'wake-up'

const settings = z.strictObject({
  ...common,
  /** Whom the ladder looks at; how long she has not bought decides, whatever tier that is in this trade. */
  tiers: tiersField('mid', 'dormant', 'other'),
  weekday: weekdayField.default(2),
  at: timeField.default('14:30'),
  /** So many months without a purchase: this much off. The highest step reached counts. */
  ladder: z
    .array(
      z.strictObject({
        afterMonths: z.number().int().min(1).max(120),
        percentOff: z.number().int().min(1).max(90),
      }),
    )
    .min(1)
    .max(12)
    .default([
      { afterMonths: 3, percentOff: 20 },
      { afterMonths: 6, percentOff: 30 },
      { afterMonths: 12, percentOff: 40 },
    ]),
  /** The coupon lives this long from the moment the message went out. */
  couponHours: z.number().int().min(1).max(720).default(48),
  /** One wake-up in this many months, so that waiting for a better one never pays. */
  onceInMonths: z.number().int().min(1).max(12).default(12),
  withinDays: z.number().int().min(1).max(6).default(3),
  /** The same for everybody: what is hers she sees on the page behind the link. */
  wording: wordingWithWayOut('anyone', maxBytes.broadcast),
})
type Settings = z.infer<typeof settings>

export interface Rung {
  readonly afterMonths: number
  readonly percentOff: number
}

/** The highest step of the ladder that this sleep has reached. */
export function rungOf(ladder: readonly Rung[], lastDay: Day, day: Day): Rung | null {
  const asleep = daysBetween(lastDay, day)
  const reached = ladder.filter(({ afterMonths }) => afterMonths * monthDays <= asleep)
  return reached.sort((a, b) => b.afterMonths - a.afterMonths)[0] ?? null
}

/** What a wake-up gives, by how long she has been asleep. */
export const wakeGiftOf = (rung: Rung, couponHours: number): Gift => ({
  title: `老朋友回归 ${discountWords(rung.percentOff)}券`,
  validHours: couponHours,
  family,
  terms: { kind: 'percent', percentOff: rung.percentOff, minFen: 0 },
})

/** 沉睡唤醒: once a week the sleeping are looked through; each hears it once a year at most. */
export const wakeUp = defineTouchpoint<Settings>({
  kind: 'wake-up',
  title: '沉睡唤醒',
  audience: 'customer',
  channel: 'broadcast',
  purpose: 'marketing',
  personal: false,
  priority: 40,
  settings,
  looksFor: (settings, { weekday }) => (weekday === settings.weekday ? { find: 'everybody' } : null),
  due(settings, moment, member) {
    const { day, week } = moment
    const due = {
      period: week,
      wantedAt: moment.at(settings.at),
      expiresAt: moment.evening(settings.withinDays),
      // Every rung of this sleep, until she buys again.
      ...(member.lastDay === null ? {} : { run: { since: member.lastDay } }),
    }
    const first = Math.min(...settings.ladder.map(({ afterMonths }) => afterMonths))
    if (member.lastDay !== null && rungOf(settings.ladder, member.lastDay, day) !== null) return due
    // Whoever is awake is none of its business, and needs no reason.
    if (member.dormancy === null) return null
    return {
      ...due,
      skip: { code: 'rung-not-reached', words: `沉睡未满 ${String(first)} 个月，未到唤醒阶梯` },
    }
  },
  // Waiting for a better coupon never pays.
  rests: ({ onceInMonths }) => ({
    days: onceInMonths * monthDays,
    family,
    refusal: (said) => ({
      code: 'woken-before',
      words: `${String(onceInMonths)} 个月内已唤醒过（${said}）`,
    }),
  }),
  compose(settings, { day }, { lastDay }, view) {
    const rung = lastDay === null ? null : rungOf(settings.ladder, lastDay, day)
    return {
      text: render(settings.wording, view),
      why: lastDay === null ? '沉睡唤醒' : `沉睡 ${String(daysBetween(lastDay, day))} 天，按阶梯唤醒`,
      target: 'me',
      ...(rung ? { gift: wakeGiftOf(rung, settings.couponHours) } : {}),
    }
  },
})
