/**
 * One thing an audience may ask about a customer. It is said once, as an SQL expression over `customer c`; the same
 * expression answers the list, the count, and what one customer's value is, so that SQL and explanation cannot differ.
 */
import type { z } from 'zod'
import type { Day } from '../../base/calendar.ts'
import type { Instant } from '../../base/clock.ts'
import type { Reader, Value } from '../../base/db.ts'
import type { TierRules } from '../tier-rules.ts'

/**
 * `number`, `money` (integer fen) and `text` are compared; `choice` is one of known values; `set`: she may have several,
 * and the rule asks for any of its values; `flag`: yes or no. Unknown (NULL) meets only the operator `null`.
 */
export type FieldKind = 'number' | 'money' | 'text' | 'choice' | 'set' | 'flag'

export interface Choice {
  readonly value: string
  readonly title: string
}

/** What an expression may lean on. Everything that came from outside goes through `param`. */
export interface Use<S> {
  readonly settings: S
  /** A placeholder for a value; placeholders are numbered in order of first use. */
  param(value: Value): string
  /** Placeholders for the values of a `set` rule. */
  values(): string
  /** The values of a `set` rule themselves. */
  readonly wanted: readonly string[]
  /** The shop's today, as a day number. */
  readonly today: number
  readonly now: Instant
  readonly rules: TierRules
}

/** A relation with a column `customer` that must be asked for first (frozen cut points): joined as `name`. */
export interface Relation {
  readonly name: string
  sql(reader: Reader, rules: TierRules, day: Day): Promise<string>
}

export interface AudienceField {
  /** Written in rules: never changes once released. */
  readonly name: string
  readonly title: string
  /** Heading under which a rule builder shows it. */
  readonly group: string
  readonly kind: FieldKind
  readonly unit?: string
  /** JSON schema source of `with`; absent when the field takes no settings. */
  readonly settings?: z.ZodType
  /** Left joins it needs, each at most once in the statement: `facts f on f.customer = c.id`. */
  readonly joins: readonly string[]
  readonly relation?: Relation
  /** Null = unknown. A `set` or `flag` answers 1 or 0. */
  sql(use: Use<unknown>): string
  choices?(reader: Reader, rules: TierRules): Promise<readonly Choice[]> | readonly Choice[]
}

interface FieldSpec<S> extends Omit<AudienceField, 'sql' | 'settings' | 'joins'> {
  readonly settings?: z.ZodType<S>
  readonly joins?: readonly string[]
  sql(use: Use<S>): string
}

export const defineField = <S = undefined>(spec: FieldSpec<S>): AudienceField => ({
  ...spec,
  joins: spec.joins ?? [],
  // The settings were parsed by this field's own schema before any SQL is made (rule.ts).
  sql: (use) => spec.sql(use as Use<S>),
})

export const factsJoin = 'facts f on f.customer = c.id'
export const standingJoin = 'standing s on s.customer = c.id'
