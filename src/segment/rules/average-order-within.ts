import { z } from 'zod'
import { defineRule, wholeOf, yuan } from '../rule.ts'

const settings = z.strictObject({
  days: z.int().min(1).max(3650),
  atLeastYuan: z.int().min(0).max(100_000_000).default(0),
  belowYuan: z.int().min(1).max(100_000_000).optional(),
})

export const averageOrderWithin = defineRule({
  name: 'average-order-within',
  title: '一段时间内的平均客单',
  settings,
  windows: ({ days }) => [days],
  sql({ days, atLeastYuan, belowYuan }) {
    const [sum, n] = [`amount_${String(days)}`, `purchases_${String(days)}`]
    const below = belowYuan === undefined ? '' : ` and ${sum} < ${String(belowYuan * 100)} * ${n}`
    return `(${n} > 0 and ${sum} >= ${String(atLeastYuan * 100)} * ${n}${below})`
  },
  explain({ days, atLeastYuan, belowYuan }, features) {
    const sum = wholeOf(features, `amount_${String(days)}`)
    const n = wholeOf(features, `purchases_${String(days)}`)
    const below = belowYuan === undefined ? '' : `、低于${String(belowYuan)}元`
    const average = n === 0 ? '没有购买' : `平均客单${yuan(Math.floor(sum / n))}`
    return {
      met: n > 0 && sum >= atLeastYuan * 100 * n && (belowYuan === undefined || sum < belowYuan * 100 * n),
      words: `近${String(days)}天${average}（标准：至少${String(atLeastYuan)}元${below}）`,
    }
  },
  changes: ({ days }) => [{ column: `oldest_${String(days)}`, days }],
})
