/** What must hold for every model, whatever the parameters: recovered from simulations, indifferent to order and units. */
import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { fitCounts, fitSpend } from './fit.ts'
import type { CountModelName, History } from './model.ts'
import { drawSpend, groupSpends } from './models/gamma-gamma.ts'
import { expectedUntilGone } from './models/geometric-nbd.ts'
import { countModel } from './models/index.ts'
import { toOpportunities } from './opportunities.ts'
import { randomFrom } from './random.ts'
import {
  digamma,
  hypergeometricOne,
  logGamma,
  logGammaRatio,
  oneByFraction,
  oneByIntegral,
  oneBySeries,
} from './special.ts'
import { groupTriples } from './triples.ts'
import { rankCorrelation } from './dataset.ts'

/** Its types are not found through its own exports. */
const cephes = createRequire(import.meta.url)('cephes') as {
  lgam(x: number): number
  psi(x: number): number
  hyp2f1(a: number, b: number, c: number, x: number): number
}

const truth: Readonly<Record<CountModelName, readonly number[]>> = {
  'pareto-nbd': [0.8, 6, 0.7, 10],
  'mbg-nbd': [0.9, 5, 0.8, 2.5],
  'bg-nbd': [0.6, 5, 0.9, 2.6],
  'bg-bb': [1.2, 0.8, 0.7, 2.8],
}
const models = Object.keys(truth) as CountModelName[]

function population(name: CountModelName, customers: number, seed: number): History[] {
  const random = randomFrom(seed)
  const model = countModel(name)
  return Array.from({ length: customers }, () => {
    const T =
      name === 'bg-bb' ? 6 + Math.floor(random.uniform() * 6) : 30 + Math.floor(random.uniform() * 280) / 7
    return model.simulate(truth[name], T, random)
  })
}

describe.each(models)('%s', (name) => {
  const model = countModel(name)
  const people = population(name, 6_000, 42)

  it('finds the parameters its customers were made with, within four standard errors', () => {
    const fit = fitCounts(name, groupTriples(people))
    expect(fit).toMatchObject({ converged: true, positiveDefinite: true, atBorder: [] })
    truth[name].forEach((value, i) => {
      const error = fit.standardErrors[i] ?? 0
      expect(error).toBeGreaterThan(0)
      expect(Math.abs((fit.parameters[i] ?? NaN) - value)).toBeLessThan(4 * error)
    })
  }, 60_000)

  it('does not care about the order of its customers, and counts each once', () => {
    const p = truth[name]
    const once = model.likelihood(groupTriples(people))(p).value
    expect(model.likelihood(groupTriples([...people].reverse()))(p).value).toBe(once)
    const twice = model.likelihood(groupTriples([...people, ...people]))(p).value
    expect(Math.abs(twice - 2 * once)).toBeLessThan(1e-8 * Math.abs(once))
    const weighted = groupTriples(people.map((one) => ({ ...one, weight: 2 })))
    expect(model.likelihood(weighted)(p).value).toBe(twice)
  })

  it('has a gradient that is the slope of its likelihood', () => {
    const objective = model.likelihood(groupTriples(people.slice(0, 300)))
    const p = truth[name].map((v) => v * 1.3)
    const { gradient } = objective(p)
    p.forEach((v, i) => {
      const h = 1e-5 * v
      const at = (by: number): number => objective(p.map((w, j) => (i === j ? w + by : w))).value
      const slope = (at(h) - at(-h)) / (2 * h)
      expect(Math.abs((gradient[i] ?? NaN) - slope)).toBeLessThan(1e-4 * (1 + Math.abs(slope)))
    })
  })

  it('has probabilities that sum to one and agree with its expectation', () => {
    const t = name === 'bg-bb' ? 8 : 6
    let [sum, mean] = [0, 0]
    for (let x = 0; x <= 400; x += 1) {
      const p = model.pmf(truth[name], t, x)
      sum += p
      mean += x * p
    }
    expect(sum).toBeCloseTo(1, 5)
    expect(Math.abs(mean - model.expected(truth[name], t))).toBeLessThan(2e-3 * mean)
  })

  it('draws what it expects', () => {
    const random = randomFrom(5)
    const history = name === 'bg-bb' ? { x: 3, tx: 5, T: 6 } : { x: 3, tx: 25, T: 30 }
    const t = name === 'bg-bb' ? 10 : 26
    const alive = model.pAlive(truth[name], history)
    let sum = 0
    const draws = 40_000
    for (let i = 0; i < draws; i += 1) sum += model.draw(truth[name], history, t, alive, random)
    const wanted = model.conditional(truth[name], history, t)
    expect(Math.abs(sum / draws - wanted)).toBeLessThan(0.03 * wanted)
  })

  it('discounts: nothing at rate 0 over a horizon, less and less with the rate', () => {
    const history = name === 'bg-bb' ? { x: 3, tx: 5, T: 6 } : { x: 3, tx: 25, T: 30 }
    const plain = model.conditional(truth[name], history, 52)
    expect(Math.abs(model.discounted(truth[name], history, 1e-9, 52) - plain)).toBeLessThan(1e-5 * plain)
    expect(model.discounted(truth[name], history, 0.01, 52)).toBeLessThan(plain)
    expect(model.discounted(truth[name], history, 0.02, 52)).toBeLessThan(
      model.discounted(truth[name], history, 0.01, 52),
    )
  })
})

