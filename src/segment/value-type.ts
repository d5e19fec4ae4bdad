/**
 * The eight value types over recency, frequency and money. Published tables contradict each other, so ours is written
 * out: R high = bought more recently than the average buyer, F high = more purchases, M high = more spent.
 *
 * | R | F | M | type |      | R | F | M | type |
 * | - | - | - | ---- |      | - | - | - | ---- |
 * | 高 | 高 | 高 | 重要价值 |   | 高 | 高 | 低 | 一般价值 |
 * | 高 | 低 | 高 | 重要发展 |   | 高 | 低 | 低 | 一般发展 |
 * | 低 | 高 | 高 | 重要保持 |   | 低 | 高 | 低 | 一般保持 |
 * | 低 | 低 | 高 | 重要挽留 |   | 低 | 低 | 低 | 一般挽留 |
 */
import { daysBetween } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import { quantile } from './quantile.ts'

export type RfmSplit = 'average' | 'median'

export interface Buyer {
  readonly lastDay?: Day
  readonly purchases: number
  readonly spentFen: number
}

export const valueTypes = [
  '重要价值',
  '重要发展',
  '重要保持',
  '重要挽留',
  '一般价值',
  '一般发展',
  '一般保持',
  '一般挽留',
] as const
export type ValueType = (typeof valueTypes)[number]

interface Lines {
  recency(quietDays: number): boolean
  frequency(purchases: number): boolean
  money(fen: number): boolean
}

/** Each buyer's type, against all the buyers given; somebody without a purchase has none. */
export function valueTypesOf(buyers: readonly Buyer[], day: Day, split: RfmSplit): (ValueType | null)[] {
  const quiet = buyers.map(({ lastDay }) => (lastDay === undefined ? null : daysBetween(lastDay, day)))
  const lines = linesOf(
    buyers.filter((_, i) => quiet[i] !== null),
    quiet.filter((days) => days !== null),
    split,
  )
  return buyers.map(({ purchases, spentFen }, i) => {
    const days = quiet[i]
    if (days === null || days === undefined) return null
    const place = (lines.recency(days) ? 0 : 2) + (lines.frequency(purchases) ? 0 : 1)
    return valueTypes[place + (lines.money(spentFen) ? 0 : 4)] ?? null
  })
}

function linesOf(buyers: readonly Buyer[], quiet: readonly number[], split: RfmSplit): Lines {
  const n = buyers.length
  if (split === 'median') {
    const middle = (values: readonly number[]): number =>
      quantile(
        values.toSorted((a, b) => a - b),
        50,
      ) ?? 0
    const [r, f, m] = [
      middle(quiet),
      middle(buyers.map(({ purchases }) => purchases)),
      middle(buyers.map(({ spentFen }) => spentFen)),
    ]
    return { recency: (d) => d <= r, frequency: (p) => p > f, money: (fen) => fen > m }
  }
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
  const [r, f, m] = [
    sum(quiet),
    sum(buyers.map(({ purchases }) => purchases)),
    sum(buyers.map(({ spentFen }) => spentFen)),
  ]
  return { recency: (d) => d * n <= r, frequency: (p) => p * n > f, money: (fen) => fen * n > m }
}
