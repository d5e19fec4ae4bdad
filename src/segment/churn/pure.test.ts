import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { configDir } from '../../../test/store.ts'
import { calibrate } from './calibrate.ts'
import type { Calibration } from './calibrate.ts'
import { casesOf } from './cases.ts'
import type { Frame } from './cases.ts'
import { forecastOf } from './forecast.ts'
import { never, packHistories } from './histories.ts'
import type { History } from './histories.ts'
import { fitLogistic, logistic } from './logistic.ts'
import { areaUnder, averagePrecision, countsOf, curveOf, judge, precisionAt, sweep } from './metrics.ts'
import { fitRhythm, silenceAt, surpriseOf, tailOf, usualDays } from './rhythm.ts'
import { loadChurnRules, shippedChurnRules } from './settings.ts'
import type { ChurnRules, Parameters } from './settings.ts'
import { judgeSilences } from './silences.ts'
import { activityDrop, alarmSilence, riskAt, signalOf } from './signal.ts'
import { seeded } from '../../base/statistics.ts'

const rules = loadChurnRules(configDir)
const rhythm = rules.defaults.rhythm

it('the shipped file says what holds without it', () => {
  expect(rules).toEqual(shippedChurnRules())
})

const purchase = fc.record({
  dayNo: fc.integer({ min: 0, max: 400 }),
  goneAfter: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined, freq: 6 }),
})
const lives = fc.array(
  fc.record({
    purchases: fc.uniqueArray(purchase, { minLength: 1, maxLength: 9, selector: ({ dayNo }) => dayNo }),
    acts: fc.uniqueArray(
      fc.record({ dayNo: fc.integer({ min: 0, max: 400 }), acts: fc.integer({ min: 1, max: 4 }) }),
      { maxLength: 12, selector: ({ dayNo }) => dayNo },
    ),
  }),
  { minLength: 1, maxLength: 8 },
)
type Life = typeof lives extends fc.Arbitrary<(infer L)[]> ? L : never
const historiesOf = (all: readonly Life[], scale = 1): History[] =>
  all.map(({ purchases, acts }, i) => ({
    customer: `c${String(i)}`,
    purchases: purchases.map(({ dayNo, goneAfter }) => ({
      dayNo: dayNo * scale,
      ...(goneAfter === undefined ? {} : { goneNo: (dayNo + goneAfter) * scale }),
    })),
    acts: acts.map((act) => ({ ...act, dayNo: act.dayNo * scale })),
  }))
const frame: Frame = { origins: [120, 180, 240], endNo: 400, actsPerDay: 0.05, actsFromNo: 0 }

