import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dimensions, distributionOf, edgesOf, percentsOf } from './edges.ts'
import type { Measures, RfmCuts } from './edges.ts'
import { scaleOf, scoredOf, scoresOf } from './score.ts'
import { rfmShape, valueTypes } from './settings.ts'
import type { RfmRules } from './settings.ts'

const rulesOf = (raw: unknown = {}): RfmRules => rfmShape.parse(raw)

function cutsOf(rules: RfmRules, buyers: readonly Measures[]): RfmCuts {
  const of = (dimension: keyof Measures) =>
    distributionOf(
      buyers.map((one) => one[dimension]),
      percentsOf(rules),
    )
  return {
    buyers: buyers.length,
    recency: of('recency'),
    frequency: of('frequency'),
    monetary: of('monetary'),
  }
}
const scored = (rules: RfmRules, buyers: readonly Measures[]) => {
  const scale = scaleOf(rules, cutsOf(rules, buyers))
  return buyers.map((one) => scoredOf(scale, one))
}
const measures = fc.record({
  recency: fc.integer({ min: 0, max: 900 }),
  frequency: fc.integer({ min: 1, max: 40 }),
  monetary: fc.integer({ min: 0, max: 1_000_000 }),
})
const crowd = fc.array(measures, { maxLength: 60 })
const anyRules = fc
  .record({
    percents: fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 9 }),
    plus: fc.constantFrom(0, 1),
    tie: fc.constantFrom('upper', 'lower'),
    split: fc.constantFrom('average', 'median', { atLeastScore: 2 }),
  })
  .map(({ percents, plus, tie, split }) =>
    rulesOf({
      scores: { method: 'quantiles', percents: percents.toSorted((a, b) => a - b), plus, tie },
      split,
    }),
  )

describe('edges', () => {
  it('are exact type-7 quantiles, in hundredths', () => {
    const rules = rulesOf({ scores: { method: 'quantiles', percents: [20, 50, 75], tie: 'upper' } })
    const values = [10, 7, 1, 3].map((recency) => ({ recency, frequency: 1, monetary: 0 }))
    // 1 3 7 10: places 0.6, 1.5, 2.25.
    expect(edgesOf(rules, cutsOf(rules, values), 'recency')).toEqual([220, 500, 775])
    const plus = rulesOf({ scores: { method: 'quantiles', percents: [20], plus: 1, tie: 'upper' } })
    const cuts = cutsOf(plus, values)
    expect([edgesOf(plus, cuts, 'recency'), edgesOf(plus, cuts, 'monetary')]).toEqual([[320], [10_000]])
  })

  it('equal a slow, literal count of what lies below, whatever the tie', () => {
    fc.assert(
      fc.property(crowd, anyRules, (buyers, rules) => {
        const cuts = cutsOf(rules, buyers)
        const scale = scaleOf(rules, cuts)
        for (const buyer of buyers) {
          const { r, f, m } = scoresOf(scale, buyer)
          const bin = (dimension: keyof Measures): number =>
            1 + edgesOf(rules, cuts, dimension).filter((edge) => buyer[dimension] * 100 >= edge).length
          expect([r, f, m]).toEqual([rules.bins.r + 1 - bin('recency'), bin('frequency'), bin('monetary')])
        }
      }),
    )
  })
})

describe('scores', () => {
  it('do not depend on the order of the buyers', () => {
    fc.assert(
      fc.property(crowd, anyRules, (buyers, rules) => {
        expect(scored(rules, buyers.toReversed())).toEqual(scored(rules, buyers).toReversed())
      }),
    )
  })

  it('stay when all money is multiplied by the same number', () => {
    fc.assert(
      fc.property(crowd, anyRules, fc.integer({ min: 2, max: 1_000 }), (buyers, any, times) => {
        const rules = { ...any, scores: { ...any.scores, plus: 0 } } as RfmRules
        const richer = buyers.map((one) => ({ ...one, monetary: one.monetary * times }))
        expect(scored(rules, richer)).toEqual(scored(rules, buyers))
      }),
    )
  })

  it('are equal for equal buyers, and never fall when she bought later, more often or for more', () => {
    fc.assert(
      fc.property(crowd, measures, measures, anyRules, (buyers, one, other, rules) => {
        const scale = scaleOf(rules, cutsOf(rules, [...buyers, one, other]))
        const better: Measures = {
          recency: Math.min(one.recency, other.recency),
          frequency: Math.max(one.frequency, other.frequency),
          monetary: Math.max(one.monetary, other.monetary),
        }
        const [low, high] = [scoresOf(scale, one), scoresOf(scale, better)]
        expect(high.r).toBeGreaterThanOrEqual(low.r)
        expect(high.f).toBeGreaterThanOrEqual(low.f)
        expect(high.m).toBeGreaterThanOrEqual(low.m)
        expect(scoredOf(scale, one)).toEqual(scoredOf(scale, { ...one }))
      }),
    )
  })

  it('stay within their bins with one customer, with none, and with fewer values than bins', () => {
    const rules = rulesOf()
    const one = { recency: 3, frequency: 1, monetary: 500 }
    expect(scored(rules, [])).toEqual([])
    // Her own values are every edge: ties stay below it, or go above.
    expect(scored(rules, [one])).toMatchObject([{ r: 5, f: 1, m: 1 }])
    const upper = rulesOf({ scores: { method: 'quantiles', tie: 'upper' } })
    expect(scored(upper, [one])).toMatchObject([{ r: 1, f: 5, m: 5 }])
    const twoValues = Array.from({ length: 10 }, (_, i) => ({ ...one, frequency: i < 5 ? 1 : 2 }))
    // Edges 1, 1, 2, 2.
    expect(scored(rules, twoValues).map(({ f }) => f)).toEqual([1, 1, 1, 1, 1, 3, 3, 3, 3, 3])
    expect(scored(upper, twoValues).map(({ f }) => f)).toEqual([3, 3, 3, 3, 3, 5, 5, 5, 5, 5])
    fc.assert(
      fc.property(crowd, anyRules, (buyers, any) => {
        for (const { r, f, m } of scored(any, buyers))
          for (const [score, bins] of [
            [r, any.bins.r],
            [f, any.bins.f],
            [m, any.bins.m],
          ] as const)
            expect(score >= 1 && score <= bins).toBe(true)
      }),
    )
  })

  it('by fixed thresholds need nobody else', () => {
    const rules = rulesOf({
      scores: {
        method: 'thresholds',
        recencyDays: [7, 30, 90, 180],
        frequency: [2, 4],
        monetaryYuan: [100],
      },
      named: [{ name: 'best', r: '4-5', f: 3, m: 2 }],
      others: 'rest',
    })
    const of = (recency: number, frequency: number, monetary: number) => {
      const { r, f, m, segment } = scored(rules, [{ recency, frequency, monetary }])[0] ?? {}
      return [r, f, m, segment]
    }
    expect(of(6, 1, 9_999)).toEqual([5, 1, 1, 'rest'])
    expect(of(7, 2, 10_000)).toEqual([4, 2, 2, 'rest'])
    expect(of(29, 4, 10_000)).toEqual([4, 3, 2, 'best'])
    expect(of(30, 4, 10_000)).toEqual([3, 3, 2, 'rest'])
    expect(of(180, 3, 0)).toEqual([1, 2, 1, 'rest'])
  })
})

