import { z } from 'zod'
import { answerDue, answerFields } from '../answer.ts'
import { common, tiersField } from '../fields.ts'
import { noteFields, noteText, personalWording } from '../note.ts'
import { defineTouchpoint } from '../touchpoint.ts'

const settings = z.strictObject({
  ...common,
  ...answerFields,
  ending: noteFields.ending,
  tiers: tiersField('new'),
  afterMinutes: z.number().int().min(0).max(1_440).default(10),
  withinHours: z.number().int().min(1).max(72).default(12),
  wording: personalWording,
})
type Settings = z.infer<typeof settings>

/** 下单指引: right after the first order, while she waits for the parcel. */
export const orderGuide = defineTouchpoint<Settings>({
  kind: 'order-guide',
  title: '首单使用指引',
  audience: 'customer',
  channel: 'advisor-task',
  purpose: 'service',
  personal: true,
  priority: 82,
  settings,
  due: () => null,
  answers: ['order-placed'],
  onHappening: (settings, happened) =>
    happened.purchases > 1 ? null : answerDue(settings, happened, 'first'),
  compose: (settings, _moment, _member, view) => ({
    text: noteText(settings, settings.wording, view),
    why: '刚下首单，送上使用指引',
  }),
})
