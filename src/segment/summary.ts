/** How many stand where: what `segment --as-of` prints. Counted in the database, so that a large shop costs no memory. */
import { dayNumber } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import type { Reader } from '../base/db.ts'
import { cutsAsOf } from './cuts.ts'
import { countStandings } from './standing.store.ts'
import type { StandingCount } from './standing.store.ts'
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

const grades = ['none', 'short', 'medium', 'long'] as const
const stages = ['attraction', 'conversion', 'growth', 'maturity', 'decline'] as const

/** As everybody stands at the end of `day`. */
export async function summarizeDay(reader: Reader, rules: TierRules, day: Day): Promise<SegmentSummary> {
  const moment = { dayNo: dayNumber(day), cuts: await cutsAsOf(reader, rules, day) }
  const counts = await countStandings(reader, rules, moment)
  const tally = <K extends string>(
    keys: readonly K[],
    of: (row: StandingCount) => string,
  ): Record<K, number> => {
    const sums = Object.fromEntries(keys.map((key) => [key, 0])) as Record<string, number>
    for (const row of counts) sums[of(row)] = (sums[of(row)] ?? 0) + row.n
    return sums
  }
  return {
    asOf: day,
    customers: counts.reduce((sum, { n }) => sum + n, 0),
    tiers: tally([...rules.tiers.map(({ name }) => name), rules.lead.name], ({ tier }) => tier),
    stages: tally(stages, ({ stage }) => stage),
    dormancy: {
      ...tally(grades, ({ dormancy }) => dormancy ?? 'none'),
      byRhythm: tally(grades, (row) => row.dormancy_rhythm ?? 'none'),
    },
  }
}
