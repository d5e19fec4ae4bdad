/** Maximum likelihood of one model on grouped data: pure, run on a thread of its own by off-thread.ts. */
import { performance } from 'node:perf_hooks'
import type { CountModelName, Parameters, Triples } from './model.ts'
import {
  gammaGammaBounds,
  gammaGammaLikelihood,
  gammaGammaParameters,
  gammaGammaStarts,
} from './models/gamma-gamma.ts'
import type { Spends } from './models/gamma-gamma.ts'
import { countModel } from './models/index.ts'
import { maximize } from './optimize.ts'
import type { Bounds, Objective } from './optimize.ts'
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
  return fit(name, model.parameters, triples, {
    objective: model.likelihood(triples),
    starts: model.starts(triples),
    bounds: model.bounds(triples),
  })
}

export const fitSpend = (spends: Spends): Fitted =>
  fit('gamma-gamma', gammaGammaParameters, spends, {
    objective: gammaGammaLikelihood(spends),
    starts: gammaGammaStarts(spends),
    bounds: gammaGammaBounds(spends),
  })

interface Problem {
  readonly objective: Objective
  readonly starts: readonly Parameters[]
  readonly bounds: readonly Bounds[]
}

function fit(
  model: ModelName,
  names: readonly string[],
  data: { readonly n: Float64Array; readonly customers: number },
  { objective, starts, bounds }: Problem,
): Fitted {
  const startedAt = performance.now()
  const found = maximize(objective, starts, bounds)
  const uncertainty = uncertaintyOf(found.parameters, found.hessian)
  // The likelihood flattens out before the bound itself.
  const isAtBorder = found.parameters.map((value, i) => {
    const { low = 0, high = Infinity } = bounds[i] ?? {}
    return value < 30 * low || value > high / 3
  })
  return {
    model,
    names,
    parameters: found.parameters,
    ...uncertainty,
    // At a bound the curvature is the bound's own.
    standardErrors: uncertainty.standardErrors.map((error, i) => (isAtBorder[i] ? null : error)),
    logLikelihood: found.value,
    customers: data.customers,
    distinct: data.n.length,
    converged: found.converged,
    slope: found.slope,
    evaluations: found.evaluations,
    atBorder: names.filter((_, i) => isAtBorder[i]),
    seconds: Math.round(performance.now() - startedAt) / 1000,
  }
}