describe('what the models say of time', () => {
  it('the longer the silence, the less alive; BG/NBD never doubts a one-time buyer', () => {
    for (const name of ['pareto-nbd', 'mbg-nbd', 'bg-nbd'] as const) {
      const model = countModel(name)
      let before = 1
      for (let T = 30; T < 400; T += 5) {
        const alive = model.pAlive(truth[name], { x: 3, tx: 25, T })
        expect(alive).toBeLessThanOrEqual(before)
        before = alive
      }
      const once = model.pAlive(truth[name], { x: 0, tx: 0, T: 400 })
      if (name === 'bg-nbd') expect(once).toBe(1)
      else expect(once).toBeLessThan(0.7)
    }
  })

  it('weeks or days: the time parameters scale, the rest stays', () => {
    for (const name of ['pareto-nbd', 'mbg-nbd', 'bg-nbd'] as const) {
      const model = countModel(name)
      const people = population(name, 1_500, 9)
      const weeks = fitCounts(name, groupTriples(people))
      const days = fitCounts(name, groupTriples(people.map(({ x, tx, T }) => ({ x, tx: 7 * tx, T: 7 * T }))))
      model.parameters.forEach((parameter, i) => {
        const factor = model.timeParameters.includes(parameter) ? 7 : 1
        expect((days.parameters[i] ?? NaN) / ((weeks.parameters[i] ?? NaN) * factor)).toBeCloseTo(1, 4)
      })
      const purchases = people.reduce((sum, { x }) => sum + x, 0)
      expect(days.logLikelihood).toBeCloseTo(weeks.logLikelihood - purchases * Math.log(7), 3)
    }
  }, 60_000)
})

describe('gamma-gamma', () => {
  it('finds the parameters its amounts were made with, and doubles with its data', () => {
    const random = randomFrom(3)
    const wanted = [5, 4, 20]
    const spends = Array.from({ length: 5_000 }, () => {
      const x = 1 + Math.floor(random.uniform() * 6)
      // x amounts of one customer: her scale is drawn once, so the sum of x amounts over x.
      return { x, m: drawSpend(wanted, 0, 0, x, random) / x }
    })
    const fit = fitSpend(groupSpends(spends))
    expect(fit.converged).toBe(true)
    wanted.forEach((value, i) =>
      expect(Math.abs((fit.parameters[i] ?? NaN) - value)).toBeLessThan(4 * (fit.standardErrors[i] ?? 0)),
    )
    const twice = fitSpend(groupSpends([...spends, ...spends]))
    expect(Math.abs(twice.logLikelihood - 2 * fit.logLikelihood)).toBeLessThan(1e-3)
  }, 60_000)
})

describe('special functions', () => {
  it('agree with cephes where that is sound', () => {
    for (const z of [1e-6, 0.01, 0.3, 1, 1.5, 2, 7.7, 10, 50.5, 1e3, 1e6]) {
      expect(logGamma(z)).toBeCloseTo(cephes.lgam(z), 9)
      expect(digamma(z) / cephes.psi(z)).toBeCloseTo(1, 10)
    }
    for (const [b, c] of [
      [0.6, 2.3],
      [2.5, 4.1],
      [26, 28.5],
      [200, 201.4],
    ] as const)
      for (const y of [0, 0.05, 0.4, 0.8])
        expect(hypergeometricOne(b, c, y) / cephes.hyp2f1(1, b, c, y)).toBeCloseTo(1, 9)
    expect(logGammaRatio(1e9, 0.5)).toBeCloseTo(0.5 * Math.log(1e9), 8)
  })

  it('give the same by series, by fraction and by integral', () => {
    for (const [b, c] of [
      [0.6, 1.9],
      [3.2, 4.9],
      [40, 41.3],
      [1.6, 900],
    ] as const)
      for (const y of [0.5, 0.9, 0.99, 0.999]) {
        const bySeries = oneBySeries(b, c, y)
        expect(oneByFraction(b, c, y) / bySeries).toBeCloseTo(1, 9)
        expect(oneByIntegral(b, c, 1 - y) / bySeries).toBeCloseTo(1, 8)
      }
  })

  it('the expectation of the geometric models is the published one, where that can be computed', () => {
    // (a+b−1)/(a−1)·[1 − (1/(1+τ))^r·2F1(r, b; a+b−1; τ/(1+τ))]
    for (const [r, tau, a, b] of [
      [0.24, 8.8, 0.79, 2.43],
      [2.24, 0.9, 0.79, 4.43],
      [3, 20, 2.5, 3],
      [0.5, 200, 1.7, 2],
    ] as const) {
      const closed =
        ((a + b - 1) / (a - 1)) * (1 - (1 + tau) ** -r * cephes.hyp2f1(r, b, a + b - 1, tau / (1 + tau)))
      expect(expectedUntilGone(r, tau, a, b) / closed).toBeCloseTo(1, 7)
    }
  })

  it('ranks ties alike', () => {
    expect(
      rankCorrelation([
        { x: 1, m: 2 },
        { x: 1, m: 2 },
        { x: 2, m: 4 },
        { x: 3, m: 9 },
      ]),
    ).toBeCloseTo(1)
    expect(rankCorrelation([{ x: 1, m: 2 }])).toBeNull()
  })
})

describe('opportunities', () => {
  it('are whole weeks, months or 28 days after the first purchase', () => {
    // 1970-01-05 is day 4.
    expect(toOpportunities([4, 5, 11, 12, 30], 4 + 28, 'week')).toEqual({ x: 3, tx: 4, T: 4 })
    expect(toOpportunities([4, 5, 33], 4 + 27, '28d')).toEqual({ x: 0, tx: 0, T: 0 })
    // January to the end of March: February and March are over, April is not.
    expect(toOpportunities([4, 30, 40, 95], 89, 'month')).toEqual({ x: 1, tx: 1, T: 2 })
  })
})
