import { z } from 'zod'
import { answerDue, answerFields, tagOf } from '../answer.ts'
import { common, slugField, tiersField } from '../fields.ts'
import { noteFields, noteText, personalWording, restsFor } from '../note.ts'
import { giftPart, offerField, withOffer } from '../offer.ts'
import { defineTouchpoint } from '../touchpoint.ts'

const settings = z.strictObject({
  ...common,
  ...answerFields,
  ending: noteFields.ending,
  tiers: tiersField('high', 'new', 'mid', 'dormant', 'other'),
  /** Any tag of tags.yaml that is announced. */
  tag: slugField,
  onceInDays: z.number().int().min(1).max(730).default(90),
  wording: personalWording,
  offer: offerField.optional(),
})
type Settings = z.infer<typeof settings>

/** 标签触发: whatever a tag of the shop's own says: price-sensitive, one-stop buyer, reviewer. */
export const onTag = defineTouchpoint<Settings>({
  kind: 'on-tag',
  title: '标签触发',
  audience: 'customer',
  channel: 'advisor-task',
  purpose: 'marketing',
  personal: true,
  priority: 52,
  settings,
  due: () => null,
  answers: ['tag-gained'],
  onHappening(settings, happened) {
    const { tag, subject, reason, since } = tagOf(happened)
    if (tag !== settings.tag) return null
    const { product } = happened
    return {
      ...answerDue(settings, happened, `${tag}:${String(since)}`),
      occasion: { key: subject, words: reason, ...(product ? { product } : {}) },
    }
  },
  rests: ({ onceInDays }) => restsFor(onceInDays, '说'),
  compose(settings, _moment, _member, view, { words }) {
    return {
      text: noteText(settings, settings.wording, withOffer(view, settings.offer)),
      why: words === undefined || words === '' ? '动态标签触发' : words,
      ...giftPart(settings.offer),
    }
  },
})
