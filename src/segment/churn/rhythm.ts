/**
 * How long a customer usually waits between two purchases, and how surprising her present silence is.
 *
 * Model: the intervals of one customer are Gamma(shape k, rate λ) with one regularity k for the shop (k = 1 is a Poisson
 * buyer, a large k a clock), and the rates λ differ between customers as Gamma(r, α). After x intervals that sum to T
 * days her rate is Gamma(r + k·x, α + T): few purchases are drawn towards the shop's rhythm, many speak for themselves.
 * The next interval is then beta-prime distributed,
 *   P(Y > s) = I_z(r + k·x, k) with z = (α + T) / (α + T + s),
 * which for k = 1 is the Pareto tail ((α + T) / (α + T + s))^(r + x). Conjugate gamma-gamma as in Schmittlein, Morrison
 * & Colombo 1987 (k = 1) and Platzer & Reutterer 2016 (one k per customer there, one for the shop here, since most have
 * two or three intervals).
 *
 * Only finished intervals are fitted. They are a little shorter than the truth (long ones are cut off by the day of
 * looking); the logistic of signal.ts and the levels of forecast.ts are calibrated on what really followed.
 */
import { incompleteBeta, logGamma } from './beta.ts'
import { minimize } from './minimize.ts'

export interface Rhythm {
  readonly shape: number
  readonly r: number
  readonly alphaDays: number
}

/** What is known of one customer's intervals. */
export interface Intervals {
  /** Finished intervals: purchases − 1. */
  readonly count: number
  /** Days from the first to the last purchase. */
  readonly sumDays: number
}

/** Beyond this the silence says nothing more: one in 485 million. */
export const mostSurprise = 20

/** P(the interval lasts longer than `silenceDays`). */
export function tailOf({ shape, r, alphaDays }: Rhythm, own: Intervals, silenceDays: number): number {
  if (silenceDays <= 0) return 1
  const known = alphaDays + own.sumDays
  return incompleteBeta(r + shape * own.count, shape, known / (known + silenceDays))
}

/** −ln of that: 0 on the day of a purchase, rising with every silent day. */
export const surpriseOf = (rhythm: Rhythm, own: Intervals, silenceDays: number): number =>
  Math.min(mostSurprise, -Math.log(Math.max(tailOf(rhythm, own, silenceDays), 1e-300)))

/** Her mean interval, drawn towards the shop's; the posterior mean, or the mode's where that has none. */
export function usualDays({ shape, r, alphaDays }: Rhythm, own: Intervals): number {
  const after = r + shape * own.count
  return (shape * (alphaDays + own.sumDays)) / (after > 1.5 ? after - 1 : after)
}

/**
 * The silence at which the tail has fallen to `tail`; the inverse of cephes fails in far tails. In v = ln(1 + silence ÷
 * what is known) the surprise is nearly a straight line (for k = 1 it is one), so that regula falsi with the Illinois
 * rule needs a handful of looks.
 */
export function silenceAt(rhythm: Rhythm, own: Intervals, tail: number): number {
  if (tail >= 1) return 0
  const known = rhythm.alphaDays + own.sumDays
  const wanted = -Math.log(tail)
  const missing = (v: number): number =>
    -Math.log(Math.max(tailOf(rhythm, own, known * Math.expm1(v)), 1e-300)) - wanted
  let [low, atLow] = [0, -wanted]
  let high = 0.5
  let atHigh = missing(high)
  while (atHigh < 0) {
    ;[low, atLow] = [high, atHigh]
    high *= 2
    if (high > 50) return Infinity
    atHigh = missing(high)
  }
  let side = 0
  for (let step = 0; step < 100 && high - low > 1e-12 * high; step += 1) {
    const middle = low + ((high - low) * atLow) / (atLow - atHigh)
    const at = missing(middle)
    if (Math.abs(at) < 1e-10) return known * Math.expm1(middle)
    if (at < 0) {
      ;[low, atLow] = [middle, at]
      if (side === -1) atHigh /= 2
      side = -1
    } else {
      ;[high, atHigh] = [middle, at]
      if (side === 1) atLow /= 2
      side = 1
    }
  }
  return known * Math.expm1(high)
}

/** One customer's share in the fit: her intervals and the sum of their logarithms. */
export interface IntervalSums extends Intervals {
  readonly sumLog: number
}

/**
 * Maximum marginal likelihood of (k, r, α). Null when there is too little to fit. A shop without any spread between its
 * customers has no finite maximum in r: the bounds hold it.
 */
export function fitRhythm(
  sums: readonly IntervalSums[],
): (Rhythm & { readonly logLikelihood: number }) | null {
  const used = sums.filter(({ count, sumDays }) => count > 0 && sumDays > 0)
  if (used.length < 10) return null
  const count = used.reduce((sum, one) => sum + one.count, 0)
  const mean = used.reduce((sum, one) => sum + one.sumDays, 0) / count
  // In units of the mean interval, so that days or weeks give the same fit to the last digit.
  const scaled = used.map((own) => ({
    count: own.count,
    sum: own.sumDays / mean,
    sumLog: own.sumLog - own.count * Math.log(mean),
  }))
  const likelihood = (shape: number, r: number, alpha: number): number => {
    let sum = used.length * (r * Math.log(alpha) - logGamma(r)) - count * logGamma(shape)
    for (const own of scaled) {
      const after = r + shape * own.count
      sum += logGamma(after) - after * Math.log(alpha + own.sum) + (shape - 1) * own.sumLog
    }
    return sum
  }
  const unpack = (at: readonly number[]): [number, number, number] => [
    within(Math.exp(at[0] ?? 0), 0.25, 40),
    within(Math.exp(at[1] ?? 0), 0.1, 500),
    within(Math.exp(at[2] ?? 0), 1e-4, 1e4),
  ]
  const found = minimize((at) => -likelihood(...unpack(at)), [0, 1, 1])
  const [shape, r, alpha] = unpack(found.at)
  return {
    shape,
    r,
    alphaDays: alpha * mean,
    logLikelihood: -found.value - count * Math.log(mean),
  }
}

const within = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value))
