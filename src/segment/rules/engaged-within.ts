import { z } from 'zod'
import { before, dayWords, defineRule, noAt } from '../rule.ts'

const settings = z.strictObject({
  days: z.int().min(1).max(3650),
  /** Somebody of whom no vote, click or word was ever recorded counts as engaged, and the reason says so. */
  unknownCounts: z.boolean().default(true),
})

export const engagedWithin = defineRule({
  name: 'engaged-within',
  title: '一段时间内有互动',
  settings,
  sql({ days, unknownCounts }, moment) {
    const recent = `coalesce(engaged_no, -1000000) > ${String(before(moment, days))}`
    return unknownCounts ? `(engaged_no is null or ${recent})` : `(${recent})`
  },
  explain({ days, unknownCounts }, features, moment) {
    const engaged = noAt(features, 'engaged_no')
    if (engaged === null)
      return {
        met: unknownCounts,
        words: unknownCounts ? '互动情况未知，按满足计' : '还没有互动记录',
      }
    const met = engaged > before(moment, days)
    return { met, words: `近${String(days)}天${met ? '有' : '没有'}互动（最近${dayWords(engaged)}）` }
  },
  changes: ({ days }) => [{ column: 'engaged_no', days }],
})
