import fc from 'fast-check'
import { DateTime } from 'luxon'
import { describe, expect, it } from 'vitest'
import {
  addDays,
  dayOf,
  daysBetween,
  instantOf,
  isDay,
  isoOf,
  timeOf,
  weekOf,
  weekdayOf,
} from './calendar.ts'

describe('the calendar', () => {
  it('knows a day of Shanghai from the instant, whatever the machine’s zone', () => {
    expect(dayOf(Date.UTC(2026, 4, 19, 16, 0))).toBe('2026-05-20')
    expect(timeOf(Date.UTC(2026, 4, 19, 16, 5))).toBe('00:05')
    expect(isoOf(Date.UTC(2026, 4, 20, 2, 0))).toBe('2026-05-20T10:00:00+08:00')
    expect(instantOf('2026-05-20', '10:00')).toBe(Date.UTC(2026, 4, 20, 2, 0))
  })

  it.each([
    ['2026-05-18', 1, '2026-W21'],
    ['2026-05-24', 7, '2026-W21'],
    ['2027-01-01', 5, '2026-W53'],
    ['2024-12-30', 1, '2025-W01'],
    ['2024-02-29', 4, '2024-W09'],
  ])('%s is weekday %i of %s', (day, weekday, week) => {
    expect([weekdayOf(day), weekOf(day)]).toEqual([weekday, week])
  })

  it('adds days without a zone: over leap days, month ends and clock changes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 40_000 }),
        fc.integer({ min: -2_000, max: 2_000 }),
        (start, n) => {
          const day = addDays('1970-01-01', start)
          expect(daysBetween(day, addDays(day, n))).toBe(n)
          expect(weekdayOf(addDays(day, 7))).toBe(weekdayOf(day))
          expect(dayOf(instantOf(day, '12:00'))).toBe(day)
        },
      ),
    )
  })

  it('skips the zone tables for Shanghai without changing an answer', () => {
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(1985, 0, 1), max: Date.UTC(2060, 0, 1) }), (at) => {
        const slow = DateTime.fromMillis(at, { zone: 'Asia/Shanghai' })
        expect([dayOf(at), timeOf(at)]).toEqual([slow.toISODate(), slow.toFormat('HH:mm')])
        expect(Date.parse(isoOf(at))).toBe(Math.floor(at / 1000) * 1000)
        expect(instantOf(dayOf(at), '12:00')).toBe(
          slow.set({ hour: 12, minute: 0, second: 0, millisecond: 0 }).toMillis(),
        )
      }),
    )
  })

  it('tells a day from nonsense', () => {
    expect(['2026-02-28', '2026-02-29', '2026-2-8', 'today', '2026-13-01'].map(isDay)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ])
  })
})
