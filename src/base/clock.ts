/**
 * The only reader of the wall clock. Business time (`now`) can be moved by tests and by the demo; `steady` always runs
 * with the machine and serves time-outs and back-off inside one process.
 */
import { performance } from 'node:perf_hooks'

/** Epoch milliseconds. */
export type Instant = number

export interface Clock {
  /** Business time: due dates, windows, caps, token life. */
  now(): Instant
  /** Milliseconds that never jump; only differences mean anything, and only inside this process. */
  steady(): number
}

export const wallClock: Clock = { now: () => Date.now(), steady: () => performance.now() }

export interface VirtualClock extends Clock {
  set(to: Instant): void
  advance(ms: number): void
}

export function virtualClock(start: Instant): VirtualClock {
  let now = start
  return {
    now: () => now,
    steady: () => performance.now(),
    set(to) {
      if (to < now)
        throw new Error(`A virtual clock never goes back: ${String(to)} is before ${String(now)}.`)
      now = to
    },
    advance(ms) {
      now += ms
    },
  }
}

export const seconds = (n: number): number => n * 1000
export const minutes = (n: number): number => n * 60_000
export const hours = (n: number): number => n * 3_600_000
export const days = (n: number): number => n * 86_400_000
