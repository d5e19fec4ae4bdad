import { z } from 'zod'
import { answerDue, answerFields, textAt } from '../answer.ts'
import { common } from '../fields.ts'
import { noteFields, noteText, personalWording, restsFor } from '../note.ts'
import { defineTouchpoint } from '../touchpoint.ts'

const settings = z.strictObject({
  ...common,
  ...answerFields,
  ending: noteFields.ending,
  tiers: z.array(z.string().min(1).max(32)).min(1).max(20).optional(),
  /** After she has the parcel in her hands. */
  afterMinutes: z.number().int().min(0).max(2_880).default(1_200),
  withinHours: z.number().int().min(1).max(240).default(48),
  /** She is asked once in so many days, however many parcels come. */
  onceInDays: z.number().int().min(1).max(90).default(7),
  wording: personalWording,
})
type Settings = z.infer<typeof settings>

/** 签收关怀: within 48 hours of delivery; what is wrong goes to a human at once. */
export const orderCare = defineTouchpoint<Settings>({
  kind: 'order-care',
  title: '签收后关怀',
  audience: 'customer',
  channel: 'advisor-task',
  purpose: 'service',
  personal: true,
  priority: 80,
  settings,
  due: () => null,
  answers: ['order-delivered'],
  onHappening(settings, happened) {
    const order = textAt(happened.detail, 'orderId')
    return order === '' ? null : answerDue(settings, happened, order)
  },
  rests: ({ onceInDays }) => restsFor(onceInDays, '关怀'),
  endedBy: ['order-refunded', 'complaint-opened'],
  ends: (_settings, { kind, detail }, period) => {
    if (kind === 'complaint-opened') return { code: 'human-first', words: '客户有投诉，由人工先处理' }
    return textAt(detail, 'orderId') === period ? { code: 'refunded', words: '订单已退款' } : null
  },
  compose: (settings, _moment, _member, view) => ({
    text: noteText(settings, settings.wording, view),
    why: '包裹已签收，问问好不好用；有问题直接转人工处理',
  }),
})
