/** How good the forecast of the next purchase is, over test cases whose horizon ends inside the data. */
import { quantileOf, wilson } from '../../base/statistics.ts'
import type { Verdict } from './evaluate.ts'
import { forecastOf } from './forecast.ts'
import { intervalsOf } from './signal.ts'
import type { ChurnRules } from './settings.ts'

export interface Covered {
  readonly inside: number
  readonly share: number | null
  readonly low: number
  readonly high: number
  readonly medianWidthDays: number | null
}

export interface ForecastsJudged {
  readonly cases: number
  /** Of them bought again within the horizon; only these have a next purchase to compare with. */
  readonly bought: number
  readonly half: Covered
  readonly most: Covered
  readonly medianErrorDays: number | null
  /** "Last purchase + own mean interval". */
  readonly baselineMedianErrorDays: number | null
  /** The same, but never in the past: at the earliest today. */
  readonly baselineFromTodayMedianErrorDays: number | null
  /** Where the catalogue knows how long the last purchase lasts. */
  readonly supply: {
    readonly cases: number
    readonly medianErrorDays: number | null
    readonly rhythmMedianErrorDays: number | null
    /** Whether the calibration part said to go by it. */
    readonly trusted: boolean
  }
}

const median = (values: readonly number[]): number | null =>
  quantileOf(
    [...values].sort((a, b) => a - b),
    0.5,
  )

export function judgeForecasts(rules: ChurnRules, verdicts: readonly Verdict[]): ForecastsJudged {
  const whole = verdicts.filter(({ one }) => one.gapDays !== undefined)
  const bought = whole.flatMap(({ one, calibration }) => {
    if (one.gapDays === null || one.gapDays === undefined) return []
    const own = intervalsOf(one)
    const forecast = forecastOf(rules, calibration.parameters, own, one.silence)
    return [{ one, gap: one.gapDays, mean: own.sumDays / own.count, forecast }]
  })
  const covered = (of: 'half' | 'most'): Covered => {
    const inside = bought.filter(({ gap, forecast }) => {
      const [from, to] = wholeDays(forecast[of])
      return gap >= from && gap <= to
    }).length
    const { low, high } = wilson(inside, bought.length)
    return {
      inside,
      share: bought.length === 0 ? null : inside / bought.length,
      low,
      high,
      medianWidthDays: median(bought.map(({ forecast }) => forecast[of][1] - forecast[of][0])),
    }
  }
  const supplied = bought.filter(({ one }) => one.supplyDays > 0)
  return {
    cases: whole.length,
    bought: bought.length,
    half: covered('half'),
    most: covered('most'),
    medianErrorDays: median(bought.map(({ gap, forecast }) => Math.abs(forecast.median - gap))),
    baselineMedianErrorDays: median(bought.map(({ gap, mean }) => Math.abs(mean - gap))),
    baselineFromTodayMedianErrorDays: median(
      bought.map(({ one, gap, mean }) => Math.abs(Math.max(mean, one.silence) - gap)),
    ),
    supply: {
      cases: supplied.length,
      medianErrorDays: median(supplied.map(({ one, gap }) => Math.abs(one.supplyDays - gap))),
      rhythmMedianErrorDays: median(supplied.map(({ gap, forecast }) => Math.abs(forecast.median - gap))),
      trusted: verdicts[0]?.calibration.parameters.trustSupply ?? false,
    },
  }
}

/** A forecast is said in days: the interval is whole days, rounded to the nearest. */
const wholeDays = ([from, to]: readonly [number, number]): readonly [number, number] => [
  Math.round(from),
  Math.round(to),
]
