/**
 * A rule is a condition on one customer as of the end of one day. It is said twice, as SQL over the features CTE (for
 * everybody at once) and in words over one customer's features (why?); a property test holds the two together.
 */
import type { z } from 'zod'
import { addDays } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import type { Row } from '../base/db.ts'

/** A quantile over the average purchase of everybody who bought within `days`. */
export interface CutNeed {
  readonly name: string
  readonly percent: number
  readonly days: number
}

export interface Cut {
  readonly cutFen: number
  readonly buyers: number
}

/** The end of `day`, and the cut points in force then. */
export interface Moment {
  readonly day: Day
  readonly cuts: ReadonlyMap<string, Cut>
}

/**
 * One row of the features CTE: `first_day, last_day, purchases, amount_fen, engaged_day`, and for every window of N
 * days that a rule asked for: `purchases_N, amount_N, oldest_N`.
 */
export type Features = Row

export interface Verdict {
  readonly met: boolean
  /** Chinese, one clause. */
  readonly words: string
}

export interface BoundRule {
  readonly kind: string
  readonly windows: readonly number[]
  readonly cuts: readonly CutNeed[]
  /** True or false, never null, on both databases. Holds no input: only whole numbers and days. */
  sql(moment: Moment): string
  explain(features: Features, moment: Moment): Verdict
  /** Days on which time alone may change the verdict; past ones are ignored. */
  changesOn(features: Features): readonly Day[]
}

export interface RuleKind {
  /** Written in config: never changes once released. */
  readonly name: string
  readonly title: string
  readonly settings: z.ZodType
  bind(settings: unknown): BoundRule
}

interface RuleSpec<S> {
  readonly name: string
  readonly title: string
  readonly settings: z.ZodType<S>
  windows?(settings: S): readonly number[]
  cuts?(settings: S): readonly CutNeed[]
  sql(settings: S, moment: Moment): string
  explain(settings: S, features: Features, moment: Moment): Verdict
  changesOn(settings: S, features: Features): readonly (Day | null)[]
}

export function defineRule<S>(spec: RuleSpec<S>): RuleKind {
  return {
    name: spec.name,
    title: spec.title,
    settings: spec.settings,
    bind(raw) {
      const settings = spec.settings.parse(raw)
      return {
        kind: spec.name,
        windows: spec.windows?.(settings) ?? [],
        cuts: spec.cuts?.(settings) ?? [],
        sql: (moment) => spec.sql(settings, moment),
        explain: (features, moment) => spec.explain(settings, features, moment),
        changesOn: (features) => spec.changesOn(settings, features).filter((day) => day !== null),
      }
    },
  }
}

// ------------------------------------------------------------------ reading features

export const wholeOf = (features: Features, column: string): number => {
  const value = features[column]
  return typeof value === 'number' ? value : 0
}

export const dayAt = (features: Features, column: string): Day | null => {
  const value = features[column]
  return typeof value === 'string' && value !== '' ? value : null
}

/** A shop knows a few thousand days and asks about each of them for every customer: remembered, not recomputed. */
const remembered = new Map<number, Map<Day, Day>>()
const maxRemembered = 50_000

export function shift(day: Day, days: number): Day {
  let shifted = remembered.get(days)
  if (!shifted || shifted.size > maxRemembered) remembered.set(days, (shifted = new Map<Day, Day>()))
  const known = shifted.get(day)
  if (known !== undefined) return known
  const answer = addDays(day, days)
  shifted.set(day, answer)
  return answer
}

/** The last day that no longer lies within the `days` days that end with `day`. */
export const before = (day: Day, days: number): Day => shift(day, -days)

export const plus = (day: Day | null, days: number): Day | null => (day === null ? null : shift(day, days))

export const yuan = (fen: number): string => `¥${(fen / 100).toFixed(2)}`
