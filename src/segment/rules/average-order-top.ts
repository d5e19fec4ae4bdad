import { z } from 'zod'
import { defineRule, wholeOf, yuan } from '../rule.ts'

const settings = z.strictObject({
  /** The upper share of buyers, in percent. */
  percent: z.int().min(1).max(99),
  /** Whoever bought within these days is a buyer, and their average counts. */
  days: z.int().min(1).max(3650).default(360),
})

const cutName = ({ percent, days }: z.infer<typeof settings>): string =>
  `average-order:${String(days)}d:top${String(percent)}`

/** Averages are compared as sum ≥ cut × count, so that nothing is ever divided. */
export const averageOrderTop = defineRule({
  name: 'average-order-top',
  title: '平均客单位于买家前列',
  settings,
  windows: ({ days }) => [days],
  cuts: (s) => [{ name: cutName(s), of: 'average', percent: 100 - s.percent, days: s.days }],
  sql(s, { cuts }) {
    const cut = cuts.get(cutName(s))
    if (!cut || cut.buyers === 0) return '(1 = 0)'
    const [sum, n] = [`amount_${String(s.days)}`, `purchases_${String(s.days)}`]
    return `(${n} > 0 and ${sum} >= ${String(cut.cutFen)} * ${n})`
  },
  explain(s, features, { cuts }) {
    const cut = cuts.get(cutName(s))
    if (!cut || cut.buyers === 0)
      return { met: false, words: `近${String(s.days)}天还没有买家，无法比较平均客单` }
    const sum = wholeOf(features, `amount_${String(s.days)}`)
    const n = wholeOf(features, `purchases_${String(s.days)}`)
    const met = n > 0 && sum >= cut.cutFen * n
    const average = n === 0 ? '没有购买' : `平均客单${yuan(Math.floor(sum / n))}`
    return {
      met,
      words: `近${String(s.days)}天${average}，${met ? '进入' : '未进'}买家前${String(s.percent)}%（门槛${yuan(cut.cutFen)}）`,
    }
  },
  changes: ({ days }) => [{ column: `oldest_${String(days)}`, days }],
})