describe('value types', () => {
  const buyer = (high: readonly [number, number, number]): Measures => ({
    recency: high[0] ? 1 : 366,
    frequency: high[1] ? 9 : 1,
    monetary: high[2] ? 900_00 : 100_00,
  })
  const everyKind = [
    [1, 1, 1],
    [1, 0, 1],
    [0, 1, 1],
    [0, 0, 1],
    [1, 1, 0],
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 0],
  ] as const

  it.each([
    'average',
    'median',
    { recencyDays: 90, frequency: 5, monetaryYuan: 500 },
    { atLeastScore: 4 },
  ] as const)('follow the written matrix, split by %j', (split) => {
    const edges = {
      recencyDays: [7, 30, 90, 180],
      frequency: [2, 4, 6, 8],
      monetaryYuan: [100, 200, 300, 900],
    }
    const scores =
      typeof split === 'object' && 'atLeastScore' in split ? { method: 'thresholds', ...edges } : undefined
    const said = scored(rulesOf({ split, scores }), everyKind.map(buyer))
    expect(said.map(({ type }) => type)).toEqual(valueTypes)
    expect(said.map(({ valueClass }) => valueClass)).toEqual([
      '高价值忠诚',
      '潜力培育',
      '流失预警',
      '流失预警',
      '潜力培育',
      '普通活跃',
      '流失预警',
      '流失预警',
    ])
  })

  it('split at the exact average, by sums', () => {
    const rules = rulesOf()
    // Averages: recency 10.5, frequency 1.5, money 150.5 fen.
    const [near, far] = scored(rules, [
      { recency: 10, frequency: 2, monetary: 151 },
      { recency: 11, frequency: 1, monetary: 150 },
    ])
    expect([near?.type, far?.type]).toEqual(['重要价值', '一般挽留'])
    const same = scored(rules, [{ recency: 10, frequency: 2, monetary: 100 }])
    expect(same[0]?.type).toBe('一般发展')
  })
})

describe('settings with mistakes', () => {
  const problems = (raw: unknown): string[] =>
    rfmShape.safeParse(raw).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? []

  it.each([
    [{ scores: { method: 'quantiles', percents: [40, 20] } }, 'larger than the one before'],
    [{ scores: { method: 'quantiles', percents: [20.5] } }, 'scores.percents.0'],
    [{ scores: { method: 'guess' } }, 'scores.method'],
    [{ named: [{ name: 'a', r: '5-3' }] }, 'from the lower score'],
    [{ named: [{ name: 'a', r: 6 }] }, 'asks for score 6, but there are only 5'],
    [{ named: [{ name: 'a' }, { name: 'a' }] }, 'of this name stands above'],
    [{ named: [{ name: 'Others' }] }, 'of this name stands above'],
    [{ split: { atLeastScore: 6 } }, 'asks for score 6'],
    [{ classes: [{ name: 'a', r: 5 }] }, 'takes whoever is left'],
    [{ window: 0 }, 'window'],
    [{ types: { 重要客户: { actions: [] } } }, 'types'],
  ])('%j', (raw, message) => {
    expect(problems(raw).join('\n')).toContain(message)
  })

  it('keep their own words, however odd', () => {
    const rules = rulesOf({
      scores: { method: 'quantiles', percents: [50] },
      named: [{ name: "O'Neill; drop table facts --", r: 2 }],
      others: '“剩下的”',
      classes: [{ name: '%s $1 ?', actions: ['打电话'] }],
    })
    const [first] = scored(rules, [
      { recency: 1, frequency: 1, monetary: 1 },
      { recency: 9, frequency: 1, monetary: 1 },
    ])
    expect([first?.segment, first?.valueClass]).toEqual(["O'Neill; drop table facts --", '%s $1 ?'])
    expect(dimensions).toHaveLength(3)
  })
})
