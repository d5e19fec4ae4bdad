import { z } from 'zod'
import { dayWords } from '../../content/index.ts'
import { common, tiersField } from '../fields.ts'
import { noteDue, noteFields, noteText, personalWording } from '../note.ts'
import { giftPart, offerField, withOffer } from '../offer.ts'
import { defineTouchpoint } from '../touchpoint.ts'

const settings = z.strictObject({
  ...common,
  ...noteFields,
  tiers: tiersField('high', 'new', 'mid', 'other'),
  /** Quiet for so many days, and not asleep yet. */
  afterDays: z.number().int().min(7).max(365).default(60),
  wording: personalWording,
  offer: offerField.optional(),
})
type Settings = z.infer<typeof settings>

/** 久未下单轻提醒: a light word on the very day her quiet has lasted so long; the ladder comes later. */
export const quietReminder = defineTouchpoint<Settings>({
  kind: 'quiet-reminder',
  title: '久未下单轻提醒',
  audience: 'customer',
  channel: 'advisor-task',
  purpose: 'marketing',
  personal: true,
  priority: 45,
  settings,
  looksFor: ({ afterDays }) => ({ find: 'purchase', which: 'last', daysAgo: [afterDays] }),
  due: (settings, moment, _member, { key }) => noteDue(settings, moment, key),
  endedBy: ['order-placed'],
  ends: () => ({ code: 'bought-meanwhile', words: '已下单，不再提醒' }),
  compose(settings, _moment, member, view) {
    const since = member.lastDay === null ? '' : `，上次在 ${dayWords(member.lastDay)}`
    return {
      text: noteText(settings, settings.wording, withOffer(view, settings.offer)),
      why: `${String(settings.afterDays)} 天没有下单${since}`,
      ...giftPart(settings.offer),
    }
  },
})
