import { z } from 'zod'
import { dayWithin, defineTagRule, startOf } from '../rule.ts'

const settings = z.strictObject({
  times: z.int().min(2).max(1000).default(3),
  days: z.int().min(1).max(365).default(7),
})

/** Looks on the day of a purchase and before are over with it. */
export const browsedProduct = defineTagRule({
  name: 'browsed-product',
  title: '反复看同一商品',
  settings,
  kinds: ['product-browsed', 'order-placed', 'order-refunded'],
  subjectIs: 'product',
  sql({ times, days }, moment) {
    return {
      customer: 'l.customer',
      since: 'max(l.last_browse_at)',
      until: startOf(`max(case when l.run >= ${String(times)} then l.day_no end) + ${String(days)}`),
      subject: 'l.sku',
      a: 'sum(l.browses)',
      from: `(select d.customer, d.sku, d.day_no, d.browses, d.last_browse_at,
          sum(d.browses) over (partition by d.customer, d.sku order by d.day_no desc) as run
        from touched t cross join interest_day d where d.customer = t.customer and d.browses > 0
          and ${dayWithin('d.day_no', moment, days)}
          and not exists (select 1 from ${moment.items} i where i.customer = d.customer and i.sku = d.sku
            and i.day_no between d.day_no and ${String(moment.dayNo)})) l
      group by l.customer, l.sku having max(l.run) >= ${String(times)}`,
    }
  },
  explain: ({ days }, { subject, a }) => `${String(days)}天内看了${String(a)}次${subject}，还没有购买`,
})
