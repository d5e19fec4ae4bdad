import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { addDays, weekdayOf } from './calendar.ts'
import { daysOfFestival, festivalNames, festivalOf, festivalsOf } from './festivals.ts'
import type { Festival } from './festivals.ts'
import { dayOfLunar, leapMonthOf, lengthOfLunarMonth, lunarOf } from './lunar.ts'

const checks = join(process.env['REFERENCE_DATA'] ?? '/nonexistent', 'checks', 'checks-open.json')
const present = existsSync(checks)
if (!present)
  process.stderr.write(
    '!! skipped: "names the festivals of the reference" (cal.fest); set REFERENCE_DATA to a folder with checks/\n',
  )

function expected<T>(id: string): T {
  const list = JSON.parse(readFileSync(checks, 'utf8')) as readonly { id: string; expect: T }[]
  const check = list.find((one) => one.id === id)
  if (!check) throw new Error(`${checks} has no ${id}`)
  return check.expect
}

const first = 2020
const count = 16
const years = Array.from({ length: count }, (_, n) => first + n)
/** One date a year from 2020 on, as printed calendars have it. */
const printed: Partial<Record<Festival, readonly string[]>> = {
  春节: '01-25 02-12 02-01 01-22 02-10 01-29 02-17 02-06 01-26 02-13 02-03 01-23 02-11 01-31 02-19 02-08'.split(
    ' ',
  ),
  端午节:
    '06-25 06-14 06-03 06-22 06-10 05-31 06-19 06-09 05-28 06-16 06-05 06-24 06-12 06-01 06-20 06-10'.split(
      ' ',
    ),
  中秋节:
    '10-01 09-21 09-10 09-29 09-17 10-06 09-25 09-15 10-03 09-22 09-12 10-01 09-19 09-08 09-27 09-16'.split(
      ' ',
    ),
}

describe('festivals', () => {
  it.runIf(present)('names the festivals of the reference', () => {
    const wanted = Object.entries(expected<Record<string, string>>('cal.fest'))
    expect(wanted).toHaveLength(8)
    for (const [label, day] of wanted) {
      const [, short = '', year = ''] = /^(\D+)(\d{4})$/.exec(label) ?? []
      const name = festivalNames.find((one) => one === short || one === `${short}节`)
      expect(name, label).toBeDefined()
      if (name) expect(daysOfFestival(name, Number(year)), label).toEqual([day])
    }
  })

  it.each(Object.entries(printed))('%s of 2020-2035 is where printed calendars have it', (name, dates) => {
    expect(years.map((year) => daysOfFestival(name as Festival, year))).toEqual(
      dates.map((date, n) => [`${String(first + n)}-${date}`]),
    )
  })

  it('清明 follows the rule of thumb for this century: ⌊0.2422 y + 4.81⌋ − ⌊y / 4⌋', () => {
    for (const year of years) {
      const y = year % 100
      const date = Math.floor(y * 0.2422 + 4.81) - Math.floor(y / 4)
      expect(daysOfFestival('清明节', year)).toEqual([`${String(year)}-04-0${String(date)}`])
    }
  })

  it('those that hang on 春节 keep their distance from it; the year before ends with 除夕', () => {
    for (const year of years) {
      const [spring = ''] = daysOfFestival('春节', year)
      expect(daysOfFestival('除夕', year)).toEqual([addDays(spring, -1)])
      expect(daysOfFestival('元宵节', year)).toEqual([addDays(spring, 14)])
      // The last month has 29 or 30 days.
      expect([7, 8].map((n) => addDays(spring, -n))).toContain(daysOfFestival('小年', year)[0])
      expect(lunarOf(spring)).toEqual({ year, month: 1, date: 1, leap: false })
    }
  })

  it('七夕, 中元 and 重阳 lie 7, 15 and two months on; Mothers’ and Fathers’ day on their Sundays', () => {
    for (const year of years) {
      for (const [name, month, date] of [
        ['七夕', 7, 7],
        ['中元节', 7, 15],
        ['重阳节', 9, 9],
        ['腊八节', 12, 8],
      ] as const)
        for (const day of daysOfFestival(name, year))
          expect(lunarOf(day)).toMatchObject({ month, date, leap: false })
      for (const [name, from, to] of [
        ['母亲节', '05-08', '05-14'],
        ['父亲节', '06-15', '06-21'],
      ] as const) {
        const [day = ''] = daysOfFestival(name, year)
        expect(weekdayOf(day)).toBe(7)
        expect(day >= `${String(year)}-${from}` && day <= `${String(year)}-${to}`).toBe(true)
      }
    }
  })

  it('several on a day, none on most; a leap month repeats none', () => {
    expect(festivalsOf('2020-10-01')).toEqual(['中秋节', '国庆节'])
    expect(festivalOf('2020-10-01')).toBe('中秋节 · 国庆节')
    expect(festivalOf('2026-11-11')).toBe('双11')
    expect(festivalsOf('2026-06-18')).toEqual(['618'])
    expect(festivalOf('2026-05-20')).toBeNull()
    // 2028 has two fifth months.
    expect(leapMonthOf(2028)).toBe(5)
    expect(daysOfFestival('端午节', 2028)).toEqual(['2028-05-28'])
    expect(festivalsOf('0001-01-01')).toEqual([])
    expect(festivalsOf('9999-10-01')).toEqual([])
  })
})

describe('the lunar calendar', () => {
  it('knows the leap months of this century so far', () => {
    const leap = years.flatMap((year) => {
      const month = leapMonthOf(year)
      return month === null ? [] : [[year, month]]
    })
    expect(leap).toEqual([
      [2020, 4],
      [2023, 2],
      [2025, 6],
      [2028, 5],
      [2031, 3],
      [2033, 11],
    ])
  })

  it('goes there and back for every day of twelve years, one day after the other', () => {
    let before = lunarOf('2024-12-31')
    for (let day = '2025-01-01'; day < '2037-01-01'; day = addDays(day, 1)) {
      const lunar = lunarOf(day)
      if (!lunar || !before) throw new Error(`${day} has no lunar date`)
      expect(dayOfLunar(lunar)).toBe(day)
      const isFirst = before.date === lengthOfLunarMonth(before.year, before.month, before.leap)
      expect(lunar.date).toBe(isFirst ? 1 : before.date + 1)
      before = lunar
    }
  })

  it('keeps the 30th of a short month on the 29th, and has no leap month where there is none', () => {
    expect(lengthOfLunarMonth(2025, 6, true)).toBe(29)
    expect(dayOfLunar({ year: 2025, month: 6, date: 30, leap: true })).toBe('2025-08-22')
    expect(dayOfLunar({ year: 2026, month: 6, date: 1, leap: true })).toBeNull()
    expect(lengthOfLunarMonth(2026, 6, true)).toBeNull()
    expect(lunarOf('1899-12-31')).toBeNull()
  })
})
