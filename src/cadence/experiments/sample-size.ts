/** How many it takes, and whether the split came out as promised. Pure. */
import { chiSquareTail, normalCdf, normalQuantile } from '../../base/distributions.ts'

export interface Plan {
  /** Share that does it today, 0 … 1. */
  readonly baseline: number
  /** The smallest difference worth seeing, in shares: 0.02 = two points. */
  readonly difference: number
  readonly alpha: number
  readonly power: number
}

/**
 * People per arm for a two-sided test of two proportions in arms of one size, without continuity correction (Fleiss,
 * Levin & Paik 2003, Statistical Methods for Rates and Proportions, formula 4.14).
 */
export function sampleSizePerArm({ baseline, difference, alpha, power }: Plan): number {
  const other = baseline + difference
  if (!(baseline >= 0 && other <= 1 && other >= 0 && difference !== 0))
    throw new RangeError(`${String(baseline)} and ${String(other)} are no two proportions.`)
  const middle = (baseline + other) / 2
  const under = normalQuantile(1 - alpha / 2) * Math.sqrt(2 * middle * (1 - middle))
  const over = normalQuantile(power) * Math.sqrt(baseline * (1 - baseline) + other * (1 - other))
  return Math.ceil(((under + over) / difference) ** 2)
}

/** The chance of seeing that difference with so many per arm: the formula above, solved for the power. */
export function powerOf({ baseline, difference, alpha }: Omit<Plan, 'power'>, perArm: number): number {
  const other = baseline + difference
  const middle = (baseline + other) / 2
  const under = normalQuantile(1 - alpha / 2) * Math.sqrt(2 * middle * (1 - middle))
  const spread = Math.sqrt(baseline * (1 - baseline) + other * (1 - other))
  if (spread === 0) return 1
  return normalCdf((Math.abs(difference) * Math.sqrt(perArm) - under) / spread)
}

/** Below this the split is not the one that was promised (sample-ratio mismatch), and nothing read from it counts. */
export const mismatchThreshold = 0.001

export interface Split {
  readonly expected: readonly number[]
  readonly chiSquare: number
  readonly p: number
  readonly isBroken: boolean
}

/**
 * Pearson's χ² of the people in each arm against the promised shares. A broken split says that something besides chance
 * decided who is counted, and then the arms cannot be compared (Fabijan et al. 2019, Diagnosing Sample Ratio Mismatch).
 */
export function checkSplit(counts: readonly number[], weights: readonly number[]): Split {
  const n = counts.reduce((sum, count) => sum + count, 0)
  const whole = weights.reduce((sum, weight) => sum + weight, 0)
  const expected = weights.map((weight) => (whole === 0 ? 0 : (n * weight) / whole))
  if (n === 0 || counts.length < 2) return { expected, chiSquare: 0, p: 1, isBroken: false }
  const chiSquare = counts.reduce((sum, count, i) => {
    const wanted = expected[i] ?? 0
    if (wanted === 0) return count === 0 ? sum : Number.POSITIVE_INFINITY
    return sum + (count - wanted) ** 2 / wanted
  }, 0)
  const p = Number.isFinite(chiSquare) ? chiSquareTail(counts.length - 1, chiSquare) : 0
  return { expected, chiSquare, p, isBroken: p < mismatchThreshold }
}

/** Holm 1979: which of these hypotheses fall, at `alpha` for all of them together. */
export function holm(ps: readonly number[], alpha: number): boolean[] {
  const order = ps.map((p, i) => ({ p, i })).sort((a, b) => a.p - b.p || a.i - b.i)
  const fallen = ps.map(() => false)
  for (const [rank, { p, i }] of order.entries()) {
    if (p > alpha / (ps.length - rank)) break
    fallen[i] = true
  }
  return fallen
}
