import { describe, expect, it } from 'vitest'
import { birthdayYear, keptOn, leapRules } from './birthdays.ts'
import type { LeapRule } from './birthdays.ts'
import { addDays } from './calendar.ts'
import { dayOfLunar } from './lunar.ts'

/** The days of these years on which a stored date is kept. */
function keptDays(
  end: string,
  calendar: 'solar' | 'lunar',
  rule: LeapRule,
  from: string,
  to: string,
): string[] {
  const days: string[] = []
  for (let day = from; day <= to; day = addDays(day, 1))
    if (keptOn(day, calendar, rule).includes(end)) days.push(day)
  return days
}

describe('birthdays', () => {
  it('by the sun: once a year, 29 February on the 28th of an ordinary year', () => {
    expect(keptDays('-02-29', 'solar', 'leap', '2026-01-01', '2029-12-31')).toEqual([
      '2026-02-28',
      '2027-02-28',
      '2028-02-29',
      '2029-02-28',
    ])
    expect(keptDays('-02-28', 'solar', 'leap', '2027-01-01', '2028-12-31')).toEqual([
      '2027-02-28',
      '2028-02-28',
    ])
  })

  // 2025 has 六月 from 06-25 and 闰六月 from 07-25; 2026 has 六月 from 07-14.
  it.each([
    ['leap', '-L06-15', ['2025-08-08', '2026-07-28']],
    ['ordinary', '-L06-15', ['2025-07-09', '2026-07-28']],
    ['both', '-L06-15', ['2025-07-09', '2025-08-08', '2026-07-28']],
    ['leap', '-06-15', ['2025-07-09', '2026-07-28']],
    ['ordinary', '-06-15', ['2025-07-09', '2026-07-28']],
    ['both', '-06-15', ['2025-07-09', '2026-07-28']],
  ] as const)('by the moon with the rule %s: %s', (rule, end, days) => {
    expect(keptDays(end, 'lunar', rule, '2025-01-01', '2026-12-31')).toEqual(days)
  })

  it('the 30th is kept on the 29th of a short month, also of a leap month, and by nobody twice', () => {
    expect(keptDays('-L06-30', 'lunar', 'leap', '2025-01-01', '2025-12-31')).toEqual(['2025-08-22'])
    for (const rule of leapRules) {
      for (const end of ['-01-30', '-06-30', '-12-30', '-12-29', '-08-15']) {
        const days = keptDays(end, 'lunar', rule, '2025-01-29', '2033-01-30')
        expect(days.map((day) => birthdayYear(day, 'lunar'))).toEqual(
          Array.from({ length: 8 }, (_, n) => 2025 + n),
        )
      }
    }
  })

  it('belong to the lunar year: in one of ours there may be two of them, or none', () => {
    // 十一月廿五 comes twice in 2027 and not at all in 2028.
    const days = [2026, 2027, 2028].map((year) => dayOfLunar({ year, month: 11, date: 25, leap: false }))
    expect(days).toEqual(['2027-01-02', '2027-12-22', '2029-01-09'])
    expect(days.map((day) => birthdayYear(day ?? '', 'lunar'))).toEqual([2026, 2027, 2028])
    expect(birthdayYear('2027-01-02', 'solar')).toBe(2027)
  })
})
