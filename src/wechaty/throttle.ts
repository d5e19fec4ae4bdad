/**
 * Spacing of what the bot says, so that an account is not banned: 1 s between words to one target, 3-5 s between
 * targets, 40 a minute. A process that has just started behaves as if the minute were used up: a restart (or a crash
 * loop) therefore never says more in a minute than a process that stays up.
 */
export interface Throttle {
  /** Resolves when it is this message's turn; first come, first served. */
  turn(target: string): Promise<void>
}

export interface ThrottleParts {
  /** Monotonic milliseconds. */
  readonly steady: () => number
  readonly wait: (ms: number) => Promise<void>
  /** In [0, 1): spreads the pause between targets. */
  readonly random: () => number
}

const sameTargetMs = 1_000
const otherTargetMs = { least: 3_000, most: 5_000 }
const perMinute = 40
const refillMs = 60_000 / perMinute

export function createThrottle({ steady, wait, random }: ThrottleParts): Throttle {
  const startedAt = steady()
  let last: { target: string; at: number } | null = null
  let spoken: number[] = []
  let tail: Promise<void> = Promise.resolve()

  function pauseFor(target: string, now: number): number {
    spoken = spoken.filter((at) => at > now - 60_000)
    const spacing = !last
      ? 0
      : last.target === target
        ? sameTargetMs
        : otherTargetMs.least + random() * (otherTargetMs.most - otherTargetMs.least)
    const afterLast = last ? last.at + spacing - now : 0
    const oldest = spoken.length >= perMinute ? (spoken.at(-perMinute) ?? now) + 60_000 - now : 0
    // During the first minute words trickle at the refill rate.
    const warmUp = now - startedAt < 60_000 ? (spoken.length + 1) * refillMs - (now - startedAt) : 0
    return Math.max(0, afterLast, oldest, warmUp)
  }

  async function take(target: string): Promise<void> {
    const pause = pauseFor(target, steady())
    if (pause > 0) await wait(pause)
    const now = steady()
    last = { target, at: now }
    spoken.push(now)
  }

  return {
    turn(target) {
      const mine = tail.then(() => take(target))
      tail = mine
      return mine
    },
  }
}
