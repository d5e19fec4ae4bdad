/**
 * Special functions in log space. Everything here is finite for every finite argument in its domain: products of
 * gamma functions are never formed, only differences of their logarithms, and hypergeometric functions are summed in
 * forms whose terms are all positive.
 */

const halfLog2Pi = 0.918938533204672742
/** From here on Stirling's series is exact to the last digit. */
const stirlingFrom = 10

/** lnΓ(z) − [(z − ½) ln z − z + ½ ln 2π] for z ≥ 10 (Abramowitz & Stegun 6.1.42). */
function stirlingRest(z: number): number {
  const u = 1 / (z * z)
  return (1 / 12 - u * (1 / 360 - u * (1 / 1260 - u * (1 / 1680 - u * (1 / 1188 - u * (691 / 360_360)))))) / z
}

/** lnΓ(z), z > 0. */
export function logGamma(z: number): number {
  if (z === Infinity) return Infinity
  let product = 1
  let at = z
  while (at < stirlingFrom) {
    product *= at
    at += 1
  }
  return (at - 0.5) * Math.log(at) - at + halfLog2Pi + stirlingRest(at) - Math.log(product)
}

/** ψ(z) = d lnΓ(z) / dz, z > 0. */
export function digamma(z: number): number {
  let shift = 0
  let at = z
  while (at < stirlingFrom) {
    shift += 1 / at
    at += 1
  }
  const u = 1 / (at * at)
  const rest =
    u * (1 / 12 - u * (1 / 120 - u * (1 / 252 - u * (1 / 240 - u * (1 / 132 - u * (691 / 32_760))))))
  return Math.log(at) - 0.5 / at - rest - shift
}

/** lnΓ(z + d) − lnΓ(z) without the cancellation that two large logarithms would bring. */
export function logGammaRatio(z: number, d: number): number {
  if (d === 0) return 0
  if (Number.isInteger(d) && d > 0 && d <= 16) {
    let product = 1
    for (let k = 0; k < d; k += 1) product *= z + k
    if (product > 1e-280 && product < 1e280) return Math.log(product)
  }
  if (z < stirlingFrom || z + d < stirlingFrom) return logGamma(z + d) - logGamma(z)
  return (z - 0.5) * Math.log1p(d / z) + d * Math.log(z + d) - d + stirlingRest(z + d) - stirlingRest(z)
}

/** ln B(a, b) = lnΓ(a) + lnΓ(b) − lnΓ(a + b). */
export function logBeta(a: number, b: number): number {
  const small = Math.min(a, b)
  const large = Math.max(a, b)
  return logGamma(small) - logGammaRatio(large, small)
}

/** ln B(a + i, b + j) − ln B(a, b). */
export const logBetaRatio = (a: number, b: number, i: number, j: number): number =>
  logGammaRatio(a, i) + logGammaRatio(b, j) - logGammaRatio(a + b, i + j)

/** ln(e^u + e^v). */
export function logAddExp(u: number, v: number): number {
  const high = Math.max(u, v)
  if (high === -Infinity) return -Infinity
  return high + Math.log1p(Math.exp(Math.min(u, v) - high))
}

/** (1 − e^(−k·l)) / k, which is l at k = 0: the length of [0, l] under discounting at the rate k. */
export const discountedLength = (k: number, l: number): number =>
  Math.abs(k * l) < 1e-12 ? l * (1 - (k * l) / 2) : -Math.expm1(-k * l) / k

// ------------------------------------------------------------------ 2F1(1, b; c; y)

const seriesUpTo = 0.9
const fractionUpTo = 0.9999
const precise = 1e-17
const maxTerms = 200_000

/**
 * Gauss's 2F1(1, b; c; y) for b > 0, c > b, 0 ≤ y < 1: every term of the series is positive. Close to 1 the continued
 * fraction (Gauss) converges like a square root, and beyond that Euler's integral is taken. `z` = 1 − y, for callers
 * that know it to more digits.
 */
export function hypergeometricOne(b: number, c: number, y: number, z = 1 - y): number {
  if (y <= 0) return 1
  if (y <= seriesUpTo) return oneBySeries(b, c, y)
  if (y <= fractionUpTo) return oneByFraction(b, c, y)
  return oneByIntegral(b, c, Math.max(z, Number.MIN_VALUE))
}

export function oneBySeries(b: number, c: number, y: number): number {
  let term = 1
  let sum = 1
  for (let n = 0; n < maxTerms; n += 1) {
    term *= (y * (b + n)) / (c + n)
    sum += term
    if (term < precise * sum * (1 - y)) break
  }
  return sum
}

/** Gauss's continued fraction, evaluated from the front (modified Lentz). */
export function oneByFraction(b: number, c: number, y: number): number {
  let f = 1
  let cc = 1
  let dd = 0
  // 1 / (1 − d1·y / (1 − d2·y / (1 − …)))
  for (let m = 1; m < maxTerms; m += 1) {
    const k = m >> 1
    const d =
      m % 2 === 1
        ? ((b + k) * (c - 1 + k)) / ((c + 2 * k - 1) * (c + 2 * k))
        : (k * (c - b + k - 1)) / ((c + 2 * k - 2) * (c + 2 * k - 1))
    const step = -d * y
    dd = 1 / (1 + step * dd)
    cc = 1 + step / cc
    const change = cc * dd
    f *= change
    if (Math.abs(change - 1) < 1e-16) break
  }
  return 1 / f
}

