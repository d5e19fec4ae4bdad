import { describe, expect, it } from 'vitest'
import { instantOf, isLived } from './calendar.ts'
import { nextSlotAfter, slotsBetween } from './schedule.ts'
import { compareWithWall, randomOf, turns, wallsAroundTurns } from './schedule.checks.fixture.ts'

const seed = Number(process.env['SCHEDULE_SEED'] ?? 20_261_128)
const utc = (text: string): number => Date.parse(`${text}:00Z`)
const isoOfSlots = (at: string, zone: string, from: string, to: string): [string, string][] =>
  slotsBetween({ every: 'day', at }, utc(from), utc(to), zone).map(({ name, dueAt }) => [
    name,
    new Date(dueAt).toISOString().slice(0, 16),
  ])

describe('schedules in any zone', () => {
  it('a time that is skipped in spring is due once, right after the gap', () => {
    expect(isoOfSlots('02:30', 'America/New_York', '2026-03-07T12:00', '2026-03-09T12:00')).toEqual([
      ['2026-03-08T02:30', '2026-03-08T07:00'],
      ['2026-03-09T02:30', '2026-03-09T06:30'],
    ])
    expect(isoOfSlots('00:00', 'America/Santiago', '2026-09-06T00:00', '2026-09-07T00:00')).toEqual([
      ['2026-09-06T00:00', '2026-09-06T04:00'],
    ])
    expect(isoOfSlots('02:15', 'Australia/Lord_Howe', '2026-10-03T00:00', '2026-10-04T00:00')).toEqual([
      ['2026-10-04T02:15', '2026-10-03T15:30'],
    ])
  })

  it('a time that comes twice in autumn is due once, the first time', () => {
    expect(isoOfSlots('01:30', 'America/New_York', '2026-10-31T12:00', '2026-11-02T00:00')).toEqual([
      ['2026-11-01T01:30', '2026-11-01T05:30'],
    ])
    expect(isoOfSlots('01:45', 'Australia/Lord_Howe', '2026-04-04T00:00', '2026-04-05T00:00')).toEqual([
      ['2026-04-05T01:45', '2026-04-04T14:45'],
    ])
    // By the minute both are due, under names of their own.
    expect(
      slotsBetween(
        { every: 'minutes', minutes: 60 },
        utc('2026-11-01T04:30'),
        utc('2026-11-01T07:30'),
        'America/New_York',
      ).map(({ name }) => name),
    ).toEqual(['2026-11-01T01:00', '2026-11-01T01:00:00-05:00', '2026-11-01T02:00'])
  })

  it('a date that never was has no slot, and 24:00 ends the day', () => {
    expect(isLived('2011-12-30', 'Pacific/Apia')).toBe(false)
    expect(isoOfSlots('08:30', 'Pacific/Apia', '2011-12-29T00:00', '2012-01-01T00:00')).toEqual([
      ['2011-12-29T08:30', '2011-12-29T18:30'],
      ['2011-12-31T08:30', '2011-12-30T18:30'],
      ['2012-01-01T08:30', '2011-12-31T18:30'],
    ])
    expect(isoOfSlots('24:00', 'Asia/Shanghai', '2028-02-28T15:00', '2028-03-01T16:00')).toEqual([
      ['2028-02-28T24:00', '2028-02-28T16:00'],
      ['2028-02-29T24:00', '2028-02-29T16:00'],
      ['2028-03-01T24:00', '2028-03-01T16:00'],
    ])
    expect(instantOf('2026-12-31', '24:00')).toBe(instantOf('2027-01-01'))
    expect(nextSlotAfter({ every: 'day', at: '24:00' }, utc('2026-12-31T16:00'))).toBe(
      utc('2027-01-01T16:00'),
    )
  })

  it('refuses a zone that does not exist', () => {
    expect(() => instantOf('2026-05-20', '10:00', 'Asia/Nowhere')).toThrow(
      'There is no time zone Asia/Nowhere.',
    )
  })

  it('says of random schedules what the clocks on the wall say', { timeout: 60_000 }, () => {
    const figures = compareWithWall(wallsAroundTurns(), 600, randomOf(seed))
    process.stderr.write(
      `schedules against the wall clock, seed ${String(seed)}: ${JSON.stringify(figures)}\n`,
    )
    expect(figures.wrong).toEqual([])
    expect(figures.zones).toBe(Object.keys(turns).length)
    expect(figures.occurrences).toBeGreaterThan(2_000)
  })
})
