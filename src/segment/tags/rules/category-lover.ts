import { z } from 'zod'
import { dayWithin, defineTagRule, literal, startOf } from '../rule.ts'

const settings = z.strictObject({
  /** What is compared: the category of products, or their stage (an age group). */
  by: z.enum(['category', 'stage']).default('category'),
  /** Only this one; absent = whichever it is. */
  value: z.string().min(1).max(64).optional(),
  percent: z.int().min(1).max(100).default(50),
  /** Purchase days with it, at least. */
  purchases: z.int().min(1).max(1000).default(2),
  days: z.int().min(1).max(3650).default(180),
})

export const categoryLover = defineTagRule({
  name: 'category-lover',
  title: '偏爱某个品类',
  settings,
  kinds: ['order-placed', 'order-refunded'],
  sql(s, moment) {
    const only = s.value === undefined ? '1 = 1' : `c.word = ${literal(s.value)}`
    return {
      customer: 'c.customer',
      since: startOf('c.newest'),
      until: startOf(`c.newest + ${String(s.days)}`),
      recheck: startOf(`c.oldest + ${String(s.days)}`),
      holds: `case when c.n >= ${String(s.purchases)} and c.fen > 0 and c.fen * 100 >= ${String(s.percent)} * c.total then 1 else 0 end`,
      subject: 'c.word',
      // Rounded down, so that it never reads as more than it is.
      a: 'case when c.total > 0 then c.fen * 100 / c.total else 0 end',
      from: `(select x.*, cast(sum(x.fen) over (partition by x.customer) as bigint) as total, min(x.first_no) over (partition by x.customer) as oldest
        from (select i.customer, p.${s.by} as word, count(distinct i.day_no) as n, max(i.day_no) as newest, min(i.day_no) as first_no,
            cast(sum(coalesce(i.amount_fen, p.price_fen * i.quantity)) as bigint) as fen
          from touched t cross join ${moment.items} i join product p on p.sku = i.sku and p.${s.by} <> ''
          where i.customer = t.customer and ${dayWithin('i.day_no', moment, s.days)}
          group by i.customer, p.${s.by}) x) c where ${only}`,
    }
  },
  explain: ({ days }, { subject, a }) => `近${String(days)}天消费的${String(a)}%在${subject}`,
})
