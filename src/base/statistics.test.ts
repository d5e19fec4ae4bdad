import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { quantileOf, seeded, wilson } from './statistics.ts'

interface Check {
  readonly id: string
  readonly given: { readonly cases: readonly [number, number][] }
  readonly expect: readonly [number, number][]
}
const path = join(process.env['REFERENCE_DATA'] ?? '/nonexistent', 'checks', 'checks-open.json')
if (!existsSync(path))
  process.stderr.write(
    '!! skipped: "agrees with the published Wilson intervals"; set REFERENCE_DATA to a folder with checks/checks-open.json\n',
  )

describe('the Wilson interval', () => {
  it.runIf(existsSync(path))('agrees with the published Wilson intervals', () => {
    const checks = JSON.parse(readFileSync(path, 'utf8')) as readonly Check[]
    const wanted = checks.filter(({ id }) => id.startsWith('ab.wilson.'))
    expect(wanted.length).toBeGreaterThan(0)
    for (const { given, expect: published } of wanted)
      given.cases.forEach(([hits, of], i) => {
        const { low, high } = wilson(hits, of)
        expect(Math.abs(low - (published[i]?.[0] ?? NaN))).toBeLessThanOrEqual(5e-5)
        expect(Math.abs(high - (published[i]?.[1] ?? NaN))).toBeLessThanOrEqual(5e-5)
      })
    const cookies = checks.find(({ id }) => id === 'ab.cookie.ret1') as unknown as {
      given: Record<'A' | 'B', [number, number]>
      expect: Record<'wilson_A' | 'wilson_B', [number, number]>
    }
    for (const arm of ['A', 'B'] as const) {
      const { low, high } = wilson(...cookies.given[arm])
      expect(low).toBeCloseTo(cookies.expect[`wilson_${arm}`][0], 9)
      expect(high).toBeCloseTo(cookies.expect[`wilson_${arm}`][1], 9)
    }
  })

  it('holds the proportion, never leaves 0 … 1, and is turned round by turning the question round', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.nat(500), (hits, misses) => {
        const n = hits + misses
        const { low, high } = wilson(hits, n)
        const turned = wilson(misses, n)
        expect(low).toBeGreaterThanOrEqual(0)
        expect(high).toBeLessThanOrEqual(1)
        if (n > 0) expect(low <= hits / n && hits / n <= high).toBe(true)
        expect(turned.low).toBeCloseTo(1 - high, 12)
        expect(turned.high).toBeCloseTo(1 - low, 12)
      }),
    )
    expect(() => wilson(3, 2)).toThrow('no proportion')
    expect(() => wilson(NaN, 2)).toThrow('no proportion')
  })
})

it('a quantile is linear between neighbours, and nothing has none', () => {
  expect(quantileOf([], 0.5)).toBeNull()
  expect(quantileOf([1, 2, 4], 0.25)).toBe(1.5)
  expect([quantileOf([1, 2, 4], 0), quantileOf([1, 2, 4], 1), quantileOf([7], 0.3)]).toEqual([1, 4, 7])
})

it('seeded numbers repeat, and look uniform', () => {
  const [a, b] = [seeded(7), seeded(7)]
  const drawn = Array.from({ length: 10_000 }, a)
  expect(Array.from({ length: 10_000 }, b)).toEqual(drawn)
  expect(drawn.reduce((sum, x) => sum + x) / drawn.length).toBeCloseTo(0.5, 1)
  expect(drawn.every((x) => x >= 0 && x < 1)).toBe(true)
})
