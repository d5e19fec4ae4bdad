import { z } from 'zod'
import { before, dayAt, defineRule, plus } from '../rule.ts'

const settings = z.strictObject({ days: z.int().min(1).max(3650) })

export const purchasedWithin = defineRule({
  name: 'purchased-within',
  title: '一段时间内买过',
  settings,
  sql: ({ days }, { day }) => `(coalesce(last_day, '') > '${before(day, days)}')`,
  explain({ days }, features, { day }) {
    const last = dayAt(features, 'last_day')
    const met = last !== null && last > before(day, days)
    return { met, words: `最近购买${last ?? '尚无'}，${met ? '在' : '不在'}近${String(days)}天内` }
  },
  changesOn: ({ days }, features) => [plus(dayAt(features, 'last_day'), days)],
})
