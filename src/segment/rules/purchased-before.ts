import { z } from 'zod'
import { before, dayWords, defineRule, noAt } from '../rule.ts'

const settings = z.strictObject({ days: z.int().min(1).max(3650) })

export const purchasedBefore = defineRule({
  name: 'purchased-before',
  title: '买过，但一段时间内没有再买',
  settings,
  sql: ({ days }, moment) => `(last_no is not null and last_no <= ${String(before(moment, days))})`,
  explain({ days }, features, moment) {
    const last = noAt(features, 'last_no')
    const met = last !== null && last <= before(moment, days)
    return {
      met,
      words: `最近购买${dayWords(last)}，${met ? `已有${String(days)}天以上没有购买` : `还不到${String(days)}天`}`,
    }
  },
  changes: ({ days }) => [{ column: 'last_no', days }],
})