describe('the signal and its label', () => {
  /** What the signal sees of a case, without what followed. */
  const seen = (histories: readonly History[], of: ChurnRules = rules, at: Frame = frame) =>
    casesOf(of, packHistories(histories), at).cases.map(
      ({ customer, originNo, purchases, firstNo, lastNo, silence, windowDays, drop }) => ({
        customer,
        originNo,
        purchases,
        firstNo,
        lastNo,
        silence,
        windowDays,
        drop,
      }),
    )

  it('never look ahead: whatever is cut off, moved or added after the origin, the signal stays', () => {
    const noRefund = (all: readonly Life[]) => historiesOf(all)
    fc.assert(
      fc.property(
        lives,
        fc.constantFrom(...frame.origins),
        fc.integer({ min: 1, max: 50 }),
        (all, origin, shift) => {
          const only = { ...frame, origins: [origin] }
          const whole = noRefund(all)
          const changed = whole.map((history) => ({
            ...history,
            purchases: [
              ...history.purchases.flatMap(({ dayNo, goneNo }) => {
                if (dayNo > origin) return dayNo + shift <= 400 ? [{ dayNo: dayNo + shift }] : []
                return [{ dayNo, ...(goneNo !== undefined && goneNo <= origin ? { goneNo } : {}) }]
              }),
            ],
            acts: (history.acts ?? []).filter(({ dayNo }) => dayNo <= origin),
          }))
          expect(seen(changed, rules, only)).toEqual(seen(whole, rules, only))
        },
      ),
    )
  })

  it('do not mind the order of days', () => {
    fc.assert(
      fc.property(lives, (all) => {
        const turned = historiesOf(all).map((history) => ({
          ...history,
          purchases: [...history.purchases].reverse(),
          acts: [...(history.acts ?? [])].reverse(),
        }))
        expect(packHistories(turned)).toEqual(packHistories(historiesOf(all)))
      }),
    )
  })

  it('are the same in half days: everything doubled, nothing changes', () => {
    const doubled: ChurnRules = {
      ...rules,
      leadDays: rules.leadDays * 2,
      label: { ...rules.label, leastDays: rules.label.leastDays * 2 },
      activity: { windowDays: rules.activity.windowDays * 2, earlierDays: rules.activity.earlierDays * 2 },
    }
    const slower: Parameters = {
      ...rules.defaults,
      rhythm: { ...rhythm, alphaDays: rhythm.alphaDays * 2 },
    }
    const stretched = {
      ...frame,
      origins: frame.origins.map((no) => no * 2),
      endNo: frame.endNo * 2,
    }
    fc.assert(
      fc.property(lives, (all) => {
        const plain = casesOf(rules, packHistories(historiesOf(all)), { ...frame, actsFromNo: null }).cases
        const twice = casesOf(doubled, packHistories(historiesOf(all, 2)), {
          ...stretched,
          actsFromNo: null,
        }).cases
        expect(twice.length).toBe(plain.length)
        plain.forEach((one, i) => {
          const other = twice[i]
          if (!other) throw new Error('a case is missing')
          expect(other.churned).toBe(one.churned)
          const a = signalOf(rules, rules.defaults, one, one.drop, one.originNo)
          const b = signalOf(doubled, slower, other, other.drop, other.originNo)
          expect(b.risk).toBeCloseTo(a.risk, 9)
          expect(b.riskAhead).toBeCloseTo(a.riskAhead, 9)
        })
      }),
    )
  })

  it('leave out a window that the data does not hold, whoever bought in it', () => {
    const bought = (...days: number[]): History => ({
      customer: `c${days.join('-')}`,
      purchases: days.map((dayNo) => ({ dayNo })),
    })
    const at = (endNo: number) =>
      casesOf(rules, packHistories([bought(0, 60), bought(0, 60, 130)]), {
        ...frame,
        origins: [100],
        endNo,
      })
    expect(at(219)).toMatchObject({ cases: [], censored: 2 })
    expect(at(220).cases.map(({ churned, windowDays }) => [churned, windowDays])).toEqual([
      [true, 120],
      [false, 120],
    ])
    expect(casesOf(rules, packHistories([bought(90)]), { ...frame, origins: [80, 100] })).toEqual({
      cases: [],
      censored: 0,
      tooFew: 1,
    })
  })

  it('see a purchase until the day it was taken back, and count none that was in the end', () => {
    const h = packHistories([
      {
        customer: 'a',
        purchases: [{ dayNo: 0 }, { dayNo: 50 }, { dayNo: 110, goneNo: 125 }, { dayNo: 150, goneNo: 390 }],
      },
    ])
    const cases = casesOf(rules, h, { ...frame, origins: [100, 120, 130], endNo: 300 }).cases
    expect(
      cases.map(({ originNo, purchases, lastNo, churned }) => [originNo, purchases, lastNo, churned]),
    ).toEqual([
      // Of the window after day 100 only the purchase of day 150 stands on day 300, the end of the data.
      [100, 2, 50, false],
      [120, 3, 110, false],
      [130, 2, 50, false],
    ])
    expect(casesOf(rules, h, { ...frame, origins: [100], endNo: 395 }).cases[0]?.churned).toBe(true)
    expect(h.gone[0]).toBe(never)
  })
})

