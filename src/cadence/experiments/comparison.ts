/**
 * Two arms compared: shares of people and means per person, each with its interval, absolute and relative. The two can
 * disagree about zero, so whoever shows one says which. Pure.
 */
import { normalCdf, normalQuantile, studentCritical, studentTwoSided } from '../../base/distributions.ts'
import { wilson } from '../../base/statistics.ts'
import type { Interval } from '../../base/statistics.ts'
import { alwaysValidP, sequenceCritical } from './always-valid.ts'

/** `hits` of `n` people did it. */
export interface Share {
  readonly n: number
  readonly hits: number
}

/** A figure per person: their number, sum, and sum of squares. */
export interface Sums {
  readonly n: number
  readonly sum: number
  readonly squares: number
}

export interface Estimate extends Interval {
  readonly value: number
}

export interface Difference {
  /** Arm minus control. */
  readonly absolute: Estimate
  /** Arm over control, minus one; null where the control's figure is nothing one can divide by. */
  readonly relative: Estimate | null
  readonly p: number
}

/** How it is read: once at the planned size, or at any time. `level` is what remains of alpha for this comparison. */
export type Reading =
  | { readonly read: 'fixed'; readonly level: number }
  | { readonly read: 'always-valid'; readonly level: number; readonly tuning: number }

const rate = ({ n, hits }: Share): number => (n === 0 ? 0 : hits / n)

/** With one hit and one miss added: nobody having done it yet is no proof that nobody does (Agresti & Caffo 2000). */
function steadyVariance({ n, hits }: Share): number {
  const p = (hits + 1) / (n + 2)
  return (p * (1 - p)) / Math.max(1, n)
}

const criticalOf = (reading: Reading, n: number): number =>
  reading.read === 'fixed'
    ? normalQuantile(1 - reading.level / 2)
    : sequenceCritical(n, reading.level, reading.tuning)

const twoSided = (z: number): number => 2 * (1 - normalCdf(Math.abs(z)))

/** Pooled z of two proportions: the test that `sampleSizePerArm` plans for. */
export function pooledZ(control: Share, arm: Share): number {
  const n = control.n + arm.n
  const p = n === 0 ? 0 : (control.hits + arm.hits) / n
  const variance = p * (1 - p) * (1 / Math.max(1, control.n) + 1 / Math.max(1, arm.n))
  return variance === 0 ? 0 : (rate(arm) - rate(control)) / Math.sqrt(variance)
}

export function compareShares(control: Share, arm: Share, reading: Reading): Difference {
  const n = control.n + arm.n
  const critical = criticalOf(reading, n)
  const value = rate(arm) - rate(control)
  const steadyZ = value / Math.sqrt(steadyVariance(control) + steadyVariance(arm))
  return {
    absolute: { value, ...newcombe(control, arm, critical) },
    relative: ratioOf(
      rate(control),
      rate(arm),
      (1 - rate(control)) / Math.max(1, control.hits) + (1 - rate(arm)) / Math.max(1, arm.hits),
      critical,
    ),
    p: reading.read === 'fixed' ? twoSided(pooledZ(control, arm)) : alwaysValidP(n, steadyZ, reading.tuning),
  }
}

/** Newcombe 1998, method 10: Wilson's intervals of both shares put together. Sound for few hits and for unequal arms. */
export function newcombe(control: Share, arm: Share, critical: number): Interval {
  if (control.n === 0 || arm.n === 0 || !Number.isFinite(critical)) return { low: -1, high: 1 }
  const [a, b] = [rate(control), rate(arm)]
  const [mine, theirs] = [wilson(arm.hits, arm.n, critical), wilson(control.hits, control.n, critical)]
  return {
    low: b - a - Math.hypot(b - mine.low, theirs.high - a),
    high: b - a + Math.hypot(mine.high - b, a - theirs.low),
  }
}

/** The ratio minus one, by its logarithm (Katz et al. 1978). `variance` is that of the logarithm. */
function ratioOf(control: number, arm: number, variance: number, critical: number): Estimate | null {
  if (control <= 0 || arm <= 0) return null
  const reach = critical * Math.sqrt(variance)
  const ratio = arm / control
  return { value: ratio - 1, low: ratio * Math.exp(-reach) - 1, high: ratio * Math.exp(reach) - 1 }
}

const meanOf = ({ n, sum }: Sums): number => (n === 0 ? 0 : sum / n)
export const varianceOf = ({ n, sum, squares }: Sums): number =>
  n < 2 ? 0 : Math.max(0, (squares - (sum * sum) / n) / (n - 1))

/** Welch's degrees of freedom. */
function freedomOf(control: Sums, arm: Sums): number {
  const [a, b] = [varianceOf(control) / control.n, varianceOf(arm) / arm.n]
  return (a + b) ** 2 / (a ** 2 / (control.n - 1) + b ** 2 / (arm.n - 1))
}

/**
 * Means per person, or per group where groups were assigned. Read at any time the bounds are those of large numbers, so
 * for few units they are widened as Student's t is wider than the normal.
 */
export function compareMeans(control: Sums, arm: Sums, reading: Reading): Difference {
  const value = meanOf(arm) - meanOf(control)
  const squared = varianceOf(control) / Math.max(1, control.n) + varianceOf(arm) / Math.max(1, arm.n)
  if (control.n < 2 || arm.n < 2 || squared === 0) return nothingKnown(value)
  const error = Math.sqrt(squared)
  const df = freedomOf(control, arm)
  const student = studentCritical(df, reading.level)
  const widening = student / normalQuantile(1 - reading.level / 2)
  const n = control.n + arm.n
  const critical = reading.read === 'fixed' ? student : criticalOf(reading, n) * widening
  const logVariance =
    varianceOf(control) / control.n / meanOf(control) ** 2 + varianceOf(arm) / arm.n / meanOf(arm) ** 2
  return {
    absolute: { value, low: value - critical * error, high: value + critical * error },
    relative: ratioOf(meanOf(control), meanOf(arm), logVariance, critical),
    p:
      reading.read === 'fixed'
        ? studentTwoSided(df, Math.abs(value) / error)
        : alwaysValidP(n, value / error / widening, reading.tuning),
  }
}

const nothingKnown = (value: number): Difference => ({
  absolute: { value, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY },
  relative: null,
  p: 1,
})
