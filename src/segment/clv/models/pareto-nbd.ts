/**
 * The Pareto/NBD of Schmittlein, Morrison & Colombo (1987), "Counting Your Customers: Who Are They and What Will They
 * Do Next?", Management Science 33(1). While alive a customer buys at a Poisson rate λ ~ Gamma(r, α); she leaves at a
 * rate μ ~ Gamma(s, β).
 *
 * Likelihood: Fader & Hardie (2005), "A Note on Deriving the Pareto/NBD Model and Related Expressions". With a = r + x,
 *
 *   L = Γ(a)/Γ(r) · α^r β^s · [ S(T) + G(t_x) − G(T) ],   S(t) = (α+t)^−a (β+t)^−s,
 *   G(t) = s ∫_t^∞ (α+τ)^−a (β+τ)^−(s+1) dτ = S(t)·h(t),  0 < h < 1.
 *
 * Their difference of two 2F1 is written as S(T)·(1 − h(T)) + S(t_x)·h(t_x): a sum of positive terms, so nothing
 * cancels, whatever x, t_x and T are. h itself is s/(a+s)·2F1(1, ·; a+s+1; ·) after Euler's transformation.
 */
import type { CountModel, Parameters, Triples } from '../model.ts'
import type { Objective } from '../optimize.ts'
import {
  clamp01,
  digamma,
  discountedLength,
  hypergeometricOne,
  logAddExp,
  logGammaRatio,
  logIntegral,
  logNegativeBinomial,
} from '../special.ts'
import { distinctPairs, momentsOf, timeBounds } from '../triples.ts'

type Four = readonly [r: number, alpha: number, s: number, beta: number]
const four = (parameters: Parameters): Four => {
  const [r = 1, alpha = 1, s = 1, beta = 1] = parameters
  return [r, alpha, s, beta]
}

const logSurvival = (a: number, s: number, alphaT: number, betaT: number): number =>
  -a * Math.log(alphaT) - s * Math.log(betaT)

/** h = P(leaves before buying again in a way that …): G(t)/S(t), between 0 and 1. */
export function shareGone(a: number, s: number, alphaT: number, betaT: number): number {
  if (betaT <= alphaT) {
    const ratio = betaT / alphaT
    return clamp01((s / (a + s)) * hypergeometricOne(a, a + s + 1, (alphaT - betaT) / alphaT, ratio))
  }
  const ratio = alphaT / betaT
  return clamp01((s / (a + s)) * ratio * hypergeometricOne(s + 1, a + s + 1, (betaT - alphaT) / betaT, ratio))
}

/** ln of [ S(T) + G(t_x) − G(T) ]. */
function logBracket([r, alpha, s, beta]: Four, x: number, tx: number, T: number): number {
  const a = r + x
  const gone = shareGone(a, s, alpha + T, beta + T)
  const goneThen = shareGone(a, s, alpha + tx, beta + tx)
  return logAddExp(
    logSurvival(a, s, alpha + T, beta + T) + Math.log1p(-gone),
    logSurvival(a, s, alpha + tx, beta + tx) + Math.log(goneThen),
  )
}

// ------------------------------------------------------------------ the gradient

/** 2F1(1, b; c; y) with its derivatives by b, c and y. */
interface Derived {
  readonly f: number
  readonly fb: number
  readonly fc: number
  readonly fy: number
}

function derivedOne(b: number, c: number, y: number, z: number): Derived {
  if (y > 0.9) return derivedNearOne(b, c, y, z)
  let [term, sum, sumB, sumC, sumY, byB, byC] = [1, 1, 0, 0, 0, 0, 0]
  for (let n = 0; n < 20_000; n += 1) {
    byB += 1 / (b + n)
    byC += 1 / (c + n)
    sumY += ((n + 1) * term * (b + n)) / (c + n)
    term *= (y * (b + n)) / (c + n)
    sum += term
    sumB += term * byB
    sumC -= term * byC
    if (term * (1 + byB) * (n + 2) < 1e-16 * sum * (1 - y)) break
  }
  return { f: sum, fb: sumB, fc: sumC, fy: sumY }
}

/** Where no series is at hand: differences for b and c, the hypergeometric equation for y. */
function derivedNearOne(b: number, c: number, y: number, z: number): Derived {
  const f = hypergeometricOne(b, c, y, z)
  const db = 1e-5 * b
  const dc = 1e-5 * (c - b)
  const at = (b2: number, c2: number): number => hypergeometricOne(b2, c2, y, z)
  return {
    f,
    fb: (at(b + db, c) - at(b - db, c)) / (2 * db),
    fc: (at(b, c + dc) - at(b, c - dc)) / (2 * dc),
    fy: (c - 1 + (b * y - c + 1) * f) / (y * z),
  }
}