describe('the rhythm', () => {
  const own = fc.record({
    count: fc.integer({ min: 1, max: 60 }),
    sumDays: fc.integer({ min: 1, max: 2000 }),
  })
  const any = fc.record({
    shape: fc.double({ min: 0.3, max: 20, noNaN: true }),
    r: fc.double({ min: 0.2, max: 50, noNaN: true }),
    alphaDays: fc.double({ min: 1, max: 2000, noNaN: true }),
  })

  it('is a Pareto tail for a shop without regularity', () => {
    for (const silence of [1, 10, 100, 1000]) {
      const tail = ((150 + 80) / (150 + 80 + silence)) ** (3 + 2)
      expect(tailOf({ shape: 1, r: 3, alphaDays: 150 }, { count: 2, sumDays: 80 }, silence)).toBeCloseTo(
        tail,
        12,
      )
    }
  })

  it('is surprised the more the longer the silence, and its alarm day is the first at or above the threshold', () => {
    fc.assert(
      fc.property(
        any,
        own,
        fc.integer({ min: 0, max: 900 }),
        fc.double({ min: -3, max: 3, noNaN: true }),
        (at, mine, silence, drop) => {
          expect(surpriseOf(at, mine, silence + 1)).toBeGreaterThanOrEqual(
            surpriseOf(at, mine, silence) - 1e-9,
          )
          const parameters = { ...rules.defaults, rhythm: at }
          const alarm = alarmSilence(parameters, mine, drop)
          const risk = (day: number) => riskAt(parameters, mine, day, drop)
          if (alarm === null) expect(risk(100_000)).toBeLessThan(parameters.threshold + 0.01)
          else {
            expect(risk(alarm)).toBeGreaterThanOrEqual(parameters.threshold - 1e-5)
            if (alarm > 0) expect(risk(alarm - 1)).toBeLessThan(parameters.threshold + 1e-5)
          }
        },
      ),
    )
  })

  it('is inverted where the inverse of cephes fails', () => {
    fc.assert(
      fc.property(any, own, fc.double({ min: 1e-8, max: 0.999, noNaN: true }), (at, mine, tail) => {
        const silence = silenceAt(at, mine, tail)
        if (Number.isFinite(silence)) expect(tailOf(at, mine, silence) / tail).toBeCloseTo(1, 3)
      }),
    )
  })

  it('draws few purchases towards the shop, and lets many speak for themselves', () => {
    const shop = usualDays(rhythm, { count: 1, sumDays: 60 })
    const once = usualDays(rhythm, { count: 1, sumDays: 10 })
    const often = usualDays(rhythm, { count: 40, sumDays: 400 })
    expect(once).toBeGreaterThan(25)
    expect(once).toBeLessThan(shop)
    expect(often).toBeGreaterThan(10)
    expect(often).toBeLessThan(15)
  })

  it('finds again what made the data', () => {
    const random = seeded(5)
    const gammaOf = (shape: number, rate: number): number => {
      // A sum of exponentials: enough for whole shapes.
      let sum = 0
      for (let i = 0; i < shape; i += 1) sum -= Math.log(1 - random())
      return sum / rate
    }
    const sums = Array.from({ length: 3_000 }, () => {
      const rate = gammaOf(3, 200)
      const days = Array.from({ length: 6 }, () => gammaOf(4, rate))
      return {
        count: days.length,
        sumDays: days.reduce((a, b) => a + b),
        sumLog: days.reduce((a, b) => a + Math.log(b), 0),
      }
    })
    const found = fitRhythm(sums)
    expect(found?.shape).toBeCloseTo(4, 0)
    expect(found?.r).toBeGreaterThan(2.6)
    expect(found?.r).toBeLessThan(3.4)
    expect((found?.alphaDays ?? 0) / 200).toBeCloseTo(1, 0)
    const inWeeks = fitRhythm(
      sums.map((one) => ({
        count: one.count,
        sumDays: one.sumDays / 7,
        sumLog: one.sumLog - one.count * Math.log(7),
      })),
    )
    expect((inWeeks?.alphaDays ?? 0) * 7).toBeCloseTo(found?.alphaDays ?? -1, 3)
    expect(fitRhythm(sums.slice(0, 5))).toBeNull()
  })
})

describe('activity', () => {
  it('says nothing without acts, falls with fewer and rises with more', () => {
    const drop = (recent: number, earlier: number, earlierDays = 180) =>
      activityDrop(rules, 0.05, { recent, earlier, earlierDays })
    expect(drop(0, 0)).toBe(0)
    expect(drop(0, 50, 10)).toBe(0)
    expect(activityDrop(rules, 0, { recent: 1, earlier: 9, earlierDays: 180 })).toBe(0)
    expect(drop(1, 36)).toBeGreaterThan(1)
    expect(drop(6, 36)).toBeCloseTo(0, 0)
    expect(drop(30, 36)).toBeLessThan(-1)
    expect(drop(0, 1)).toBeLessThan(drop(0, 40))
  })
})

