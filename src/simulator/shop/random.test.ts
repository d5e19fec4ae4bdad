import { expect, test } from 'vitest'
import { randomOf } from './random.ts'

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const draws = (count: number, draw: () => number) => Array.from({ length: count }, draw)

test('the same words give the same numbers, other words give others', () => {
  const take = (...words: (string | number)[]) => draws(5, randomOf(...words).next)
  expect(take(7, 'a')).toEqual(take(7, 'a'))
  expect(take(7, 'a')).not.toEqual(take(7, 'b'))
  expect(take(7, 'a')).not.toEqual(take(8, 'a'))
  // The words are separated: gluing them differently is another stream.
  expect(take('ab', 'c')).not.toEqual(take('a', 'bc'))
})

test('first draws of neighbouring streams look uniform', () => {
  const firsts = Array.from({ length: 4000 }, (_, i) => randomOf(1, 'customer', i).next())
  expect(mean(firsts)).toBeCloseTo(0.5, 1)
  for (let tenth = 0; tenth < 10; tenth++) {
    const share = firsts.filter((value) => Math.floor(value * 10) === tenth).length / firsts.length
    expect(share).toBeGreaterThan(0.08)
    expect(share).toBeLessThan(0.12)
  }
})

test.each([
  [0.4, 2],
  [1, 0.5],
  [6, 3],
])('gamma(%d, %d) has its mean and variance', (shape, rate) => {
  const random = randomOf(3, 'gamma', shape)
  const values = draws(40_000, () => random.gamma(shape, rate))
  const centre = mean(values)
  const variance = mean(values.map((value) => (value - centre) ** 2))
  expect(centre / (shape / rate)).toBeGreaterThan(0.97)
  expect(centre / (shape / rate)).toBeLessThan(1.03)
  expect(variance / (shape / rate ** 2)).toBeGreaterThan(0.9)
  expect(variance / (shape / rate ** 2)).toBeLessThan(1.1)
})

test('integers reach both ends, samples are without repetition', () => {
  const random = randomOf(5)
  const rolls = new Set(draws(500, () => random.int(1, 6)))
  expect([...rolls].sort()).toEqual([1, 2, 3, 4, 5, 6])
  const chosen = random.sample([1, 2, 3, 4, 5], 3)
  expect(new Set(chosen).size).toBe(3)
  expect(random.sample([1, 2], 5)).toHaveLength(2)
  expect(() => random.pick([])).toThrow(RangeError)
})
