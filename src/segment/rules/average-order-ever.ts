import { z } from 'zod'
import { defineRule, wholeOf, yuan } from '../rule.ts'
import { inYuanRange, yuanRange, yuanRangeSql, yuanRangeWords } from '../yuan-range.ts'

const settings = z.strictObject(yuanRange)

/** The average over everything she ever bought. */
export const averageOrderEver = defineRule({
  name: 'average-order-ever',
  title: '历来的平均客单',
  settings,
  sql: (range) => `(purchases > 0 and ${yuanRangeSql(range, 'amount_fen', 'purchases')})`,
  explain(range, features) {
    const [sum, n] = [wholeOf(features, 'amount_fen'), wholeOf(features, 'purchases')]
    const average = n === 0 ? '没有购买' : `历来平均客单${yuan(Math.floor(sum / n))}`
    return { met: n > 0 && inYuanRange(range, sum, n), words: `${average}（标准：${yuanRangeWords(range)}）` }
  },
  changes: () => [],
})
