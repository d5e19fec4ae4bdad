import { z } from 'zod'
import { addMistake } from '../mistake.ts'
import { common, tiersField } from '../fields.ts'
import { noteDue, noteFields, noteText, personalWording, restsFor } from '../note.ts'
import { giftPart, offerField, withOffer } from '../offer.ts'
import { isMonthly, monthlyField } from '../schedule.ts'
import { defineTouchpoint } from '../touchpoint.ts'

const months = z.number().int().min(0).max(216)

const settings = z.strictObject({
  ...common,
  ...noteFields,
  tiers: tiersField('dormant'),
  on: monthlyField.default({ day: 8 }),
  /** Only those whose child is of this age now, both ends included; it is known with the guardian's consent only. */
  child: z
    .strictObject({ fromMonths: months, toMonths: months })
    .superRefine(({ fromMonths, toMonths }, ctx) => {
      if (toMonths >= fromMonths) return
      addMistake(
        ctx,
        {
          message: `月龄区间 ${String(fromMonths)}–${String(toMonths)} 写反了`,
          fix: '让 fromMonths 不大于 toMonths',
          messageEn: `the ages ${String(fromMonths)}-${String(toMonths)} are the wrong way round`,
          fixEn: 'make fromMonths no larger than toMonths',
        },
        { path: ['toMonths'] },
      )
    })
    .optional(),
  onceInDays: z.number().int().min(30).max(730).default(180),
  wording: personalWording,
  offer: offerField.optional(),
})
type Settings = z.infer<typeof settings>

/** 定向召回: those who stay away, for one thing that fits them now; not a discount on everything. */
export const recall = defineTouchpoint<Settings>({
  kind: 'recall',
  title: '定向召回',
  audience: 'customer',
  channel: 'advisor-task',
  purpose: 'marketing',
  personal: true,
  priority: 48,
  settings,
  looksFor({ on, child }, { day }) {
    if (!isMonthly(on, day)) return null
    return child ? { find: 'children', ...child, anyDay: true } : { find: 'everybody' }
  },
  sample: ({ child }) => ({
    key: 'sample',
    ...(child ? { number: child.fromMonths, words: `宝宝 ${String(child.fromMonths)} 个月` } : {}),
  }),
  due: (settings, moment) => noteDue(settings, moment, moment.month),
  rests: ({ onceInDays }) => restsFor(onceInDays, '召回'),
  endedBy: ['order-placed'],
  ends: () => ({ code: 'bought-meanwhile', words: '已下单，不再召回' }),
  compose(settings, { day }, member, view, { words = '' }) {
    const last = member.lastDay === null ? '' : `，上次下单在 ${member.lastDay}`
    return {
      text: noteText(settings, settings.wording, withOffer(view, settings.offer)),
      why: `${words === '' ? `${day.slice(0, 7)} 定向召回` : words}${last}`,
      ...giftPart(settings.offer, 'recall'),
    }
  },
})
