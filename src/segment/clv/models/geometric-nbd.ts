/**
 * Two models in which a customer may leave only when she buys: she buys at a Poisson rate λ ~ Gamma(r, α), and after a
 * purchase she leaves with probability p ~ Beta(a, b).
 *
 * - BG/NBD: Fader, Hardie & Lee (2005), "'Counting Your Customers' the Easy Way: An Alternative to the Pareto/NBD
 *   Model", Marketing Science 24(2). Nobody leaves at the first purchase, so whoever never came back counts as alive.
 * - MBG/NBD: Batislam, Denizel & Filiztekin (2007), "Empirical validation and comparison of models for customer base
 *   analysis", IJRM 24(3); the same model as CBG/NBD of Hoppe & Wagner (2007), "Customer Base Analysis: The Case for a
 *   Central Variant of the Betageometric/NBD Model", Marketing ZFP 29(2). She may leave at the first purchase too.
 *
 * With b' = b (BG) or b + 1 (MBG), both likelihoods are
 *
 *   L = B(a, b'+x)/B(a, b) · Γ(r+x)/Γ(r) · α^r (α+T)^−(r+x) · [1 + g],   g = a/(b'+x−1) · ((α+T)/(α+t_x))^(r+x)
 *
 * with g = 0 for x = 0 in the BG/NBD; and P(alive) = 1 / (1 + g).
 */
import type { CountModel, History, Parameters, Triples } from '../model.ts'
import type { Objective } from '../optimize.ts'
import type { Random } from '../random.ts'
import {
  clamp01,
  digamma,
  logAddExp,
  logBeta,
  logBetaRatio,
  logGammaRatio,
  logNegativeBinomial,
  negativeBinomialFrom,
} from '../special.ts'
import { momentsOf, timeBounds } from '../triples.ts'
import { buysUntil, distinctCounts } from './pareto-nbd.ts'

type Four = readonly [r: number, alpha: number, a: number, b: number]
const four = (parameters: Parameters): Four => {
  const [r = 1, alpha = 1, a = 1, b = 1] = parameters
  return [r, alpha, a, b]
}

/** 0 for the BG/NBD; 1 for the MBG/NBD, whose first purchase is a chance to leave as well. */
type First = 0 | 1

/** ln g; −∞ where nobody can have left. */
function logOddsGone([r, alpha, a, b]: Four, first: First, x: number, tx: number, T: number): number {
  if (x === 0 && first === 0) return -Infinity
  return Math.log(a) - Math.log(b + first + x - 1) + (r + x) * Math.log1p((T - tx) / (alpha + tx))
}

const likelihoodOf =
  (first: First) =>
  (triples: Triples): Objective => {
    const { x, tx, T, n, customers } = triples
    const [counts, ofCount] = distinctCounts(x, n)
    return (parameters) => {
      const p = four(parameters)
      const [r, alpha, a, b] = p
      let value = customers * r * Math.log(alpha)
      const g = [customers * Math.log(alpha), (customers * r) / alpha, 0, 0] as [
        number,
        number,
        number,
        number,
      ]
      for (let k = 0; k < counts.length; k += 1) {
        const count = counts[k] ?? 0
        const weight = ofCount[k] ?? 0
        const chances = count + first
        value += weight * (logGammaRatio(r, count) + logBetaRatio(a, b, 0, chances))
        if (count > 0) g[0] += weight * (digamma(r + count) - digamma(r))
        if (chances > 0) {
          const whole = digamma(a + b) - digamma(a + b + chances)
          g[2] += weight * whole
          g[3] += weight * (whole + digamma(b + chances) - digamma(b))
        }
      }
      for (let i = 0; i < n.length; i += 1) {
        const [xi, ti, Ti, weight] = [x[i] ?? 0, tx[i] ?? 0, T[i] ?? 0, n[i] ?? 0]
        const log = Math.log(alpha + Ti)
        value -= weight * (r + xi) * log
        g[0] -= weight * log
        g[1] -= (weight * (r + xi)) / (alpha + Ti)
        const odds = logOddsGone(p, first, xi, ti, Ti)
        if (odds === -Infinity) continue
        value += weight * logAddExp(0, odds)
        const gone = weight / (1 + Math.exp(-odds))
        g[0] += gone * Math.log1p((Ti - ti) / (alpha + ti))
        g[1] += gone * (r + xi) * (1 / (alpha + Ti) - 1 / (alpha + ti))
        g[2] += gone / a
        g[3] -= gone / (b + first + xi - 1)
      }
      return { value, gradient: g }
    }
  }

