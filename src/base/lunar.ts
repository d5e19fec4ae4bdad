/**
 * The Chinese calendar (农历), and the only file that knows the library behind it. Everything goes by our own numbers:
 * a lunar year is named by the Gregorian year its first month begins in, and 12-30 of 2025 lies in February 2026.
 */
import { LRUCache } from 'lru-cache'
import { LunarYear, SolarTerm } from 'tyme4ts'
import type { SolarDay } from 'tyme4ts'
import { dayNumber, dayOfNumber } from './calendar.ts'
import type { Day } from './calendar.ts'

export interface LunarDate {
  readonly year: number
  /** 1-12. */
  readonly month: number
  /** 1-30. */
  readonly date: number
  /** The month is the second of its number in its year (闰月). */
  readonly leap: boolean
}

/** What can be reckoned; a day outside has no lunar date and no festival of the moon. */
export const lunarYears = { first: 1900, last: 2199 } as const

const two = (n: number): string => String(n).padStart(2, '0')
const dayOfSolar = (solar: SolarDay): Day =>
  `${String(solar.getYear()).padStart(4, '0')}-${two(solar.getMonth())}-${two(solar.getDay())}`

interface Month {
  readonly month: number
  readonly leap: boolean
  /** Of its first day. */
  readonly start: number
  readonly length: number
}

/** The library reckons from the moon each time; a year is asked for once. */
const months = new LRUCache<number, readonly Month[]>({ max: 300 })

function monthsOf(lunarYear: number): readonly Month[] {
  const known = months.get(lunarYear)
  if (known) return known
  const read = LunarYear.fromYear(lunarYear)
    .getMonths()
    .map((one) => ({
      month: one.getMonth(),
      leap: one.isLeap(),
      start: dayNumber(dayOfSolar(one.getFirstJulianDay().getSolarDay())),
      length: one.getDayCount(),
    }))
  months.set(lunarYear, read)
  return read
}

/** Null outside the years that can be reckoned. */
export function lunarOf(day: Day): LunarDate | null {
  const solarYear = Number(day.slice(0, 4))
  if (solarYear < lunarYears.first || solarYear > lunarYears.last) return null
  const number = dayNumber(day)
  for (const year of [solarYear, solarYear - 1]) {
    const found = monthsOf(year).findLast(({ start }) => start <= number)
    if (found) return { year, month: found.month, date: number - found.start + 1, leap: found.leap }
  }
  return null
}

/** The number of the month that comes twice in this lunar year; null when none does. */
export const leapMonthOf = (lunarYear: number): number | null =>
  monthsOf(lunarYear).find(({ leap }) => leap)?.month ?? null

const monthOf = (lunarYear: number, month: number, leap: boolean): Month | undefined =>
  monthsOf(lunarYear).find((one) => one.month === month && one.leap === leap)

/** 29 or 30; null when the year has no such leap month. */
export const lengthOfLunarMonth = (lunarYear: number, month: number, leap = false): number | null =>
  monthOf(lunarYear, month, leap)?.length ?? null

/** The 30th of a month of 29 days is its last day. Null when the year has no such leap month. */
export function dayOfLunar({ year, month, date, leap }: LunarDate): Day | null {
  const found = monthOf(year, month, leap)
  return found ? dayOfNumber(found.start + Math.min(date, found.length) - 1) : null
}

/** 清明, the one solar term that is a festival: the 4th or 5th of April (the 6th in some years before 1950). */
export const qingmingOf = (year: number): Day => dayOfSolar(SolarTerm.fromIndex(year, qingming).getSolarDay())
/** Terms are counted from the winter solstice before the year. */
const qingming = 7
