/** How sure a figure is: Wilson's interval for shares, a seeded percentile bootstrap for means. Pure. */

export interface Interval {
  readonly value: number
  readonly low: number
  readonly high: number
}

const z95 = 1.959963984540054

/** Wilson's score interval at 95 %. */
export function wilson(hits: number, trials: number): Interval {
  if (trials === 0) return { value: 0, low: 0, high: 1 }
  const p = hits / trials
  const z2 = z95 * z95
  const middle = (p + z2 / (2 * trials)) / (1 + z2 / trials)
  const half = (z95 / (1 + z2 / trials)) * Math.sqrt((p * (1 - p)) / trials + z2 / (4 * trials * trials))
  return { value: p, low: Math.max(0, middle - half), high: Math.min(1, middle + half) }
}

/** A small, well-mixed generator (mulberry32): the same seed, the same intervals. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/**
 * Means of several columns over the same rows, with 95 % percentile intervals; rows are drawn together, so that columns
 * that are differences of others stay paired.
 */
export function bootstrap(
  columns: readonly (readonly number[])[],
  { resamples = 1_000, seed }: { readonly resamples?: number; readonly seed: number },
): Interval[] {
  const n = columns[0]?.length ?? 0
  const mean = (values: readonly number[]): number =>
    n === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / n
  if (n === 0) return columns.map(() => ({ value: 0, low: 0, high: 0 }))
  const random = randomFrom(seed)
  const drawn = new Int32Array(n)
  const means = columns.map(() => new Float64Array(resamples))
  for (let r = 0; r < resamples; r += 1) {
    for (let i = 0; i < n; i += 1) drawn[i] = Math.floor(random() * n)
    columns.forEach((column, c) => {
      let sum = 0
      for (let i = 0; i < n; i += 1) sum += column[drawn[i] ?? 0] ?? 0
      const into = means[c]
      if (into) into[r] = sum / n
    })
  }
  return columns.map((column, c) => {
    const sorted = (means[c] ?? new Float64Array()).toSorted()
    const at = (share: number): number =>
      sorted[Math.min(resamples - 1, Math.max(0, Math.round(share * (resamples - 1))))] ?? 0
    return { value: mean(column), low: at(0.025), high: at(0.975) }
  })
}