// ------------------------------------------------------------------ expected purchases

/**
 * E over p ~ Beta(a, b) of (1 − (1 + p·tau)^−r) / p: purchases expected within tau·α of somebody alive whose rate is
 * Gamma(r, α), who leaves after each with probability p. (Their formula with 2F1(r, b; a+b−1; ·) has a pole at a = 1 and
 * none of this.) A sum over the negative binomial while that is short, an integral over the log odds of p otherwise.
 */
export function expectedUntilGone(r: number, tau: number, a: number, b: number): number {
  if (tau <= 0) return 0
  const isShort = tau < 8 && r * Math.log1p(tau) < 500 && r * tau < 300
  return isShort ? bySum(r, tau, a, b) : byLogOdds(r, tau, a, b)
}

/** Σ P(N = n)·g(n), where g(n) = Σ_{k<n} E[(1−p)^k] is what n wishes to buy come to. */
function bySum(r: number, tau: number, a: number, b: number): number {
  const w = tau / (1 + tau)
  let p = Math.exp(-r * Math.log1p(tau))
  let [kept, wishes, sum] = [1, 0, 0]
  for (let n = 1; n < 20_000; n += 1) {
    p *= (w * (r + n - 1)) / n
    wishes += kept
    kept *= (b + n - 1) / (a + b + n - 1)
    const term = p * wishes
    sum += term
    if (n > r * tau && term * (n + 1) < 1e-17 * sum * (1 - w)) break
  }
  return sum
}

function byLogOdds(r: number, tau: number, a: number, b: number): number {
  const scale = logBeta(a, b)
  const logTau = Math.log(tau)
  /** The logarithm of the integrand by v = ln(p / (1 − p)). */
  const at = (v: number): number => {
    const logP = v > 0 ? -Math.log1p(Math.exp(-v)) : v - Math.log1p(Math.exp(v))
    const logQ = logP - v
    const bought = -Math.expm1(-r * Math.log1p(Math.exp(logTau + logP)))
    // Near p = 0 the quotient is r·tau; the difference above would be nothing.
    const logBought = bought > 0 ? Math.log(bought) : Math.log(r) + logTau + logP
    return a * logP + b * logQ - scale + logBought - logP
  }
  // Beyond both ends the integrand is a pure exponential, to twelve digits: the rest is a geometric series.
  const low = -28 - Math.log(1 + r * tau + b)
  const high = 28 + Math.log(1 + a + r)
  const count = Math.ceil((high - low) / 0.25)
  let step = (high - low) / count
  const atLow = at(low)
  const atHigh = at(high)
  let inner = 0
  for (let k = 1; k < count; k += 1) inner += Math.exp(at(low + k * step))
  const whole = (): number =>
    step *
    (inner +
      Math.exp(atLow) * (1 + 1 / Math.expm1(a * step)) +
      Math.exp(atHigh) * (1 + 1 / Math.expm1(b * step)))
  let before = whole()
  for (let n = count; n < 40 * count; n *= 2) {
    for (let k = 0; k < n; k += 1) inner += Math.exp(at(low + (k + 0.5) * step))
    step /= 2
    const now = whole()
    if (Math.abs(now - before) <= 1e-11 * now) return now
    before = now
  }
  return before
}

/** The same with each purchase discounted by its date: the integral of the rate of purchases still to come. */
function discountedUntilGone([r, alpha, a, b]: Four, rate: number, horizon: number): number {
  if (rate === 0) return expectedUntilGone(r, Math.min(horizon / alpha, 1e12), a, b)
  // By parts: ∫ e^(−rate·u) dE(u) = e^(−rate·end) E(end) + rate ∫ e^(−rate·u) E(u) du.
  const end = Math.min(horizon, 40 / rate)
  const atEnd = Math.exp(-rate * end) * expectedUntilGone(r, end / alpha, a, b)
  const inside = byPanels((u) => Math.exp(-rate * u) * expectedUntilGone(r, u / alpha, a, b), end)
  return atEnd + rate * inside
}

