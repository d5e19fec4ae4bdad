import { z } from 'zod'
import { render } from '../../content/index.ts'
import { common, maxBytes, tiersField, timeField, wordingField } from '../fields.ts'
import { noteDue, restsFor } from '../note.ts'
import { isMonthly, monthlyField } from '../schedule.ts'
import { defineTouchpoint } from '../touchpoint.ts'

const settings = z.strictObject({
  ...common,
  tiers: tiersField('high'),
  on: monthlyField.default({ week: 2, weekday: 2 }),
  at: timeField.default('10:00'),
  /** The call may be made so many days later. */
  withinDays: z.number().int().min(0).max(14).default(7),
  /** Loyal: bought on so many days. */
  fromPurchases: z.number().int().min(1).max(200).default(6),
  onceInDays: z.number().int().min(30).max(730).default(90),
  /** What to talk about; she hears it from a person, so there is no link in it. */
  talkingPoints: wordingField('personal', maxBytes.chat),
})
type Settings = z.infer<typeof settings>

/** 忠实客户电话回访: a call now and then to those who have been with the shop for long. */
export const phoneCall = defineTouchpoint<Settings>({
  kind: 'phone-call',
  title: '忠实客户电话回访',
  audience: 'customer',
  channel: 'phone-task',
  purpose: 'marketing',
  personal: true,
  priority: 62,
  settings,
  looksFor: ({ on }, { day }) => (isMonthly(on, day) ? { find: 'everybody' } : null),
  due: (settings, moment, { purchases }) =>
    purchases < settings.fromPurchases
      ? null
      : noteDue({ at: settings.at, withinDays: settings.withinDays, ending: '' }, moment, moment.month),
  rests: ({ onceInDays }) => restsFor(onceInDays, '致电'),
  compose: (settings, _moment, { purchases }, view) => ({
    text: render(settings.talkingPoints, view),
    why: `买过 ${String(purchases)} 次的忠实客户，打个电话问候`,
  }),
})
