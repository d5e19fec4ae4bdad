/**
 * A rule is a condition on one customer as of the end of one day. It is said twice, as SQL over the features (for
 * everybody at once) and in words over one customer's features (why?); a property test holds the two together. The days
 * on which time alone may change its verdict are said once, and read by both.
 */
import type { z } from 'zod'
import { dayOfNumber } from '../base/calendar.ts'
import type { Row } from '../base/db.ts'

/** A quantile over the average purchase, or the sum, of everybody who bought within `days`. */
export interface CutNeed {
  readonly name: string
  readonly of: 'average' | 'sum'
  readonly percent: number
  readonly days: number
}

export interface Cut {
  readonly cutFen: number
  readonly buyers: number
}

/** The end of a day (days since 1970-01-01), and the cut points in force then. */
export interface Moment {
  readonly dayNo: number
  readonly cuts: ReadonlyMap<string, Cut>
}

/**
 * What rules may look at: `first_no, last_no, purchases, amount_fen, engaged_no`, and for every window of N days that a
 * rule asked for: `purchases_N, amount_N, oldest_N`. Days are numbers; see compute.ts, which makes them.
 */
export type Features = Row

export interface Verdict {
  readonly met: boolean
  /** Chinese, one clause. */
  readonly words: string
}

/** Time may change a verdict `days` days after the day in this column of the features. */
export interface Change {
  readonly column: string
  readonly days: number
}

export interface BoundRule {
  readonly kind: string
  readonly windows: readonly number[]
  readonly cuts: readonly CutNeed[]
  /** True or false, never null, on both databases. Holds no input: only whole numbers. */
  sql(moment: Moment): string
  explain(features: Features, moment: Moment): Verdict
  /** Days on which time alone may change the verdict; past ones are ignored. */
  changesOn(features: Features): readonly number[]
  /** The same as SQL expressions; null where there is no such day. */
  readonly changesSql: readonly string[]
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
  changes(settings: S): readonly Change[]
}

export function defineRule<S>(spec: RuleSpec<S>): RuleKind {
  return {
    name: spec.name,
    title: spec.title,
    settings: spec.settings,
    bind(raw) {
      const settings = spec.settings.parse(raw)
      const changes = spec.changes(settings)
      return {
        kind: spec.name,
        windows: spec.windows?.(settings) ?? [],
        cuts: spec.cuts?.(settings) ?? [],
        sql: (moment) => spec.sql(settings, moment),
        explain: (features, moment) => spec.explain(settings, features, moment),
        changesOn: (features) =>
          changes.flatMap(({ column, days }) => {
            const from = noAt(features, column)
            return from === null ? [] : [from + days]
          }),
        changesSql: changes.map(({ column, days }) => `${column} + ${String(days)}`),
      }
    },
  }
}

// ------------------------------------------------------------------ reading features

export const wholeOf = (features: Features, column: string): number => {
  const value = features[column]
  return typeof value === 'number' ? value : 0
}

/** A day number; null when there is none. */
export const noAt = (features: Features, column: string): number | null => {
  const value = features[column]
  return typeof value === 'number' ? value : null
}

/** A day for people; `尚无` when there is none. */
export const dayWords = (no: number | null): string => (no === null ? '尚无' : dayOfNumber(no))

/** The last day that no longer lies within the `days` days that end with the moment's day. */
export const before = ({ dayNo }: Moment, days: number): number => dayNo - days

export const yuan = (fen: number): string => `¥${(fen / 100).toFixed(2)}`
