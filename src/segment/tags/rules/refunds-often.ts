import { z } from 'zod'
import { defineTagRule, shareOfOrders } from '../rule.ts'

const settings = z.strictObject({
  percent: z.int().min(1).max(100).default(30),
  orders: z.int().min(1).max(1000).default(3),
  days: z.int().min(1).max(3650).default(365),
})

/** Orders taken back in whole or in part, of all orders placed. */
export const refundsOften = defineTagRule({
  name: 'refunds-often',
  title: '退款偏多',
  settings,
  kinds: ['order-placed', 'order-refunded'],
  sql: (s, moment) => shareOfOrders(moment, { ...s, from: 'shop_order', isOne: moment.isRefunded }),
  explain: ({ days }, { a, b }) => `近${String(days)}天${String(b)}单里有${String(a)}单退款`,
})
