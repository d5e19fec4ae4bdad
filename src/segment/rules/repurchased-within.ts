import { z } from 'zod'
import { before, dayWords, defineRule, noAt, wholeOf } from '../rule.ts'

const settings = z.strictObject({ days: z.int().min(1).max(3650) })

/** Bought again, not for the first time, within so many days. */
export const repurchasedWithin = defineRule({
  name: 'repurchased-within',
  title: '一段时间内再次购买',
  settings,
  sql: ({ days }, moment) =>
    `(purchases > 1 and coalesce(last_no, -1000000) > ${String(before(moment, days))})`,
  explain({ days }, features, moment) {
    const last = noAt(features, 'last_no')
    const again = wholeOf(features, 'purchases') > 1
    const met = again && last !== null && last > before(moment, days)
    const words = again ? `最近一次复购${dayWords(last)}` : '还没有复购'
    return { met, words: `${words}，${met ? '在' : '不在'}近${String(days)}天内` }
  },
  changes: ({ days }) => [{ column: 'last_no', days }],
})
