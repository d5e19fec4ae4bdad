import { z } from 'zod'
import { common, tiersField } from '../fields.ts'
import { noteDue, noteFields, noteText, personalWording, restsFor } from '../note.ts'
import { isMonthly, monthlyField } from '../schedule.ts'
import { defineTouchpoint } from '../touchpoint.ts'

const settings = z.strictObject({
  ...common,
  ...noteFields,
  tiers: tiersField('high', 'mid', 'dormant'),
  on: monthlyField.default({ day: 20 }),
  /** Only those who have bought so often: nobody recommends what she hardly knows. */
  fromPurchases: z.number().int().min(1).max(100).default(3),
  onceInDays: z.number().int().min(30).max(730).default(180),
  wording: personalWording,
})
type Settings = z.infer<typeof settings>

/** 老带新邀请: her own link; both sides are credited at the friend's first order. */
export const referralInvite = defineTouchpoint<Settings>({
  kind: 'referral-invite',
  title: '老带新邀请',
  audience: 'customer',
  channel: 'advisor-task',
  purpose: 'marketing',
  personal: true,
  priority: 40,
  settings,
  looksFor: ({ on }, { day }) => (isMonthly(on, day) ? { find: 'everybody' } : null),
  due: (settings, moment, { purchases }) =>
    purchases < settings.fromPurchases ? null : noteDue(settings, moment, moment.month),
  rests: ({ onceInDays }) => restsFor(onceInDays, '邀请'),
  compose: (settings, _moment, { purchases }, view) => ({
    text: noteText(settings, settings.wording, view),
    why: `买过 ${String(purchases)} 次的老客户，请她带一位朋友`,
    target: 'me',
  }),
})