describe('the logistic', () => {
  it('finds the weights that made the labels, and stays finite where the classes do not overlap', () => {
    const random = seeded(3)
    const features = Float64Array.from({ length: 40_000 }, () => random() * 4 - 2)
    const labels = Uint8Array.from({ length: 20_000 }, (_, i) =>
      random() < logistic(0.4 + 1.5 * (features[2 * i] ?? 0) - 0.7 * (features[2 * i + 1] ?? 0)) ? 1 : 0,
    )
    const [intercept, first, second] = fitLogistic(features, labels, 2).weights
    expect(intercept).toBeCloseTo(0.4, 1)
    expect(first).toBeCloseTo(1.5, 1)
    expect(second).toBeCloseTo(-0.7, 1)
    const apart = fitLogistic(Float64Array.from([-2, -1, 1, 2]), Uint8Array.from([0, 0, 1, 1]), 1)
    expect(apart.weights.every(Number.isFinite)).toBe(true)
    expect(fitLogistic(new Float64Array(0), new Uint8Array(0), 1).weights.every(Number.isFinite)).toBe(true)
  })
})

describe('measures', () => {
  const labels = [1, 0, 1, 1, 0, 0]
  const scores = [0.9, 0.8, 0.8, 0.4, 0.3, 0.1]

  it('are those of the textbook', () => {
    const steps = sweep(labels, scores)
    expect(steps.map(({ score, tp, fp }) => [score, tp, fp])).toEqual([
      [0.9, 1, 0],
      [0.8, 2, 1],
      [0.4, 3, 1],
      [0.3, 3, 2],
      [0.1, 3, 3],
    ])
    // Pairs (churned, stayed) in the right order: 3 + 2.5 + 2 of 9.
    expect(areaUnder(steps)).toBeCloseTo(7.5 / 9, 12)
    expect(averagePrecision(steps)).toBeCloseTo((1 + 2 / 3 + 3 / 4) / 3, 12)
    expect(precisionAt(steps, 0.5)).toBeCloseTo(2 / 3, 12)
    expect(curveOf(steps).at(-1)).toEqual({ score: 0.1, recall: 1, precision: 0.5 })
    const judged = judge(countsOf(labels, [1, 1, 0, 0, 0, 0]))
    expect(judged).toMatchObject({ tp: 1, fp: 1, fn: 2, tn: 2, warned: 2, f1: 0.4 })
    expect(judged.youden).toBeCloseTo(1 / 3 - 1 / 3, 12)
  })

  it('say that they do not know where there is nothing to know', () => {
    expect(judge(countsOf([], []))).toMatchObject({
      f1: null,
      youden: null,
      precision: { value: null, low: 0, high: 1 },
    })
    expect(areaUnder(sweep([1, 1], [2, 1]))).toBeNull()
    expect(averagePrecision(sweep([0], [2]))).toBeNull()
    expect(curveOf(sweep([0], [2]))).toEqual([])
  })
})

describe('silences followed day by day', () => {
  it('count a first warning once, as right or wrong, and what it was before certainty', () => {
    const bought = (...days: number[]): History => ({
      customer: `c${days.join('-')}`,
      purchases: days.map((dayNo) => ({ dayNo })),
    })
    const h = packHistories([
      // Every 20 days, then gone after day 200: certain on day 290.
      bought(...Array.from({ length: 11 }, (_, n) => 20 * n)),
      // The same, but back on day 335, after her own certainty: the warning was right.
      bought(...Array.from({ length: 11 }, (_, n) => 20 * n), 335),
      // A pause of 60 days in the test.
      bought(...Array.from({ length: 11 }, (_, n) => 20 * n), 260),
      // Silent since long before the test.
      bought(0, 20),
    ])
    const calibration: Calibration = {
      parameters: rules.defaults,
      own: false,
      words: '',
      cases: 0,
      churned: 0,
      customers: 0,
      censored: 0,
      actsFromNo: null,
    }
    const found = judgeSilences(rules, h, calibration, { splitNo: 210, endNo: 600 })
    // Twice the rhythm speaks on day 240: two rights, one wrong; twice more after they came back.
    expect(found.twiceRhythm).toMatchObject({ warnings: 5, churns: 4 })
    expect(found.twiceRhythm.precision.value).toBeCloseTo(4 / 5, 12)
    expect(found.twiceRhythm.recall.value).toBe(1)
    expect(found.fixedSilence).toMatchObject({ warnings: 2, churns: 4, recall: { value: 0 } })
    expect(found.ours.churns).toBe(4)
    // With acts the same silence is walked day by day; without any act the answer is the same.
    const walked = judgeSilences(rules, h, { ...calibration, actsFromNo: 0 }, { splitNo: 210, endNo: 600 })
    expect(walked).toEqual(found)
  })
})

