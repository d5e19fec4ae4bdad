import { z } from 'zod'
import { render } from '../../content/index.ts'
import { common, maxBytes, tiersField, timeField, wordingWithWayOut } from '../fields.ts'
import { giftPart, offerField, withOffer } from '../offer.ts'
import { isMonthly, monthlyField } from '../schedule.ts'
import { addDays } from '../../base/calendar.ts'
import { defineTouchpoint } from '../touchpoint.ts'

const settings = z.strictObject({
  ...common,
  tiers: tiersField('high', 'new', 'mid'),
  on: monthlyField.default({ day: 18 }),
  /** Announced so many days before. */
  daysBefore: z.number().int().min(0).max(7).default(0),
  at: timeField.default('09:30'),
  withinDays: z.number().int().min(0).max(3).default(0),
  /** The same for everybody; it is a broadcast. */
  wording: wordingWithWayOut('anyone', maxBytes.broadcast),
  offer: offerField.optional(),
})
type Settings = z.infer<typeof settings>

/** 会员日: the same day each month, so that members learn to look forward to it. */
export const membersDay = defineTouchpoint<Settings>({
  kind: 'members-day',
  title: '会员日',
  audience: 'customer',
  channel: 'broadcast',
  purpose: 'marketing',
  personal: false,
  priority: 58,
  settings,
  looksFor: ({ on, daysBefore }, { day }) =>
    isMonthly(on, addDays(day, daysBefore)) ? { find: 'everybody' } : null,
  due: (settings, moment) => ({
    period: addDays(moment.day, settings.daysBefore).slice(0, 7),
    wantedAt: moment.at(settings.at),
    expiresAt: moment.evening(settings.withinDays),
  }),
  compose(settings, { day }, _member, view) {
    return {
      text: render(settings.wording, withOffer(view, settings.offer)),
      why: `会员日（${addDays(day, settings.daysBefore).slice(5).replace('-', '月')}日）`,
      target: 'me',
      ...giftPart(settings.offer, 'members-day'),
    }
  },
})
