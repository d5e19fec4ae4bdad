import { z } from 'zod'
import { before, dayAt, defineRule, plus } from '../rule.ts'

const settings = z.strictObject({ days: z.int().min(1).max(3650) })

export const firstPurchaseWithin = defineRule({
  name: 'first-purchase-within',
  title: '首次购买在一段时间内',
  settings,
  sql: ({ days }, { day }) => `(coalesce(first_day, '') > '${before(day, days)}')`,
  explain({ days }, features, { day }) {
    const first = dayAt(features, 'first_day')
    const met = first !== null && first > before(day, days)
    return {
      met,
      words: `首次购买${first ?? '尚无'}，${met ? '在' : '不在'}近${String(days)}天内`,
    }
  },
  changesOn: ({ days }, features) => [plus(dayAt(features, 'first_day'), days)],
})
