/**
 * Which birthdays are kept on a day, as the ends of the stored dates (`-08-15`, in a leap month `-L06-15`). Rules, since
 * a date may not exist this year: born on 29 February, kept on the 28th of an ordinary year; born on the 30th of a lunar
 * month, kept on its last day when it has 29; born in a leap month, kept in the ordinary month of that number (`ordinary`),
 * or in the leap month of a year that has it (`leap`).
 */
import { LunarYear, SolarDay } from 'tyme4ts'
import { addDays } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'

export type LeapRule = 'ordinary' | 'leap'

const two = (n: number): string => String(n).padStart(2, '0')

export function keptOn(day: Day, calendar: 'solar' | 'lunar', leapRule: LeapRule): string[] {
  return calendar === 'solar' ? solarEnds(day) : lunarEnds(day, leapRule)
}

function solarEnds(day: Day): string[] {
  const ends = [day.slice(4)]
  return ends[0] === '-02-28' && addDays(day, 1).slice(5) === '03-01' ? [...ends, '-02-29'] : ends
}

function lunarEnds(day: Day, leapRule: LeapRule): string[] {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number)
  const lunar = SolarDay.fromYmd(year, month, date).getLunarDay()
  const lunarMonth = lunar.getLunarMonth()
  const number = Math.abs(lunar.getMonth())
  const dates = lunarMonth.getDayCount() === 29 && lunar.getDay() === 29 ? [29, 30] : [lunar.getDay()]
  const ends = (mark: '' | 'L'): string[] => dates.map((one) => `-${mark}${two(number)}-${two(one)}`)
  if (lunarMonth.isLeap()) return leapRule === 'leap' ? ends('L') : []
  const hasLeap = LunarYear.fromYear(lunar.getYear()).getLeapMonth() === number
  return leapRule === 'leap' && hasLeap ? ends('') : [...ends(''), ...ends('L')]
}
