import { z } from 'zod'
import { defineRule, noAt, wholeOf } from '../rule.ts'

const settings = z.strictObject({
  /** The mean interval between purchases is at most so many days. */
  atMostDays: z.int().min(1).max(3650),
  /** Whoever bought less often has no interval worth the name. */
  purchases: z.int().min(2).max(1000).default(2),
})

/** Compared as span ≤ days × intervals, so that nothing is divided. Time alone never changes it. */
export const repurchaseInterval = defineRule({
  name: 'repurchase-interval',
  title: '平均复购间隔',
  settings,
  sql: ({ atMostDays, purchases }) =>
    `(purchases >= ${String(purchases)} and coalesce(last_no - first_no, 0) <= ${String(atMostDays)} * (purchases - 1))`,
  explain({ atMostDays, purchases }, features) {
    const n = wholeOf(features, 'purchases')
    const standard = `（标准：至多${String(atMostDays)}天）`
    if (n < purchases)
      return {
        met: false,
        words: `共购买${String(n)}次，不足${String(purchases)}次，没有复购间隔${standard}`,
      }
    const span = (noAt(features, 'last_no') ?? 0) - (noAt(features, 'first_no') ?? 0)
    return {
      met: span <= atMostDays * (n - 1),
      words: `平均每${String(Math.round((span * 10) / (n - 1)) / 10)}天复购一次${standard}`,
    }
  },
  changes: () => [],
})
