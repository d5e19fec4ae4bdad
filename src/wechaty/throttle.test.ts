import { expect, it } from 'vitest'
import { createThrottle } from './throttle.ts'

const spoken = async (targets: readonly string[]): Promise<number[]> => {
  let now = 0
  const throttle = createThrottle({
    steady: () => now,
    wait(ms) {
      now += ms
      return Promise.resolve()
    },
    random: () => 0.5,
  })
  const at: number[] = []
  for (const target of targets) {
    await throttle.turn(target)
    at.push(now)
  }
  return at
}

it('words to one target are at least 1 s apart, to another target 3-5 s', async () => {
  const warm = Array.from({ length: 41 }, () => 'a')
  const at = await spoken([...warm, 'a', 'b', 'a'])
  const gaps = at.slice(41).map((time, i) => time - (at[40 + i] ?? 0))
  expect(gaps[0]).toBeGreaterThanOrEqual(1_000)
  expect(gaps[1]).toBeGreaterThanOrEqual(3_000)
  expect(gaps[2]).toBeGreaterThanOrEqual(3_000)
})

it('never more than 40 in any minute, also right after a start', async () => {
  const at = await spoken(Array.from({ length: 200 }, () => 'a'))
  for (const from of at)
    expect(at.filter((time) => time >= from && time < from + 60_000).length).toBeLessThanOrEqual(40)
  expect(at[0]).toBeGreaterThanOrEqual(1_500)
})
