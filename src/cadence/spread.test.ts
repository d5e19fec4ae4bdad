import fc from 'fast-check'
import { expect, it } from 'vitest'
import { instantOf, timeOf } from '../base/calendar.ts'
import { minutes } from '../base/clock.ts'
import { spreadMs } from './spread.ts'

const wantedAt = instantOf('2026-11-18', '10:00')

it('keeps off the round minutes, inside the span, and says the same each time', () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 3, max: 60 }), fc.nat(1_439), (key, spreadMinutes, minute) => {
      const due = { wantedAt: wantedAt + minutes(minute), expiresAt: wantedAt + minutes(3_000) }
      const planning = { spreadMinutes, seed: 'x' }
      const later = spreadMs(planning, key, due)
      expect(later).toBeGreaterThanOrEqual(0)
      expect(later).toBeLessThan(minutes(spreadMinutes))
      expect(spreadMs(planning, key, due)).toBe(later)
      const at = Number(timeOf(due.wantedAt + later).slice(3))
      // Three minutes around a round one leave no other choice.
      if (spreadMinutes > 5) expect([0, 1, 29, 30, 31, 59]).not.toContain(at)
    }),
  )
})

it('uses the whole span evenly, goes by another order with another seed, and never past the end', () => {
  const hits = new Map<number, number>()
  let moved = 0
  for (let n = 0; n < 6_000; n += 1) {
    const due = { wantedAt, expiresAt: wantedAt + minutes(60) }
    const later = spreadMs({ spreadMinutes: 15, seed: 'x' }, `k${String(n)}`, due) / minutes(1)
    hits.set(later, (hits.get(later) ?? 0) + 1)
    if (spreadMs({ spreadMinutes: 15, seed: 'y' }, `k${String(n)}`, due) / minutes(1) !== later) moved += 1
  }
  expect([...hits.keys()].sort((a, b) => a - b)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14])
  for (const count of hits.values()) expect(Math.abs(count - 6_000 / 13)).toBeLessThan(90)
  expect(moved).toBeGreaterThan(5_000)
  const tight = { wantedAt, expiresAt: wantedAt + minutes(1) }
  expect(spreadMs({ spreadMinutes: 15, seed: 'x' }, 'k', tight)).toBe(0)
})
