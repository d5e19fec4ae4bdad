/**
 * Maximum likelihood over log parameters: BFGS with a bracketing line search from several starts, Nelder & Mead (1965)
 * when a start leads nowhere, Newton steps at the end. The parameters are positive, so their logarithms are free; a
 * box keeps them where floating point still means something.
 */

export interface Point {
  readonly value: number
  readonly gradient: readonly number[]
}
/** Value and gradient by the (natural) parameters themselves. */
export type Objective = (parameters: readonly number[]) => Point

export interface Maximum {
  readonly parameters: readonly number[]
  readonly value: number
  /** Largest component of the gradient by log parameters. */
  readonly slope: number
  readonly converged: boolean
  readonly evaluations: number
  /** Of the log parameters at the maximum; symmetric. */
  readonly hessian: readonly (readonly number[])[]
}

/** Beyond its bounds a parameter says nothing that the bound does not say, and arithmetic only gets worse. */
export interface Bounds {
  readonly low: number
  readonly high: number
}
const wall = 50

interface Line {
  readonly at: number[]
  readonly value: number
  readonly slope: number[]
}

/** The objective in log parameters, turned down outside of the box. */
function walled(
  objective: Objective,
  bounds: readonly Bounds[],
  count: { n: number },
): (at: readonly number[]) => Line {
  return (at) => {
    count.n += 1
    const inside = clamped(at, bounds)
    const natural = inside.map(Math.exp)
    const point = objective(natural)
    let value = point.value
    const slope = point.gradient.map((g, i) => {
      const over = (at[i] ?? 0) - (inside[i] ?? 0)
      value -= wall * over * over
      return over === 0 ? g * (natural[i] ?? 0) : -2 * wall * over
    })
    if (!Number.isFinite(value) || slope.some((g) => !Number.isFinite(g)))
      return { at: [...at], value: -Infinity, slope: slope.map(() => 0) }
    return { at: [...at], value, slope }
  }
}

const clamped = (at: readonly number[], bounds: readonly Bounds[]): number[] =>
  at.map((v, i) => Math.max(Math.log(bounds[i]?.low ?? 1e-8), Math.min(Math.log(bounds[i]?.high ?? 1e8), v)))

export function maximize(
  objective: Objective,
  starts: readonly (readonly number[])[],
  bounds: readonly Bounds[],
): Maximum {
  const count = { n: 0 }
  const f = walled(objective, bounds, count)
  let best: Line | null = null
  for (const start of starts) {
    const found = climb(f, start.map(Math.log))
    if (best === null || found.value > best.value + 1e-9) best = found
  }
  if (best === null) throw new Error('maximize needs a start.')
  best = newton(f, best)
  if (!isFlat(best)) {
    const walked = nelderMead((at) => f(at).value, best.at, { maxEvaluations: 400 })
    const again = newton(f, climb(f, walked))
    if (again.value >= best.value) best = again
  }
  const parameters = clamped(best.at, bounds).map(Math.exp)
  return {
    parameters,
    value: objective(parameters).value,
    slope: steepest(best.slope),
    converged: isFlat(best),
    evaluations: count.n,
    hessian: hessianOf(f, best.at),
  }
}

const steepest = (slope: readonly number[]): number => slope.reduce((max, g) => Math.max(max, Math.abs(g)), 0)
const isFlat = ({ value, slope }: Line): boolean =>
  Number.isFinite(value) && steepest(slope) <= 1e-6 * (1 + Math.abs(value))
const dot = (u: readonly number[], v: readonly number[]): number =>
  u.reduce((sum, x, i) => sum + x * (v[i] ?? 0), 0)

// ------------------------------------------------------------------ BFGS

const maxSteps = 300
const longestStep = 3

