import { describe, expect, test } from 'vitest'
import { addDays, daysBetween, mondayOf, wallOf, weekdayOf, yuan } from './format.ts'

describe('format', () => {
  test('shows the shop’s wall time, whatever the browser’s zone', () => {
    expect(wallOf('2026-05-20T23:30:00+08:00')).toEqual({ day: '2026-05-20', clock: '23:30' })
    expect(wallOf('2026-05-20T18:05:00.000Z')).toEqual({ day: '2026-05-21', clock: '02:05' })
  })

  test.each([
    ['2026-05-18', 1, '2026-05-18'],
    ['2026-05-20', 3, '2026-05-18'],
    ['2026-05-24', 7, '2026-05-18'],
    ['2027-01-01', 5, '2026-12-28'],
  ])('%s is weekday %i of the week from %s', (day, weekday, monday) => {
    expect(weekdayOf(day)).toBe(weekday)
    expect(mondayOf(day)).toBe(monday)
  })

  test('days are counted across months and leap years', () => {
    expect(addDays('2028-02-28', 1)).toBe('2028-02-29')
    expect(addDays('2026-01-01', -1)).toBe('2025-12-31')
    expect(daysBetween('2026-05-20', '2026-06-01')).toBe(12)
  })

  test('fen are shown only when there are any', () => {
    expect([yuan(128_000), yuan(1_250), yuan(0)]).toEqual(['¥1,280', '¥12.50', '¥0'])
  })
})
