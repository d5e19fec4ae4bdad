/**
 * Parameters from a shop's own past: the rhythm of its customers, the weights of the logistic, the threshold by the
 * stated criterion, the levels of the forecast. Looks at nothing after the day it is given. Deterministic.
 */
import { quantileOf } from '../../base/statistics.ts'
import type { Case } from './cases.ts'
import { casesOf, usualActs } from './cases.ts'
import { forecastOf, horizonDays, levelOf } from './forecast.ts'
import type { Histories, Known } from './histories.ts'
import { knownAt } from './histories.ts'
import { fitLogistic } from './logistic.ts'
import { f1Of, sweep, youdenOf } from './metrics.ts'
import type { Step } from './metrics.ts'
import { fitRhythm, surpriseOf } from './rhythm.ts'
import type { IntervalSums, Rhythm } from './rhythm.ts'
import { intervalsOf, riskAt } from './signal.ts'
import type { ChurnRules, Parameters } from './settings.ts'

export interface Calibration {
  readonly parameters: Parameters
  /** False: too little to learn from, or it taught nothing; the shipped parameters stand, and why. */
  readonly own: boolean
  readonly words: string
  readonly cases: number
  readonly churned: number
  readonly customers: number
  readonly censored: number
  readonly actsFromNo: number | null
}

export interface CalibrationTask {
  readonly origins: readonly number[]
  readonly endNo: number
  readonly actsFromNo: number | null
  readonly isOf?: (customer: number) => boolean
}

export function calibrate(rules: ChurnRules, h: Histories, task: CalibrationTask): Calibration {
  const isOf = task.isOf ?? (() => true)
  const { endNo } = task
  const actsFromNo = task.actsFromNo !== null && task.actsFromNo <= endNo ? task.actsFromNo : null
  const actsPerDay = usualActs(h, actsFromNo, endNo)
  const found = casesOf(rules, h, { origins: task.origins, endNo, actsPerDay, actsFromNo }, isOf)
  const { cases, censored } = found
  const churned = cases.filter((one) => one.churned).length
  const customers = new Set(cases.map(({ customer }) => customer)).size
  const counts = { cases: cases.length, churned, customers, censored, actsFromNo }
  const shipped = (words: string): Calibration => ({
    parameters: { ...rules.defaults, actsPerDay },
    own: false,
    words,
    ...counts,
  })
  const { leastCases, leastOfEach, leastCustomers } = rules.calibration
  if (cases.length < leastCases || customers < leastCustomers)
    return shipped(
      `too little to learn from: ${String(cases.length)} cases of ${String(customers)} customers (needs ${String(leastCases)} of ${String(leastCustomers)})`,
    )
  if (Math.min(churned, cases.length - churned) < leastOfEach)
    return shipped(
      `too little to learn from: ${String(churned)} of ${String(cases.length)} cases churned (needs ${String(leastOfEach)} of each)`,
    )
  const rhythm = fitRhythm(intervalSums(h, endNo, isOf))
  if (!rhythm) return shipped('too few finished intervals to fit a rhythm')
  const weights = fitWeights(rules, rhythm, cases)
  if (!weights) return shipped('silence told nothing about churn in this past, or no more than chance would')
  const { logLikelihood: _, ...plain } = rhythm
  const unset: Parameters = { ...rules.defaults, rhythm: plain, weights, actsPerDay, threshold: 0.5 }
  return {
    parameters: {
      ...unset,
      threshold: thresholdOf(rules, unset, cases),
      ...forecastFrom(rules, unset, cases),
    },
    own: true,
    words: `fitted on ${String(cases.length)} cases of ${String(customers)} customers, ${String(churned)} of them churned`,
    ...counts,
  }
}

export function intervalSums(
  h: Histories,
  endNo: number,
  isOf: (customer: number) => boolean,
): IntervalSums[] {
  const sums: IntervalSums[] = []
  const known: Known = { purchases: 0, firstNo: 0, lastNo: 0, sumLog: 0, supplyDays: 0 }
  for (let i = 0; i < h.customers.length; i += 1) {
    if (!isOf(i) || knownAt(h, i, endNo, known).purchases < 2) continue
    sums.push({ ...intervalsOf(known), sumLog: known.sumLog })
  }
  return sums
}

/**
 * Silence must raise the risk and a fall in activity must not lower it. A feature that never varies, or comes out the
 * wrong way round, is left at its shipped weight or at nothing. Null: the past taught nothing.
 */
