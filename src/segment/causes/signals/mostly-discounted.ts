import { z } from 'zod'
import { defineSignal } from '../signal.ts'

const settings = z.strictObject({
  /** At least so many of a hundred orders were made with a coupon or a discount. */
  percent: z.int().min(1).max(100).default(60),
  /** Whoever ordered less often has no habit worth the name. */
  orders: z.int().min(1).max(1000).default(2),
})

/** Value: the share of discounted orders in whole percent. */
export const mostlyDiscounted = defineSignal({
  name: 'mostly-discounted',
  title: '多数订单靠优惠成交',
  settings,
  source: ({ orders }, { endsAt, whose }) =>
    `select o.customer, cast(sum(case when d.order_key is null then 0 else 1 end) as bigint) * 100 / count(*) as value
     from shop_order o left join order_discount d on d.order_key = o.source_key
     where o.at < ${String(endsAt)}${whose('o.customer')} group by o.customer having count(*) >= ${String(orders)}`,
  sql: ({ percent }, { value }) => `${value} >= ${String(percent)}`,
  met: ({ percent }, value) => value >= percent,
  words: (_, value) => `${String(value)}%的订单用了优惠，对价格敏感`,
})