describe('a calibration', () => {
  const shop = (customers: number, life: (random: () => number) => readonly number[]): History[] => {
    const random = seeded(11)
    return Array.from({ length: customers }, (_, i) => ({
      customer: `c${String(i)}`,
      purchases: [...new Set(life(random))].map((dayNo) => ({ dayNo })),
    }))
  }
  /** Buys every 30 days, give or take; leaves for good with a chance of 1 in 10 each time. */
  const clockwork = (random: () => number): number[] => {
    const days = [Math.floor(random() * 60)]
    while ((days.at(-1) ?? 0) < 700 && random() > 0.1)
      days.push((days.at(-1) ?? 0) + 26 + Math.floor(random() * 9))
    return days
  }
  const origins = Array.from({ length: 12 }, (_, n) => 100 + 30 * n)

  it('takes the shipped parameters and says why, when there is too little', () => {
    const few = calibrate(rules, packHistories(shop(40, clockwork)), {
      origins,
      endNo: 500,
      actsFromNo: null,
    })
    expect(few.own).toBe(false)
    expect(few.words).toContain('too little')
    expect(few.parameters.threshold).toBe(rules.defaults.threshold)
    const empty = calibrate(rules, packHistories([]), { origins, endNo: 500, actsFromNo: null })
    expect(empty).toMatchObject({ own: false, cases: 0 })
    const loyal = shop(400, () => Array.from({ length: 30 }, (_, n) => n * 25))
    expect(calibrate(rules, packHistories(loyal), { origins, endNo: 600, actsFromNo: null }).words).toContain(
      'churned',
    )
  })

  it('learns a regular shop, where a silence of two intervals is already plain', () => {
    const found = calibrate(rules, packHistories(shop(600, clockwork)), {
      origins,
      endNo: 600,
      actsFromNo: null,
    })
    expect(found.own).toBe(true)
    expect(found.parameters.rhythm.shape).toBeGreaterThan(10)
    const own = { count: 5, sumDays: 150 }
    const alarm = alarmSilence(found.parameters, own, 0)
    expect(alarm).toBeGreaterThan(30)
    expect(alarm).toBeLessThan(60)
    const { median, most } = forecastOf(rules, found.parameters, own, 0)
    expect(Math.abs(median - 30)).toBeLessThan(4)
    expect(most[1] - most[0]).toBeLessThan(20)
  })

  it('does not take noise for a lesson', () => {
    const noise = shop(400, (random) => Array.from({ length: 6 }, () => Math.floor(random() * 900)))
    const found = calibrate(rules, packHistories(noise), {
      origins: origins.filter((_, n) => n % 2 === 0),
      endNo: 600,
      actsFromNo: null,
    })
    if (found.own) expect(found.parameters.weights.surprise).toBeGreaterThan(0)
    else expect(found.words).toContain('chance')
    const shuffled = shop(300, (random) => {
      const start = Math.floor(random() * 100)
      const more = random() < 0.5
      return more ? [start, start + 1, 320 + Math.floor(random() * 10)] : [start, start + 1]
    })
    const nothing = calibrate(rules, packHistories(shuffled), {
      origins: [150, 180, 210],
      endNo: 600,
      actsFromNo: null,
    })
    expect(nothing).toMatchObject({ own: false, churned: expect.any(Number) as number })
  })

  it('is the same whoever comes first, and knows nothing of later days', () => {
    const histories = shop(500, clockwork)
    const task = { origins, endNo: 500, actsFromNo: null }
    const first = calibrate(rules, packHistories(histories), task)
    const cut = histories.map((history) => ({
      ...history,
      purchases: history.purchases.filter(({ dayNo }) => dayNo <= 500),
    }))
    expect(calibrate(rules, packHistories(cut), task)).toEqual(first)
  })
})
