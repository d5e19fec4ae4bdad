import { z } from 'zod'
import { answerDue, answerFields, tagOf } from '../answer.ts'
import { common, slugField, tiersField } from '../fields.ts'
import { boughtThat, noteFields, noteText, personalWording, restsFor } from '../note.ts'
import { giftPart, offerField, withOffer } from '../offer.ts'
import { defineTouchpoint } from '../touchpoint.ts'

const settings = z.strictObject({
  ...common,
  ...answerFields,
  ending: noteFields.ending,
  tiers: tiersField('high', 'new', 'mid', 'other'),
  tag: slugField.default('browsed-repeatedly'),
  afterMinutes: z.number().int().min(0).max(2_880).default(60),
  withinHours: z.number().int().min(1).max(240).default(48),
  /** One such coupon in so many days, or looking becomes a way to get one. */
  onceInDays: z.number().int().min(1).max(365).default(60),
  wording: personalWording,
  offer: offerField.default({ yuanOff: 20, days: 3 }),
})
type Settings = z.infer<typeof settings>

/** 反复浏览送券: the third look at the same thing brings a coupon for it. */
export const browsedRepeatedly = defineTouchpoint<Settings>({
  kind: 'browsed-repeatedly',
  title: '反复浏览送券',
  audience: 'customer',
  channel: 'advisor-task',
  purpose: 'marketing',
  personal: true,
  priority: 77,
  settings,
  due: () => null,
  answers: ['tag-gained'],
  onHappening(settings, happened) {
    const { tag, subject, reason, since } = tagOf(happened)
    if (tag !== settings.tag) return null
    const { product } = happened
    const due = {
      ...answerDue(settings, happened, `${subject}:${String(since)}`),
      occasion: { key: subject, words: reason, ...(product ? { product } : {}) },
    }
    return product?.stock === 0
      ? { ...due, skip: { code: 'out-of-stock', words: `${product.name}已无库存` } }
      : due
  },
  rests: ({ onceInDays }) => restsFor(onceInDays, '送'),
  endedBy: ['order-placed'],
  ends: (_settings, happened, period) => boughtThat(happened, period, '已下单，不再送券'),
  compose(settings, _moment, _member, view, { words }) {
    return {
      text: noteText(settings, settings.wording, withOffer(view, settings.offer)),
      why: words === undefined || words === '' ? '反复浏览同一商品' : words,
      ...giftPart(settings.offer, 'browsed-repeatedly'),
    }
  },
})
