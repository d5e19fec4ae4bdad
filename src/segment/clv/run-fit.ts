/** Reads the store, fits on the thread, says what came out and what to beware of. */
import { performance } from 'node:perf_hooks'
import { dayNumber, dayOfNumber, isDay } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import type { Reader } from '../../base/db.ts'
import { Refusal } from '../../base/errors.ts'
import { purchaseSpan } from './clv.store.ts'
import { readDataset } from './dataset.ts'
import type { Dataset } from './dataset.ts'
import type { Fitted, ModelName } from './fit.ts'
import { named } from './model.ts'
import type { CountModelName } from './model.ts'
import { groupSpends } from './models/gamma-gamma.ts'
import { onThread } from './off-thread.ts'
import type { Thread } from './off-thread.ts'
import { readOpportunities } from './opportunities.ts'
import type { Period } from './histories.ts'
import { groupTriples } from './triples.ts'
import { bandWarning, dataWarnings, fitWarnings, limits } from './warnings.ts'
import type { Warning } from './warnings.ts'

export const modelNames = ['pareto-nbd', 'mbg-nbd', 'bg-nbd', 'bg-bb', 'gamma-gamma'] as const

export interface FitReport {
  readonly model: ModelName
  readonly params: Readonly<Record<string, number>>
  /** null where the likelihood is flat. */
  readonly standardErrors: Readonly<Record<string, number | null>>
  readonly logLikelihood: number
  readonly customers: number
  /** Distinct (x, t_x, T): what the time of a fit grows with. */
  readonly distinct: number
  readonly converged: boolean
  readonly gradient: number
  readonly evaluations: number
  readonly warnings: readonly Warning[]
  readonly calibrationEnd?: Day
  readonly period?: Period
  readonly spendCorrelation?: number | null
  readonly oneTimeBuyers?: number
  /** Of the fit with its standard errors, on its thread. */
  readonly seconds: number
  readonly readSeconds: number
  readonly totalSeconds: number
  readonly peakMemoryMb: number
}

export function checkDay(option: string, day: string | undefined): Day {
  if (day === undefined || !isDay(day))
    throw new Refusal('usage', `${option} ${day ?? ''} is not a day.`, 400, {
      fix: 'Write it as 2026-05-20.',
    })
  return day
}

const seconds = (since: number): number => Math.round(performance.now() - since) / 1000
const peakMemoryMb = (): number => Math.round(process.resourceUsage().maxRSS / 1024)

/** A hold-out of less than four weeks proves nothing. */
const shortestHoldoutDays = 28

/** The last day with a purchase, when it lies far enough behind the calibration. */
export async function holdoutEnd(reader: Reader, end: Day): Promise<Day | null> {
  const span = await purchaseSpan(reader)
  if (span === null) return null
  return span.lastNo - dayNumber(end) >= shortestHoldoutDays ? dayOfNumber(span.lastNo) : null
}

export async function fitStore(
  reader: Reader,
  model: ModelName,
  end: Day,
  period: Period = 'week',
): Promise<FitReport> {
  const startedAt = performance.now()
  if (model === 'bg-bb') return fitOpportunities(reader, end, period)
  const until = model === 'gamma-gamma' ? null : await holdoutEnd(reader, end)
  const data = await readDataset(reader, end, until)
  const readSeconds = seconds(startedAt)
  return onThread(async (thread) => {
    const fitted = await fitOn(thread, model, data)
    const warnings = [...fitWarnings(fitted), ...dataWarnings(fitted, data)]
    if (model !== 'gamma-gamma') warnings.push(...(await bandWarnings(thread, fitted, data)))
    return {
      ...reportOf(fitted, warnings),
      calibrationEnd: end,
      ...(model === 'gamma-gamma'
        ? { spendCorrelation: data.spendCorrelation }
        : { oneTimeBuyers: data.oneTime }),
      readSeconds,
      totalSeconds: seconds(startedAt),
    }
  })
}

/** One model on data that is there already; a model of spend without repeat buyers is refused in words. */
export async function fitOn(thread: Thread, model: ModelName, data: Dataset): Promise<Fitted> {
  if (model !== 'gamma-gamma') return thread.run('counts', { model, triples: data.triples })
  if (data.spends.customers === 0) throw noRepeatBuyers()
  return thread.run('spend', { spends: data.spends })
}

const noRepeatBuyers = (): Refusal =>
  new Refusal(
    'clv-no-repeat-buyers',
    'Nobody bought twice and paid for it: there is no spend to learn from.',
    400,
    {
      fix: 'Import a longer history, or choose a later --calibration-end.',
    },
  )

