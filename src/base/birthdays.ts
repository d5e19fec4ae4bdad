/**
 * Which birthdays are kept on a day, as the ends of the stored dates (`-08-15`, in a leap month `-L06-15`). Rules, since
 * a date may not exist this year: born on 29 February, kept on the 28th of an ordinary year; born on the 30th of a lunar
 * month, kept on its last day when it has 29; born in a leap month, kept as the rule below says.
 */
import { addDays } from './calendar.ts'
import type { Day } from './calendar.ts'
import { leapMonthOf, lengthOfLunarMonth, lunarOf } from './lunar.ts'

/**
 * Born in 闰六月: `leap` keeps it in 闰六月 of a year that has one and in 六月 of all others (the default: the very day,
 * where there is one); `ordinary` keeps it in 六月 every year; `both` keeps it twice in a year that has both.
 */
export const leapRules = ['leap', 'ordinary', 'both'] as const
export type LeapRule = (typeof leapRules)[number]
export const defaultLeapRule: LeapRule = 'leap'

const two = (n: number): string => String(n).padStart(2, '0')

export function keptOn(day: Day, calendar: 'solar' | 'lunar', leapRule: LeapRule): string[] {
  return calendar === 'solar' ? solarEnds(day) : lunarEnds(day, leapRule)
}

function solarEnds(day: Day): string[] {
  const ends = [day.slice(4)]
  return ends[0] === '-02-28' && addDays(day, 1).slice(5) === '03-01' ? [...ends, '-02-29'] : ends
}

function lunarEnds(day: Day, leapRule: LeapRule): string[] {
  const lunar = lunarOf(day)
  if (!lunar) return []
  const { year, month, date, leap } = lunar
  const isShort = lengthOfLunarMonth(year, month, leap) === 29
  const dates = isShort && date === 29 ? [29, 30] : [date]
  const ends = (mark: '' | 'L'): string[] => dates.map((one) => `-${mark}${two(month)}-${two(one)}`)
  if (leap) return leapRule === 'ordinary' ? [] : ends('L')
  const waits = leapRule === 'leap' && leapMonthOf(year) === month
  return waits ? ends('') : [...ends(''), ...ends('L')]
}

/** The year that a birthday on this day belongs to: a lunar one in December or January may fall twice in one of ours. */
export const birthdayYear = (day: Day, calendar: 'solar' | 'lunar'): number =>
  (calendar === 'lunar' ? lunarOf(day)?.year : undefined) ?? Number(day.slice(0, 4))
