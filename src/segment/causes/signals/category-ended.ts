import { z } from 'zod'
import { dayWords, defineSignal } from '../signal.ts'
import type { AgeRange } from '../signal.ts'

const settings = z.strictObject({
  /** The end came at most so many days before the last purchase: whoever went on buying long after it had other needs. */
  daysBeforeLast: z.int().min(0).max(3650).default(90),
})

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`
/** A child for whom something for months `from` to `to` was bought is past `to` after the difference. */
const spanSql = (ranges: readonly AgeRange[]): string =>
  `case p.age_range ${ranges.map(({ written, from, to }) => `when ${quoted(written)} then ${String((to - from) * 30)}`).join(' ')} end`

export const categoryEnded = defineSignal({
  name: 'category-ended',
  title: '买过的商品，孩子已经用不上',
  settings,
  source: (_, { dayNo, whose, ageRanges }) =>
    ageRanges.length === 0
      ? `select id as customer, 0 as value from customer where 1 = 0`
      : `select customer, max(ended) as value from (
          select i.customer, i.day_no + ${spanSql(ageRanges)} as ended from order_item i join product p on p.sku = i.sku
          where i.day_no <= ${String(dayNo)}${whose('i.customer')}) ends
        where ended is not null group by customer`,
  sql: ({ daysBeforeLast }, { value, lastNo }, { dayNo }) =>
    `(${value} <= ${String(dayNo)} and ${value} >= ${lastNo} - ${String(daysBeforeLast)})`,
  met: ({ daysBeforeLast }, value, lastNo, dayNo) => value <= dayNo && value >= lastNo - daysBeforeLast,
  words: (_, value) => `按买过商品的月龄推算，到${dayWords(value)}孩子已用不上`,
})
