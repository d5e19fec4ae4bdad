import { z } from 'zod'
import { common, tiersField } from '../fields.ts'
import { boughtThat, noteDue, noteFields, noteText, personalWording } from '../note.ts'
import { giftPart, offerField, withOffer } from '../offer.ts'
import { defineTouchpoint } from '../touchpoint.ts'

const settings = z.strictObject({
  ...common,
  ...noteFields,
  tiers: tiersField('high', 'new', 'mid', 'other'),
  /** So many days before it is used up, by the product's own cycle and how many she bought. */
  daysBefore: z.number().int().min(0).max(60).default(5),
  wording: personalWording,
  offer: offerField.optional(),
})
type Settings = z.infer<typeof settings>

/** 补货提醒: before the tin is empty; 段位 and what comes next are the advisor's to say. */
export const replenish = defineTouchpoint<Settings>({
  kind: 'replenish',
  title: '补货提醒',
  audience: 'customer',
  channel: 'advisor-task',
  purpose: 'marketing',
  personal: true,
  priority: 78,
  settings,
  looksFor: ({ daysBefore }) => ({ find: 'used-up', ahead: daysBefore }),
  due(settings, moment, _member, { key, product }) {
    const due = noteDue(settings, moment, key)
    return product?.stock === 0
      ? { ...due, skip: { code: 'out-of-stock', words: `${product.name}已无库存` } }
      : due
  },
  endedBy: ['order-placed'],
  ends: (_settings, happened, period) => boughtThat(happened, period, '已补货，不再提醒'),
  compose(settings, _moment, _member, view, { product }) {
    return {
      text: noteText(settings, settings.wording, withOffer(view, settings.offer)),
      why: `${product?.name ?? '常用品'}约 ${String(settings.daysBefore)} 天后用完`,
      ...giftPart(settings.offer),
    }
  },
})
