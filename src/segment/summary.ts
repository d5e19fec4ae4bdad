/** How many stand where: what `segment --as-of` prints and the overview shows. */
import type { Day } from '../base/calendar.ts'
import type { Standing } from './standings.ts'
import type { TierRules } from './tier-rules.ts'

export interface SegmentSummary {
  readonly asOf: Day
  readonly customers: number
  readonly tiers: Readonly<Record<string, number>>
  readonly stages: Readonly<Record<string, number>>
  /** By fixed months; `none` are awake. `byRhythm` counts the grades by each customer's own rhythm. */
  readonly dormancy: {
    readonly none: number
    readonly short: number
    readonly medium: number
    readonly long: number
    readonly byRhythm: Readonly<Record<string, number>>
  }
}

function tally(keys: readonly string[], values: Iterable<string>): Record<string, number> {
  const counts: Record<string, number> = Object.fromEntries(keys.map((key) => [key, 0]))
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1
  return counts
}

const grades = ['none', 'short', 'medium', 'long'] as const

export function summarize(standings: readonly Standing[], rules: TierRules, day: Day): SegmentSummary {
  const months = tally(
    grades,
    standings.map(({ dormancy }) => dormancy ?? 'none'),
  )
  return {
    asOf: day,
    customers: standings.length,
    tiers: tally(
      [...rules.tiers.map(({ name }) => name), rules.lead.name],
      standings.map(({ tier }) => tier),
    ),
    stages: tally(
      ['attraction', 'conversion', 'growth', 'maturity', 'decline'],
      standings.map(({ stage }) => stage),
    ),
    dormancy: {
      none: months['none'] ?? 0,
      short: months['short'] ?? 0,
      medium: months['medium'] ?? 0,
      long: months['long'] ?? 0,
      byRhythm: tally(
        grades,
        standings.map((standing) => standing.dormancyByRhythm ?? 'none'),
      ),
    },
  }
}
