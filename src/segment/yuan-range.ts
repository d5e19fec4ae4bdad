/** A range of money as rules write it; averages are compared as sums, so that nothing is divided. */
import { z } from 'zod'

const most = 100_000_000

/** `atLeastYuan: 20000` = 20,000 or more; `overYuan: 5000` = more than that; `belowYuan: 200` = less than that. */
export const yuanRange = {
  atLeastYuan: z.int().min(0).max(most).default(0),
  overYuan: z.int().min(0).max(most).optional(),
  belowYuan: z.int().min(1).max(most).optional(),
}

export interface YuanRange {
  readonly atLeastYuan: number
  readonly overYuan?: number | undefined
  readonly belowYuan?: number | undefined
}

/** Sum over `n` purchases; `n` 1 for a sum as it is. */
export const inYuanRange = ({ atLeastYuan, overYuan, belowYuan }: YuanRange, sum: number, n = 1): boolean =>
  sum >= atLeastYuan * 100 * n &&
  (overYuan === undefined || sum > overYuan * 100 * n) &&
  (belowYuan === undefined || sum < belowYuan * 100 * n)

export function yuanRangeSql({ atLeastYuan, overYuan, belowYuan }: YuanRange, sum: string, n = '1'): string {
  const edge = (yuan: number): string => (n === '1' ? String(yuan * 100) : `${String(yuan * 100)} * ${n}`)
  return [
    `${sum} >= ${edge(atLeastYuan)}`,
    ...(overYuan === undefined ? [] : [`${sum} > ${edge(overYuan)}`]),
    ...(belowYuan === undefined ? [] : [`${sum} < ${edge(belowYuan)}`]),
  ].join(' and ')
}

export function yuanRangeWords({ atLeastYuan, overYuan, belowYuan }: YuanRange): string {
  const words = [
    ...(overYuan === undefined ? [] : [`高于${String(overYuan)}元`]),
    ...(atLeastYuan > 0 || (overYuan === undefined && belowYuan === undefined)
      ? [`至少${String(atLeastYuan)}元`]
      : []),
    ...(belowYuan === undefined ? [] : [`低于${String(belowYuan)}元`]),
  ]
  return words.join('、')
}
