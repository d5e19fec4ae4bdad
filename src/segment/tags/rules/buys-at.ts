import { z } from 'zod'
import { minutesOf } from '../../../base/calendar.ts'
import { defineTagRule, minuteSql, shareOfOrders } from '../rule.ts'

const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time looks like 21:30')

const settings = z
  .strictObject({
    from: time,
    /** Not included; earlier than `from` = over midnight. */
    to: time,
    percent: z.int().min(1).max(100).default(60),
    orders: z.int().min(1).max(1000).default(3),
    days: z.int().min(1).max(3650).default(180),
  })
  .refine(({ from, to }) => from !== to, 'from and to are the same time')

export const buysAt = defineTagRule({
  name: 'buys-at',
  title: '固定时段下单',
  settings,
  kinds: ['order-placed', 'order-refunded'],
  sql(s, moment) {
    const [minute, from, to] = [minuteSql('o.at'), String(minutesOf(s.from)), String(minutesOf(s.to))]
    const both = s.from < s.to ? 'and' : 'or'
    return shareOfOrders(moment, {
      ...s,
      from: moment.orders,
      isOne: `(${minute} >= ${from} ${both} ${minute} < ${to})`,
    })
  },
  explain: ({ from, to, days }, { a, b }) =>
    `近${String(days)}天${String(b)}单里有${String(a)}单在${from}–${to}下单`,
})
