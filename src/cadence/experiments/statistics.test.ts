/** Against published tables, and by simulation: what the readings promise is what they keep. */
import { describe, expect, it } from 'vitest'
import {
  chiSquareTail,
  normalCdf,
  normalQuantile,
  studentCritical,
  studentTwoSided,
} from '../../base/distributions.ts'
import { seeded } from '../../base/statistics.ts'
import { alwaysValidP, sequenceCritical, tuningFor } from './always-valid.ts'
import { compareMeans, compareShares, pooledZ } from './comparison.ts'
import type { Share, Sums } from './comparison.ts'
import { complierEffect, deliveryP } from './complier.ts'
import { checkSplit, holm, powerOf, sampleSizePerArm } from './sample-size.ts'

describe('distributions, as printed', () => {
  it.each([
    [1, 3.841, 0.05],
    [1, 10.828, 0.001],
    [2, 5.991, 0.05],
    [5, 15.086, 0.01],
    [10, 18.307, 0.05],
  ])('χ² with %i degrees of freedom passes %f with %f', (df, x, p) =>
    expect(chiSquareTail(df, x)).toBeCloseTo(p, 4),
  )
  it.each([
    [0.975, 1.95996],
    [0.995, 2.57583],
    [0.8, 0.84162],
    [0.9, 1.28155],
  ])('the normal quantile of %f is %f', (p, z) => {
    expect(normalQuantile(p)).toBeCloseTo(z, 5)
    expect(normalCdf(z)).toBeCloseTo(p, 5)
  })
  it.each([
    [1, 12.706],
    [4, 2.776],
    [10, 2.228],
    [30, 2.042],
    [120, 1.98],
  ])('Student’s t with %i degrees of freedom: %f', (df, t) => {
    expect(studentCritical(df, 0.05)).toBeCloseTo(t, 3)
    expect(studentTwoSided(df, t)).toBeCloseTo(0.05, 4)
  })
})

describe('the sample size', () => {
  // Fleiss, Levin & Paik 2003, without continuity correction; R: power.prop.test.
  it.each([
    [0.5, 0.1, 0.05, 0.8, 388],
    [0.1, 0.05, 0.05, 0.8, 686],
    [0.1, 0.05, 0.05, 0.9, 918],
    [0.05, 0.01, 0.05, 0.8, 8_158],
  ])('from %f by %f at %f with power %f is %i', (baseline, difference, alpha, power, n) => {
    expect(sampleSizePerArm({ baseline, difference, alpha, power })).toBe(n)
    expect(powerOf({ baseline, difference, alpha }, n)).toBeGreaterThanOrEqual(power)
    expect(powerOf({ baseline, difference, alpha }, n - 1)).toBeLessThan(power)
  })
  it('refuses what is no proportion', () =>
    expect(() => sampleSizePerArm({ baseline: 0.95, difference: 0.1, alpha: 0.05, power: 0.8 })).toThrow())
})

describe('the split', () => {
  it('of 55 to 45 among 2,000 is broken, of 51 to 49 is not', () => {
    expect(checkSplit([1_100, 900], [50, 50])).toMatchObject({ chiSquare: 20, isBroken: true })
    expect(checkSplit([1_020, 980], [50, 50])).toMatchObject({ chiSquare: 0.8, isBroken: false })
  })
  it('is measured against the shares that were promised', () => {
    expect(checkSplit([1_800, 200], [90, 10]).isBroken).toBe(false)
    expect(checkSplit([1_800, 200], [80, 20]).isBroken).toBe(true)
    expect(checkSplit([10, 5], [100, 0]).isBroken).toBe(true)
    expect(checkSplit([0, 0], [50, 50]).isBroken).toBe(false)
  })
})

describe('several arms', () => {
  // Holm 1979: stop at the first that stands.
  it.each([
    [[0.01, 0.04, 0.03], 0.05, [true, false, false]],
    [[0.01, 0.02, 0.04], 0.05, [true, true, true]],
    [[0.2, 0.001], 0.05, [false, true]],
    [[], 0.05, []],
  ])('of p %j at %f fall %j', (ps, alpha, fallen) => expect(holm(ps, alpha)).toEqual(fallen))
})