async function bandWarnings(thread: Thread, fitted: Fitted, data: Dataset): Promise<Warning[]> {
  const task = { model: fitted.model as CountModelName, parameters: fitted.parameters }
  const { T, n, x } = data.triples
  const expected = await thread.run('expectedTotal', { ...task, ...byAge(T, n) })
  let actual = 0
  x.forEach((count, i) => {
    actual += count * (n[i] ?? 0)
  })
  const found = [bandWarning('calibration', expected, actual)]
  if (data.later !== null) {
    const groups = await thread.run('holdoutGroups', {
      ...task,
      triples: data.later.triples,
      weeks: data.later.weeks,
      most: 0,
    })
    const all = groups[0]
    if (all) found.push(bandWarning('hold-out', all.expected * all.customers, all.actual * all.customers))
  }
  return found.filter((warning) => warning !== null)
}

/** Customers by how long they have been observed: all that E[X(T)] depends on. */
export function byAge(T: Float64Array, n: Float64Array): { T: Float64Array; n: Float64Array } {
  const ages = new Map<number, number>()
  T.forEach((age, i) => ages.set(age, (ages.get(age) ?? 0) + (n[i] ?? 0)))
  const sorted = [...ages].sort(([a], [b]) => a - b)
  return { T: Float64Array.from(sorted, ([age]) => age), n: Float64Array.from(sorted, ([, count]) => count) }
}

async function fitOpportunities(reader: Reader, end: Day, period: Period): Promise<FitReport> {
  const startedAt = performance.now()
  const { triples, excluded } = await readOpportunities(reader, end, period)
  if (triples.customers === 0)
    throw new Refusal('clv-no-customers', `Nobody had a whole ${period} behind her by ${end}.`, 400, {
      fix: 'Choose a later --calibration-end or a shorter --period.',
    })
  const readSeconds = seconds(startedAt)
  const fitted = await onThread((thread) => thread.run('counts', { model: 'bg-bb', triples }))
  const longest = triples.T.reduce((max, t) => Math.max(max, t), 0)
  const warnings = fitWarnings(fitted)
  if (excluded > 0)
    warnings.push({
      code: 'too-young',
      value: excluded,
      words: `${String(excluded)} customers have not had one whole ${period} since their first purchase and are left out.`,
      fix: 'Choose a later --calibration-end or a shorter --period.',
    })
  if (longest < 6)
    warnings.push({
      code: 'short-calibration',
      value: longest,
      words: `Nobody has had more than ${String(longest)} opportunities; with fewer than 6 buying and leaving can hardly be told apart.`,
      fix: 'Choose a shorter --period or import older orders.',
    })
  return {
    ...reportOf(fitted, warnings),
    calibrationEnd: end,
    period,
    readSeconds,
    totalSeconds: seconds(startedAt),
  }
}

/** From summaries that somebody else made: (x, t_x, T) with an optional mean spend and weight. */
export interface SummaryRow {
  readonly x: number
  readonly tx: number
  readonly T: number
  readonly m?: number
  readonly weight?: number
}

export async function fitSummaries(model: ModelName, rows: readonly SummaryRow[]): Promise<FitReport> {
  const startedAt = performance.now()
  const spends = groupSpends(
    rows.map(({ x, m, weight }) => ({ x, m: m ?? 0, ...(weight === undefined ? {} : { weight }) })),
  )
  if (model === 'gamma-gamma' && spends.customers === 0) throw noRepeatBuyers()
  const triples = groupTriples(rows)
  const readSeconds = seconds(startedAt)
  const fitted = await onThread((thread) =>
    model === 'gamma-gamma' ? thread.run('spend', { spends }) : thread.run('counts', { model, triples }),
  )
  const warnings = fitWarnings(fitted)
  if (fitted.customers < limits.customers)
    warnings.push({
      code: 'small-sample',
      value: fitted.customers,
      words: `${String(fitted.customers)} customers: with fewer than ${String(limits.customers)} the parameters are mostly chance.`,
      fix: 'Look at the standard errors before using the figures.',
    })
  return { ...reportOf(fitted, warnings), readSeconds, totalSeconds: seconds(startedAt) }
}

const reportOf = (
  fitted: Fitted,
  warnings: readonly Warning[],
): Omit<FitReport, 'readSeconds' | 'totalSeconds'> => ({
  model: fitted.model,
  params: named(fitted.names, fitted.parameters),
  standardErrors: Object.fromEntries(fitted.names.map((name, i) => [name, fitted.standardErrors[i] ?? null])),
  logLikelihood: fitted.logLikelihood,
  customers: fitted.customers,
  distinct: fitted.distinct,
  converged: fitted.converged,
  gradient: fitted.slope,
  evaluations: fitted.evaluations,
  warnings,
  seconds: fitted.seconds,
  peakMemoryMb: peakMemoryMb(),
})
