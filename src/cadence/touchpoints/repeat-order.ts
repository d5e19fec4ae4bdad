import { z } from 'zod'
import { common, tiersField } from '../fields.ts'
import { noteDue, noteFields, noteText, personalWording } from '../note.ts'
import { giftPart, offerField, offerWords, withOffer } from '../offer.ts'
import { defineTouchpoint } from '../touchpoint.ts'

const settings = z.strictObject({
  ...common,
  ...noteFields,
  tiers: tiersField('new', 'mid'),
  /** What the second order brings, by days after the first. */
  steps: z
    .array(
      z.strictObject({
        afterDays: z.number().int().min(1).max(120),
        offer: offerField,
        wording: personalWording,
      }),
    )
    .min(1)
    .max(12),
})
type Settings = z.infer<typeof settings>

const stepOf = ({ steps }: Settings, days: number): Settings['steps'][number] | undefined =>
  steps.find(({ afterDays }) => afterDays === days)

/** 复购礼遇: the second order while the first is fresh; whoever has bought again is left in peace. */
export const repeatOrder = defineTouchpoint<Settings>({
  kind: 'repeat-order',
  title: '复购礼遇',
  audience: 'customer',
  channel: 'advisor-task',
  purpose: 'marketing',
  personal: true,
  priority: 72,
  settings,
  looksFor: ({ steps }) => ({
    find: 'purchase',
    which: 'first',
    daysAgo: steps.map(({ afterDays }) => afterDays),
  }),
  sample: ({ steps }) => ({ key: 'sample', number: steps[0]?.afterDays ?? 0 }),
  due(settings, moment, member, { number = 0 }) {
    // The day's first purchase may have had a second one already.
    if (member.purchases > 1) return null
    return noteDue({ ...settings, withinDays: 1 }, moment, `after${String(number)}`)
  },
  endedBy: ['order-placed'],
  ends: () => ({ code: 'bought-meanwhile', words: '已再次下单，不再提醒' }),
  compose(settings, _moment, _member, view, { number = 0 }) {
    const step = stepOf(settings, number)
    return {
      text: noteText(settings, step?.wording ?? '', withOffer(view, step?.offer)),
      why: `首单后第 ${String(number)} 天，送出复购礼${step ? `：${offerWords(step.offer)}` : ''}`,
      ...giftPart(step?.offer, 'repeat-order'),
    }
  },
})
