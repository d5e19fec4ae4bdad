import { z } from 'zod'
import { defineRule, wholeOf, yuan } from '../rule.ts'

const settings = z.strictObject({
  days: z.int().min(1).max(3650),
  atLeastYuan: z.int().min(0).max(100_000_000).default(0),
  belowYuan: z.int().min(1).max(100_000_000).optional(),
})

export const spentWithin = defineRule({
  name: 'spent-within',
  title: '一段时间内的消费额',
  settings,
  windows: ({ days }) => [days],
  sql({ days, atLeastYuan, belowYuan }) {
    const column = `amount_${String(days)}`
    const below = belowYuan === undefined ? '' : ` and ${column} < ${String(belowYuan * 100)}`
    return `(${column} >= ${String(atLeastYuan * 100)}${below})`
  },
  explain({ days, atLeastYuan, belowYuan }, features) {
    const fen = wholeOf(features, `amount_${String(days)}`)
    const below = belowYuan === undefined ? '' : `、低于${String(belowYuan)}元`
    return {
      met: fen >= atLeastYuan * 100 && (belowYuan === undefined || fen < belowYuan * 100),
      words: `近${String(days)}天消费${yuan(fen)}（标准：至少${String(atLeastYuan)}元${below}）`,
    }
  },
  changes: ({ days }) => [{ column: `oldest_${String(days)}`, days }],
})
