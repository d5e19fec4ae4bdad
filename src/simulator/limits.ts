import { ApiError } from './errors.ts'
import type { RateLimits } from './types.ts'

export interface Window {
  minuteFrom: number
  minuteCount: number
  hourFrom: number
  hourCount: number
  blockedUntil: number
}

/** Counts calls of one kind in fixed windows; beyond the ceiling it stays shut for the window's length. */
export interface Limiter {
  /** Throws 45009 when `key` is over its ceiling. */
  take(key: string, limits: RateLimits, now: number): void
  clear(): void
  image(): Map<string, Window>
  restore(image: Map<string, Window>): void
}

const minuteMs = 60_000
const hourMs = 3_600_000

export function createLimiter(): Limiter {
  let windows = new Map<string, Window>()
  return {
    take(key, limits, now) {
      const window = windows.get(key) ?? {
        minuteFrom: now,
        minuteCount: 0,
        hourFrom: now,
        hourCount: 0,
        blockedUntil: 0,
      }
      windows.set(key, window)
      if (now < window.blockedUntil) throw new ApiError(45009)
      if (now - window.minuteFrom >= minuteMs) Object.assign(window, { minuteFrom: now, minuteCount: 0 })
      if (now - window.hourFrom >= hourMs) Object.assign(window, { hourFrom: now, hourCount: 0 })
      if (++window.hourCount > limits.perHour) window.blockedUntil = now + hourMs
      else if (++window.minuteCount > limits.perMinute) window.blockedUntil = now + minuteMs
      if (now < window.blockedUntil) throw new ApiError(45009)
    },
    clear: () => windows.clear(),
    image: () => windows,
    restore(image) {
      windows = image
    },
  }
}
