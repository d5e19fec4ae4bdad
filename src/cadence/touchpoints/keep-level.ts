import { z } from 'zod'
import { addDays } from '../../base/calendar.ts'
import { common } from '../fields.ts'
import { noteDue, noteFields, noteText, personalWording } from '../note.ts'
import { giftPart, offerField, withOffer } from '../offer.ts'
import { defineTouchpoint } from '../touchpoint.ts'

const settings = z.strictObject({
  ...common,
  ...noteFields,
  tiers: z.array(z.string().min(1).max(32)).min(1).max(20).optional(),
  /** So many days before the level would fall. */
  daysBefore: z.number().int().min(1).max(120).default(30),
  wording: personalWording,
  offer: offerField.optional(),
})
type Settings = z.infer<typeof settings>

/** 保级提醒: how much is missing, and until when; whoever has spent enough is not told. */
export const keepLevel = defineTouchpoint<Settings>({
  kind: 'keep-level',
  title: '保级提醒',
  audience: 'customer',
  channel: 'advisor-task',
  purpose: 'marketing',
  personal: true,
  priority: 69,
  settings,
  looksFor: ({ daysBefore }) => ({ find: 'level-ending', ahead: daysBefore }),
  due(settings, moment, member) {
    const { level } = member
    if (!level || level.missingFen === 0 || level.keepUntil !== addDays(moment.day, settings.daysBefore))
      return null
    const words = `再消费 ${String(Math.ceil(level.missingFen / 100))} 元即可保住${level.title}`
    return {
      ...noteDue(settings, moment, level.keepUntil),
      occasion: { key: level.keepUntil, words, number: Math.ceil(level.missingFen / 100) },
    }
  },
  compose: (settings, _moment, member, view, { words }) => ({
    text: noteText(settings, settings.wording, withOffer(view, settings.offer)),
    why: `${member.level?.title ?? '等级'} ${String(settings.daysBefore)} 天后到期，${words ?? ''}`,
    target: 'me',
    ...giftPart(settings.offer),
  }),
})
