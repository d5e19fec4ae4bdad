/** Customers with the same (x, tx, T) have the same likelihood: it is worked out once for all of them. */
import type { Triples } from './model.ts'

export interface Weighted {
  readonly x: number
  readonly tx: number
  readonly T: number
  /** How many customers; 1 when absent. */
  readonly weight?: number
}

/** Sorted, so that neither the order of the customers nor the way they came in pieces changes a single bit. */
export function groupTriples(customers: Iterable<Weighted>): Triples {
  const groups = new Map<string, { x: number; tx: number; T: number; n: number }>()
  let total = 0
  for (const { x, tx, T, weight = 1 } of customers) {
    if (weight === 0) continue
    const key = `${String(x)} ${String(tx)} ${String(T)}`
    const group = groups.get(key)
    if (group) group.n += weight
    else groups.set(key, { x, tx, T, n: weight })
    total += weight
  }
  const sorted = [...groups.values()].sort((u, v) => u.x - v.x || u.tx - v.tx || u.T - v.T)
  return {
    x: Float64Array.from(sorted, ({ x }) => x),
    tx: Float64Array.from(sorted, ({ tx }) => tx),
    T: Float64Array.from(sorted, ({ T }) => T),
    n: Float64Array.from(sorted, ({ n }) => n),
    customers: total,
  }
}

/** Weighted means that a first guess needs. */
export function momentsOf({ x, T, n, customers }: Triples): {
  readonly meanX: number
  readonly meanT: number
} {
  let sumX = 0
  let sumT = 0
  for (let i = 0; i < n.length; i += 1) {
    const weight = n[i] ?? 0
    sumX += weight * (x[i] ?? 0)
    sumT += weight * (T[i] ?? 0)
  }
  return { meanX: sumX / customers, meanT: sumT / customers }
}

/** Bounds of parameters measured in time, from the longest history. */
export function timeBounds({ T }: Triples): { readonly low: number; readonly high: number } {
  const longest = Math.max(
    T.reduce((max, t) => Math.max(max, t), 0),
    1e-6,
  )
  return { low: longest * 1e-7, high: longest * 1e6 }
}

/** Numbers the distinct pairs (u[i], v[i]); `of[i]` is the number of row i's pair. */
export function distinctPairs(
  u: Float64Array,
  v: Float64Array,
): { readonly u: Float64Array; readonly v: Float64Array; readonly of: Int32Array } {
  const numbers = new Map<number, Map<number, number>>()
  const firsts: number[] = []
  const seconds: number[] = []
  const of = Int32Array.from(u, (first, i) => {
    const second = v[i] ?? 0
    let inner = numbers.get(first)
    if (!inner) {
      inner = new Map()
      numbers.set(first, inner)
    }
    const known = inner.get(second)
    if (known !== undefined) return known
    inner.set(second, firsts.length)
    firsts.push(first)
    seconds.push(second)
    return firsts.length - 1
  })
  return { u: Float64Array.from(firsts), v: Float64Array.from(seconds), of }
}
