import { z } from 'zod'
import { addDays } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import { common, tiersField } from '../fields.ts'
import { festivalNames, festivalsOf } from '../festivals.ts'
import { noteDue, noteFields, noteText, personalWording } from '../note.ts'
import { giftPart, offerField, withOffer } from '../offer.ts'
import { defineTouchpoint } from '../touchpoint.ts'

const settings = z.strictObject({
  ...common,
  ...noteFields,
  tiers: tiersField('high', 'mid'),
  festivals: z
    .array(
      z.strictObject({
        /** As the calendar names it. */
        festival: z.enum(festivalNames),
        daysBefore: z.number().int().min(0).max(30).default(0),
        wording: personalWording,
        offer: offerField.optional(),
      }),
    )
    .min(1)
    .max(40),
})
type Settings = z.infer<typeof settings>
type Festival = Settings['festivals'][number]

const festivalOn = ({ festivals }: Settings, day: Day): Festival | undefined =>
  festivals.find(({ festival, daysBefore }) => festivalsOf(addDays(day, daysBefore)).includes(festival))

/** 节日问候: by the lunar calendar and the state's. */
export const festival = defineTouchpoint<Settings>({
  kind: 'festival',
  title: '节日问候',
  audience: 'customer',
  channel: 'advisor-task',
  purpose: 'marketing',
  personal: true,
  priority: 55,
  settings,
  looksFor: (settings, { day }) => (festivalOn(settings, day) ? { find: 'everybody' } : null),
  due(settings, moment) {
    const kept = festivalOn(settings, moment.day)
    if (!kept) return null
    const of = addDays(moment.day, kept.daysBefore)
    const due = noteDue({ ...settings, withinDays: 1 }, moment, of)
    return { ...due, occasion: { key: of, words: kept.festival, number: kept.daysBefore } }
  },
  compose(settings, { day }, _member, view) {
    const kept = festivalOn(settings, day)
    return {
      text: noteText(settings, kept?.wording ?? '', withOffer(view, kept?.offer)),
      why: `${kept?.festival ?? ''}问候`,
      ...giftPart(kept?.offer),
    }
  },
})
