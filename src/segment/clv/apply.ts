/**
 * Fits today's data, puts the fit into the log, tells every customer's estimate from that row. The estimates are a pure
 * function of the row and of the purchase days up to its end day: `retell` gives the same again without fitting.
 */
import { performance } from 'node:perf_hooks'
import type { Act, Ctx } from '../../base/act.ts'
import { system } from '../../base/act.ts'
import { dayNumber } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import type { Db } from '../../base/db.ts'
import { Refusal } from '../../base/errors.ts'
import { sha256 } from '../../base/ids.ts'
import type { Regroup } from '../../interaction/index.ts'
import { readCustomerDaysOf } from './clv.store.ts'
import { readDataset } from './dataset.ts'
import type { Dataset } from './dataset.ts'
import { estimateMany } from './estimate.ts'
import type { Estimates } from './estimate.ts'
import { dropEstimates, fitSeqOf, saveEstimates, staleEstimates } from './estimate.store.ts'
import type { StoredEstimate } from './estimate.store.ts'
import type { Fitted } from './fit.ts'
import { fitInForce, toEstimateFit } from './fit-row.ts'
import type { FitInForce, FitRow } from './fit-row.ts'
import { historiesAsOf, toHistory } from './histories.ts'
import type { CustomerHistory } from './histories.ts'
import { named } from './model.ts'
import { hasMean } from './models/gamma-gamma.ts'
import { onThread } from './off-thread.ts'
import type { Thread } from './off-thread.ts'
import type { ClvSettings } from './settings.ts'
import { dataWarnings, fitWarnings } from './warnings.ts'
import type { Warning } from './warnings.ts'

export interface ClvParts {
  readonly db: Db
  readonly act: Act
  readonly clv: ClvSettings
}

export interface Applied {
  readonly endDay: Day
  readonly model: string
  readonly params: Readonly<Record<string, number>>
  readonly spend: Readonly<Record<string, number>> | null
  readonly customers: number
  /** Sum of the values of all, in major units. */
  readonly value: number
  readonly warnings: readonly Warning[]
  readonly fitSeconds: number
  readonly seconds: number
}

/** The same customers get the same random numbers for ever. */
const seed = 20_251_122

/** Answers null when there are too few to learn from; `applyClv` refuses in words instead. */
export async function applyIfEnough(parts: ClvParts, day: Day, at: number): Promise<Applied | null> {
  try {
    return await applyClv(parts, day, at)
  } catch (error) {
    if (error instanceof Refusal && notEnough.includes(error.code)) return null
    throw error
  }
}

const notEnough = ['clv-no-customers', 'clv-too-few']

export async function applyClv(parts: ClvParts, day: Day, at: number): Promise<Applied> {
  const startedAt = performance.now()
  const data = await readDataset(parts.db.reader, day, null)
  mustBeEnough(parts.clv, data)
  return onThread(async (thread) => {
    const row = await fitRowOf(parts, thread, data, day)
    const fitSeconds = since(startedAt)
    const seq = await recordFit(parts, row, at)
    const told = await tell(parts, thread, { ...row, seq })
    return {
      endDay: day,
      model: row.model,
      params: row.params,
      spend: row.spend?.params ?? null,
      ...told,
      warnings: row.warnings,
      fitSeconds,
      seconds: since(startedAt),
    }
  })
}

/** Everybody's estimate again from the fit in force; null when there is none. */
export async function retell(parts: ClvParts): Promise<Applied | null> {
  const startedAt = performance.now()
  const fit = await fitInForce(parts.db.reader)
  if (fit === null) return null
  const told = await onThread((thread) => tell(parts, thread, fit))
  return {
    endDay: fit.endDay,
    model: fit.model,
    params: fit.params,
    spend: fit.spend?.params ?? null,
    ...told,
    warnings: fit.warnings,
    fitSeconds: 0,
    seconds: since(startedAt),
  }
}

const since = (startedAt: number): number => Math.round(performance.now() - startedAt) / 1000

function mustBeEnough(settings: ClvSettings, data: Dataset): void {
  const repeat = data.triples.customers - data.oneTime
  if (data.triples.customers >= settings.leastCustomers && repeat >= settings.leastRepeatBuyers) return
  throw new Refusal(
    'clv-too-few',
    `${String(data.triples.customers)} customers, ${String(repeat)} of whom bought again, are too few to learn from: at least ${String(settings.leastCustomers)} and ${String(settings.leastRepeatBuyers)} are asked for.`,
    400,
    { fix: 'Import older orders, or lower leastCustomers and leastRepeatBuyers in config/clv.yaml.' },
  )
}

// ------------------------------------------------------------------ the fit

