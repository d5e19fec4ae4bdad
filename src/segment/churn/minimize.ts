/** Nelder and Mead's simplex for a handful of parameters: no derivatives, no chance, the same answer every time. */
export interface Minimum {
  readonly at: readonly number[]
  readonly value: number
}

const byValue = (a: Minimum, b: Minimum): number => a.value - b.value

export function minimize(
  cost: (at: readonly number[]) => number,
  start: readonly number[],
  { tolerance = 1e-9, mostSteps = 600 }: { readonly tolerance?: number; readonly mostSteps?: number } = {},
): Minimum {
  const point = (at: readonly number[]): Minimum => {
    const value = cost(at)
    return { at, value: Number.isFinite(value) ? value : Number.MAX_VALUE }
  }
  const simplex = [point(start), ...start.map((_, i) => point(start.map((x, j) => (i === j ? x + 0.5 : x))))]
  simplex.sort(byValue)
  for (let step = 0; step < mostSteps; step += 1) {
    const best = simplex[0] as Minimum
    const worst = simplex[simplex.length - 1] as Minimum
    if (Math.abs(worst.value - best.value) <= tolerance * (Math.abs(best.value) + 1e-12)) break
    const others = simplex.slice(0, -1)
    const centre = start.map((_, i) => others.reduce((sum, one) => sum + (one.at[i] ?? 0), 0) / others.length)
    const along = (by: number): Minimum => point(centre.map((c, i) => c + by * ((worst.at[i] ?? 0) - c)))
    const next = replacement(along, best, others.at(-1) as Minimum, worst)
    if (next) simplex[simplex.length - 1] = next
    else
      for (let i = 1; i < simplex.length; i += 1)
        simplex[i] = point(best.at.map((b, j) => (b + (simplex[i]?.at[j] ?? b)) / 2))
    simplex.sort(byValue)
  }
  return simplex[0] as Minimum
}

/** Reflect, stretch or contract; null asks for a shrink. */
function replacement(
  along: (by: number) => Minimum,
  best: Minimum,
  second: Minimum,
  worst: Minimum,
): Minimum | null {
  const reflected = along(-1)
  if (reflected.value < best.value) {
    const stretched = along(-2)
    return stretched.value < reflected.value ? stretched : reflected
  }
  if (reflected.value < second.value) return reflected
  const contracted = reflected.value < worst.value ? along(-0.5) : along(0.5)
  return contracted.value < Math.min(reflected.value, worst.value) ? contracted : null
}
