/** Customers nobody should have, for every model and every function: no NaN, no infinity, no P beyond [0, 1]. */
import { describe, expect, it } from 'vitest'
import type { CountModel, History } from './model.ts'
import { countModel } from './models/index.ts'
import { drawSpend, expectedSpend, gammaGammaLikelihood } from './models/gamma-gamma.ts'
import { randomFrom } from './random.ts'
import type { Random } from './random.ts'
import { groupTriples } from './triples.ts'

/** Discounting is an integral over an integral for the geometric models; every so many are enough of an evening. */
const discountedEvery = { 'pareto-nbd': 1, 'mbg-nbd': 25, 'bg-nbd': 25, 'bg-bb': 1 } as const
const fiftyYears = 18_262

const pick = <T>(random: Random, from: readonly T[]): T =>
  from[Math.floor(random.uniform() * from.length)] as T
/** Over many orders of magnitude. */
const spread = (random: Random, low: number, high: number): number =>
  Math.exp(Math.log(low) + random.uniform() * (Math.log(high) - Math.log(low)))

function continuous(random: Random): History {
  const T = pick(random, [0, 1e-9, 1 / 7, 39, 2_609, fiftyYears, spread(random, 1e-3, fiftyYears)])
  if (T === 0) return { x: 0, tx: 0, T }
  const x = pick(random, [0, 0, 1, 2, 3, 26, 200, 1_000, Math.floor(spread(random, 1, 3_000))])
  const tx = x === 0 ? 0 : pick(random, [T, T * random.uniform(), T * 1e-9, T * (1 - 1e-12)])
  return { x, tx, T }
}

function discrete(random: Random): History {
  const T = pick(random, [0, 1, 6, 52, 260, 1_300, Math.floor(spread(random, 1, 600))])
  const x = T === 0 ? 0 : pick(random, [0, 1, T, Math.floor(random.uniform() * (T + 1))])
  const tx = x === 0 ? 0 : x + Math.floor(random.uniform() * (T - x + 1))
  return { x, tx, T }
}

function checkCustomer(
  model: CountModel,
  p: readonly number[],
  h: History,
  t: number,
  random: Random,
  withDiscount: boolean,
): string[] {
  const wrong: string[] = []
  const say = (what: string, value: number, high = Infinity): void => {
    if (!(value >= 0 && value <= high && Number.isFinite(value))) wrong.push(`${what} = ${String(value)}`)
  }
  const alive = model.pAlive(p, h)
  say('pAlive', alive, 1)
  const near = model.conditional(p, h, t)
  const far = model.conditional(p, h, 2 * t)
  say('conditional', near)
  if (far < near * (1 - 1e-9)) wrong.push(`conditional falls from ${String(near)} to ${String(far)}`)
  const expected = model.expected(p, t)
  say('expected', expected)
  if (model.expected(p, 2 * t) < expected * (1 - 1e-9)) wrong.push('expected falls')
  if (withDiscount) checkDiscounted(model, p, h, wrong)
  say('pmf', model.pmf(p, t, h.x), 1)
  say('draw', model.draw(p, h, 52, alive, random))
  const { value, gradient } = model.likelihood(groupTriples([h]))(p)
  if (!Number.isFinite(value)) wrong.push(`logLikelihood = ${String(value)}`)
  if (gradient.some((g) => !Number.isFinite(g))) wrong.push(`gradient = ${gradient.join(' ')}`)
  return wrong
}

function checkDiscounted(model: CountModel, p: readonly number[], h: History, wrong: string[]): void {
  const ever = model.discounted(p, h, 0.002)
  const year = model.discounted(p, h, 0.002, 52)
  if (!(ever >= 0 && Number.isFinite(ever))) wrong.push(`discounted = ${String(ever)}`)
  if (year > ever * (1 + 1e-4)) wrong.push(`discounted for a year ${String(year)} > for ever ${String(ever)}`)
  if (year > model.conditional(p, h, 52) * (1 + 1e-4)) wrong.push('discounted is more than undiscounted')
}

/** `many` of them for each model: the everyday suite takes fewer than the long one. */
export function extremeCustomers(many: number): void {
  describe('extreme customers', () => {
    for (const name of ['pareto-nbd', 'mbg-nbd', 'bg-nbd', 'bg-bb'] as const)
      it(`${name}: every function of ${String(many)} of them is a number`, () => {
        const model = countModel(name)
        const random = randomFrom(7)
        const failures: string[] = []
        for (let i = 0; i < many; i += 1) {
          const p = model.parameters.map(() =>
            random.uniform() < 0.7 ? spread(random, 0.05, 50) : spread(random, 1e-5, 1e5),
          )
          const h = name === 'bg-bb' ? discrete(random) : continuous(random)
          const t = name === 'bg-bb' ? pick(random, [1, 6, 52, 300]) : pick(random, [1 / 7, 1, 39, 52, 520])
          const wrong = checkCustomer(model, p, h, t, random, i % discountedEvery[name] === 0)
          if (wrong.length > 0) failures.push(`${JSON.stringify({ p, h, t })}: ${wrong.join('; ')}`)
        }
        expect(failures.slice(0, 10).join('\n')).toBe('')
      }, 240_000)

    it(`gamma-gamma: every function of ${String(many)} of them is a number`, () => {
      const random = randomFrom(11)
      const failures: string[] = []
      for (let i = 0; i < many; i += 1) {
        const p = [spread(random, 1e-4, 1e4), spread(random, 1e-4, 1e4), spread(random, 1e-6, 1e8)]
        const x = pick(random, [0, 1, 2, 200, 1_000])
        const m = x === 0 ? 0 : pick(random, [0.01, 35.2, 1e9, spread(random, 0.01, 1e7)])
        const values = [expectedSpend(p, x, m), drawSpend(p, x, m, pick(random, [0, 1, 40]), random)]
        if (x > 0) {
          const one = { x: Float64Array.of(x), m: Float64Array.of(m), n: Float64Array.of(1), customers: 1 }
          const { value, gradient } = gammaGammaLikelihood(one)(p)
          if (![value, ...gradient].every(Number.isFinite))
            failures.push(`likelihood of ${JSON.stringify({ p, x, m })}`)
        }
        if (!values.every((v) => Number.isFinite(v) && v >= 0))
          failures.push(`${JSON.stringify({ p, x, m })}: ${values.join(' ')}`)
      }
      expect(failures.slice(0, 10).join('\n')).toBe('')
    })
  })
}
