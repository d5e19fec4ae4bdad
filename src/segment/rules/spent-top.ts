import { z } from 'zod'
import { defineRule, wholeOf, yuan } from '../rule.ts'

const settings = z.strictObject({
  /** The upper share of buyers, in percent. */
  percent: z.int().min(1).max(99),
  /** Whoever bought within these days is a buyer, and what they spent then counts. */
  days: z.int().min(1).max(3650).default(360),
})

const cutName = ({ percent, days }: z.infer<typeof settings>): string =>
  `spent:${String(days)}d:top${String(percent)}`

export const spentTop = defineRule({
  name: 'spent-top',
  title: '消费额位于买家前列',
  settings,
  windows: ({ days }) => [days],
  cuts: (s) => [{ name: cutName(s), of: 'sum', percent: 100 - s.percent, days: s.days }],
  sql(s, { cuts }) {
    const cut = cuts.get(cutName(s))
    if (!cut || cut.buyers === 0) return '(1 = 0)'
    return `(purchases_${String(s.days)} > 0 and amount_${String(s.days)} >= ${String(cut.cutFen)})`
  },
  explain(s, features, { cuts }) {
    const cut = cuts.get(cutName(s))
    if (!cut || cut.buyers === 0)
      return { met: false, words: `近${String(s.days)}天还没有买家，无法比较消费额` }
    const fen = wholeOf(features, `amount_${String(s.days)}`)
    const met = wholeOf(features, `purchases_${String(s.days)}`) > 0 && fen >= cut.cutFen
    return {
      met,
      words: `近${String(s.days)}天消费${yuan(fen)}，${met ? '进入' : '未进'}买家前${String(s.percent)}%（门槛${yuan(cut.cutFen)}）`,
    }
  },
  changes: ({ days }) => [{ column: `oldest_${String(days)}`, days }],
})
