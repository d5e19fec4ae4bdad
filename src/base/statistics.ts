/** Small statistics that evaluations and experiments share. Pure. */

/** Two-sided standard normal quantile of 95 %. */
export const z95 = 1.959963984540054

export interface Interval {
  readonly low: number
  readonly high: number
}

/**
 * Wilson's score interval of a proportion (Wilson 1927; Newcombe 1998, method 3), without continuity correction. Of
 * nothing seen nothing is known: the whole range.
 */
export function wilson(successes: number, n: number, z = z95): Interval {
  if (!Number.isFinite(successes) || !Number.isFinite(n) || successes < 0 || successes > n)
    throw new RangeError(`${String(successes)} of ${String(n)} is no proportion.`)
  if (n === 0) return { low: 0, high: 1 }
  const p = successes / n
  const z2 = z * z
  const centre = (p + z2 / (2 * n)) / (1 + z2 / n)
  const half = (z / (1 + z2 / n)) * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n))
  // At the ends the bound is exact; the subtraction would leave a rounding error beside it.
  return {
    low: successes === 0 ? 0 : Math.max(0, centre - half),
    high: successes === n ? 1 : Math.min(1, centre + half),
  }
}

/** Type 7 quantile (R's default) of numbers in ascending order; `share` between 0 and 1. Null of nothing. */
export function quantileOf(ascending: ArrayLike<number>, share: number): number | null {
  const n = ascending.length
  if (n === 0) return null
  const place = (n - 1) * Math.min(1, Math.max(0, share))
  const index = Math.floor(place)
  const lower = ascending[index] ?? 0
  const upper = ascending[Math.min(n - 1, index + 1)] ?? lower
  return lower + (place - index) * (upper - lower)
}

/** Seeded uniform numbers in [0, 1) for resampling (mulberry32): the same seed gives the same interval. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let word = Math.imul(state ^ (state >>> 15), 1 | state)
    word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word
    return ((word ^ (word >>> 14)) >>> 0) / 4_294_967_296
  }
}
