/** Reads the store, fits on the thread, says what came out. */
import { performance } from 'node:perf_hooks'
import { isDay } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import type { Reader } from '../../base/db.ts'
import { Refusal } from '../../base/errors.ts'
import type { Fitted, ModelName } from './fit.ts'
import { historiesAsOf } from './histories.ts'
import { named } from './model.ts'
import { groupSpends } from './models/gamma-gamma.ts'
import { onThread } from './off-thread.ts'
import { groupTriples } from './triples.ts'
import type { Weighted } from './triples.ts'

export const modelNames = ['pareto-nbd', 'mbg-nbd', 'bg-nbd', 'bg-bb', 'gamma-gamma'] as const

export interface FitReport {
  readonly model: ModelName
  readonly params: Readonly<Record<string, number>>
  readonly standardErrors: Readonly<Record<string, number | null>>
  readonly logLikelihood: number
  readonly customers: number
  readonly distinct: number
  readonly converged: boolean
  readonly evaluations: number
  readonly calibrationEnd: Day
  /** Of the fit with its standard errors. */
  readonly seconds: number
  readonly readSeconds: number
}

export function checkDay(option: string, day: string | undefined): Day {
  if (day === undefined || !isDay(day))
    throw new Refusal('usage', `${option} ${day ?? ''} is not a day.`, 400, {
      fix: 'Write it as 2026-05-20.',
    })
  return day
}

const seconds = (since: number): number => Math.round(performance.now() - since) / 1000

export async function fitStore(reader: Reader, model: ModelName, end: Day): Promise<FitReport> {
  if (model === 'bg-bb')
    throw new Refusal('usage', 'BG/BB needs opportunities, and the store has days.', 400, {
      fix: 'Use pareto-nbd or mbg-nbd.',
    })
  const startedAt = performance.now()
  const customers: (Weighted & { readonly m: number })[] = []
  for await (const page of historiesAsOf(reader, end))
    for (const { x, tx, T, m } of page) customers.push({ x, tx, T, m })
  if (customers.length === 0)
    throw new Refusal('clv-no-customers', `Nobody had bought anything by ${end}.`, 400, {
      fix: 'Import orders first, or choose a later --calibration-end.',
    })
  const readSeconds = seconds(startedAt)
  const fitted = await onThread((thread) =>
    model === 'gamma-gamma'
      ? thread.run('spend', { spends: groupSpends(customers) })
      : thread.run('counts', { model, triples: groupTriples(customers) }),
  )
  return { ...reportOf(fitted), calibrationEnd: end, readSeconds }
}

export const reportOf = (fitted: Fitted): Omit<FitReport, 'calibrationEnd' | 'readSeconds'> => ({
  model: fitted.model,
  params: named(fitted.names, fitted.parameters),
  standardErrors: Object.fromEntries(fitted.names.map((name, i) => [name, fitted.standardErrors[i] ?? null])),
  logLikelihood: fitted.logLikelihood,
  customers: fitted.customers,
  distinct: fitted.distinct,
  converged: fitted.converged,
  evaluations: fitted.evaluations,
  seconds: fitted.seconds,
})
