/** `siyu churn evaluate`: the churn warning measured on held-out data. Reads only. */
import { writeFileSync } from 'node:fs'
import { dayOf, isDay } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import { wallClock } from '../base/clock.ts'
import type { Clock } from '../base/clock.ts'
import type { Db } from '../base/db.ts'
import { Refusal } from '../base/errors.ts'
import {
  curvePlot,
  documentOf,
  evaluateOffThread,
  loadChurnRules,
  planEvaluation,
  readStoredHistories,
} from '../segment/index.ts'
import type { ChurnRules, EvaluationDocument, EvaluationSource, Histories } from '../segment/index.ts'
import { withCore } from './data.ts'

export interface ChurnEvaluateOptions {
  readonly data?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly every?: string | undefined
  readonly split?: string | undefined
  readonly plot?: string | undefined
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
  const document = documentOf(parts.churn, source, planned, found)
  if (options.plot !== undefined) savePlot(options.plot, document)
  return {
    ...document,
    seconds: Math.round((wallClock.steady() - startedAt) / 100) / 10,
    peakMemoryMb: Math.round(process.resourceUsage().maxRSS / 1024),
  }
}

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
  throw usage(`--data ${data} is not store.`, 'Use --data store.')
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

export const churnEvaluateVerb = (options: ChurnEvaluateOptions): Promise<ChurnEvaluated> =>
  withCore((core) => runChurnEvaluate({ ...core, churn: loadChurnRules(core.env.configDir) }, options))
