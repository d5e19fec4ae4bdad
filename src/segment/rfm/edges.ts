/**
 * Edges and scores, exactly. A type-7 quantile of whole numbers at whole percents is a whole number of hundredths, so an
 * edge is kept in hundredths (29,740 = 297.4 days) and nothing is ever rounded. A whole value v lies at or above the
 * edge e when v ≥ ⌈e⌉, which is how SQL compares too.
 */
import { quantilePlace } from '../quantile.ts'
import type { RfmRules } from './settings.ts'

/** What is known of one buyer on a day. Quiet days, orders or customer-days, fen. */
export interface Measures {
  readonly recency: number
  readonly frequency: number
  readonly monetary: number
}
export type Dimension = keyof Measures
export const dimensions = ['recency', 'frequency', 'monetary'] as const

/** In hundredths, by percent; `average` rounded down to whole hundredths, which decides the same. */
export interface Distribution {
  readonly quantiles: ReadonlyMap<number, number>
  readonly average: number
}

/** All that the whole shop says; frozen between refreshes. */
export interface RfmCuts extends Readonly<Record<Dimension, Distribution>> {
  readonly buyers: number
}

/** Percents that the rules look at. */
export function percentsOf({ scores, split }: RfmRules): number[] {
  const asked = [
    ...(scores.method === 'quantiles' ? scores.percents : []),
    ...(split === 'median' ? [50] : []),
  ]
  return [...new Set(asked)].sort((a, b) => a - b)
}

/** Two neighbours of the place, in hundredths of a unit. */
export function hundredthsAt(place: number, lower: number, upper: number): number {
  return lower * 100 + (upper - lower) * place
}

export function distributionOf(values: readonly number[], percents: readonly number[]): Distribution {
  const ascending = values.toSorted((a, b) => a - b)
  const quantiles = new Map<number, number>()
  for (const percent of percents) {
    const { index, hundredths } = quantilePlace(ascending.length, percent)
    const lower = ascending[index]
    if (lower === undefined) continue
    quantiles.set(percent, hundredthsAt(hundredths, lower, ascending[index + 1] ?? lower))
  }
  const sum = values.reduce((a, b) => a + b, 0)
  return { quantiles, average: values.length === 0 ? 0 : Math.floor((sum * 100) / values.length) }
}

/** One day, one order, one yuan; in whole units. */
const unit: Readonly<Record<Dimension, number>> = { recency: 1, frequency: 1, monetary: 100 }

/** In hundredths, ascending. A tie that goes down moves the edge by less than any whole value can tell. */
export function edgesOf({ scores }: RfmRules, cuts: RfmCuts, dimension: Dimension): number[] {
  if (scores.method === 'quantiles') {
    const shift = scores.plus * unit[dimension] * 100 + (scores.tie === 'lower' ? 1 : 0)
    return scores.percents.map((percent) => (cuts[dimension].quantiles.get(percent) ?? 0) + shift)
  }
  const written = {
    recency: scores.recencyDays,
    frequency: scores.frequency,
    monetary: scores.monetaryYuan,
  }[dimension]
  return written.map((edge) => edge * unit[dimension] * 100)
}

/** The least whole values of the second bin, the third, …: what both SQL and memory compare with. */
export type Steps = Readonly<Record<Dimension, readonly number[]>>

export const stepsOf = (rules: RfmRules, cuts: RfmCuts): Steps => {
  const of = (dimension: Dimension): number[] =>
    edgesOf(rules, cuts, dimension).map((edge) => Math.ceil(edge / 100))
  return { recency: of('recency'), frequency: of('frequency'), monetary: of('monetary') }
}

/** High from here on (recency: up to here), in whole units; null when scores decide. */
export interface Lines {
  readonly recencyMost: number
  readonly frequencyLeast: number
  readonly monetaryLeast: number
}

export function linesOf({ split }: RfmRules, cuts: RfmCuts): Lines | null {
  if (typeof split === 'object') {
    if ('atLeastScore' in split) return null
    return {
      recencyMost: split.recencyDays - 1,
      frequencyLeast: split.frequency,
      monetaryLeast: split.monetaryYuan * 100,
    }
  }
  const line = (dimension: Dimension): number =>
    Math.floor(
      (split === 'average' ? cuts[dimension].average : (cuts[dimension].quantiles.get(50) ?? 0)) / 100,
    )
  return {
    recencyMost: line('recency'),
    frequencyLeast: line('frequency') + 1,
    monetaryLeast: line('monetary') + 1,
  }
}
