/**
 * A signal is something that can be seen in a customer's history and may say why she stopped buying. It is one whole
 * number per customer from one relation, a condition over that number and the day of her last purchase, and words. All
 * of it holds only what had happened by the end of the day.
 */
import type { z } from 'zod'
import { dayOfNumber } from '../../base/calendar.ts'

/** The end of a day, and what relations need to be cut down to it. */
export interface SignalMoment {
  readonly dayNo: number
  /** The first instant after the day. */
  readonly endsAt: number
  /** ` and <column> in (…)`, or nothing for everybody. */
  whose(column?: string): string
  /** Age ranges of the catalogue, in months. */
  readonly ageRanges: readonly AgeRange[]
}

export interface AgeRange {
  readonly written: string
  readonly from: number
  readonly to: number
}

export interface BoundSignal {
  readonly kind: string
  /** `select customer, <whole number> as value …`, one row per customer. */
  source(moment: SignalMoment): string
  /** Over the columns named; true, false or null. */
  sql(value: string, lastNo: string, moment: SignalMoment): string
  /** The same condition in memory: which of several signals to put into words. */
  met(value: number, lastNo: number, dayNo: number): boolean
  words(value: number): string
}

export interface SignalKind {
  /** Written in config: never changes once released. */
  readonly name: string
  readonly title: string
  readonly settings: z.ZodType
  bind(settings: unknown): BoundSignal
}

interface SignalSpec<S> {
  readonly name: string
  readonly title: string
  readonly settings: z.ZodType<S>
  source(settings: S, moment: SignalMoment): string
  sql(settings: S, columns: { readonly value: string; readonly lastNo: string }, moment: SignalMoment): string
  met(settings: S, value: number, lastNo: number, dayNo: number): boolean
  words(settings: S, value: number): string
}

export function defineSignal<S>(spec: SignalSpec<S>): SignalKind {
  return {
    name: spec.name,
    title: spec.title,
    settings: spec.settings,
    bind(raw) {
      const settings = spec.settings.parse(raw)
      return {
        kind: spec.name,
        source: (moment) => spec.source(settings, moment),
        sql: (value, lastNo, moment) => spec.sql(settings, { value, lastNo }, moment),
        met: (value, lastNo, dayNo) => spec.met(settings, value, lastNo, dayNo),
        words: (value) => spec.words(settings, value),
      }
    },
  }
}

export const dayWords = (no: number): string => dayOfNumber(no)

/** `6-12月龄`, `0-3岁`, `12个月-24个月`; months, or null when it is not understood. */
export function ageRangeOf(written: string): AgeRange | null {
  const found = /^(\d{1,3})\s*(岁|个?月龄?)?\s*[-–~～至到]\s*(\d{1,3})\s*(岁|个?月龄?)$/.exec(written.trim())
  if (!found) return null
  const [, from = '', unitFrom, to = '', unitTo = ''] = found
  const months = (n: string, unit: string): number => Number(n) * (unit === '岁' ? 12 : 1)
  const range = { written, from: months(from, unitFrom ?? unitTo), to: months(to, unitTo) }
  return range.to > range.from ? range : null
}
