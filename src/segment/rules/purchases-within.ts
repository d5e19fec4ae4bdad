import { z } from 'zod'
import { defineRule, wholeOf } from '../rule.ts'

const settings = z.strictObject({
  /** Length of the window in days, the day itself included. */
  days: z.int().min(1).max(3650),
  /** 0 only together with `atMost`: so few, or none at all. */
  atLeast: z.int().min(0).max(10_000).default(1),
  atMost: z.int().min(1).max(10_000).optional(),
})

export const purchasesWithin = defineRule({
  name: 'purchases-within',
  title: '一段时间内的购买次数',
  settings,
  windows: ({ days }) => [days],
  sql({ days, atLeast, atMost }) {
    const column = `purchases_${String(days)}`
    const most = atMost === undefined ? '' : ` and ${column} <= ${String(atMost)}`
    return `(${column} >= ${String(atLeast)}${most})`
  },
  explain({ days, atLeast, atMost }, features) {
    const n = wholeOf(features, `purchases_${String(days)}`)
    const most =
      atMost === undefined
        ? `至少${String(atLeast)}次`
        : atLeast === 0
          ? `至多${String(atMost)}次`
          : `${String(atLeast)}-${String(atMost)}次`
    return {
      met: n >= atLeast && n <= (atMost ?? n),
      words: `近${String(days)}天购买${String(n)}次（标准：${most}）`,
    }
  },
  changes: ({ days }) => [{ column: `oldest_${String(days)}`, days }],
})
