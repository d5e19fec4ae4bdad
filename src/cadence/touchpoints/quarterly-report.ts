import { z } from 'zod'
import { common, tiersField } from '../fields.ts'
import { noteDue, noteFields, noteText, personalWording } from '../note.ts'
import { giftPart, offerField, withOffer } from '../offer.ts'
import { isMonthly, isQuarterMonth, monthlyField } from '../schedule.ts'
import { defineTouchpoint } from '../touchpoint.ts'

const settings = z.strictObject({
  ...common,
  ...noteFields,
  tiers: tiersField('high'),
  /** The first, second or third month of the quarter, and the day in it. */
  monthOfQuarter: z.number().int().min(1).max(3).default(1),
  on: monthlyField.default({ week: 1, weekday: 4 }),
  withinDays: z.number().int().min(1).max(14).default(7),
  wording: personalWording,
  /** What comes with the report: an upgrade, a trial right. */
  offer: offerField.optional(),
})
type Settings = z.infer<typeof settings>

/** 季度权益报告: what she has, what she may use, and what a little more would bring. */
export const quarterlyReport = defineTouchpoint<Settings>({
  kind: 'quarterly-report',
  title: '季度权益报告',
  audience: 'customer',
  channel: 'advisor-task',
  purpose: 'marketing',
  personal: true,
  priority: 70,
  settings,
  looksFor: ({ on, monthOfQuarter }, { day }) =>
    isQuarterMonth(day, monthOfQuarter - 1) && isMonthly(on, day) ? { find: 'everybody' } : null,
  due: (settings, moment) => noteDue(settings, moment, moment.quarter),
  compose(settings, { quarter }, member, view) {
    return {
      text: noteText(settings, settings.wording, withOffer(view, settings.offer)),
      why: `${quarter.slice(0, 4)} 年第 ${quarter.slice(-1)} 季度权益报告（积分 ${String(member.points)}）`,
      target: 'me',
      ...giftPart(settings.offer),
    }
  },
})
