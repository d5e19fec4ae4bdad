/**
 * The BG/BB of Fader, Hardie & Shang (2010), "Customer-Base Analysis in a Discrete-Time Noncontractual Setting",
 * Marketing Science 29(6). At each of T opportunities a customer who is alive buys with probability p ~ Beta(α, β); at
 * the beginning of each she leaves with probability θ ~ Beta(γ, δ). x of T were taken, the last of them the t_x-th.
 *
 *   L = S(T) + Σ_{k=t_x}^{T−1} B(α+x, β+k−x)/B(α, β) · B(γ+1, δ+k)/B(γ, δ),
 *   S(k) = B(α+x, β+k−x)/B(α, β) · B(γ, δ+k)/B(γ, δ)
 *
 * The sums are suffixes of one series for each x, added up once from the back on the log scale.
 */
import type { CountModel, History, Parameters, Triples } from '../model.ts'
import type { Objective } from '../optimize.ts'
import { clamp01, hypergeometricOne, logAddExp, logBetaRatio, logGamma, logGammaRatio } from '../special.ts'

type Four = readonly [alpha: number, beta: number, gamma: number, delta: number]
const four = (parameters: Parameters): Four => {
  const [alpha = 1, beta = 1, gamma = 1, delta = 1] = parameters
  return [alpha, beta, gamma, delta]
}

const logSurvival = ([alpha, beta, gamma, delta]: Four, x: number, k: number): number =>
  logBetaRatio(alpha, beta, x, k - x) + logBetaRatio(gamma, delta, 0, k)

/** ln of the k-th term of the sum: bought x of k, then left. */
const logLeft = ([alpha, beta, gamma, delta]: Four, x: number, k: number): number =>
  logBetaRatio(alpha, beta, x, k - x) + logBetaRatio(gamma, delta, 1, k)

/** From one term to the next by a quotient, which is what makes thousands of opportunities cheap. */
function eachLeft(p: Four, x: number, from: number, to: number, see: (k: number, log: number) => void): void {
  const [alpha, beta, gamma, delta] = p
  let log = 0
  for (let k = from; k < to; k += 1) {
    // Taken afresh now and then, so that rounding cannot add up.
    if ((k - from) % 64 === 0) log = logLeft(p, x, k)
    see(k, log)
    log += Math.log(((beta + k - x) * (delta + k)) / ((alpha + beta + k) * (gamma + delta + k + 1)))
  }
}

function logLikelihoodOf(p: Four, { x, tx, T }: History): number {
  let sum = logSurvival(p, x, T)
  eachLeft(p, x, Math.max(tx, x), T, (_k, log) => {
    sum = logAddExp(sum, log)
  })
  return sum
}

/** Rows of equal x, with the span of opportunities their sums run over. */
interface SameX {
  readonly x: number
  readonly rows: number[]
  from: number
  to: number
}

function byCount({ x, tx, T }: Triples): SameX[] {
  const found = new Map<number, SameX>()
  x.forEach((count, i) => {
    const group = found.get(count) ?? { x: count, rows: [], from: Infinity, to: 0 }
    found.set(count, group)
    group.rows.push(i)
    group.from = Math.min(group.from, tx[i] ?? 0)
    group.to = Math.max(group.to, T[i] ?? 0)
  })
  return [...found.values()]
}

function likelihood(triples: Triples): Objective {
  const { tx, T, n } = triples
  const groups = byCount(triples)
  const longest = groups.reduce((max, { from, to }) => Math.max(max, to - from), 0)
  const suffix = new Float64Array(longest + 1)
  const valueAt = (p: Four): number => {
    let value = 0
    for (const { x, rows, from, to } of groups) {
      eachLeft(p, x, from, to, (k, log) => {
        suffix[k - from] = log
      })
      suffix[to - from] = -Infinity
      for (let k = to - from - 1; k >= 0; k -= 1) suffix[k] = logAddExp(suffix[k] ?? 0, suffix[k + 1] ?? 0)
      for (const i of rows) {
        const end = T[i] ?? 0
        const left = suffix[(tx[i] ?? 0) - from] ?? -Infinity
        const later = suffix[end - from] ?? -Infinity
        // What is taken off is never more than S(T), so nothing is lost by taking it off.
        const alive = logSurvival(p, x, end)
        const gone = left > later ? left + Math.log1p(-Math.exp(later - left)) : -Infinity
        value += (n[i] ?? 0) * logAddExp(alive, gone)
      }
    }
    return value
  }
  return (parameters) => {
    const value = valueAt(four(parameters))
    const gradient = parameters.map((v, i) => {
      const step = 1e-5 * v
      const at = (by: number): number => valueAt(four(parameters.map((w, j) => (i === j ? w + by : w))))
      // Four points: the error is of the fourth order, far below what rounding leaves.
      return (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step)
    })
    return { value, gradient }
  }
}

