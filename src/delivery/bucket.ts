/**
 * A precise token bucket (GCRA): `burst` at once, and beside that never more than `perMinute` in any minute nor its
 * sixtieth in a second, evenly spread. After a stall what fell due in eight milliseconds leaves at once, what fell due in a
 * longer one is given up. Alone it lives in memory; several processes share one that somebody else keeps (limiter.ts).
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from '../base/clock.ts'

export interface Rate {
  readonly perMinute: number
  readonly burst: number
}

export interface Bucket {
  /** Resolves when one call may start. First come, first served. */
  take(): Promise<void>
}

export interface Limiter {
  /** One bucket a name. */
  bucketOf(name: string, rate: Rate): Bucket
}

/** Calls that left evenly arrive a little closer together: so much of what is permitted stays unused. */
const margin = 0.02
/** A timer comes late by a few milliseconds, which are caught up. */
const catchUpMs = 8

/** What is not spent as a burst is spread over the minute, so that no minute holds more than is permitted. */
export function pace({ perMinute, burst }: Rate): { readonly spacingMs: number; readonly slackMs: number } {
  const atOnce = Math.max(1, Math.min(burst, Math.floor(perMinute / 2)))
  const spacingMs = 60_000 / Math.max(1 - margin, perMinute * (1 - margin) - atOnce)
  return { spacingMs, slackMs: spacingMs * (atOnce - 1) }
}

export function createBucket(clock: Pick<Clock, 'steady'>, rate: Rate): Bucket {
  const { spacingMs, slackMs } = pace(rate)
  /** When the next call would start if calls came exactly at the rate. */
  let due = Number.NEGATIVE_INFINITY
  let last: Promise<void> = Promise.resolve()
  const turn = async (arrived: number): Promise<void> => {
    const startAt = due - slackMs
    const waitMs = startAt - clock.steady()
    if (waitMs > 0) await pause(Math.ceil(waitMs))
    // A process that stood still does not let go at once all that fell due meanwhile.
    const lostMs = arrived < startAt ? Math.max(0, clock.steady() - startAt - catchUpMs) : 0
    due = Math.max(due + lostMs, arrived) + spacingMs
  }
  return {
    take() {
      const arrived = clock.steady()
      last = last.then(() => turn(arrived))
      return last
    },
  }
}

export function createMemoryLimiter(clock: Pick<Clock, 'steady'>): Limiter {
  return keptBuckets((_, rate) => createBucket(clock, rate))
}

/**
 * Takes the next `n` places of a shared bucket. Answers how far ahead of the keeper's own clock (`nowMs`) the first of
 * them lies when calls come evenly; the others follow at `spacingMs`.
 */
export type Reserve = (
  name: string,
  spacingMs: number,
  n: number,
) => Promise<{ readonly nowMs: number; readonly offsetMs: number }>

/** Whoever waits while a question is under way is asked for in the next one: round trips do not grow with calls. */
export function createSharedLimiter(clock: Pick<Clock, 'steady'>, reserve: Reserve): Limiter {
  return keptBuckets((name, rate) => {
    const { spacingMs, slackMs } = pace(rate)
    const waiting: { ok(waitMs: number): void; fail(error: unknown): void }[] = []
    // A stall of this process would let go at once all that fell due meanwhile; here they are spread again.
    const own = createBucket(clock, rate)
    let asking = false
    const ask = async (): Promise<void> => {
      asking = true
      while (waiting.length > 0) {
        const group = waiting.splice(0)
        try {
          const { offsetMs } = await reserve(name, spacingMs, group.length)
          group.forEach(({ ok }, i) => ok(offsetMs + i * spacingMs - slackMs))
        } catch (error) {
          for (const { fail } of group) fail(error)
        }
      }
      asking = false
    }
    return {
      async take() {
        const waitMs = await new Promise<number>((ok, fail) => {
          waiting.push({ ok, fail })
          if (!asking) void ask()
        })
        if (waitMs > 0) await pause(Math.ceil(waitMs))
        await own.take()
      },
    }
  })
}

function keptBuckets(make: (name: string, rate: Rate) => Bucket): Limiter {
  const buckets = new Map<string, Bucket>()
  return {
    bucketOf(name, rate) {
      const bucket = buckets.get(name) ?? make(name, rate)
      buckets.set(name, bucket)
      return bucket
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
