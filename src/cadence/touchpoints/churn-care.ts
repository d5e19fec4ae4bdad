import { z } from 'zod'
import { answerDue, answerFields, textAt } from '../answer.ts'
import { channelField, common, tiersField } from '../fields.ts'
import { noteFields, noteText, personalWording, restsFor } from '../note.ts'
import { giftPart, offerField, withOffer } from '../offer.ts'
import { defineTouchpoint } from '../touchpoint.ts'

const settings = z.strictObject({
  ...common,
  /** `phone-task`: she is called instead. */
  channel: channelField('advisor-task', 'phone-task'),
  ...answerFields,
  ending: noteFields.ending,
  tiers: tiersField('high', 'mid'),
  afterMinutes: z.number().int().min(0).max(2_880).default(0),
  withinHours: z.number().int().min(1).max(336).default(96),
  onceInDays: z.number().int().min(1).max(365).default(60),
  wording: personalWording,
  offer: offerField.optional(),
})
type Settings = z.infer<typeof settings>

/** 流失预警关怀: two weeks before she would be gone. */
export const churnCare = defineTouchpoint<Settings>({
  kind: 'churn-care',
  title: '流失预警关怀',
  audience: 'customer',
  channel: 'advisor-task',
  purpose: 'marketing',
  personal: true,
  priority: 73,
  settings,
  due: () => null,
  answers: ['churn-warned'],
  onHappening: (settings, happened) => ({
    ...answerDue(settings, happened, String(happened.at)),
    occasion: { key: '', words: textAt(happened.detail, 'words') },
  }),
  rests: ({ onceInDays }) => restsFor(onceInDays, '关怀'),
  endedBy: ['order-placed', 'churn-cleared'],
  ends: () => ({ code: 'bought-meanwhile', words: '预警已解除，不再提醒' }),
  compose(settings, _moment, _member, view, { words }) {
    return {
      text: noteText(settings, settings.wording, withOffer(view, settings.offer)),
      why: `流失预警${words === undefined || words === '' ? '' : `：${words}`}`,
      ...giftPart(settings.offer),
    }
  },
})
