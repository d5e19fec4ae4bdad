import { z } from 'zod'
import { dayWords, defineSignal } from '../signal.ts'

const settings = z.strictObject({
  /** The complaint came at most so many days before the last purchase, or after it. */
  daysBeforeLast: z.int().min(0).max(3650).default(30),
})

export const complained = defineSignal({
  name: 'complained',
  title: '最后一次购买前后有投诉',
  settings,
  source: (_, { dayNo, whose }) =>
    `select customer, max(day_no) as value from activity_day where activity = 'complaint' and day_no <= ${String(dayNo)}${whose()} group by customer`,
  sql: ({ daysBeforeLast }, { value, lastNo }) => `${value} >= ${lastNo} - ${String(daysBeforeLast)}`,
  met: ({ daysBeforeLast }, value, lastNo) => value >= lastNo - daysBeforeLast,
  words: (_, value) => `${dayWords(value)}投诉，之后没有再买`,
})
