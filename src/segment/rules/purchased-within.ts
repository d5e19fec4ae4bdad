import { z } from 'zod'
import { before, dayWords, defineRule, noAt } from '../rule.ts'

const settings = z.strictObject({ days: z.int().min(1).max(3650) })

export const purchasedWithin = defineRule({
  name: 'purchased-within',
  title: '一段时间内买过',
  settings,
  sql: ({ days }, moment) => `(coalesce(last_no, -1000000) > ${String(before(moment, days))})`,
  explain({ days }, features, moment) {
    const last = noAt(features, 'last_no')
    const met = last !== null && last > before(moment, days)
    return { met, words: `最近购买${dayWords(last)}，${met ? '在' : '不在'}近${String(days)}天内` }
  },
  changes: ({ days }) => [{ column: 'last_no', days }],
})
