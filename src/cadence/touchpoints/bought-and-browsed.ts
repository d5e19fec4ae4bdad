import { z } from 'zod'
import { common, tiersField } from '../fields.ts'
import { noteDue, noteFields, noteText, personalWording, restsFor } from '../note.ts'
import { giftPart, offerField, withOffer } from '../offer.ts'
import { defineTouchpoint } from '../touchpoint.ts'

const settings = z.strictObject({
  ...common,
  ...noteFields,
  tiers: tiersField('high', 'new', 'mid', 'other'),
  /** Categories of the catalogue: 婴儿床 and 儿童床. */
  bought: z.string().min(1).max(40),
  browsed: z.string().min(1).max(40),
  withinLastDays: z.number().int().min(1).max(180).default(30),
  wording: personalWording,
  offer: offerField.optional(),
})
type Settings = z.infer<typeof settings>

const restDays = 180

/** 场景升级: she has the one and looks at the next; once in half a year. */
export const boughtAndBrowsed = defineTouchpoint<Settings>({
  kind: 'bought-and-browsed',
  title: '场景升级',
  audience: 'customer',
  channel: 'advisor-task',
  purpose: 'marketing',
  personal: true,
  priority: 74,
  settings,
  looksFor: ({ bought, browsed, withinLastDays }) => ({
    find: 'bought-and-browsed',
    bought,
    browsed,
    days: withinLastDays,
  }),
  due: (settings, moment) => noteDue(settings, moment, moment.day),
  rests: () => restsFor(restDays, '说'),
  compose(settings, _moment, _member, view, { product }) {
    return {
      text: noteText(settings, settings.wording, withOffer(view, settings.offer)),
      why: `买过${settings.bought}，最近在看${product?.name ?? settings.browsed}`,
      ...giftPart(settings.offer),
    }
  },
})