/**
 * (c − 1)·∫ (1 − u)^(c−2) (1 − y·u)^(−b) du with z = 1 − y, in the variable w = −ln(1 − u): the logarithm of the
 * integrand is smooth and falling, and a trapezoid on ln w reaches every scale.
 */
export function oneByIntegral(b: number, c: number, z: number): number {
  const rate = c - 1
  const logIntegrand = (v: number): number => {
    const w = Math.exp(v)
    return v + Math.log(rate) - rate * w - b * Math.log(z + (1 - z) * Math.exp(-w))
  }
  // Beyond −ln z the second factor stands still and only e^(−rate·w) is left.
  const last = -Math.log(z) + 60 / rate
  return Math.exp(logTrapezoid(logIntegrand, -45 - Math.log(1 + rate + b), Math.log(last)))
}

// ------------------------------------------------------------------ integrals

export interface Precision {
  /** Of the logarithm: the relative error of the integral. */
  readonly tolerance?: number
  /** How often the step may be halved. */
  readonly halvings?: number
}

/** ln ∫ e^f(v) dv over [from, to] of a function that dies out at both ends; halves its step until nothing changes. */
export function logTrapezoid(
  f: (v: number) => number,
  from: number,
  to: number,
  { tolerance = 1e-12, halvings = 10 }: Precision = {},
): number {
  let n = 64
  let step = (to - from) / n
  let top = -Infinity
  let sum = 0
  const add = (value: number): void => {
    if (value === -Infinity) return
    if (value > top) {
      sum = sum * Math.exp(top - value) + 1
      top = value
    } else sum += Math.exp(value - top)
  }
  for (let k = 0; k <= n; k += 1) add(f(from + k * step))
  let before = top + Math.log(sum * step)
  for (let level = 0; level < halvings; level += 1) {
    for (let k = 0; k < n; k += 1) add(f(from + (k + 0.5) * step))
    n *= 2
    step /= 2
    const now = sum === 0 ? -Infinity : top + Math.log(sum * step)
    if (level > 0 && (now === before || Math.abs(now - before) < tolerance)) return now
    before = now
  }
  return before
}

/**
 * ln ∫ e^f(t) dt over [0, end] by tanh-sinh: nodes crowd towards both ends, so that features many orders of magnitude
 * shorter than the interval are still met. `f` is asked at t > 0.
 */
export function logIntegral(f: (t: number) => number, end: number, precision: Precision = {}): number {
  if (!(end > 0)) return -Infinity
  return logTrapezoid(
    (u) => {
      const e = Math.PI * Math.sinh(u)
      // t = end·σ(e), dt = end·σ(e)·σ(−e)·π·cosh u
      const logLow = -softplus(-e)
      const logHigh = -softplus(e)
      const t = end * Math.exp(logLow)
      if (t <= 0) return -Infinity
      return f(t) + Math.log(end) + logLow + logHigh + Math.log(Math.PI * Math.cosh(u))
    },
    -5.4,
    5.4,
    precision,
  )
}

/** ln(1 + e^u). */
const softplus = (u: number): number => (u > 0 ? u + Math.log1p(Math.exp(-u)) : Math.log1p(Math.exp(u)))

// ------------------------------------------------------------------ the negative binomial

/** ln P(N = x) where N counts events until t at a Gamma(r, α) rate; `tau` = t/α. */
export function logNegativeBinomial(x: number, r: number, tau: number): number {
  if (tau === 0) return x === 0 ? 0 : -Infinity
  const stay = -r * Math.log1p(tau)
  if (x === 0) return stay
  return logGammaRatio(r, x) - logGamma(x + 1) + stay - x * Math.log1p(1 / tau)
}

/** P(N ≥ x): the regularized incomplete beta function I_w(x, r) with w = tau / (1 + tau). */
export function negativeBinomialFrom(x: number, r: number, tau: number): number {
  if (x <= 0) return 1
  if (tau === 0) return 0
  const logFront = -x * Math.log1p(1 / tau) - r * Math.log1p(tau) - logBeta(x, r)
  const w = tau / (1 + tau)
  if (w < (x + 1) / (x + r + 2)) return clamp01((Math.exp(logFront) * betaFraction(x, r, w)) / x)
  return clamp01(1 - (Math.exp(logFront) * betaFraction(r, x, 1 / (1 + tau))) / r)
}

/** The continued fraction of the incomplete beta function (Abramowitz & Stegun 26.5.8), modified Lentz. */
function betaFraction(a: number, b: number, x: number): number {
  const tiny = 1e-300
  let c = 1
  let d = 1 - ((a + b) * x) / (a + 1)
  d = 1 / (Math.abs(d) < tiny ? tiny : d)
  let f = d
  for (let m = 1; m < 20_000; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 + even * d
    d = 1 / (Math.abs(d) < tiny ? tiny : d)
    c = 1 + even / c
    if (Math.abs(c) < tiny) c = tiny
    f *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 + odd * d
    d = 1 / (Math.abs(d) < tiny ? tiny : d)
    c = 1 + odd / c
    if (Math.abs(c) < tiny) c = tiny
    const change = d * c
    f *= change
    if (Math.abs(change - 1) < 1e-15) break
  }
  return f
}

export const clamp01 = (p: number): number => (p < 0 ? 0 : p > 1 ? 1 : p)
