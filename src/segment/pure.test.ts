import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dayNumber } from '../base/calendar.ts'
import { dormancyByMonths, dormancyByRhythm, stageOf } from './lifecycle.ts'
import type { Bought } from './lifecycle.ts'
import { quantile } from './quantile.ts'
import { checkTierRules } from './tier-rules.ts'
import type { TierRules } from './tier-rules.ts'

const minimal = 'tiers:\n  - { name: all, title: 全部, when: [] }\n'
const rulesOf = (yaml: string): TierRules => {
  const check = checkTierRules(yaml)
  if (!check.ok) throw new Error(JSON.stringify(check.problems))
  return check.rules
}

describe('the quantile', () => {
  it('is type 7, rounded up to whole numbers', () => {
    expect(quantile([], 80)).toBeNull()
    expect(quantile([5], 80)).toBe(5)
    expect(quantile([1, 2, 3, 4, 5], 50)).toBe(3)
    expect(quantile([1, 2, 3, 4, 5], 80)).toBe(5)
    expect(quantile([10, 20], 25)).toBe(13)
  })

  it('never lies more than one above the exact value, and never below it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 1e9 }), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 0, max: 100 }),
        (values, percent) => {
          const sorted = values.toSorted((a, b) => a - b)
          const at = ((sorted.length - 1) * percent) / 100
          const [low = 0, high = low] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]]
          const exact = low + (high - low) * (at - Math.floor(at))
          const ours = quantile(sorted, percent) ?? Number.NaN
          expect(ours).toBeGreaterThanOrEqual(exact - 1e-3)
          expect(ours).toBeLessThan(exact + 1.001)
        },
      ),
    )
  })
})

describe('sleep and stages', () => {
  const { dormancy, stages } = rulesOf(minimal)
  const newYear = dayNumber('2026-01-01')
  const bought = (more: Partial<Bought> = {}): Bought => ({
    firstNo: newYear,
    lastNo: newYear,
    purchases: 1,
    ...more,
  })

  it.each([
    [89, null],
    [90, 'short'],
    [179, 'short'],
    [180, 'medium'],
    [359, 'medium'],
    [360, 'long'],
  ])('after %i quiet days by fixed months: %s', (quiet, grade) => {
    expect(dormancyByMonths(bought(), newYear + quiet, dormancy)).toBe(grade)
  })

  it('by her own rhythm, a weekly buyer sleeps when a yearly one is awake', () => {
    const weekly = bought({ firstNo: dayNumber('2026-01-01'), lastNo: dayNumber('2026-01-29'), purchases: 5 })
    const yearly = bought({ firstNo: dayNumber('2023-01-29'), lastNo: dayNumber('2026-01-29'), purchases: 4 })
    const day = dayNumber('2026-01-29') + 45
    expect(dormancyByRhythm(weekly, day, dormancy)).toBe('long')
    expect(dormancyByRhythm(yearly, day, dormancy)).toBeNull()
    expect(dormancyByRhythm(bought({ purchases: 2 }), day, dormancy)).toBeNull()
  })

  it.each([
    ['attraction', bought({ firstNo: null, lastNo: null, purchases: 0 }), '2026-01-02'],
    ['conversion', bought(), '2026-01-02'],
    ['growth', bought({ purchases: 2 }), '2026-01-02'],
    ['maturity', bought({ purchases: 5 }), '2026-01-02'],
    ['decline', bought({ purchases: 5 }), '2026-06-30'],
  ])('stage %s', (stage, one, day) => {
    expect(stageOf(one, dayNumber(day), stages)).toBe(stage)
  })
})

describe('tier rules with mistakes', () => {
  const problems = (yaml: string) => {
    const check = checkTierRules(yaml)
    return check.ok ? [] : check.problems
  }

  it('name the line of each, all at once', () => {
    const yaml = [
      'tiers:',
      '  - name: high',
      '    title: 高价值',
      '    when:',
      '      - purchases-within: { days: 0, atLeast: 3 }',
      '      - purchased-whithin: { days: 180 }',
      '  - name: other',
      '    title: 其他',
      '    when: []',
      'rfm: { split: mean }',
    ].join('\n')
    const found = problems(yaml)
    expect(found.map(({ line }) => line)).toEqual([5, 6, 10])
    expect(found[1]?.message).toContain('"purchased-whithin" is not a condition; use one of purchases-within')
  })

  it('want a last tier for everybody, and no tier below one', () => {
    expect(
      problems('tiers:\n  - { name: a, title: 甲, when: [] }\n  - { name: a, title: 乙, when: [] }').map(
        ({ path }) => path,
      ),
    ).toEqual(['tiers.0.when', 'tiers.1.name'])
    expect(
      problems('tiers:\n  - { name: a, title: 甲, when: [{ purchased-within: { days: 3 } }] }')[0]?.message,
    ).toContain('the last tier')
    expect(problems('tiers: [')[0]?.line).toBe(1)
    expect(problems('')).not.toEqual([])
  })
})