/** Gauss and Legendre's six points of [−1, 1]. */
const legendre = [
  [0.2386191860831969, 0.467913934572691],
  [0.6612093864662645, 0.3607615730481386],
  [0.932469514203152, 0.1713244923791704],
] as const

/** ∫_0^end of a smooth function that bends on an unknown scale: panels that halve towards 0. */
function byPanels(f: (u: number) => number, end: number): number {
  let sum = 0
  let high = end
  for (let panel = 0; panel < 20; panel += 1) {
    const low = panel === 19 ? 0 : high / 2.5
    const half = (high - low) / 2
    for (const [node, weight] of legendre)
      sum += weight * half * (f(low + half + half * node) + f(low + half - half * node))
    high = low
  }
  return sum
}

// ------------------------------------------------------------------ the models

function geometricNbd(name: 'bg-nbd' | 'mbg-nbd', first: First): CountModel {
  /** Somebody with this history who is alive has these parameters. */
  const posterior = ([r, alpha, a, b]: Four, { x, T }: History): Four => [r + x, alpha + T, a, b + x + first]
  const model: CountModel = {
    name,
    parameters: ['r', 'alpha', 'a', 'b'],
    timeParameters: ['alpha'],
    starts(triples) {
      const { meanX, meanT } = momentsOf(triples)
      const t = Math.max(meanT, 1e-9)
      const rate = Math.max(meanX, 0.05)
      return [
        [0.5, (0.3 * t) / rate, 0.8, 2.5],
        [1.5, (1.5 * t) / rate, 0.3, 3],
        [0.2, (0.05 * t) / rate, 1.5, 1.5],
      ]
    },
    bounds(triples) {
      const shape = { low: 1e-5, high: 1e3 }
      return [shape, timeBounds(triples), { low: 1e-5, high: 1e5 }, { low: 1e-5, high: 1e5 }]
    },
    likelihood: likelihoodOf(first),
    pAlive(parameters, { x, tx, T }) {
      return clamp01(1 / (1 + Math.exp(logOddsGone(four(parameters), first, x, tx, T))))
    },
    expected(parameters, t) {
      const [r, alpha, a, b] = four(parameters)
      const stays = first === 0 ? 1 : b / (a + b)
      return stays * expectedUntilGone(r, t / alpha, a, b + first)
    },
    conditional(parameters, history, t) {
      const [r, alpha, a, b] = posterior(four(parameters), history)
      return model.pAlive(parameters, history) * expectedUntilGone(r, t / alpha, a, b)
    },
    /** BG/NBD: eq. (8) of Fader, Hardie & Lee 2005; MBG/NBD: with one more chance to leave. */
    pmf(parameters, t, x) {
      const [r, alpha, a, b] = four(parameters)
      const chances = x + first
      const stayed = Math.exp(logBetaRatio(a, b, 0, chances) + logNegativeBinomial(x, r, t / alpha))
      if (chances === 0) return clamp01(stayed)
      const left = Math.exp(logBetaRatio(a, b, 1, chances - 1)) * negativeBinomialFrom(x, r, t / alpha)
      return clamp01(stayed + left)
    },
    discounted(parameters, history, rate, horizon = Infinity) {
      return (
        model.pAlive(parameters, history) *
        discountedUntilGone(posterior(four(parameters), history), rate, horizon)
      )
    },
    draw(parameters, history, t, alive, random) {
      if (random.uniform() > alive) return 0
      const [r, alpha, a, b] = posterior(four(parameters), history)
      const wishes = random.poisson(random.gamma(r, alpha) * t)
      return wishes === 0 ? 0 : random.geometric(random.beta(a, b), wishes)
    },
    simulate(parameters, T, random: Random) {
      const [r, alpha, a, b] = four(parameters)
      const rate = random.gamma(r, alpha)
      const p = random.beta(a, b)
      const stays = (): boolean => random.uniform() >= p
      if (first === 1 && !stays()) return { x: 0, tx: 0, T }
      return buysUntil(rate, T, T, random, stays)
    },
  }
  return model
}

export const bgNbd = geometricNbd('bg-nbd', 0)
export const mbgNbd = geometricNbd('mbg-nbd', 1)
