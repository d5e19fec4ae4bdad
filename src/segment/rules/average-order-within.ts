import { z } from 'zod'
import { defineRule, wholeOf, yuan } from '../rule.ts'
import { inYuanRange, yuanRange, yuanRangeSql, yuanRangeWords } from '../yuan-range.ts'

const settings = z.strictObject({ days: z.int().min(1).max(3650), ...yuanRange })

export const averageOrderWithin = defineRule({
  name: 'average-order-within',
  title: '一段时间内的平均客单',
  settings,
  windows: ({ days }) => [days],
  sql({ days, ...range }) {
    const [sum, n] = [`amount_${String(days)}`, `purchases_${String(days)}`]
    return `(${n} > 0 and ${yuanRangeSql(range, sum, n)})`
  },
  explain({ days, ...range }, features) {
    const sum = wholeOf(features, `amount_${String(days)}`)
    const n = wholeOf(features, `purchases_${String(days)}`)
    const average = n === 0 ? '没有购买' : `平均客单${yuan(Math.floor(sum / n))}`
    return {
      met: n > 0 && inYuanRange(range, sum, n),
      words: `近${String(days)}天${average}（标准：${yuanRangeWords(range)}）`,
    }
  },
  changes: ({ days }) => [{ column: `oldest_${String(days)}`, days }],
})
