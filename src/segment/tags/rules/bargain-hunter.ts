import { z } from 'zod'
import { defineTagRule, shareOfOrders } from '../rule.ts'

const settings = z.strictObject({
  percent: z.int().min(1).max(100).default(60),
  orders: z.int().min(1).max(1000).default(3),
  days: z.int().min(1).max(3650).default(365),
})

export const bargainHunter = defineTagRule({
  name: 'bargain-hunter',
  title: '多在优惠时下单',
  settings,
  kinds: ['order-placed', 'order-refunded', 'coupon-redeemed'],
  sql: (s, moment) =>
    shareOfOrders(moment, {
      ...s,
      from: moment.orders,
      isOne: 'exists (select 1 from order_discount x where x.order_key = o.source_key)',
    }),
  explain: ({ days }, { a, b }) => `近${String(days)}天${String(b)}单里有${String(a)}单用了优惠`,
})
