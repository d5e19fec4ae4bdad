/** Maximum likelihood of one model on grouped data: pure, run on a thread of its own by off-thread.ts. */
import { performance } from 'node:perf_hooks'
import type { CountModelName, Parameters, Triples } from './model.ts'
import { gammaGammaLikelihood, gammaGammaParameters, gammaGammaStarts } from './models/gamma-gamma.ts'
import type { Spends } from './models/gamma-gamma.ts'
import { countModel } from './models/index.ts'
import { logBorder, maximize } from './optimize.ts'
import type { Objective } from './optimize.ts'
import { uncertaintyOf } from './standard-errors.ts'

export type ModelName = CountModelName | 'gamma-gamma'

export interface Fitted {
  readonly model: ModelName
  readonly names: readonly string[]
  readonly parameters: Parameters
  readonly standardErrors: readonly (number | null)[]
  /** Of the log parameters. */
  readonly covariance: readonly (readonly number[])[]
  readonly positiveDefinite: boolean
  readonly logLikelihood: number
  readonly customers: number
  readonly distinct: number
  readonly converged: boolean
  /** Largest component of the gradient by log parameters at the answer; 0 at an exact maximum. */
  readonly slope: number
  readonly evaluations: number
  /** Names of parameters that ran to the end of what makes sense. */
  readonly atBorder: readonly string[]
  readonly seconds: number
}

export const fitCounts = (name: CountModelName, triples: Triples): Fitted => {
  const model = countModel(name)
  const isTime = (parameter: string): boolean => model.timeParameters.includes(parameter)
  const longest = triples.T.reduce((max, t) => Math.max(max, t), 0)
  return fit(
    name,
    model.parameters,
    triples,
    model.likelihood(triples),
    model.starts(triples),
    (parameter) => (isTime(parameter) ? Math.max(longest, 1e-9) : 1),
  )
}

export const fitSpend = (spends: Spends): Fitted => {
  const largest = spends.m.reduce((max, m) => Math.max(max, m), 0)
  return fit(
    'gamma-gamma',
    gammaGammaParameters,
    spends,
    gammaGammaLikelihood(spends),
    gammaGammaStarts(spends),
    (parameter) => (parameter === 'gamma' ? Math.max(largest, 1e-9) : 1),
  )
}

/** Beyond these multiples of its unit a parameter says "none of it" or "everybody alike", not a number. */
const borderFactor = 1e4

function fit(
  model: ModelName,
  names: readonly string[],
  data: { readonly n: Float64Array; readonly customers: number },
  objective: Objective,
  starts: readonly Parameters[],
  unitOf: (parameter: string) => number,
): Fitted {
  const startedAt = performance.now()
  const found = maximize(objective, starts)
  const uncertainty = uncertaintyOf(found.parameters, found.hessian)
  return {
    model,
    names,
    parameters: found.parameters,
    ...uncertainty,
    logLikelihood: found.value,
    customers: data.customers,
    distinct: data.n.length,
    converged: found.converged,
    slope: found.slope,
    evaluations: found.evaluations,
    atBorder: names.filter((name, i) => {
      const value = found.parameters[i] ?? 1
      const unit = unitOf(name)
      const isAtWall = Math.abs(Math.log(value)) > logBorder - 0.5
      return isAtWall || value > borderFactor * unit || value < unit / borderFactor
    }),
    seconds: Math.round(performance.now() - startedAt) / 1000,
  }
}
