import type { ClockMode } from './types.ts'

interface Due {
  readonly at: number
  readonly order: number
  readonly run: () => void | Promise<void>
}

/**
 * The simulator's clock and agenda in one. In `virtual` mode time stands still until somebody moves it; in
 * `wall` mode it follows the machine (from any starting point) and the agenda runs on a timer. Either way the
 * agenda runs strictly in order of time, then of scheduling, one entry at a time.
 */
export interface SimClock {
  now(): number
  mode(): ClockMode
  schedule(at: number, run: () => void | Promise<void>): () => void
  advanceTo(to: number, settle?: (now: number) => Promise<void>): Promise<void>
  useWall(at?: number): void
  nextAt(): number | null
  /** True while an agenda entry, or the wait for its callbacks, is under way. */
  busy(): boolean
  clearAgenda(): void
  close(): void
}

export interface ClockOptions {
  readonly mode: ClockMode
  readonly startAt?: number
  /** Awaited after each agenda entry: the callbacks it caused are part of the work. */
  readonly drain: () => Promise<void>
  /** What an agenda entry throws in wall mode, where nobody awaits it. */
  readonly onError: (error: unknown) => void
}

/** Node fires longer timers at once, so far entries are reached in hops. */
const longestTimerMs = 2 ** 31 - 1

export function createClock(options: ClockOptions): SimClock {
  let mode = options.mode
  let offset = options.startAt === undefined ? 0 : options.startAt - Date.now()
  let frozenAt: number | null = mode === 'virtual' ? (options.startAt ?? Date.now()) : null
  let order = 0
  let running = false
  let closed = false
  let timer: NodeJS.Timeout | null = null
  let queue: Promise<void> = Promise.resolve()
  const agenda: Due[] = []
  const now = (): number => frozenAt ?? Date.now() + offset

  const insert = (due: Due): void => {
    let low = 0
    let high = agenda.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const other = agenda[middle]
      if (other && (other.at < due.at || (other.at === due.at && other.order < due.order))) low = middle + 1
      else high = middle
    }
    agenda.splice(low, 0, due)
  }

  const runUntil = async (
    until: () => number,
    enter: (at: number) => void,
    after: () => Promise<void>,
  ): Promise<void> => {
    running = true
    try {
      for (let due = agenda[0]; due && due.at <= until() && !closed; due = agenda[0]) {
        agenda.shift()
        enter(due.at)
        await due.run()
        await after()
      }
    } finally {
      running = false
    }
  }

  const arm = (): void => {
    if (timer) clearTimeout(timer)
    timer = null
    const head = agenda[0]
    if (mode !== 'wall' || closed || !head || running) return
    timer = setTimeout(tick, Math.min(Math.max(0, head.at - now()), longestTimerMs))
    timer.unref()
  }

  const tick = (): void => {
    timer = null
    // On the wall clock time does not wait for callbacks, so neither does the agenda.
    const carryOn = async (): Promise<void> => {
      await runUntil(
        now,
        () => {},
        async () => {},
      )
    }
    queue = queue.then(carryOn).catch(options.onError).then(arm)
  }

  const advance = async (to: number, settle?: (now: number) => Promise<void>): Promise<void> => {
    if (to < now()) throw new RangeError(`The clock only moves forward: now ${now()}, asked for ${to}.`)
    frozenAt = now()
    try {
      await runUntil(
        () => to,
        (at) => {
          frozenAt = Math.max(frozenAt ?? at, at)
        },
        async () => {
          await options.drain()
          if (settle) await settle(now())
        },
      )
      frozenAt = to
      await options.drain()
    } finally {
      if (mode === 'wall' && frozenAt !== null) {
        offset = frozenAt - Date.now()
        frozenAt = null
      }
      arm()
    }
  }

  return {
    now,
    mode: () => mode,
    schedule(at, run) {
      const due: Due = { at, order: order++, run }
      insert(due)
      arm()
      return () => {
        const index = agenda.indexOf(due)
        if (index >= 0) agenda.splice(index, 1)
      }
    },
    advanceTo(to, settle) {
      const result = queue.then(() => advance(to, settle))
      // The next in line must not fail because this one did; the caller still sees the failure.
      queue = result.then(
        () => undefined,
        () => undefined,
      )
      return result
    },
    useWall(at) {
      const from = at ?? now()
      mode = 'wall'
      frozenAt = null
      offset = from - Date.now()
      arm()
    },
    nextAt: () => agenda[0]?.at ?? null,
    busy: () => running,
    clearAgenda() {
      agenda.length = 0
      arm()
    },
    close() {
      closed = true
      agenda.length = 0
      if (timer) clearTimeout(timer)
    },
  }
}