/** Σ_{i=1}^{n} E[(1−θ)^i] for θ ~ Beta(γ, δ): opportunities at which somebody alive now is still there. */
function expectedStay(gamma: number, delta: number, n: number): number {
  if (n <= 0) return 0
  // δ/(γ−1) · [1 − …] has a pole at γ = 1; on the log scale the bracket is an expm1 and the quotient stays.
  const whole = Math.floor(n)
  if (Math.abs(gamma - 1) > 1e-6) {
    const log = logGammaRatio(1 + delta, whole) - logGammaRatio(gamma + delta, whole)
    return Math.max(0, (-delta * Math.expm1(log)) / (gamma - 1))
  }
  let [term, sum] = [1, 0]
  for (let i = 0; i < whole; i += 1) {
    term *= (delta + i) / (gamma + delta + i)
    sum += term
  }
  return sum
}

/** The same with opportunity i discounted by e^(−rate·i). */
function discountedStay(gamma: number, delta: number, rate: number, horizon: number): number {
  const d = Math.exp(-rate)
  if (horizon === Infinity) {
    if (rate <= 0) return gamma > 1 ? delta / (gamma - 1) : Infinity
    return (
      ((d * delta) / (gamma + delta)) * hypergeometricOne(delta + 1, gamma + delta + 1, d, -Math.expm1(-rate))
    )
  }
  let [term, sum] = [1, 0]
  for (let i = 0; i < Math.floor(horizon); i += 1) {
    term *= (d * (delta + i)) / (gamma + delta + i)
    sum += term
    if (term < 1e-18 * sum) break
  }
  return sum
}

export const bgBb: CountModel = {
  name: 'bg-bb',
  parameters: ['alpha', 'beta', 'gamma', 'delta'],
  timeParameters: [],
  starts: () => [
    [1, 1, 0.7, 3],
    [0.5, 2, 1, 5],
    [2, 2, 0.3, 1],
  ],
  bounds: () => Array.from({ length: 4 }, () => ({ low: 1e-5, high: 1e5 })),
  likelihood,
  /** Alive at the next opportunity, T + 1: their eq. (11). */
  pAlive(parameters, history) {
    const p = four(parameters)
    const [, , gamma, delta] = p
    const { x, T } = history
    const next = Math.log((delta + T) / (gamma + delta + T))
    return clamp01(Math.exp(logSurvival(p, x, T) + next - logLikelihoodOf(p, history)))
  },
  expected(parameters, t) {
    const [alpha, beta, gamma, delta] = four(parameters)
    return (alpha / (alpha + beta)) * expectedStay(gamma, delta, t)
  },
  conditional(parameters, history, t) {
    const p = four(parameters)
    const [alpha, beta, gamma, delta] = p
    const { x, T } = history
    const here = Math.exp(logSurvival(p, x, T) - logLikelihoodOf(p, history))
    return clamp01(here) * ((alpha + x) / (alpha + beta + T)) * expectedStay(gamma, delta + T, t)
  },
  /** Their eq. (7): x of t while alive throughout, or x of the k opportunities before leaving. */
  pmf(parameters, t, x) {
    const p = four(parameters)
    const n = Math.floor(t)
    if (x > n) return 0
    const choose = (k: number): number => logGamma(k + 1) - logGamma(x + 1) - logGamma(k - x + 1)
    let sum = choose(n) + logSurvival(p, x, n)
    for (let k = x; k < n; k += 1) sum = logAddExp(sum, choose(k) + logLeft(p, x, k))
    return clamp01(Math.exp(sum))
  },
  discounted(parameters, history, rate, horizon = Infinity) {
    const p = four(parameters)
    const [alpha, beta, gamma, delta] = p
    const { x, T } = history
    const here = clamp01(Math.exp(logSurvival(p, x, T) - logLikelihoodOf(p, history)))
    return here * ((alpha + x) / (alpha + beta + T)) * discountedStay(gamma, delta + T, rate, horizon)
  },
  draw(parameters, { x, T }, t, alive, random) {
    // `alive` is for T + 1; whoever is alive then had one more chance to leave behind her.
    if (random.uniform() > alive) return 0
    const [alpha, beta, gamma, delta] = four(parameters)
    const whole = Math.floor(t)
    if (whole === 0) return 0
    const stays = random.geometric(random.beta(gamma, delta + T + 1), whole)
    const p = random.beta(alpha + x, beta + T - x)
    let bought = 0
    for (let i = 0; i < stays; i += 1) if (random.uniform() < p) bought += 1
    return bought
  },
  simulate(parameters, T, random) {
    const [alpha, beta, gamma, delta] = four(parameters)
    const p = random.beta(alpha, beta)
    const theta = random.beta(gamma, delta)
    let [x, tx] = [0, 0]
    for (let k = 1; k <= T; k += 1) {
      if (random.uniform() < theta) break
      if (random.uniform() < p) {
        x += 1
        tx = k
      }
    }
    return { x, tx, T }
  },
}
