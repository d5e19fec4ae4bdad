/**
 * Scores, value type, class and named segment of one buyer. The eight types are written out, since published tables
 * contradict each other: R high = bought recently, F high = often, M high = for much.
 *
 * | R | F | M | type     |     | R | F | M | type     |
 * | - | - | - | -------- |     | - | - | - | -------- |
 * | 高 | 高 | 高 | 重要价值 |     | 高 | 高 | 低 | 一般价值 |
 * | 高 | 低 | 高 | 重要发展 |     | 高 | 低 | 低 | 一般发展 |
 * | 低 | 高 | 高 | 重要保持 |     | 低 | 高 | 低 | 一般保持 |
 * | 低 | 低 | 高 | 重要挽留 |     | 低 | 低 | 低 | 一般挽留 |
 */
import { linesOf, stepsOf } from './edges.ts'
import type { Lines, Measures, RfmCuts, Steps } from './edges.ts'
import { valueTypes } from './settings.ts'
import type { Range, RfmRules, ValueType } from './settings.ts'

export interface Scores {
  readonly r: number
  readonly f: number
  readonly m: number
}

export interface Scored extends Scores {
  readonly type: ValueType
  readonly valueClass: string
  readonly segment: string
}

/** Rules and the shop's cut points made into whole numbers: for many buyers. */
export interface Scale {
  readonly rules: RfmRules
  readonly steps: Steps
  readonly lines: Lines | null
}

export const scaleOf = (rules: RfmRules, cuts: RfmCuts): Scale => ({
  rules,
  steps: stepsOf(rules, cuts),
  lines: linesOf(rules, cuts),
})

const stepsUpTo = (steps: readonly number[], value: number): number =>
  steps.reduce((n, step) => (value >= step ? n + 1 : n), 0)

export function scoresOf({ rules, steps }: Scale, measures: Measures): Scores {
  return {
    r: rules.bins.r - stepsUpTo(steps.recency, measures.recency),
    f: 1 + stepsUpTo(steps.frequency, measures.frequency),
    m: 1 + stepsUpTo(steps.monetary, measures.monetary),
  }
}

const within = ({ from, to }: Range, score: number): boolean => score >= from && score <= to
const fits = (
  rule: { readonly r: Range; readonly f: Range; readonly m: Range },
  { r, f, m }: Scores,
): boolean => within(rule.r, r) && within(rule.f, f) && within(rule.m, m)

export interface Highs {
  readonly recency: boolean
  readonly frequency: boolean
  readonly monetary: boolean
}

export function highsOf({ rules, lines }: Scale, measures: Measures, { r, f, m }: Scores): Highs {
  if (lines)
    return {
      recency: measures.recency <= lines.recencyMost,
      frequency: measures.frequency >= lines.frequencyLeast,
      monetary: measures.monetary >= lines.monetaryLeast,
    }
  const { split } = rules
  const least = typeof split === 'object' && 'atLeastScore' in split ? split.atLeastScore : 0
  return { recency: r >= least, frequency: f >= least, monetary: m >= least }
}

export function typeOf({ recency, frequency, monetary }: Highs): ValueType {
  const place = (recency ? 0 : 2) + (frequency ? 0 : 1) + (monetary ? 0 : 4)
  return valueTypes[place] ?? '一般挽留'
}

export function scoredOf(scale: Scale, measures: Measures): Scored {
  const { rules } = scale
  const scores = scoresOf(scale, measures)
  const type = typeOf(highsOf(scale, measures, scores))
  return {
    ...scores,
    type,
    valueClass:
      rules.classes.find((one) => (one.types?.includes(type) ?? true) && fits(one, scores))?.name ?? '',
    segment: rules.named.find((one) => fits(one, scores))?.name ?? rules.others,
  }
}
