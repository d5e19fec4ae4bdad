/**
 * The one quantile of the house: type 7 (linear between order statistics), in integers. `percent` 80 answers the value
 * that 80 % lie below; a value between two neighbours is rounded up, so that "at least the cut" on whole numbers says
 * the same as on the exact fraction.
 */
export interface QuantilePlace {
  /** 0-based position of the lower neighbour in ascending order. */
  readonly index: number
  /** How far towards the next one, in hundredths. */
  readonly hundredths: number
}

export function quantilePlace(n: number, percent: number): QuantilePlace {
  const position = (n - 1) * percent
  return { index: Math.floor(position / 100), hundredths: position % 100 }
}

export function between(lower: number, upper: number, hundredths: number): number {
  if (hundredths === 0) return lower
  return lower + Math.ceil(((upper - lower) * hundredths) / 100)
}

/** Of whole numbers in ascending order; null of nothing. */
export function quantile(ascending: readonly number[], percent: number): number | null {
  const { index, hundredths } = quantilePlace(ascending.length, percent)
  const lower = ascending[index]
  if (lower === undefined) return null
  return between(lower, ascending[index + 1] ?? lower, hundredths)
}
