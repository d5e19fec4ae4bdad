import { expect, it } from 'vitest'
import type { Nature } from './shop.ts'
import { dayMs } from './shop.ts'
import { usualVisits, visitsOf } from './visits.ts'

const start = Date.UTC(2026, 0, 1)
const nature = (leavesAfterDays: number): Nature => ({
  ordersPerWeek: 0.3,
  leavesAt: start + leavesAfterDays * dayMs,
  spendRate: 1,
  curiosity: 0.5,
  irritability: 0,
})
const count = (days: number, rules = usualVisits) =>
  Array.from({ length: 60 }, (_, n) =>
    visitsOf(
      n,
      { shopId: `s${String(n)}`, nature: nature(200) },
      { entersAt: start, before: start + days * dayMs },
      rules,
    ),
  )
const between = (all: readonly Map<string, number>[], from: number, to: number): number =>
  all.reduce((sum, visits) => {
    const [first, last] = [from, to].map((day) => new Date(start + day * dayMs).toISOString().slice(0, 10))
    for (const [day, n] of visits) if (day >= (first ?? '') && day < (last ?? '')) sum += n
    return sum
  }, 0)

it('a household that will leave looks around less before it does, and the same seed is the same story', () => {
  const fading = count(300)
  expect(between(fading, 180, 200)).toBeLessThan(0.8 * between(fading, 80, 100))
  expect(between(fading, 220, 300)).toBeLessThan(0.3 * between(fading, 20, 100))
  expect(between(fading, 220, 300)).toBeGreaterThan(0)
  expect(count(300)).toEqual(fading)
  const steady = count(300, { ...usualVisits, fades: false })
  expect(between(steady, 220, 300) / between(steady, 20, 100)).toBeGreaterThan(0.85)
})