async function fitRowOf({ clv }: ClvParts, thread: Thread, data: Dataset, day: Day): Promise<FitRow> {
  let fitted = await thread.run('counts', { model: clv.model, triples: data.triples })
  const warnings: Warning[] = []
  if (!fitted.converged && clv.model === 'pareto-nbd') {
    warnings.push({
      code: 'fell-back',
      value: fitted.slope,
      words: 'The Pareto/NBD did not converge; MBG/NBD was fitted in its place.',
      fix: 'Look at `clv fit --model pareto-nbd`; more history usually helps.',
    })
    fitted = await thread.run('counts', { model: 'mbg-nbd', triples: data.triples })
  }
  warnings.push(...fitWarnings(fitted), ...dataWarnings(fitted, data))
  const spend = await fitSpend(thread, data, warnings)
  return {
    model: fitted.model === 'mbg-nbd' ? 'mbg-nbd' : 'pareto-nbd',
    endDay: day,
    params: named(fitted.names, fitted.parameters),
    covariance: fitted.covariance.map((row) => [...row]),
    logLikelihood: fitted.logLikelihood,
    customers: fitted.customers,
    spend:
      spend === null
        ? null
        : {
            params: named(spend.names, spend.parameters),
            covariance: spend.covariance.map((row) => [...row]),
            logLikelihood: spend.logLikelihood,
            customers: spend.customers,
          },
    meanSpend: data.meanSpend,
    weeks: clv.weeks,
    interval: clv.intervalPercent / 100,
    draws: clv.draws,
    seed,
    warnings,
  }
}

/** No model of spend where it would say nonsense: then each is valued by her own mean, or the shop's. */
async function fitSpend(thread: Thread, data: Dataset, warnings: Warning[]): Promise<Fitted | null> {
  if (data.spends.customers < 10) {
    warnings.push({
      code: 'no-spend-model',
      value: data.spends.customers,
      words: `Only ${String(data.spends.customers)} customers paid for a repeat purchase: spend is taken as each one's own mean, or the mean of all purchases.`,
      fix: 'Import amounts and a longer history.',
    })
    return null
  }
  const spend = await thread.run('spend', { spends: data.spends })
  warnings.push(
    ...fitWarnings(spend),
    ...dataWarnings(spend, data).filter(({ code }) => code !== 'small-sample'),
  )
  return spend.converged && hasMean(spend.parameters) ? spend : null
}

/** Answers the seq of its row; the same fit of the same day is the same row. */
async function recordFit({ db, act }: ClvParts, row: FitRow, at: number): Promise<number> {
  const sourceKey = `fit:${row.endDay}:${sha256(JSON.stringify(row)).slice(0, 24)}`
  await act(system('clv'), async (ctx) => {
    ctx.record({ kind: 'clv-fitted', at, source: 'clv', sourceKey, who: {}, detail: { ...row } })
    await Promise.resolve()
  })
  const seq = await fitSeqOf(db.reader, sourceKey)
  if (seq === null) throw new Error(`The fit ${sourceKey} is not in clv_fit after its commit.`)
  return seq
}

// ------------------------------------------------------------------ the estimates

async function tell(
  { db }: ClvParts,
  thread: Thread,
  fit: FitInForce,
): Promise<{ readonly customers: number; readonly value: number }> {
  let customers = 0
  let valueFen = 0
  for await (const page of historiesAsOf(db.reader, fit.endDay)) {
    if (page.length === 0) continue
    const estimates = await thread.run('estimateMany', { fit: toEstimateFit(fit), ...columnsOf(page) })
    const rows = toRows(fit, page, estimates)
    await db.inChunks(rows, (tx, chunk) => saveEstimates(tx, chunk))
    customers += rows.length
    for (const row of rows) valueFen += row.value_52w_fen
  }
  const stale = await staleEstimates(db.reader, fit.seq)
  await db.inChunks(stale, (tx, chunk) => dropEstimates(tx, chunk))
  return { customers, value: Math.round(valueFen) / 100 }
}

const columnsOf = (page: readonly CustomerHistory[]) => ({
  x: Float64Array.from(page, ({ x }) => x),
  tx: Float64Array.from(page, ({ tx }) => tx),
  T: Float64Array.from(page, ({ T }) => T),
  m: Float64Array.from(page, ({ m }) => m),
})

const fen = (major: number): number => Math.min(Math.round(major * 100), 1e15)

const toRows = (
  fit: FitInForce,
  page: readonly CustomerHistory[],
  { pAlive, expected, value, low, high }: Estimates,
): StoredEstimate[] =>
  page.map(({ customer }, i) => ({
    customer,
    model: fit.model,
    computed_no: dayNumber(fit.endDay),
    p_alive: pAlive[i] ?? 0,
    expected_52w: expected[i] ?? 0,
    value_52w_fen: fen(value[i] ?? 0),
    low_fen: fen(low[i] ?? 0),
    high_fen: fen(high[i] ?? 0),
    fit_seq: fit.seq,
  }))

/** A few customers again, at once: whose purchases came together or apart. */
export async function retellCustomers(ctx: Ctx, customers: readonly string[]): Promise<void> {
  const fit = await fitInForce(ctx.tx)
  await dropEstimates(ctx.tx, customers)
  if (fit === null || customers.length === 0) return
  const endNo = dayNumber(fit.endDay)
  const rows = await readCustomerDaysOf(ctx.tx, customers, endNo)
  const page = rows.map((row) => toHistory(row, endNo))
  await saveEstimates(
    ctx.tx,
    toRows(fit, page, estimateMany({ fit: toEstimateFit(fit), ...columnsOf(page) })),
  )
}

/** Whoever is no more leaves no estimate behind; the facts of the other are told again by the follower. */
export const clvRegroup: Regroup = {
  name: 'clv',
  apply: async (ctx, { from }) => void (await dropEstimates(ctx.tx, [from])),
}