describe('two shares', () => {
  it('give the interval of Newcombe’s example', () => {
    // Newcombe 1998, table II, (a) 56/70 against 48/80: 0.0524 to 0.3339 by method 10.
    const { absolute } = compareShares(
      { n: 80, hits: 48 },
      { n: 70, hits: 56 },
      { read: 'fixed', level: 0.05 },
    )
    expect([absolute.value, absolute.low, absolute.high].map((x) => x.toFixed(4))).toEqual([
      '0.2000',
      '0.0524',
      '0.3339',
    ])
  })
  it('have no relative difference to nothing', () => {
    const { relative, absolute } = compareShares(
      { n: 50, hits: 0 },
      { n: 50, hits: 5 },
      { read: 'fixed', level: 0.05 },
    )
    expect(relative).toBeNull()
    expect(absolute.value).toBe(0.1)
  })
})

// ---------------------------------------------------------------- simulation

/** Draws with few calls: Bernoulli sums in batches. */
const drawsOf = (random: () => number, n: number, p: number): number => {
  let hits = 0
  for (let i = 0; i < n; i += 1) if (random() < p) hits += 1
  return hits
}

describe('looked at every day', () => {
  it('the always-valid reading keeps alpha over 2,400 A/A tests, the plain one does not', () => {
    const random = seeded(20_261_128)
    const [alpha, experiments, looks, perLook] = [0.05, 2_400, 60, 20]
    const wrong = { alwaysValid: 0, interval: 0, naive: 0 }
    for (let experiment = 0; experiment < experiments; experiment += 1) {
      const p = [0.05, 0.1, 0.3][experiment % 3] ?? 0.1
      const reading = { read: 'always-valid', level: alpha, tuning: tuningFor(1_000, alpha) } as const
      const seen = { alwaysValid: false, interval: false, naive: false }
      let [control, arm]: [Share, Share] = [
        { n: 0, hits: 0 },
        { n: 0, hits: 0 },
      ]
      for (let look = 0; look < looks; look += 1) {
        control = { n: control.n + perLook, hits: control.hits + drawsOf(random, perLook, p) }
        arm = { n: arm.n + perLook, hits: arm.hits + drawsOf(random, perLook, p) }
        if (control.n < 100) continue
        const found = compareShares(control, arm, reading)
        seen.alwaysValid ||= found.p <= alpha
        seen.interval ||= found.absolute.low > 0 || found.absolute.high < 0
        seen.naive ||= Math.abs(pooledZ(control, arm)) > 1.959964
      }
      for (const key of ['alwaysValid', 'interval', 'naive'] as const) if (seen[key]) wrong[key] += 1
    }
    const rate = (key: keyof typeof wrong): number => wrong[key] / experiments
    expect(rate('alwaysValid')).toBeLessThanOrEqual(alpha)
    expect(rate('interval')).toBeLessThanOrEqual(alpha)
    expect(rate('naive')).toBeGreaterThan(0.2)
  })

  it('still finds a real difference', () => {
    const random = seeded(7)
    let found = 0
    for (let experiment = 0; experiment < 200; experiment += 1) {
      const reading = { read: 'always-valid', level: 0.05, tuning: tuningFor(2_000, 0.05) } as const
      const control = { n: 1_500, hits: drawsOf(random, 1_500, 0.1) }
      const arm = { n: 1_500, hits: drawsOf(random, 1_500, 0.16) }
      if (compareShares(control, arm, reading).p <= 0.05) found += 1
    }
    expect(found).toBeGreaterThan(150)
  })

  it('says the same by interval and by p', () => {
    const tuning = tuningFor(500, 0.05)
    for (const n of [50, 500, 5_000]) {
      const critical = sequenceCritical(n, 0.05, tuning)
      expect(alwaysValidP(n, critical, tuning)).toBeCloseTo(0.05, 10)
      expect(critical).toBeGreaterThan(1.96)
    }
  })
})