/** Broyden, Fletcher, Goldfarb, Shanno; keeps an approximation of the inverse of the negative Hessian. */
function climb(f: (at: readonly number[]) => Line, from: readonly number[]): Line {
  let here = f(from)
  const n = from.length
  let inverse = identity(n, 1 / Math.max(1, steepest(here.slope)))
  for (let step = 0; step < maxSteps; step += 1) {
    if (steepest(here.slope) <= 1e-9 * (1 + Math.abs(here.value))) break
    let direction = inverse.map((row) => dot(row, here.slope))
    if (dot(direction, here.slope) <= 0) {
      inverse = identity(n, 1 / Math.max(1, steepest(here.slope)))
      direction = inverse.map((row) => dot(row, here.slope))
    }
    const next = lineSearch(f, here, shortened(direction))
    if (next === null || next.value - here.value <= 1e-12 * (1 + Math.abs(here.value))) {
      if (next !== null && next.value > here.value) here = next
      break
    }
    inverse = updated(inverse, here, next)
    here = next
  }
  return here
}

const identity = (n: number, scale: number): number[][] =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => (i === j ? scale : 0)))

function shortened(direction: readonly number[]): number[] {
  const length = steepest(direction)
  return length > longestStep ? direction.map((d) => (d * longestStep) / length) : [...direction]
}

/** Halves until it rises enough (Armijo); doubles while that helps. */
function lineSearch(
  f: (at: readonly number[]) => Line,
  here: Line,
  direction: readonly number[],
): Line | null {
  const rise = dot(direction, here.slope)
  const go = (t: number): Line => f(here.at.map((v, i) => v + t * (direction[i] ?? 0)))
  let t = 1
  let next = go(t)
  if (next.value >= here.value + 1e-4 * rise) {
    // Still steep in this direction: a longer step is likely better.
    while (dot(direction, next.slope) > 0.9 * rise && t < 16) {
      const further = go(t * 2)
      if (!(further.value > next.value)) break
      t *= 2
      next = further
    }
    return next
  }
  for (let halvings = 0; halvings < 16; halvings += 1) {
    t /= 2
    next = go(t)
    if (next.value >= here.value + 1e-4 * t * rise) return next
  }
  return null
}

function updated(inverse: readonly (readonly number[])[], here: Line, next: Line): number[][] {
  const s = next.at.map((v, i) => v - (here.at[i] ?? 0))
  // Of the negative objective, which is what is bent upwards.
  const y = here.slope.map((g, i) => g - (next.slope[i] ?? 0))
  const sy = dot(s, y)
  if (!(sy > 1e-12 * Math.sqrt(dot(s, s) * dot(y, y)))) return inverse.map((row) => [...row])
  const hy = inverse.map((row) => dot(row, y))
  const yhy = dot(y, hy)
  return inverse.map((row, i) =>
    row.map((h, j) => {
      const [si = 0, sj = 0, hi = 0, hj = 0] = [s[i], s[j], hy[i], hy[j]]
      return h + ((1 + yhy / sy) * si * sj) / sy - (hi * sj + si * hj) / sy
    }),
  )
}

// ------------------------------------------------------------------ Newton

/** A few exact steps: they bring the digits that the change of the value can no longer show. */
function newton(f: (at: readonly number[]) => Line, from: Line): Line {
  let here = from
  for (let step = 0; step < 6; step += 1) {
    if (steepest(here.slope) <= 1e-10 * (1 + Math.abs(here.value))) break
    const factor = cholesky(hessianOf(f, here.at).map((row) => row.map((h) => -h)))
    if (factor === null) break
    const move = shortened(solve(factor, here.slope))
    const next = f(here.at.map((v, i) => v + (move[i] ?? 0)))
    const isNearer = steepest(next.slope) < steepest(here.slope)
    if (!isNearer || next.value < here.value - 1e-9 * (1 + Math.abs(here.value))) break
    here = next
  }
  return here
}

/** Central differences of the gradient, made symmetric. */
export function hessianOf(
  f: (at: readonly number[]) => { slope: number[] },
  at: readonly number[],
): number[][] {
  const step = 1e-4
  const rows = at.map((_, i) => {
    const moved = (by: number): number[] => f(at.map((v, j) => (i === j ? v + by : v))).slope
    const up = moved(step)
    const down = moved(-step)
    return up.map((g, j) => (g - (down[j] ?? 0)) / (2 * step))
  })
  return rows.map((row, i) => row.map((h, j) => (h + (rows[j]?.[i] ?? h)) / 2))
}

