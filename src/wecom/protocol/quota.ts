/** Counts what left, against the table of `limits.ts`. In memory: after a restart WeCom's own 45009 has the last word. */
import { addDays, dayOf, instantOf } from '../../base/calendar.ts'
import type { Clock, Instant } from '../../base/clock.ts'
import type { Limit, Span } from './limits.ts'

export type Place =
  | { readonly kind: 'full'; readonly code: number; readonly waitMs: number }
  | {
      readonly kind: 'taken'
      /** `left`: done, or nobody knows. `refused`: WeCom answered that it was not done. `stayed`: nothing left. */
      settle(how: 'left' | 'refused' | 'stayed'): void
    }

export interface Quotas {
  take(api: string, countedFor: string | undefined): Place
  /** What is used of each ceiling that is the corp's or the app's; robots and single messages are left out. */
  budgets(): Budget[]
}

export interface Budget {
  readonly api: string
  readonly span: Span
  readonly used: number
  readonly most: number
}

interface Window {
  /** Milliseconds until there is room; 0: now. */
  wait(now: Instant): number
  /** Answers how to give the place back. */
  add(now: Instant): () => void
  isEmpty(now: Instant): boolean
  used(now: Instant): number
}

const limitCode = 45009
/** Windows of robots and msgids long past are let go when there are more. */
const keptWindows = 1_000

export function createQuotas(clock: Clock, table: readonly Limit[]): Quotas {
  const windows = new Map<string, Window>()
  /** Of the windows that are everybody's: which ceiling each counts against. */
  const shared = new Map<Window, Pick<Budget, 'api' | 'span' | 'most'>>()
  let sweepAt = keptWindows

  function windowOf(limit: Limit, row: number, api: string, countedFor: string): Window {
    const key = `${String(row)} ${api} ${limit.each === true ? countedFor : ''}`
    const known = windows.get(key)
    if (known) return known
    const found = createWindow(limit.most, limit.span)
    windows.set(key, found)
    if (limit.each !== true) shared.set(found, { api, span: limit.span, most: limit.most })
    return found
  }

  function sweep(now: Instant): void {
    if (windows.size <= sweepAt) return
    for (const [key, window] of windows)
      if (window.isEmpty(now)) {
        windows.delete(key)
        shared.delete(window)
      }
    // So that many that are in use are not looked through at every call.
    sweepAt = Math.max(keptWindows, windows.size * 2)
  }

  return {
    take(api, countedFor) {
      const now = clock.now()
      sweep(now)
      const counted = table.flatMap((limit, row) =>
        (limit.api === '*' || limit.api === api) && (limit.each !== true || countedFor !== undefined)
          ? [{ limit, window: windowOf(limit, row, api, countedFor ?? '') }]
          : [],
      )
      const full = counted
        .map(({ limit, window }) => ({ code: limit.code ?? limitCode, waitMs: window.wait(now) }))
        .sort((a, b) => b.waitMs - a.waitMs)[0]
      if (full !== undefined && full.waitMs > 0) return { kind: 'full', ...full }
      const places = counted.map(({ limit, window }) => ({ limit, giveBack: window.add(now) }))
      return {
        kind: 'taken',
        settle(how) {
          for (const { limit, giveBack } of places)
            if (how === 'stayed' || (how === 'refused' && limit.counts === 'deeds')) giveBack()
        },
      }
    },
    budgets() {
      const now = clock.now()
      return [...shared].map(([window, of]) => ({ ...of, used: window.used(now) }))
    },
  }
}

const createWindow = (most: number, span: Span): Window =>
  typeof span === 'number' ? slidingWindow(most, span) : calendarWindow(most, span)

/** Up to here each call is remembered by its moment; beyond, by slices, each as long as any part of it is inside. */
const mostByMoment = 1_000
const slices = 60

interface Slice {
  readonly start: Instant
  count: number
}

function slidingWindow(most: number, spanMs: number): Window {
  const sliceMs = most <= mostByMoment ? 0 : spanMs / slices
  const kept: Slice[] = []
  let total = 0
  const leavesAt = ({ start }: Slice): Instant => start + sliceMs + spanMs
  const forget = (now: Instant): void => {
    while (kept[0] !== undefined && leavesAt(kept[0]) <= now) {
      total -= kept[0].count
      kept.shift()
    }
  }
  return {
    wait(now) {
      forget(now)
      let left = total
      for (const slice of kept) {
        if (left < most) return 0
        left -= slice.count
        if (left < most) return leavesAt(slice) - now
      }
      return 0
    },
    add(now) {
      const start = sliceMs === 0 ? now : Math.floor(now / sliceMs) * sliceMs
      const last = kept.at(-1)
      const slice = last !== undefined && last.start >= start ? last : { start, count: 0 }
      if (slice !== last) kept.push(slice)
      slice.count += 1
      total += 1
      return () => {
        slice.count -= 1
        if (kept.includes(slice)) total -= 1
      }
    },
    isEmpty(now) {
      forget(now)
      return total === 0
    },
    used(now) {
      forget(now)
      return total
    },
  }
}

function calendarWindow(most: number, span: 'day' | 'month'): Window {
  let current = ''
  let count = 0
  const turn = (now: Instant): void => {
    const period = span === 'day' ? dayOf(now) : dayOf(now).slice(0, 7)
    if (period === current) return
    current = period
    count = 0
  }
  return {
    wait(now) {
      turn(now)
      return count < most ? 0 : endOf(span, now) - now
    },
    add(now) {
      turn(now)
      count += 1
      const mine = current
      return () => {
        if (current === mine) count -= 1
      }
    },
    isEmpty(now) {
      turn(now)
      return count === 0
    },
    used(now) {
      turn(now)
      return count
    },
  }
}

function endOf(span: 'day' | 'month', now: Instant): Instant {
  const today = dayOf(now)
  if (span === 'day') return instantOf(addDays(today, 1))
  // Four days after the 28th it is the next month, whatever the month.
  return instantOf(`${addDays(`${today.slice(0, 7)}-28`, 4).slice(0, 7)}-01`)
}