function fitWeights(rules: ChurnRules, rhythm: Rhythm, cases: readonly Case[]): Parameters['weights'] | null {
  const labels = Uint8Array.from(cases, ({ churned }) => (churned ? 1 : 0))
  const surprise = cases.map((one) => surpriseOf(rhythm, intervalsOf(one), one.silence))
  const few = cases.map(({ purchases }) => -Math.log(purchases))
  const drop = cases.map((one) => one.drop)
  const plain = fitLogistic(sideBySide([surprise, few]), labels, 2)
  if (!isBeyondChance(plain.logLikelihood, labels, cases)) return null
  const varies = drop.some((value) => value !== 0)
  const [intercept = 0, silence = 0, count = 0, fall = 0] = varies
    ? fitLogistic(sideBySide([surprise, few, drop]), labels, 3).weights
    : [...plain.weights, rules.defaults.weights.activityDrop]
  if (fall > 0 && silence > 0.001)
    return { intercept, surprise: silence, fewPurchases: count, activityDrop: fall }
  const [alone = 0, waiting = 0, often = 0] = plain.weights
  return waiting > 0.001
    ? { intercept: alone, surprise: waiting, fewPurchases: often, activityDrop: 0 }
    : null
}

/** Columns to rows, one after the other. */
function sideBySide(columns: readonly (readonly number[])[]): Float64Array {
  const width = columns.length
  const table = new Float64Array(width * (columns[0]?.length ?? 0))
  columns.forEach((column, i) => column.forEach((value, row) => (table[row * width + i] = value)))
  return table
}

/** χ² of two weights at 0.1 %. */
const leastGain = 13.8

/**
 * Likelihood ratio against "everybody alike". A customer's cases say much the same, so that the evidence counts once per
 * customer. Without this a shop whose dates are noise would teach weights that are noise.
 */
function isBeyondChance(logLikelihood: number, labels: Uint8Array, cases: readonly Case[]): boolean {
  const churned = labels.reduce((sum, label) => sum + label, 0)
  const share = churned / labels.length
  const alike = churned * Math.log(share) + (labels.length - churned) * Math.log(1 - share)
  const customers = new Set(cases.map(({ customer }) => customer)).size
  return (2 * (logLikelihood - alike) * customers) / labels.length > leastGain
}

/** The rank by which a case is warned about: its risk if she stays silent until the end of the lead. */
export const alarmScore = (rules: ChurnRules, parameters: Parameters, one: Case): number =>
  riskAt(parameters, intervalsOf(one), one.silence + rules.leadDays, one.drop)

const meritOf =
  (rules: ChurnRules) =>
  (step: Step): number => {
    const { criterion } = rules
    switch (criterion.best) {
      case 'youden':
        return youdenOf(step) ?? -1
      case 'f1':
        return f1Of(step) ?? -1
      case 'precision':
        return step.tp >= criterion.recallAtLeast * (step.tp + step.fn) ? step.tp / (step.tp + step.fp) : -1
    }
  }

/** The best step of the sweep; of equals the one that warns fewer. Half way to the next score, so that noise in the last digit decides nothing. */
function thresholdOf(rules: ChurnRules, parameters: Parameters, cases: readonly Case[]): number {
  const labels = cases.map(({ churned }) => (churned ? 1 : 0))
  const steps = sweep(
    labels,
    cases.map((one) => alarmScore(rules, parameters, one)),
  )
  const merit = meritOf(rules)
  let best = 0
  for (let n = 1; n < steps.length; n += 1) if (merit(steps[n] as Step) > merit(steps[best] as Step)) best = n
  const score = steps[best]?.score ?? 1
  return (score + (steps[best + 1]?.score ?? score)) / 2
}

const leastForecasts = 100
const leastSupplies = 50

/** Levels first, then whether the catalogue would have done better than the rhythm with them. */
function forecastFrom(
  rules: ChurnRules,
  parameters: Parameters,
  cases: readonly Case[],
): Pick<Parameters, 'levels' | 'trustSupply'> {
  const levels = levelsOf(rules, parameters, cases) ?? rules.defaults.levels
  const errors = cases.flatMap((one) => {
    if (one.gapDays === null || one.gapDays === undefined || one.supplyDays === 0) return []
    const { median } = forecastOf(rules, { ...parameters, levels }, intervalsOf(one), one.silence)
    return [{ supply: Math.abs(one.supplyDays - one.gapDays), rhythm: Math.abs(median - one.gapDays) }]
  })
  const middle = (of: 'supply' | 'rhythm'): number =>
    quantileOf(
      errors.map((error) => error[of]).sort((a, b) => a - b),
      0.5,
    ) ?? 0
  return { levels, trustSupply: errors.length >= leastSupplies && middle('supply') < middle('rhythm') }
}

function levelsOf(
  rules: ChurnRules,
  parameters: Parameters,
  cases: readonly Case[],
): Parameters['levels'] | null {
  const levels: number[] = []
  for (const one of cases) {
    if (one.gapDays === null || one.gapDays === undefined) continue
    const own = intervalsOf(one)
    const horizon = horizonDays(rules, own)
    levels.push(levelOf(parameters.rhythm, own, { silence: one.silence, horizon, gapDays: one.gapDays }))
  }
  if (levels.length < leastForecasts) return null
  levels.sort((a, b) => a - b)
  const at = (share: number): number => Math.min(0.99, Math.max(0.01, quantileOf(levels, share) ?? share))
  return { p10: at(0.1), p25: at(0.25), p50: at(0.5), p75: at(0.75), p90: at(0.9) }
}
