/**
 * How strongly two items belong together, from counts alone. With A in `units` units (of which the newest or a stable
 * sample of `looked` was read), B in `otherUnits`, both in `together` of those looked at, and `all` units altogether:
 *
 * - cosine = P(A and B) / sqrt(P(A) P(B)): favours pairs that are both frequent and faithful;
 * - lift = P(A and B) / (P(A) P(B)): 1 = no more often than by chance; favours rare pairs.
 *
 * Where only a sample of A's units was looked at, `together` is scaled up to all of them.
 */
export interface PairCounts {
  readonly units: number
  readonly looked: number
  readonly otherUnits: number
  readonly together: number
  readonly all: number
}

export function cosineE6({ units, looked, otherUnits, together }: PairCounts): number {
  if (looked === 0 || units === 0 || otherUnits === 0) return 0
  const value = (together / looked) * Math.sqrt(units / otherUnits)
  // An estimate from a sample may overshoot; a cosine never does.
  return Math.min(1_000_000, Math.round(value * 1e6))
}

export function liftE3({ looked, otherUnits, together, all }: PairCounts): number {
  if (looked === 0 || otherUnits === 0) return 0
  return Math.round(((together * all) / (looked * otherUnits)) * 1e3)
}