/** h and the derivatives of ln h by a, s and ratio of (β+t) to (α+t). */
function derivedShare(
  a: number,
  s: number,
  alphaT: number,
  betaT: number,
): { readonly h: number; readonly byA: number; readonly byS: number; readonly byRatio: number } {
  const front = s / (a + s)
  const ratio = betaT / alphaT
  if (ratio <= 1) {
    const { f, fb, fc, fy } = derivedOne(a, a + s + 1, (alphaT - betaT) / alphaT, ratio)
    return {
      h: clamp01(front * f),
      byA: -1 / (a + s) + (fb + fc) / f,
      byS: 1 / s - 1 / (a + s) + fc / f,
      byRatio: -fy / f,
    }
  }
  const { f, fb, fc, fy } = derivedOne(s + 1, a + s + 1, (betaT - alphaT) / betaT, 1 / ratio)
  return {
    h: clamp01((front * f) / ratio),
    byA: -1 / (a + s) + fc / f,
    byS: 1 / s - 1 / (a + s) + (fb + fc) / f,
    byRatio: -1 / ratio + fy / (f * ratio * ratio),
  }
}

/** What one (x, t) contributes: ln S, h, and their derivatives by r, α, s, β in rows of four. */
interface Nodes {
  readonly logS: Float64Array
  readonly h: Float64Array
  readonly dLogS: Float64Array
  readonly dLogH: Float64Array
}

function nodesAt([r, alpha, s, beta]: Four, xs: Float64Array, ts: Float64Array): Nodes {
  const count = xs.length
  const nodes: Nodes = {
    logS: new Float64Array(count),
    h: new Float64Array(count),
    dLogS: new Float64Array(4 * count),
    dLogH: new Float64Array(4 * count),
  }
  for (let i = 0; i < count; i += 1) {
    const a = r + (xs[i] ?? 0)
    const alphaT = alpha + (ts[i] ?? 0)
    const betaT = beta + (ts[i] ?? 0)
    const share = derivedShare(a, s, alphaT, betaT)
    nodes.logS[i] = logSurvival(a, s, alphaT, betaT)
    nodes.h[i] = share.h
    nodes.dLogS.set([-Math.log(alphaT), -a / alphaT, -Math.log(betaT), -s / betaT], 4 * i)
    nodes.dLogH.set(
      [share.byA, (-share.byRatio * betaT) / (alphaT * alphaT), share.byS, share.byRatio / alphaT],
      4 * i,
    )
  }
  return nodes
}

function likelihood(triples: Triples): Objective {
  const { x, tx, T, n } = triples
  const now = distinctPairs(x, T)
  const then = distinctPairs(x, tx)
  const [counts, ofCount] = distinctCounts(x, n)
  return (parameters) => {
    const p = four(parameters)
    const [r, alpha, s, beta] = p
    const atT = nodesAt(p, now.u, now.v)
    const atTx = nodesAt(p, then.u, then.v)
    let value = triples.customers * (r * Math.log(alpha) + s * Math.log(beta))
    const gradient = [
      triples.customers * Math.log(alpha),
      (triples.customers * r) / alpha,
      triples.customers * Math.log(beta),
      (triples.customers * s) / beta,
    ]
    for (let k = 0; k < counts.length; k += 1) {
      const count = counts[k] ?? 0
      value += (ofCount[k] ?? 0) * logGammaRatio(r, count)
      if (count > 0) gradient[0] = (gradient[0] ?? 0) + (ofCount[k] ?? 0) * (digamma(r + count) - digamma(r))
    }
    for (let i = 0; i < n.length; i += 1) {
      const weight = n[i] ?? 0
      const t = now.of[i] ?? 0
      const u = then.of[i] ?? 0
      const h = atT.h[t] ?? 0
      const hThen = atTx.h[u] ?? 0
      const logS = atT.logS[t] ?? 0
      const logThen = (atTx.logS[u] ?? 0) + Math.log(hThen)
      const bracket = logAddExp(logS + Math.log1p(-h), logThen)
      value += weight * bracket
      const alive = Math.exp(logS - bracket)
      const left = Math.exp(logThen - bracket)
      for (let j = 0; j < 4; j += 1) {
        const dLogS = atT.dLogS[4 * t + j] ?? 0
        const dLogH = atT.dLogH[4 * t + j] ?? 0
        const dThen = (atTx.dLogS[4 * u + j] ?? 0) + (atTx.dLogH[4 * u + j] ?? 0)
        const d = alive * ((1 - h) * dLogS - h * dLogH) + left * dThen
        gradient[j] = (gradient[j] ?? 0) + weight * d
      }
    }
    return { value, gradient }
  }
}

/** Distinct x with how many customers have each. */
export function distinctCounts(x: Float64Array, n: Float64Array): readonly [number[], number[]] {
  const of = new Map<number, number>()
  x.forEach((count, i) => of.set(count, (of.get(count) ?? 0) + (n[i] ?? 0)))
  return [[...of.keys()], [...of.values()]]
}

// ------------------------------------------------------------------ what it says of a customer

