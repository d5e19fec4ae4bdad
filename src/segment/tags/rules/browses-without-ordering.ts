import { z } from 'zod'
import { dayNoSql, dayWithin, defineTagRule, startOf, startOfDayNo } from '../rule.ts'

const settings = z.strictObject({
  /** Days on which she looked around. */
  browseDays: z.int().min(1).max(100).default(4),
  days: z.int().min(1).max(365).default(30),
})

export const browsesWithoutOrdering = defineTagRule({
  name: 'browses-without-ordering',
  title: '常看不买',
  settings,
  kinds: ['product-browsed', 'order-placed', 'order-refunded'],
  sql({ browseDays, days }, moment) {
    const looked = startOf('b.newest')
    const free = startOf(`${dayNoSql('b.ordered_at')} + ${String(days)}`)
    return {
      customer: 'b.customer',
      since: `case when b.ordered_at is null or ${free} < ${looked} then ${looked} else ${free} end`,
      until: startOf(`b.nth + ${String(days)}`),
      a: 'b.n',
      from: `(select l.customer, max(l.day_no) as newest, max(case when l.place = ${String(browseDays)} then l.day_no end) as nth,
          cast(count(*) as bigint) as n,
          (select max(o.at) from ${moment.orders} o where o.customer = l.customer and o.at < ${String(startOfDayNo(moment.dayNo + 1))}) as ordered_at
        from (select d.customer, d.day_no, row_number() over (partition by d.customer order by d.day_no desc) as place
            from touched t cross join activity_day d where d.customer = t.customer and d.activity = 'browse'
              and ${dayWithin('d.day_no', moment, days)}) l
        group by l.customer having count(*) >= ${String(browseDays)}) b`,
    }
  },
  explain: ({ days }, { a }) => `${String(days)}天内有${String(a)}天来看商品，没有下单`,
})
