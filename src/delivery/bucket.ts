/** A precise token bucket (GCRA): never more than `burst` at once, never more than the rate over any longer time. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from '../base/clock.ts'

export interface Bucket {
  /** Resolves when one call may start. First come, first served. */
  take(): Promise<void>
}

export function createBucket(
  clock: Pick<Clock, 'steady'>,
  rate: { readonly perMinute: number; readonly burst: number },
): Bucket {
  const spacingMs = 60_000 / rate.perMinute
  const slackMs = spacingMs * (Math.max(1, rate.burst) - 1)
  /** When the next call would start if calls came exactly at the rate. */
  let due = Number.NEGATIVE_INFINITY
  return {
    async take() {
      const now = clock.steady()
      const startAt = Math.max(now, due - slackMs)
      due = Math.max(due, now) + spacingMs
      if (startAt > now) await pause(startAt - now)
    },
  }
}

/** Does all, at most `most` at once, and waits for all even if one fails: nothing may be under way when it answers. */
export async function inSlots<T>(
  most: number,
  items: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  const enter = createSlots(most)
  const ends = await Promise.allSettled(items.map((item) => enter(() => work(item))))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
}

/** At most `most` at once; the rest wait in order. */
export function createSlots(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = most
  const waiting: (() => void)[] = []
  return async (work) => {
    if (free === 0) await new Promise<void>((ok) => void waiting.push(ok))
    else free -= 1
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free += 1
    }
  }
}
