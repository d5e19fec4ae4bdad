/** Who sleeps, and what is seen in her history, said by the database for everybody at once or for a few. */
import { addDays, dayNumber, instantOf } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import type { Reader } from '../../base/db.ts'
import { buyersSql } from '../rfm/rfm.store.ts'
import { scoredSql } from '../rfm/rfm.store.ts'
import type { Scale } from '../rfm/score.ts'
import type { RfmRules } from '../rfm/settings.ts'
import type { Cause } from './settings.ts'
import { ageRangeOf } from './signal.ts'
import type { AgeRange, SignalMoment } from './signal.ts'

const list = (values: readonly unknown[]): string => values.map((_, i) => `$${String(i + 1)}`).join(', ')

/** The catalogue's age ranges are few; what cannot be read as one says nothing. */
export async function ageRanges(reader: Reader): Promise<AgeRange[]> {
  const rows = await reader.rows<{ written: string }>(
    `select distinct age_range as written from product where age_range <> '' order by age_range limit 1000`,
  )
  return rows.flatMap(({ written }) => ageRangeOf(written) ?? [])
}

export interface CauseQuery {
  readonly causes: readonly Cause[]
  readonly rfm: RfmRules
  readonly day: Day
  /** Quiet for so many days = asleep. */
  readonly quietDays: number
  readonly customers?: readonly string[] | undefined
}

/** `customer, last_no, s0, s1, …, cause`: sleepers with the value of every signal and the place of their cause. */
export async function sleepersSql(reader: Reader, query: CauseQuery): Promise<string> {
  const { causes, rfm, day, quietDays, customers } = query
  const dayNo = dayNumber(day)
  const moment: SignalMoment = {
    dayNo,
    endsAt: instantOf(addDays(day, 1)),
    ageRanges: await ageRanges(reader),
    whose: (column = 'customer') => (customers === undefined ? '' : ` and ${column} in (${list(customers)})`),
  }
  const lifetime = {
    rules: { ...rfm, window: 'lifetime' as const },
    day,
    when: 'end-of-day' as const,
    customers,
  }
  const signals = causes.flatMap((cause) => cause.signals)
  const joins = signals.map(
    (signal, i) =>
      `left join (${signal.source(moment)}) j${String(i)} on j${String(i)}.customer = b.customer`,
  )
  let place = 0
  const conditions = causes.slice(0, -1).map(({ signals: hers }, i) => {
    const any = hers.map((signal) => signal.sql(`s${String(place++)}`, 'last_no', moment))
    return `when ${any.join(' or ')} then ${String(i)}`
  })
  const values = signals.map((_, i) => `, j${String(i)}.value as s${String(i)}`)
  const cause =
    conditions.length === 0 ? '0' : `case ${conditions.join(' ')} else ${String(causes.length - 1)} end`
  return `select seen.*, ${cause} as cause from (
      select b.customer, b.last as last_no${values.join('')} from (${await buyersSql(reader, lifetime)}) b
      ${joins.join('\n      ')} where b.last <= ${String(dayNo - quietDays)}) seen`
}

export interface SleeperRow {
  readonly customer: string
  readonly last_no: number
  readonly cause: number
  readonly [signal: `s${number}`]: number | null
}

/** At most 500. */
export const readSleepers = async (reader: Reader, query: CauseQuery): Promise<SleeperRow[]> =>
  reader.rows<SleeperRow>(await sleepersSql(reader, query), query.customers ?? [])

export const countCauses = async (
  reader: Reader,
  query: CauseQuery,
): Promise<{ cause: number; n: number }[]> =>
  reader.rows(
    `select cause, cast(count(*) as bigint) as n from (${await sleepersSql(reader, query)}) c group by cause`,
  )

/** Sleepers by the place of their value type. */
export async function countSleepersByType(
  reader: Reader,
  { rfm, day, quietDays }: CauseQuery,
  scale: Scale,
): Promise<{ type: number; n: number }[]> {
  const buyers = await buyersSql(reader, { rules: rfm, day, when: 'end-of-day' })
  const asleep = `select * from (${buyers}) everybody where last <= ${String(dayNumber(day) - quietDays)}`
  return reader.rows(
    `select type, cast(count(*) as bigint) as n from (${scoredSql(asleep, scale, day)}) scored group by type`,
  )
}