/** ∫_0^t E[P(alive at u)] du of somebody alive now whose leaving rate is Gamma(s, β). */
const expectedStay = (s: number, beta: number, t: number): number =>
  beta * discountedLength(s - 1, Math.log1p(t / beta))

/** ∫_0^t e^(−rate·u) (β/(β+u))^s du. */
function discountedStay(s: number, beta: number, rate: number, t: number): number {
  if (rate === 0) return t === Infinity ? (s > 1 ? beta / (s - 1) : Infinity) : expectedStay(s, beta, t)
  const end = Math.min(t, 745 / rate)
  return Math.exp(logIntegral((u) => -rate * u - s * Math.log1p(u / beta), end))
}

export const paretoNbd: CountModel = {
  name: 'pareto-nbd',
  parameters: ['r', 'alpha', 's', 'beta'],
  timeParameters: ['alpha', 'beta'],
  starts(triples) {
    const { meanX, meanT } = momentsOf(triples)
    const t = Math.max(meanT, 1e-9)
    const rate = Math.max(meanX, 0.05)
    return [
      [0.6, (0.6 * t) / rate, 0.6, 0.5 * t],
      [1.5, (1.5 * t) / rate, 0.3, t],
      [0.3, (0.1 * t) / rate, 1.2, 2 * t],
    ]
  },
  bounds(triples) {
    const time = timeBounds(triples)
    // A shape of 1000 is a spread of three percent: everybody alike.
    const shape = { low: 1e-5, high: 1e3 }
    return [shape, time, shape, time]
  },
  likelihood,
  /** Fader & Hardie (2005), note on the Pareto/NBD, eq. for P(alive | x, t_x, T) = S(T) / [ S(T) + G(t_x) − G(T) ]. */
  pAlive(parameters, { x, tx, T }) {
    const p = four(parameters)
    const [r, alpha, s, beta] = p
    return clamp01(Math.exp(logSurvival(r + x, s, alpha + T, beta + T) - logBracket(p, x, tx, T)))
  },
  /** E[X(t)] = rβ / (α(s−1)) · [1 − (β/(β+t))^(s−1)], also at s = 1. */
  expected(parameters, t) {
    const [r, alpha, s, beta] = four(parameters)
    return (r / alpha) * expectedStay(s, beta, t)
  },
  /** P(alive) times the rate and the stay of somebody alive: λ ~ Gamma(r+x, α+T), μ ~ Gamma(s, β+T), independent. */
  conditional(parameters, history, t) {
    const [r, alpha, s, beta] = four(parameters)
    const { x, T } = history
    return paretoNbd.pAlive(parameters, history) * ((r + x) / (alpha + T)) * expectedStay(s, beta + T, t)
  },
  /** Fader & Hardie (2006), "Deriving an Expression for P(X(t)=x) Under the Pareto/NBD Model": alive at t, or left at τ. */
  pmf(parameters, t, x) {
    const [r, alpha, s, beta] = four(parameters)
    const stayed = logNegativeBinomial(x, r, t / alpha) - s * Math.log1p(t / beta)
    const left = logIntegral(
      (u) => logNegativeBinomial(x, r, u / alpha) + Math.log(s / beta) - (s + 1) * Math.log1p(u / beta),
      t,
    )
    return clamp01(Math.exp(logAddExp(stayed, left)))
  },
  /** DERT of Fader, Hardie & Lee (2005), "RFM and CLV", JMR 42: their Ψ(s, s; δ(β+T)) as the integral it stands for. */
  discounted(parameters, history, rate, horizon = Infinity) {
    const [r, alpha, s, beta] = four(parameters)
    const { x, T } = history
    const alive = paretoNbd.pAlive(parameters, history)
    return alive * ((r + x) / (alpha + T)) * discountedStay(s, beta + T, rate, horizon)
  },
  draw(parameters, { x, T }, t, alive, random) {
    const [r, alpha, s, beta] = four(parameters)
    if (random.uniform() > alive) return 0
    const rate = random.gamma(r + x, alpha + T)
    const leaving = random.gamma(s, beta + T)
    const stay = leaving > 0 ? Math.min(t, random.exponential(leaving)) : t
    return random.poisson(rate * stay)
  },
  simulate(parameters, T, random) {
    const [r, alpha, s, beta] = four(parameters)
    const rate = random.gamma(r, alpha)
    const end = Math.min(T, random.exponential(random.gamma(s, beta)))
    return buysUntil(rate, end, T, random, () => true)
  },
}

/** A Poisson process until `end`; after each purchase `stays` says whether it goes on. */
export function buysUntil(
  rate: number,
  end: number,
  T: number,
  random: { exponential(rate: number): number },
  stays: () => boolean,
): { x: number; tx: number; T: number } {
  let [x, tx, at] = [0, 0, 0]
  for (;;) {
    at += random.exponential(rate)
    if (!(at <= end)) return { x, tx, T }
    x += 1
    tx = at
    if (!stays()) return { x, tx, T }
  }
}
