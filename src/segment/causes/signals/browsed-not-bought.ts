import { z } from 'zod'
import { dayWords, defineSignal } from '../signal.ts'

const settings = z.strictObject({
  /** Looked at products or opened links within so many days, and bought nothing since. */
  days: z.int().min(1).max(3650).default(90),
})

export const browsedNotBought = defineSignal({
  name: 'browsed-not-bought',
  title: '看了商品却没有下单',
  settings,
  source: (_, { dayNo, whose }) =>
    `select customer, max(day_no) as value from activity_day where activity in ('browse', 'click') and day_no <= ${String(dayNo)}${whose()} group by customer`,
  sql: ({ days }, { value, lastNo }, { dayNo }) =>
    `(${value} > ${lastNo} and ${value} > ${String(dayNo - days)})`,
  met: ({ days }, value, lastNo, dayNo) => value > lastNo && value > dayNo - days,
  words: (_, value) => `${dayWords(value)}还在看商品，却没有下单`,
})
