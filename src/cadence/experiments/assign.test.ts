import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assign, mostPerTreatment, unitOf } from './assign.ts'
import type { Lottery } from './assign.ts'
import { checkSplit } from './sample-size.ts'

const lottery = (shares: readonly number[], more: Partial<Lottery> = {}): Lottery => ({
  name: 'tea',
  seed: '1',
  arms: shares.map((share, i) => ({ name: `arm-${String(i)}`, share })),
  smallRange: null,
  ...more,
})
const people = Array.from({ length: 4_000 }, (_, i) => `c${String(i)}`)
const counts = (one: Lottery): number[] =>
  one.arms.map(
    ({ name }) =>
      people.filter((person) => {
        const { arm, counted } = assign(one, person)
        return counted && arm === name
      }).length,
  )

describe('the lots', () => {
  it.each([[[50, 50]], [[90, 10]], [[40, 30, 30]], [[10, 60, 30]], [[25, 25, 25, 25]], [[70, 10, 10, 5, 5]]])(
    'fall by the shares %j',
    (shares) => {
      expect(checkSplit(counts(lottery(shares)), shares).isBroken).toBe(false)
    },
  )

  it('fall anew with another seed, and independently between experiments', () => {
    const both = (a: Lottery, b: Lottery): number =>
      people.filter((person) => assign(a, person).arm === 'arm-1' && assign(b, person).arm === 'arm-1').length
    const half = lottery([50, 50])
    for (const other of [lottery([50, 50], { seed: '2' }), lottery([50, 50], { name: 'milk' })])
      expect(Math.abs(both(half, other) - 1_000)).toBeLessThan(120)
  })

  it('are the same on every computer', () => {
    expect([unitOf('1', 'tea', 'c1'), unitOf('1', 'tea', 'range', 'c1')].map((u) => u.toFixed(9))).toEqual([
      '0.304726955',
      '0.304308033',
    ])
  })

  it('never move anybody who is in an arm when a share or the small range grows', () => {
    const growth = fc
      .integer({ min: 1, max: 5 })
      .chain((treatments) => {
        const most = Math.floor(Math.min(100 / treatments, mostPerTreatment(treatments)))
        const share = fc.integer({ min: 1, max: most })
        const list = fc.array(share, { minLength: treatments, maxLength: treatments })
        const range = fc.integer({ min: 1, max: 100 })
        return fc.record({
          before: list,
          after: list,
          ranges: fc.tuple(range, range),
          most: fc.constant(most),
        })
      })
      .map(({ before, after, ranges }) => {
        const grown = before.map((share, i) => Math.max(share, after[i] ?? share))
        const whole = (shares: readonly number[]): number[] => [
          100 - shares.reduce((sum, share) => sum + share, 0),
          ...shares,
        ]
        const [low, high] = [Math.min(...ranges), Math.max(...ranges)]
        return [
          lottery(whole(before), { smallRange: low }),
          lottery(whole(grown), { smallRange: high }),
        ] as const
      })
    fc.assert(
      fc.property(growth, ([before, after]) => {
        for (const person of people.slice(0, 150)) {
          const was = assign(before, person)
          const is = assign(after, person)
          if (was.counted) expect(is.counted).toBe(true)
          if (was.counted && was.arm !== 'arm-0') expect(is.arm).toBe(was.arm)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('leave everybody outside the small range with the control, uncounted', () => {
    const small = lottery([50, 50], { smallRange: 10 })
    const outside = people.map((person) => assign(small, person)).filter(({ counted }) => !counted)
    expect(Math.abs(outside.length - 3_600)).toBeLessThan(80)
    expect(new Set(outside.map(({ arm }) => arm))).toEqual(new Set(['arm-0']))
  })
})
