import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { wallClock } from '../base/clock.ts'
import { createBucket, pace } from './bucket.ts'
import type { Rate } from './bucket.ts'

/** When each of `n` calls that all came at once started, in milliseconds from the first. */
async function startsOf(rate: Rate, n: number, meanwhile: () => Promise<void> = async () => {}) {
  const bucket = createBucket(wallClock, rate)
  const starts: number[] = []
  const calls = Array.from({ length: n }, async () => {
    await bucket.take()
    starts.push(wallClock.steady())
  })
  await meanwhile()
  await Promise.all(calls)
  return starts.map((at) => at - (starts[0] ?? 0))
}

function mostWithin(starts: readonly number[], ms: number): number {
  return Math.max(...starts.map((from) => starts.filter((at) => at >= from && at < from + ms).length))
}

function block(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

describe('a bucket in memory', () => {
  it('uses nearly what is permitted and no window holds more', async () => {
    const starts = await startsOf({ perMinute: 12_000, burst: 1 }, 300)
    expect(mostWithin(starts, 1_000)).toBeLessThanOrEqual(200)
    // 299 gaps at 200 a second, less the margin and what a busy machine takes.
    expect(starts.at(-1)).toBeGreaterThanOrEqual(1_495)
    expect(starts.at(-1)).toBeLessThan(2_400)
  })

  it('lets a burst go at once, and keeps a minute that begins with it', async () => {
    const rate = { perMinute: 6_000, burst: 20 }
    const starts = await startsOf(rate, 40)
    expect(mostWithin(starts, 5)).toBeGreaterThanOrEqual(20)
    expect(mostWithin(starts, 5)).toBeLessThanOrEqual(22)
    const { spacingMs } = pace(rate)
    expect(20 + 60_000 / spacingMs).toBeLessThanOrEqual(6_000)
  })

  it('spreads again what fell due while the process stood still', async () => {
    const starts = await startsOf({ perMinute: 12_000, burst: 1 }, 150, async () => {
      await pause(150)
      block(300)
    })
    expect(mostWithin(starts, 100)).toBeLessThanOrEqual(20 + 3)
    expect(mostWithin(starts, 2)).toBeLessThanOrEqual(4)
  })

  it('owes nobody the time in which nobody asked', async () => {
    const bucket = createBucket(wallClock, { perMinute: 6_000, burst: 1 })
    await bucket.take()
    await pause(100)
    const from = wallClock.steady()
    for (let n = 0; n < 6; n += 1) await bucket.take()
    expect(wallClock.steady() - from).toBeGreaterThanOrEqual(45)
  })
})
