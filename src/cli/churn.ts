/** `siyu churn …`: the warning measured on held-out data, looked up, listed, looked at anew. */
import { writeFileSync } from 'node:fs'
import { dayOf, isDay } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import { wallClock } from '../base/clock.ts'
import type { Clock } from '../base/clock.ts'
import type { Db } from '../base/db.ts'
import { Refusal } from '../base/errors.ts'
import { findCustomer } from '../customer/index.ts'
import {
  churnOf,
  curvePlot,
  documentOf,
  evaluateOffThread,
  listWarnings,
  planEvaluation,
  readStoredHistories,
  refreshSignals,
} from '../segment/index.ts'
import type {
  ChurnParts,
  ChurnRules,
  CustomerChurn,
  EvaluationDocument,
  EvaluationSource,
  Histories,
  Warnings,
} from '../segment/index.ts'
import { simulatedHistories, simulatedNote } from './churn-simulated.ts'
import { withCore } from './data.ts'

export interface ChurnEvaluateOptions {
  readonly data?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly every?: string | undefined
  readonly split?: string | undefined
  readonly plot?: string | undefined
  readonly note?: string | undefined
}

export type ChurnEvaluated = EvaluationDocument & {
  readonly seconds: number
  readonly peakMemoryMb: number
}

interface EvaluateParts {
  readonly db: Db
  readonly clock: Clock
  readonly churn: ChurnRules
}

export async function runChurnEvaluate(
  parts: EvaluateParts,
  options: ChurnEvaluateOptions,
): Promise<ChurnEvaluated> {
  const startedAt = wallClock.steady()
  const today = dayOf(parts.clock.now())
  const window = {
    today,
    everyDays: daysGiven(options.every ?? '30d'),
    from: dayGiven('--from', options.from),
    to: dayGiven('--to', options.to),
    split: dayGiven('--split', options.split),
  }
  const { histories, source } = await dataOf(parts, options.data ?? 'store', today)
  const planned = planEvaluation(parts.churn, histories, window)
  const found = await evaluateOffThread({ rules: parts.churn, histories, task: planned.task })
  const note = [source.note, options.note?.slice(0, 300) ?? ''].filter((words) => words !== '').join('; ')
  const document = documentOf(parts.churn, { ...source, note }, planned, found)
  if (options.plot !== undefined) savePlot(options.plot, document)
  return { ...document, ...spent(startedAt) }
}

const spent = (startedAt: number): { readonly seconds: number; readonly peakMemoryMb: number } => ({
  seconds: Math.round((wallClock.steady() - startedAt) / 100) / 10,
  peakMemoryMb: Math.round(process.resourceUsage().maxRSS / 1024),
})

async function dataOf(
  { db, churn }: EvaluateParts,
  data: string,
  today: Day,
): Promise<{ histories: Histories; source: EvaluationSource }> {
  if (data === 'store') {
    const { histories, buyers } = await readStoredHistories(db.reader, today, churn.calibration.mostCustomers)
    const sampled = histories.customers.length
    const note =
      sampled < buyers
        ? `a sample of ${String(sampled)} of ${String(buyers)} buyers, by their hashed ids`
        : ''
    return { histories, source: { data: 'store', note, buyers, sampled } }
  }
  if (data === 'simulated') {
    const histories = simulatedHistories(today)
    const buyers = histories.customers.length
    return { histories, source: { data: 'simulated', note: simulatedNote, buyers, sampled: buyers } }
  }
  throw usage(`--data ${data} is neither store nor simulated.`, 'Use --data store.')
}

const usage = (message: string, fix: string): Refusal => new Refusal('usage', message, 400, { fix })

function dayGiven(option: string, day: string | undefined): Day | undefined {
  if (day !== undefined && !isDay(day))
    throw usage(`${option} ${day} is not a day.`, 'Write it as 2026-05-20.')
  return day
}

function daysGiven(text: string): number {
  const days = /^(\d{1,4})d?$/.exec(text)?.[1]
  if (days === undefined || Number(days) === 0)
    throw usage(`--every ${text} is not a number of days.`, 'Write it as 30d.')
  return Number(days)
}

function savePlot(path: string, document: EvaluationDocument): void {
  try {
    writeFileSync(path, curvePlot(document))
  } catch (error) {
    throw new Refusal('file', `The plot cannot be written to ${path}.`, 400, {
      fix: error instanceof Error ? error.message : 'Choose another file.',
    })
  }
}

// ------------------------------------------------------------------ looking

interface ReadParts {
  readonly db: Db
  readonly clock: Clock
  readonly churn: ChurnRules
}

export interface ChurnShown {
  readonly day: Day
  readonly customer: string
  /** Null: too few purchases for a rhythm of her own. */
  readonly churn: CustomerChurn | null
  readonly words: string
}

export async function runChurnShow(parts: ReadParts, who: string): Promise<ChurnShown> {
  const customer = await findCustomer(parts.db.reader, who)
  if (customer === null)
    throw new Refusal('not-found', `There is no customer ${who}.`, 404, {
      fix: 'Give a customer id, an external_userid or her id in the shop.',
    })
  const day = dayOf(parts.clock.now())
  const churn = (await churnOf(parts.db.reader, parts.churn, day, [customer])).get(customer) ?? null
  const words = churn?.words ?? `购买不足 ${String(parts.churn.leastPurchases)} 天，还没有自己的节奏`
  return { day, customer, churn, words }
}

const mostListed = 100_000

export async function runChurnList(
  parts: ReadParts,
  options: { readonly limit?: string },
): Promise<Warnings & { readonly day: Day }> {
  const limit = /^\d{1,6}$/.test(options.limit ?? '50') ? Number(options.limit ?? '50') : 0
  if (limit < 1 || limit > mostListed)
    throw usage(
      `--limit ${options.limit ?? ''} is not a number from 1 to ${String(mostListed)}.`,
      'Write --limit 50.',
    )
  const day = dayOf(parts.clock.now())
  return { day, ...(await listWarnings(parts.db.reader, parts.churn, day, limit)) }
}

export async function runChurnRefresh(parts: ChurnParts & { readonly clock: Clock }): Promise<object> {
  const startedAt = wallClock.steady()
  const day = dayOf(parts.clock.now())
  const { calibrated, looked } = await refreshSignals(parts, day)
  return { day, calibrated, ...looked, ...spent(startedAt) }
}

export const churnEvaluateVerb = (options: ChurnEvaluateOptions): Promise<ChurnEvaluated> =>
  withCore((core) => runChurnEvaluate(core, options))
export const churnShowVerb = (who: string): Promise<ChurnShown> => withCore((core) => runChurnShow(core, who))
export const churnListVerb = (options: {
  readonly limit?: string
}): Promise<Warnings & { readonly day: Day }> => withCore((core) => runChurnList(core, options))
export const churnRefreshVerb = (): Promise<object> => withCore((core) => runChurnRefresh(core))
