import { z } from 'zod'
import { dayWithin, defineTagRule, startOf } from '../rule.ts'

const settings = z.strictObject({
  /** Different categories in one order, or looked at on one day. */
  categories: z.int().min(2).max(20).default(3),
  days: z.int().min(1).max(3650).default(90),
  looksToo: z.boolean().default(true),
})

export const comparesCombinations = defineTagRule({
  name: 'compares-combinations',
  title: '跨品类一起买或一起看',
  settings,
  kinds: ['order-placed', 'order-refunded', 'product-browsed', 'link-clicked'],
  sql({ categories, days, looksToo }, moment) {
    const several = `having count(distinct p.category) >= ${String(categories)}`
    const bought = `select i.customer, max(i.day_no) as day_no, max(o.at) as at, count(distinct p.category) as n
      from touched t cross join ${moment.items} i join product p on p.sku = i.sku and p.category <> ''
        join shop_order o on o.source_key = i.order_key
      where i.customer = t.customer and ${dayWithin('i.day_no', moment, days)} group by i.customer, i.order_key ${several}`
    const looked = `select d.customer, d.day_no, max(coalesce(d.last_browse_at, d.last_click_at)) as at, count(distinct p.category) as n
      from touched t cross join interest_day d join product p on p.sku = d.sku and p.category <> ''
      where d.customer = t.customer and ${dayWithin('d.day_no', moment, days)} group by d.customer, d.day_no ${several}`
    return {
      customer: 'c.customer',
      since: 'max(c.at)',
      until: startOf(`max(c.day_no) + ${String(days)}`),
      a: 'max(c.n)',
      from: `(${looksToo ? `${bought} union all ${looked}` : bought}) c group by c.customer`,
    }
  },
  explain: ({ days, looksToo }, { a }) =>
    `${String(days)}天内一次${looksToo ? '购买或浏览' : '购买'}了${String(a)}个品类`,
})
