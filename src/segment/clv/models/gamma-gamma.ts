/**
 * The Gamma-Gamma model of spend: Fader & Hardie (2013), "The Gamma-Gamma Model of Monetary Value" (note 025), after
 * Fader, Hardie & Lee (2005), "RFM and CLV". The amounts of a customer are Gamma(p, ν), her ν is Gamma(q, γ); x is the
 * number of her repeat purchases and m their mean. Who never came back says nothing about spend and is left out.
 *
 *   ln f(m | x) = lnΓ(px+q) − lnΓ(px) − lnΓ(q) + q ln γ + (px−1) ln m + px ln x − (px+q) ln(γ + xm)
 */
import type { Parameters } from '../model.ts'
import type { Bounds, Objective } from '../optimize.ts'
import type { Random } from '../random.ts'
import { digamma, logGamma, logGammaRatio } from '../special.ts'

type Three = readonly [p: number, q: number, gamma: number]
const three = (parameters: Parameters): Three => {
  const [p = 1, q = 1, gamma = 1] = parameters
  return [p, q, gamma]
}

export const gammaGammaParameters = ['p', 'q', 'gamma'] as const

/** Distinct (x, mean spend), sorted, with how many customers share each; x ≥ 1 and m > 0. */
export interface Spends {
  readonly x: Float64Array
  readonly m: Float64Array
  readonly n: Float64Array
  readonly customers: number
}

export interface Spend {
  readonly x: number
  readonly m: number
  readonly weight?: number
}

/** Answers the groups, and how many repeat buyers had to be left out because they never paid anything. */
export function groupSpends(customers: Iterable<Spend>): Spends & { readonly free: number } {
  const groups = new Map<string, { x: number; m: number; n: number }>()
  let total = 0
  let free = 0
  for (const { x, m, weight = 1 } of customers) {
    if (x < 1 || weight === 0) continue
    if (!(m > 0)) {
      free += weight
      continue
    }
    const key = `${String(x)} ${String(m)}`
    const group = groups.get(key)
    if (group) group.n += weight
    else groups.set(key, { x, m, n: weight })
    total += weight
  }
  const sorted = [...groups.values()].sort((u, v) => u.x - v.x || u.m - v.m)
  return {
    x: Float64Array.from(sorted, ({ x }) => x),
    m: Float64Array.from(sorted, ({ m }) => m),
    n: Float64Array.from(sorted, ({ n }) => n),
    customers: total,
    free,
  }
}

export function gammaGammaStarts({ x, m, n, customers }: Spends): Parameters[] {
  let mean = 0
  for (let i = 0; i < x.length; i += 1) mean += ((n[i] ?? 0) * (m[i] ?? 0)) / customers
  return [
    [5, 4, (3 / 5) * mean],
    [1.5, 3, (2 / 1.5) * mean],
    [20, 10, (9 / 20) * mean],
  ]
}

export function gammaGammaBounds({ m }: Spends): Bounds[] {
  const largest = m.reduce((max, spend) => Math.max(max, spend), 1e-6)
  const shape = { low: 1e-5, high: 1e5 }
  return [shape, shape, { low: largest * 1e-9, high: largest * 1e6 }]
}

export function gammaGammaLikelihood({ x, m, n }: Spends): Objective {
  return (parameters) => {
    const [p, q, gamma] = three(parameters)
    let value = 0
    let [byP, byQ, byGamma] = [0, 0, 0]
    let [count, psi, ratio, psiWhole] = [-1, 0, 0, 0]
    const psiQ = digamma(q)
    for (let i = 0; i < n.length; i += 1) {
      const [xi, mi, weight] = [x[i] ?? 0, m[i] ?? 0, n[i] ?? 0]
      if (xi !== count) {
        // Sorted by x: what depends on it alone is worked out once.
        count = xi
        psi = digamma(p * xi)
        psiWhole = digamma(p * xi + q)
        ratio = logGammaRatio(p * xi, q) - logGamma(q)
      }
      const log = Math.log(gamma + xi * mi)
      const logSpent = Math.log(xi * mi)
      value += weight * (ratio + q * Math.log(gamma) + p * xi * logSpent - Math.log(mi) - (p * xi + q) * log)
      byP += weight * xi * (psiWhole - psi + logSpent - log)
      byQ += weight * (psiWhole - psiQ + Math.log(gamma) - log)
      byGamma += weight * (q / gamma - (p * xi + q) / (gamma + xi * mi))
    }
    return { value, gradient: [byP, byQ, byGamma] }
  }
}

/** Is the mean of the whole population finite? */
export const hasMean = (parameters: Parameters): boolean => three(parameters)[1] > 1

/**
 * E[mean spend | x, m]: her own mean and the population's, weighed by how often she bought. Where the model has no
 * finite mean (q ≤ 1 and nothing seen), the median of ν is taken instead of its mean, and callers warn.
 */
export function expectedSpend(parameters: Parameters, x: number, m: number): number {
  const [p, q, gamma] = three(parameters)
  const shape = p * x + q
  const scale = p * (gamma + x * m)
  if (shape > 1.000001) return scale / (shape - 1)
  // The median of 1/Gamma(shape) lies near 1/(shape − 1/3) and stays finite; (Wilson & Hilferty).
  return scale / Math.max(shape * (1 - 1 / (9 * Math.max(shape, 0.2))) ** 3, 1e-3)
}

/** The sum of `purchases` future amounts of a customer with this past; `x` = 0 when there is none. */
export function drawSpend(
  parameters: Parameters,
  x: number,
  m: number,
  purchases: number,
  random: Random,
): number {
  if (purchases === 0) return 0
  const [p, q, gamma] = three(parameters)
  const log = random.logGamma(p * purchases) - random.logGamma(p * x + q) + Math.log(gamma + x * m)
  return Math.exp(Math.min(log, logMost))
}

/** A draw from a tail without a mean may be beyond all money; this much is enough to say so. */
const logMost = Math.log(1e12)