describe('read once', () => {
  const trials = 2_000
  it('the interval of two shares covers the truth in 95 of 100', () => {
    const random = seeded(11)
    let covered = 0
    for (let trial = 0; trial < trials; trial += 1) {
      const control = { n: 150, hits: drawsOf(random, 150, 0.08) }
      const arm = { n: 100, hits: drawsOf(random, 100, 0.14) }
      const { absolute } = compareShares(control, arm, { read: 'fixed', level: 0.05 })
      if (absolute.low <= 0.06 && 0.06 <= absolute.high) covered += 1
    }
    expect(covered / trials).toBeGreaterThan(0.935)
    expect(covered / trials).toBeLessThan(0.97)
  })

  it('the interval of two means does so for skewed spending', () => {
    const random = seeded(12)
    const spend = (n: number): Sums => {
      let [sum, squares] = [0, 0]
      for (let i = 0; i < n; i += 1) {
        const value = random() < 0.3 ? -Math.log(1 - random()) * 100 : 0
        sum += value
        squares += value * value
      }
      return { n, sum, squares }
    }
    let covered = 0
    for (let trial = 0; trial < trials; trial += 1) {
      const { absolute } = compareMeans(spend(200), spend(200), { read: 'fixed', level: 0.05 })
      if (absolute.low <= 0 && 0 <= absolute.high) covered += 1
    }
    expect(covered / trials).toBeGreaterThan(0.935)
    expect(covered / trials).toBeLessThan(0.97)
  })
})

describe('advisors who choose whom to send to', () => {
  /**
   * Half of the customers are warm: they buy at 20 % without a word, the cold at 5 %, and advisors send to 70 % of the
   * warm and 20 % of the cold. The words add 6 points wherever they arrive.
   */
  const shop = (random: () => number, n: number, sends: boolean) => {
    const one = { n, hits: 0, delivered: 0, both: 0 }
    for (let i = 0; i < n; i += 1) {
      const warm = random() < 0.5
      const got = sends && random() < (warm ? 0.7 : 0.2)
      const bought = random() < (warm ? 0.2 : 0.05) + (got ? 0.06 : 0)
      one.hits += bought ? 1 : 0
      one.delivered += got ? 1 : 0
      one.both += got && bought ? 1 : 0
    }
    return one
  }

  it('are not believed: the complier effect covers the truth, comparing the delivered does not', () => {
    const random = seeded(13)
    let [covered, naive, mean] = [0, 0, 0]
    const trials = 400
    for (let trial = 0; trial < trials; trial += 1) {
      const [control, arm] = [shop(random, 1_500, false), shop(random, 1_500, true)]
      const found = complierEffect(control, arm, 0.05)
      if (found.kind !== 'estimate') throw new Error('Nothing was estimated.')
      expect(found.against).toBe('nothing-sent')
      mean += found.effect.value / trials
      if (found.effect.low <= 0.06 && 0.06 <= found.effect.high) covered += 1
      const seen = compareShares(
        { n: control.n, hits: control.hits },
        { n: arm.delivered, hits: arm.both },
        { read: 'fixed', level: 0.05 },
      )
      if (seen.absolute.low <= 0.06 && 0.06 <= seen.absolute.high) naive += 1
    }
    expect(mean).toBeCloseTo(0.06, 1)
    expect(covered / trials).toBeGreaterThan(0.92)
    expect(naive / trials).toBeLessThan(0.7)
  })

  it('make two messages comparable only when both are sent alike', () => {
    const like = { n: 1_000, hits: 100, delivered: 500, both: 70 }
    expect(complierEffect(like, { ...like, hits: 130, both: 100 }, 0.05)).toMatchObject({
      kind: 'estimate',
      against: 'both-sent',
      effect: { value: expect.closeTo(0.06, 10) },
    })
    expect(complierEffect(like, { ...like, delivered: 650 }, 0.05)).toEqual({
      kind: 'withheld',
      why: 'unlike',
    })
    expect(deliveryP(like, { ...like, delivered: 650 })).toBeLessThan(1e-6)
    expect(complierEffect({ ...like, delivered: 0, both: 0 }, { ...like, delivered: 10 }, 0.05)).toEqual({
      kind: 'withheld',
      why: 'too-few',
    })
  })
})
