import { z } from 'zod'
import { before, dayWords, defineRule, noAt } from '../rule.ts'

const settings = z.strictObject({ days: z.int().min(1).max(3650) })

export const firstPurchaseWithin = defineRule({
  name: 'first-purchase-within',
  title: '首次购买在一段时间内',
  settings,
  sql: ({ days }, moment) => `(coalesce(first_no, -1000000) > ${String(before(moment, days))})`,
  explain({ days }, features, moment) {
    const first = noAt(features, 'first_no')
    const met = first !== null && first > before(moment, days)
    return {
      met,
      words: `首次购买${dayWords(first)}，${met ? '在' : '不在'}近${String(days)}天内`,
    }
  },
  changes: ({ days }) => [{ column: 'first_no', days }],
})
