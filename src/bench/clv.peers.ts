/**
 * The plain way to fit these models, as a statistician would write it in an afternoon: grouped triples, the published
 * formulas with a library's special functions, Nelder & Mead (1965) on log parameters from 1, 1, 1, 1. One start, no
 * gradient, no standard errors.
 */
import { createRequire } from 'node:module'

/** Its types are not found through its own exports. */
const cephes = createRequire(import.meta.url)('cephes') as {
  lgam(x: number): number
  hyp2f1(a: number, b: number, c: number, x: number): number
}
const { lgam, hyp2f1 } = cephes

export interface PlainTriples {
  readonly x: Float64Array
  readonly tx: Float64Array
  readonly T: Float64Array
  readonly n: Float64Array
}

type Four = readonly [number, number, number, number]

function bgNbd([r, alpha, a, b]: Four, x: number, tx: number, T: number): number {
  const front = lgam(r + x) - lgam(r) + r * Math.log(alpha)
  const kept = lgam(a + b) + lgam(b + x) - lgam(b) - lgam(a + b + x) - (r + x) * Math.log(alpha + T)
  if (x === 0) return front + kept
  const left =
    Math.log(a) -
    Math.log(b + x - 1) +
    lgam(a + b) +
    lgam(b + x) -
    lgam(b) -
    lgam(a + b + x) -
    (r + x) * Math.log(alpha + tx)
  return front + Math.max(kept, left) + Math.log1p(Math.exp(-Math.abs(kept - left)))
}

function paretoNbd([r, alpha, s, beta]: Four, x: number, tx: number, T: number): number {
  const whole = r + s + x
  const large = Math.max(alpha, beta)
  const gap = Math.abs(alpha - beta)
  const second = alpha >= beta ? s + 1 : r + x
  const part = (t: number): number =>
    Math.log(hyp2f1(whole, second, whole + 1, gap / (large + t))) - whole * Math.log(large + t)
  const [then, now] = [part(tx), part(T)]
  const a0 = now >= then ? -Infinity : then + Math.log1p(-Math.exp(now - then))
  const kept = -(r + x) * Math.log(alpha + T) - s * Math.log(beta + T)
  const left = Math.log(s) - Math.log(whole) + a0
  const high = Math.max(kept, left)
  return (
    lgam(r + x) -
    lgam(r) +
    r * Math.log(alpha) +
    s * Math.log(beta) +
    high +
    Math.log(Math.exp(kept - high) + Math.exp(left - high))
  )
}

export interface PlainFit {
  readonly parameters: readonly number[]
  readonly logLikelihood: number
  readonly evaluations: number
}

export function plainFit(model: 'bg-nbd' | 'pareto-nbd', { x, tx, T, n }: PlainTriples): PlainFit {
  const one = model === 'bg-nbd' ? bgNbd : paretoNbd
  let evaluations = 0
  const cost = (logs: readonly number[]): number => {
    evaluations += 1
    const [a = 0, b = 0, c = 0, d = 0] = logs.map(Math.exp)
    let sum = 0
    for (let i = 0; i < n.length; i += 1)
      sum -= (n[i] ?? 0) * one([a, b, c, d], x[i] ?? 0, tx[i] ?? 0, T[i] ?? 0)
    return Number.isNaN(sum) ? Infinity : sum
  }
  const best = simplex(cost, [0, 0, 0, 0])
  return { parameters: best.at.map(Math.exp), logLikelihood: -best.cost, evaluations }
}

interface Corner {
  readonly at: readonly number[]
  readonly cost: number
}

function simplex(cost: (at: readonly number[]) => number, from: readonly number[]): Corner {
  const corner = (at: readonly number[]): Corner => ({ at, cost: cost(at) })
  let corners = [corner(from), ...from.map((_, i) => corner(from.map((v, j) => (i === j ? v + 0.5 : v))))]
  for (let step = 0; step < 3_000; step += 1) {
    corners.sort((p, q) => p.cost - q.cost)
    const [best, worst, second] = [corners[0], corners.at(-1), corners.at(-2)]
    if (!best || !worst || !second) break
    if (worst.cost - best.cost < 1e-9 * (1 + Math.abs(best.cost))) break
    const centre = from.map(
      (_, i) => corners.slice(0, -1).reduce((sum, p) => sum + (p.at[i] ?? 0), 0) / from.length,
    )
    const along = (t: number): Corner => corner(centre.map((c, i) => c + t * ((worst.at[i] ?? 0) - c)))
    const mirrored = along(-1)
    let next: Corner | null = mirrored
    if (mirrored.cost < best.cost) {
      const further = along(-2)
      if (further.cost < mirrored.cost) next = further
    } else if (mirrored.cost >= second.cost) {
      const nearer = along(mirrored.cost < worst.cost ? -0.5 : 0.5)
      next = nearer.cost < Math.min(worst.cost, mirrored.cost) ? nearer : null
    }
    corners =
      next === null
        ? corners.map((p) => (p === best ? p : corner(p.at.map((v, i) => ((best.at[i] ?? 0) + v) / 2))))
        : [...corners.slice(0, -1), next]
  }
  corners.sort((p, q) => p.cost - q.cost)
  return corners[0] ?? corner(from)
}
