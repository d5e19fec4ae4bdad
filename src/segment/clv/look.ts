/** The data behind every plot: what a model expects beside what happened. */
import { performance } from 'node:perf_hooks'
import { dayNumber, dayOfNumber } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import type { Reader } from '../../base/db.ts'
import { Refusal } from '../../base/errors.ts'
import { purchaseSpan, readDailyCounts } from './clv.store.ts'
import { readDataset } from './dataset.ts'
import type { Dataset } from './dataset.ts'
import type { Fitted } from './fit.ts'
import { named } from './model.ts'
import type { CountModelName } from './model.ts'
import { onThread } from './off-thread.ts'
import type { Thread } from './off-thread.ts'
import type { AliveBin, HoldoutGroup } from './predict.ts'
import { byAge, fitOn } from './run-fit.ts'
import { bandWarning, dataWarnings, fitWarnings } from './warnings.ts'
import type { Warning } from './warnings.ts'

/** The models that a plot can be made of: those in continuous time. */
export const plottable = ['pareto-nbd', 'mbg-nbd', 'bg-nbd'] as const
export type Plottable = (typeof plottable)[number]

interface Looked {
  readonly model: CountModelName
  readonly params: Readonly<Record<string, number>>
  readonly calibrationEnd: Day
  readonly customers: number
  readonly warnings: readonly Warning[]
  readonly seconds: number
}

interface Look {
  readonly reader: Reader
  readonly model: Plottable
  readonly end: Day
  /** Default: the last day with a purchase. */
  readonly until?: Day | undefined
}

async function look<T>(
  { reader, model, end }: Look,
  until: Day | null,
  work: (parts: {
    thread: Thread
    data: Dataset
    fitted: Fitted
    task: { model: CountModelName; parameters: readonly number[] }
  }) => Promise<T>,
): Promise<Looked & T> {
  const startedAt = performance.now()
  const data = await readDataset(reader, end, until)
  return onThread(async (thread) => {
    const fitted = await fitOn(thread, model, data)
    const found = await work({ thread, data, fitted, task: { model, parameters: fitted.parameters } })
    return {
      model,
      params: named(fitted.names, fitted.parameters),
      calibrationEnd: end,
      customers: data.triples.customers,
      warnings: [...fitWarnings(fitted), ...dataWarnings(fitted, data)],
      ...found,
      seconds: Math.round(performance.now() - startedAt) / 1000,
    }
  })
}

async function untilOf({ reader, end, until }: Look): Promise<Day> {
  if (until !== undefined) {
    if (until < end)
      throw new Refusal('usage', `--until ${until} is before the calibration end ${end}.`, 400, {
        fix: 'Choose a later --until, or leave it out.',
      })
    return until
  }
  const span = await purchaseSpan(reader)
  return span === null || span.lastNo < dayNumber(end) ? end : dayOfNumber(span.lastNo)
}

// ------------------------------------------------------------------ tracking

export interface TrackedWeek {
  /** 1 is the week of the very first purchase. */
  readonly week: number
  /** Its last day. */
  readonly day: Day
  readonly calibration: boolean
  readonly actual: number
  readonly expected: number
  readonly cumulativeActual: number
  readonly cumulativeExpected: number
}

export interface Tracking extends Looked {
  readonly until: Day
  readonly weeks: readonly TrackedWeek[]
  /** Expected against actual, as a share: at the end of the calibration, and in the hold-out alone. */
  readonly calibrationError: number | null
  readonly holdoutError: number | null
}

