/**
 * What one customer is worth in the next weeks, with an interval, as a pure function of her history and of a fit.
 *
 * The value is E[purchases] · E[mean spend] at the fitted parameters (the two are independent in these models). The
 * interval is that of what she will really spend, not of its expectation: quantiles of the posterior predictive over
 * `draws` runs. Each run takes its own parameters from their asymptotic (log-normal) distribution, decides whether she
 * is alive, draws her rate, her stay, her purchases and what they cost. The random numbers begin at the same seed for
 * every customer, so the interval depends on nothing but the history and the fit: not on the others, nor on the order.
 */
import type { CountModelName, History, Parameters } from './model.ts'
import { drawSpend, expectedSpend } from './models/gamma-gamma.ts'
import { countModel } from './models/index.ts'
import { randomFrom } from './random.ts'
import { eigen } from './standard-errors.ts'

type Matrix = readonly (readonly number[])[]

export interface EstimateFit {
  readonly model: CountModelName
  readonly parameters: Parameters
  /** Of the log parameters. */
  readonly covariance: Matrix
  readonly spend: { readonly parameters: Parameters; readonly covariance: Matrix } | null
  /** Mean spend where there is no model of spend. */
  readonly meanSpend: number
  readonly weeks: number
  /** The share of outcomes inside the interval, for example 0.8. */
  readonly interval: number
  readonly draws: number
  readonly seed: number
}

/** Columns of the same length: what a chunk of customers is, going to the thread. */
export interface EstimateTask {
  readonly fit: EstimateFit
  readonly x: Float64Array
  readonly tx: Float64Array
  readonly T: Float64Array
  readonly m: Float64Array
}

export interface Estimates {
  readonly pAlive: Float64Array
  /** Purchases expected. */
  readonly expected: Float64Array
  /** In major units. */
  readonly value: Float64Array
  readonly low: Float64Array
  readonly high: Float64Array
}

/** Parameters that the data could as well have come from, one set per draw. */
interface Plausible {
  readonly counts: readonly Parameters[]
  readonly spends: readonly Parameters[]
}

export function estimateMany({ fit, x, tx, T, m }: EstimateTask): Estimates {
  const plausible = plausibleOf(fit)
  const count = x.length
  const out: Estimates = {
    pAlive: new Float64Array(count),
    expected: new Float64Array(count),
    value: new Float64Array(count),
    low: new Float64Array(count),
    high: new Float64Array(count),
  }
  const outcomes = new Float64Array(fit.draws)
  for (let i = 0; i < count; i += 1) {
    const history = { x: x[i] ?? 0, tx: tx[i] ?? 0, T: T[i] ?? 0 }
    const one = estimateOne(fit, plausible, history, m[i] ?? 0, outcomes)
    out.pAlive[i] = one.pAlive
    out.expected[i] = one.expected
    out.value[i] = one.value
    out.low[i] = one.low
    out.high[i] = one.high
  }
  return out
}

function estimateOne(
  fit: EstimateFit,
  { counts, spends }: Plausible,
  history: History,
  m: number,
  outcomes: Float64Array,
): { pAlive: number; expected: number; value: number; low: number; high: number } {
  const model = countModel(fit.model)
  const pAlive = model.pAlive(fit.parameters, history)
  const expected = model.conditional(fit.parameters, history, fit.weeks)
  const paid = m > 0 ? history.x : 0
  const mean = fit.spend === null ? (m > 0 ? m : fit.meanSpend) : expectedSpend(fit.spend.parameters, paid, m)
  const random = randomFrom(fit.seed)
  for (let k = 0; k < fit.draws; k += 1) {
    const parameters = counts[k] ?? fit.parameters
    const alive = model.pAlive(parameters, history)
    const bought = model.draw(parameters, history, fit.weeks, alive, random)
    const amounts = spends[k]
    outcomes[k] = bought === 0 ? 0 : amounts ? drawSpend(amounts, paid, m, bought, random) : bought * mean
  }
  outcomes.sort()
  const tail = (1 - fit.interval) / 2
  return {
    pAlive,
    expected,
    value: expected * mean,
    low: outcomes[Math.floor(tail * (fit.draws - 1))] ?? 0,
    high: outcomes[Math.ceil((1 - tail) * (fit.draws - 1))] ?? 0,
  }
}

function plausibleOf(fit: EstimateFit): Plausible {
  const random = randomFrom(fit.seed ^ 0x5bd1e995)
  const many = (parameters: Parameters, covariance: Matrix): Parameters[] => {
    const { values, vectors } = eigen(covariance)
    return Array.from({ length: fit.draws }, () => {
      const z = values.map((value) => random.normal() * Math.sqrt(Math.max(0, value)))
      return parameters.map((parameter, i) => {
        const shift = z.reduce((sum, zk, k) => sum + zk * (vectors[k]?.[i] ?? 0), 0)
        // The normal approximation is a local one: four standard steps of a flat likelihood would be far outside it.
        return parameter * Math.exp(Math.max(-2, Math.min(2, shift)))
      })
    })
  }
  return {
    counts: many(fit.parameters, fit.covariance),
    spends: fit.spend === null ? [] : many(fit.spend.parameters, fit.spend.covariance),
  }
}

/** An interval of the expectation itself: how well the parameters are known, not how luck will fall. */
export function expectationInterval(
  fit: EstimateFit,
  history: History,
  share = 0.95,
): readonly [number, number] {
  const model = countModel(fit.model)
  const values = plausibleOf(fit)
    .counts.map((parameters) => model.conditional(parameters, history, fit.weeks))
    .sort((u, v) => u - v)
  const tail = (1 - share) / 2
  const at = (p: number): number => values[Math.round(p * (values.length - 1))] ?? 0
  return [at(tail), at(1 - tail)]
}
