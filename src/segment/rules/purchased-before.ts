import { z } from 'zod'
import { before, dayAt, defineRule, plus } from '../rule.ts'

const settings = z.strictObject({ days: z.int().min(1).max(3650) })

export const purchasedBefore = defineRule({
  name: 'purchased-before',
  title: '买过，但一段时间内没有再买',
  settings,
  sql: ({ days }, { day }) => `(last_day is not null and coalesce(last_day, '') <= '${before(day, days)}')`,
  explain({ days }, features, { day }) {
    const last = dayAt(features, 'last_day')
    const met = last !== null && last <= before(day, days)
    return {
      met,
      words: `最近购买${last ?? '尚无'}，${met ? `已有${String(days)}天以上没有购买` : `还不到${String(days)}天`}`,
    }
  },
  changesOn: ({ days }, features) => [plus(dayAt(features, 'last_day'), days)],
})
