import { z } from 'zod'
import { dayOfNumber } from '../../../base/calendar.ts'
import { defineTagRule, startOf } from '../rule.ts'

const settings = z.strictObject({
  /** Before and after the day on which what she bought is used up. */
  beforeDays: z.int().min(0).max(60).default(3),
  afterDays: z.int().min(1).max(180).default(14),
})

/** The product says how long one lasts (`replenish_days`); the newest purchase and its quantity say until when. */
export const replenishDue = defineTagRule({
  name: 'replenish-due',
  title: '快用完了',
  settings,
  kinds: ['order-placed', 'order-refunded'],
  subjectIs: 'product',
  sql({ beforeDays, afterDays }, { at, dayNo, items }) {
    return {
      customer: 'l.customer',
      since: startOf(`l.used_up - ${String(beforeDays)}`),
      until: startOf(`l.used_up + ${String(afterDays)}`),
      subject: 'l.sku',
      a: 'l.used_up',
      from: `(select i.customer, i.sku, i.day_no + p.replenish_days * sum(i.quantity) as used_up,
          row_number() over (partition by i.customer, i.sku order by i.day_no desc) as place
        from touched t cross join ${items} i join product p on p.sku = i.sku and p.replenish_days > 0
        where i.customer = t.customer and i.day_no <= ${String(dayNo)}
        group by i.customer, i.sku, i.day_no, p.replenish_days) l
      where l.place = 1 and ${startOf(`l.used_up + ${String(afterDays)}`)} > ${String(at)}`,
    }
  },
  explain: (_settings, { subject, a }) => `上次买的${subject}预计${dayOfNumber(a)}用完`,
})