/** The lower triangle L with L·Lᵀ = m, or null when `m` is not positive definite. */
export function cholesky(m: readonly (readonly number[])[]): number[][] | null {
  const l: number[][] = m.map((row) => row.map(() => 0))
  for (let i = 0; i < m.length; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let sum = m[i]?.[j] ?? 0
      for (let k = 0; k < j; k += 1) sum -= (l[i]?.[k] ?? 0) * (l[j]?.[k] ?? 0)
      const row = l[i] ?? []
      if (i === j) {
        if (!(sum > 1e-12 * Math.max(1, Math.abs(m[i]?.[i] ?? 0)))) return null
        row[i] = Math.sqrt(sum)
      } else row[j] = sum / (l[j]?.[j] ?? 1)
    }
  }
  return l
}

export function solve(l: readonly (readonly number[])[], v: readonly number[]): number[] {
  const forward: number[] = []
  for (let i = 0; i < v.length; i += 1) {
    let sum = v[i] ?? 0
    for (let k = 0; k < i; k += 1) sum -= (l[i]?.[k] ?? 0) * (forward[k] ?? 0)
    forward.push(sum / (l[i]?.[i] ?? 1))
  }
  const x = forward.map(() => 0)
  for (let i = v.length - 1; i >= 0; i -= 1) {
    let sum = forward[i] ?? 0
    for (let k = i + 1; k < v.length; k += 1) sum -= (l[k]?.[i] ?? 0) * (x[k] ?? 0)
    x[i] = sum / (l[i]?.[i] ?? 1)
  }
  return x
}

/** The inverse of a positive definite matrix from its factor. */
export const inverseOf = (l: readonly (readonly number[])[]): number[][] => {
  const columns = l.map((_, i) =>
    solve(
      l,
      l.map((_, j) => (i === j ? 1 : 0)),
    ),
  )
  return columns.map((column, i) => column.map((v, j) => (v + (columns[j]?.[i] ?? v)) / 2))
}

// ------------------------------------------------------------------ Nelder & Mead

/** Nelder & Mead 1965, for a start from which gradients lead nowhere. Answers the best place found. */
export function nelderMead(
  f: (at: readonly number[]) => number,
  from: readonly number[],
  { size = 0.5, maxEvaluations = 2_000, tolerance = 1e-10 } = {},
): number[] {
  const n = from.length
  let evaluations = 0
  const corner = (at: number[]): { at: number[]; value: number } => {
    evaluations += 1
    return { at, value: f(at) }
  }
  let simplex = [
    corner([...from]),
    ...from.map((_, i) => corner(from.map((v, j) => (i === j ? v + size : v)))),
  ]
  const between = (u: readonly number[], v: readonly number[], t: number): number[] =>
    u.map((x, i) => x + t * ((v[i] ?? 0) - x))
  while (evaluations < maxEvaluations) {
    simplex.sort((p, q) => q.value - p.value)
    const [best, worst, second] = [simplex[0], simplex[n], simplex[n - 1]]
    if (!best || !worst || !second) break
    if (Math.abs(best.value - worst.value) <= tolerance * (1 + Math.abs(best.value))) break
    const centre = from.map((_, i) => simplex.slice(0, n).reduce((sum, p) => sum + (p.at[i] ?? 0), 0) / n)
    const mirrored = corner(between(centre, worst.at, -1))
    if (mirrored.value > best.value) {
      const further = corner(between(centre, worst.at, -2))
      simplex[n] = further.value > mirrored.value ? further : mirrored
    } else if (mirrored.value > second.value) simplex[n] = mirrored
    else {
      const nearer =
        mirrored.value > worst.value
          ? corner(between(centre, mirrored.at, 0.5))
          : corner(between(centre, worst.at, 0.5))
      if (nearer.value > Math.max(worst.value, mirrored.value)) simplex[n] = nearer
      else simplex = simplex.map((p) => (p === best ? p : corner(between(best.at, p.at, 0.5))))
    }
  }
  simplex.sort((p, q) => q.value - p.value)
  return simplex[0]?.at ?? [...from]
}
