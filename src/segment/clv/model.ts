/** What a model of repeat buying is to the rest of this folder: values in, values out. */
import type { Random } from './random.ts'
import type { Bounds, Objective } from './optimize.ts'

/**
 * One customer as these models see her: `x` repeat purchase days, the last of them `tx` after the first, observed for
 * `T` since the first. Weeks for the models in continuous time, opportunities for BG/BB.
 */
export interface History {
  readonly x: number
  readonly tx: number
  readonly T: number
}

/** Distinct (x, tx, T), sorted, with how many customers share each. */
export interface Triples {
  readonly x: Float64Array
  readonly tx: Float64Array
  readonly T: Float64Array
  readonly n: Float64Array
  readonly customers: number
}

export type Parameters = readonly number[]

export type CountModelName = 'pareto-nbd' | 'mbg-nbd' | 'bg-nbd' | 'bg-bb'

export interface CountModel {
  readonly name: CountModelName
  /** Names of the parameters, in the order in which they are passed. */
  readonly parameters: readonly string[]
  /** The one parameter that is measured in time (or its inverse): other units multiply it. */
  readonly timeParameters: readonly string[]
  starts(triples: Triples): Parameters[]
  /** Where each parameter stops to mean anything: everybody alike, nobody leaves, … */
  bounds(triples: Triples): Bounds[]
  /** The full log-likelihood and its gradient; grouped once, evaluated often. */
  likelihood(triples: Triples): Objective
  /** P(alive now | history), in [0, 1]. */
  pAlive(parameters: Parameters, history: History): number
  /** E[X(t)] of somebody who has just bought for the first time. */
  expected(parameters: Parameters, t: number): number
  /** E[purchases in (T, T + t] | history]. */
  conditional(parameters: Parameters, history: History, t: number): number
  /** P(X(t) = x) of somebody who has just bought for the first time. */
  pmf(parameters: Parameters, t: number, x: number): number
  /** Discounted expected residual purchases at a continuous rate per unit of time, up to `horizon` (default: for ever). */
  discounted(parameters: Parameters, history: History, rate: number, horizon?: number): number
  /** One draw of the purchases in (T, T + t] given the history; `alive` = pAlive, asked once for many draws. */
  draw(parameters: Parameters, history: History, t: number, alive: number, random: Random): number
  /** A made-up customer of this model who is observed for T, for tests and for checks of the machinery. */
  simulate(parameters: Parameters, T: number, random: Random): History
}

export const named = (names: readonly string[], values: readonly number[]): Record<string, number> =>
  Object.fromEntries(names.map((name, i) => [name, values[i] ?? 0]))
