import { z } from 'zod'
import { answerDue, answerFields, textAt } from '../answer.ts'
import { common } from '../fields.ts'
import { noteFields, noteText, personalWording, restsFor } from '../note.ts'
import { giftPart, offerField, withOffer } from '../offer.ts'
import { defineTouchpoint } from '../touchpoint.ts'

const family = 'welcome-back'

const settings = z.strictObject({
  ...common,
  ...answerFields,
  ending: noteFields.ending,
  afterMinutes: z.number().int().min(0).max(2_880).default(120),
  /** The gift reaches her within three days of coming back. */
  withinHours: z.number().int().min(1).max(240).default(72),
  /** One gift in so many days, so that staying away never pays. */
  onceInDays: z.number().int().min(1).max(730).default(360),
  wording: personalWording,
  offer: offerField.optional(),
})
type Settings = z.infer<typeof settings>

const daysAt = (value: unknown): number =>
  typeof value === 'number' && Number.isSafeInteger(value) ? value : 0

/** 欢迎回来: whoever bought again after a long quiet; the level lent to her (levels.yaml) and a gift are said together. */
export const welcomeBack = defineTouchpoint<Settings>({
  kind: 'welcome-back',
  title: '欢迎回来',
  audience: 'customer',
  channel: 'advisor-task',
  purpose: 'marketing',
  personal: true,
  priority: 80,
  settings,
  sample: () => ({ key: 'sample', words: '金卡权益体验 90 天', number: 200 }),
  due: () => null,
  answers: ['customer-returned'],
  onHappening(settings, happened) {
    const { detail } = happened
    const day = textAt(detail, 'day')
    const title = textAt(detail, 'levelTitle')
    const words = title === '' ? '' : `${title}权益体验到 ${textAt(detail, 'until')}`
    return {
      ...answerDue(settings, happened, day),
      occasion: { key: day, words, number: daysAt(detail['quietDays']) },
    }
  },
  rests: ({ onceInDays }) => ({ ...restsFor(onceInDays, '欢迎回来'), family }),
  compose(settings, _moment, _member, view, { words = '', number = 0 }) {
    return {
      text: noteText(settings, settings.wording, withOffer(view, settings.offer)),
      why: `隔 ${String(number)} 天回来下单${words === '' ? '' : `，已开通${words}`}`,
      target: 'me',
      ...giftPart(settings.offer, family),
    }
  },
})
