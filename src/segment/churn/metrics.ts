/** How good a warning is: counts, rates with Wilson intervals, the curve behind the threshold. Pure. */
import { wilson } from '../../base/statistics.ts'

export interface Counts {
  readonly tp: number
  readonly fp: number
  readonly fn: number
  readonly tn: number
}

export interface Rate {
  readonly value: number | null
  /** Wilson, 95 %; cases of one customer are not independent, so the truth is a little wider. */
  readonly low: number
  readonly high: number
}

export interface Judged extends Counts {
  readonly warned: number
  readonly precision: Rate
  readonly recall: Rate
  /** Of those who stayed, how many were warned about. */
  readonly falseAlarms: Rate
  readonly f1: number | null
  /** Recall − false alarms: 0 = no better than chance, whatever the base rate. */
  readonly youden: number | null
}

const rateOf = (hits: number, of: number): Rate => {
  const { low, high } = wilson(hits, of)
  return { value: of === 0 ? null : hits / of, low, high }
}

export const f1Of = ({ tp, fp, fn }: Counts): number | null =>
  tp + fp + fn === 0 ? null : (2 * tp) / (2 * tp + fp + fn)

export const youdenOf = ({ tp, fp, fn, tn }: Counts): number | null =>
  tp + fn === 0 || fp + tn === 0 ? null : tp / (tp + fn) - fp / (fp + tn)

export function countsOf(churned: ArrayLike<number>, warned: ArrayLike<number>): Counts {
  const counts = { tp: 0, fp: 0, fn: 0, tn: 0 }
  for (let i = 0; i < churned.length; i += 1) {
    if (churned[i] === 1) counts[warned[i] === 1 ? 'tp' : 'fn'] += 1
    else counts[warned[i] === 1 ? 'fp' : 'tn'] += 1
  }
  return counts
}

export const judge = (counts: Counts): Judged => ({
  ...counts,
  warned: counts.tp + counts.fp,
  precision: rateOf(counts.tp, counts.tp + counts.fp),
  recall: rateOf(counts.tp, counts.tp + counts.fn),
  falseAlarms: rateOf(counts.fp, counts.fp + counts.tn),
  f1: f1Of(counts),
  youden: youdenOf(counts),
})

// ------------------------------------------------------------------ the whole curve

export interface Step extends Counts {
  /** Warn from this score on. */
  readonly score: number
}

/** Every threshold that makes a difference, from nobody warned to everybody; equal scores fall together. */
export function sweep(churned: ArrayLike<number>, scores: ArrayLike<number>): Step[] {
  const order = Array.from({ length: scores.length }, (_, i) => i)
  order.sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b)
  let positives = 0
  for (let i = 0; i < churned.length; i += 1) positives += churned[i] ?? 0
  const steps: Step[] = []
  let tp = 0
  let fp = 0
  for (let place = 0; place < order.length; place += 1) {
    const i = order[place] ?? 0
    if (churned[i] === 1) tp += 1
    else fp += 1
    const score = scores[i] ?? 0
    const next = order[place + 1]
    if (next !== undefined && scores[next] === score) continue
    steps.push({ score, tp, fp, fn: positives - tp, tn: scores.length - positives - fp })
  }
  return steps
}

/** Area under the receiver's curve by ranks: P(a churned case scores above a staying one), ties half. */
export function areaUnder(steps: readonly Step[]): number | null {
  const last = steps.at(-1)
  if (!last || last.tp === 0 || last.fp === 0) return null
  let area = 0
  let [tp, fp] = [0, 0]
  for (const step of steps) {
    area += ((step.fp - fp) * (step.tp + tp)) / 2
    ;[tp, fp] = [step.tp, step.fp]
  }
  return area / (last.tp * last.fp)
}

export interface CurvePoint {
  readonly score: number
  readonly precision: number
  readonly recall: number
}

/** For drawing: the points at which recall passes each hundredth, and the last. */
export function curveOf(steps: readonly Step[]): CurvePoint[] {
  const points: CurvePoint[] = []
  let reached = 0
  for (const [n, step] of steps.entries()) {
    if (step.tp + step.fn === 0) return []
    const recall = step.tp / (step.tp + step.fn)
    if (recall < reached && n < steps.length - 1) continue
    points.push({ score: step.score, recall, precision: step.tp / (step.tp + step.fp) })
    reached = Math.floor(recall * 100 + 1) / 100
  }
  return points
}

/** Mean precision over the recall gained (step-wise, as scikit-learn's average precision). */
export function averagePrecision(steps: readonly Step[]): number | null {
  const last = steps.at(-1)
  if (!last || last.tp === 0) return null
  let sum = 0
  let tp = 0
  for (const step of steps) {
    sum += (step.tp - tp) * (step.tp / (step.tp + step.fp))
    tp = step.tp
  }
  return sum / last.tp
}

/** The precision of the curve where it first reaches this recall. */
export function precisionAt(steps: readonly Step[], recall: number): number | null {
  const step = steps.find(({ tp, fn }) => tp + fn > 0 && tp / (tp + fn) >= recall - 1e-12)
  return step ? step.tp / (step.tp + step.fp) : null
}
