import { z } from 'zod'
import { defineRule, wholeOf, yuan } from '../rule.ts'
import { inYuanRange, yuanRange, yuanRangeSql, yuanRangeWords } from '../yuan-range.ts'

const settings = z.strictObject({ days: z.int().min(1).max(3650), ...yuanRange })

export const spentWithin = defineRule({
  name: 'spent-within',
  title: '一段时间内的消费额',
  settings,
  windows: ({ days }) => [days],
  sql: ({ days, ...range }) => `(${yuanRangeSql(range, `amount_${String(days)}`)})`,
  explain({ days, ...range }, features) {
    const fen = wholeOf(features, `amount_${String(days)}`)
    return {
      met: inYuanRange(range, fen),
      words: `近${String(days)}天消费${yuan(fen)}（标准：${yuanRangeWords(range)}）`,
    }
  },
  changes: ({ days }) => [{ column: `oldest_${String(days)}`, days }],
})
