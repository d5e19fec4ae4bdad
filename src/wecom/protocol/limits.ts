/** What keeps us inside WeCom's limits: so many at once per API, one at a time per customer, silence while blocked. */
import type { Clock, Instant } from '../../base/clock.ts'
import { hours, minutes, seconds } from '../../base/clock.ts'
import { addDays, dayOf, instantOf } from '../../base/calendar.ts'

/** At most `most` pieces of work at once; the rest wait in order. */
export function createSemaphore(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0
  const waiting: (() => void)[] = []
  return async (work) => {
    if (running >= most) await new Promise<void>((go) => waiting.push(go))
    running += 1
    try {
      return await work()
    } finally {
      running -= 1
      waiting.shift()?.()
    }
  }
}

/** Work with the same key runs one after the other; different keys do not wait for each other. */
export function createLanes(): <T>(key: string, work: () => Promise<T>) => Promise<T> {
  const tails = new Map<string, Promise<unknown>>()
  return async (key, work) => {
    const before = tails.get(key) ?? Promise.resolve()
    const mine = before.then(work, work)
    tails.set(key, mine)
    try {
      return await mine
    } finally {
      if (tails.get(key) === mine) tails.delete(key)
    }
  }
}

/**
 * 45009 does not say which window is full. The first block lasts a minute; if the one probe after it is refused again, an
 * hour; then the rest of the day (WECOM.md §1.1). During a block nothing is called, and afterwards one probe goes first.
 */
export interface Circuit {
  /** Milliseconds to wait, or 0: go ahead (and tell how it went by `passed` or `blocked`). */
  wait(): number
  passed(): void
  blocked(): number
  /** The probe ended without an answer: let another one try. */
  undecided(): void
}

const probeMs = seconds(2)

export function createCircuit(clock: Clock): Circuit {
  let until: Instant = 0
  let strikes = 0
  let probing = false
  return {
    wait() {
      const now = clock.now()
      if (now < until) return until - now
      if (strikes === 0) return 0
      if (probing) return probeMs
      probing = true
      return 0
    },
    passed() {
      strikes = 0
      probing = false
    },
    undecided() {
      probing = false
    },
    blocked() {
      const now = clock.now()
      // Calls that were under way when the block began say nothing new.
      if (now < until) return until - now
      strikes += 1
      probing = false
      until = now + windowMs(strikes, now)
      return until - now
    },
  }
}

function windowMs(strikes: number, now: Instant): number {
  if (strikes === 1) return minutes(1)
  if (strikes === 2) return hours(1)
  return instantOf(addDays(dayOf(now), 1)) - now
}
