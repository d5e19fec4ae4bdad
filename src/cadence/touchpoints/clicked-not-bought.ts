import { z } from 'zod'
import { answerDue, answerFields, tagOf } from '../answer.ts'
import { common, slugField, tiersField } from '../fields.ts'
import { boughtThat, noteFields, noteText, personalWording } from '../note.ts'
import { giftPart, offerField, withOffer } from '../offer.ts'
import { defineTouchpoint } from '../touchpoint.ts'

const settings = z.strictObject({
  ...common,
  ...answerFields,
  ending: noteFields.ending,
  tiers: tiersField('high', 'new', 'mid', 'other'),
  /** The dynamic tag that says so; its rule stands in tags.yaml. */
  tag: slugField.default('clicked-not-bought'),
  wording: personalWording,
  offer: offerField.optional(),
})
type Settings = z.infer<typeof settings>

/** 点击未购提醒: within a day, with what is left in stock; nothing is said of what is sold out. */
export const clickedNotBought = defineTouchpoint<Settings>({
  kind: 'clicked-not-bought',
  title: '点击未购提醒',
  audience: 'customer',
  channel: 'advisor-task',
  purpose: 'marketing',
  personal: true,
  priority: 76,
  settings,
  due: () => null,
  answers: ['tag-gained'],
  onHappening(settings, happened) {
    const { tag, subject, reason, since } = tagOf(happened)
    if (tag !== settings.tag) return null
    const { product } = happened
    const due = {
      ...answerDue(settings, happened, `${subject}:${String(since)}`, since),
      occasion: { key: subject, words: reason, ...(product ? { product } : {}) },
    }
    return product?.stock === 0
      ? { ...due, skip: { code: 'out-of-stock', words: `${product.name}已无库存` } }
      : due
  },
  endedBy: ['order-placed'],
  ends: (_settings, happened, period) => boughtThat(happened, period, '已下单，不再提醒'),
  compose(settings, _moment, _member, view, { product, words }) {
    const left = product?.stock === null || product === undefined ? '' : `，库存还有 ${String(product.stock)}`
    return {
      text: noteText(settings, settings.wording, withOffer(view, settings.offer)),
      why: `${words ?? '点开看过没有下单'}${left}`,
      ...giftPart(settings.offer),
    }
  },
})