/** Repeat purchases per week of everybody who first bought in the calibration, from the day of the first of them. */
export async function track(asked: Look): Promise<Tracking> {
  const until = await untilOf(asked)
  return look(asked, null, async ({ thread, data, task }) => {
    const count = Math.floor((dayNumber(until) - data.originNo + 1) / 7)
    const daily = await readDailyCounts(asked.reader, dayNumber(asked.end), dayNumber(until))
    const perWeek = Array.from({ length: count }, () => 0)
    for (const { dayNo, bought, first } of daily) {
      const week = Math.floor((dayNo - data.originNo) / 7)
      if (week < count) perWeek[week] = (perWeek[week] ?? 0) + bought - first
    }
    const cumulative = await thread.run('expectedCumulative', { ...task, births: data.births, weeks: count })
    let soFar = 0
    const weeks = perWeek.map((actual, i): TrackedWeek => {
      soFar += actual
      const day = dayOfNumber(data.originNo + 7 * (i + 1) - 1)
      const cumulativeExpected = cumulative[i] ?? 0
      return {
        week: i + 1,
        day,
        calibration: day <= asked.end,
        actual,
        expected: cumulativeExpected - (cumulative[i - 1] ?? 0),
        cumulativeActual: soFar,
        cumulativeExpected,
      }
    })
    return { until, weeks, ...errorsOf(weeks) }
  })
}

function errorsOf(weeks: readonly TrackedWeek[]): {
  readonly calibrationError: number | null
  readonly holdoutError: number | null
} {
  const share = (part: readonly TrackedWeek[]): number | null => {
    const actual = part.reduce((sum, week) => sum + week.actual, 0)
    const expected = part.reduce((sum, week) => sum + week.expected, 0)
    return actual === 0 ? null : expected / actual - 1
  }
  return {
    calibrationError: share(weeks.filter(({ calibration }) => calibration)),
    holdoutError: share(weeks.filter(({ calibration }) => !calibration)),
  }
}

// ------------------------------------------------------------------ hold-out

export interface Holdout extends Looked {
  readonly until: Day
  readonly weeks: number
  /** By repeat purchases in the calibration; the last group is open. */
  readonly groups: readonly HoldoutGroup[]
  readonly actual: number
  readonly expected: number
}

const mostGroups = 7

export async function holdout(asked: Look): Promise<Holdout> {
  const until = await untilOf(asked)
  if (until <= asked.end)
    throw new Refusal('clv-no-holdout', `There is no purchase after ${asked.end} to compare with.`, 400, {
      fix: 'Choose an earlier --calibration-end: the hold-out is what comes after it.',
    })
  const looked = await look(asked, until, async ({ thread, data, task }) => {
    const later = data.later
    if (later === null) throw new Error('A hold-out was asked for and not read.')
    const groups = await thread.run('holdoutGroups', {
      ...task,
      triples: later.triples,
      weeks: later.weeks,
      most: mostGroups,
    })
    const actual = groups.reduce((sum, group) => sum + group.actual * group.customers, 0)
    const expected = groups.reduce((sum, group) => sum + group.expected * group.customers, 0)
    return { until, weeks: later.weeks, groups, actual: Math.round(actual), expected }
  })
  const warning = bandWarning('hold-out', looked.expected, looked.actual)
  return warning === null ? looked : { ...looked, warnings: [...looked.warnings, warning] }
}

// ------------------------------------------------------------------ frequencies and the living

export interface Frequency {
  /** Repeat purchases; the last class is open. */
  readonly x: number
  readonly actual: number
  readonly expected: number
}
export interface Frequencies extends Looked {
  readonly classes: readonly Frequency[]
}

export const frequencies = (asked: Look): Promise<Frequencies> =>
  look(asked, null, async ({ thread, data, task }) => {
    const { x, T, n } = data.triples
    const expected = await thread.run('expectedFrequencies', { ...task, ...byAge(T, n), most: mostGroups })
    const actual = expected.map(() => 0)
    x.forEach((count, i) => {
      const at = Math.min(count, mostGroups)
      actual[at] = (actual[at] ?? 0) + (n[i] ?? 0)
    })
    return { classes: expected.map((value, i) => ({ x: i, actual: actual[i] ?? 0, expected: value })) }
  })

export interface Alive extends Looked {
  readonly bins: readonly AliveBin[]
  readonly expectedAlive: number
}

export const alive = (asked: Look): Promise<Alive> =>
  look(asked, null, ({ thread, data, task }) => thread.run('aliveBins', { ...task, triples: data.triples }))
