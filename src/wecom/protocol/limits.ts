/** What keeps us inside WeCom's limits: so many at once per API, one at a time per customer, silence while blocked. */
import type { Clock, Instant } from '../../base/clock.ts'
import { hours, minutes, seconds, wallClock } from '../../base/clock.ts'
import { addDays, dayOf, instantOf } from '../../base/calendar.ts'

/** `day` and `month` are those of the calendar in China, as WeCom counts them; milliseconds slide. */
export type Span = number | 'day' | 'month'

export interface Limit {
  /** `*`: each API by itself. */
  readonly api: string
  readonly most: number
  readonly span: Span
  /** Counted for each robot, msgid, ... by itself (`countedFor`); a call that names none is not counted. */
  readonly each?: true
  /** `calls`: whatever leaves. `deeds`: what WeCom refused does not count. */
  readonly counts: 'calls' | 'deeds'
  /** The code WeCom would answer, where it is not 45009. */
  readonly code?: number
}

/**
 * What is known of WeCom's own ceilings. Full ones refuse here, before a call leaves and draws the penalty. Other
 * processes and other apps of the corp use the same ceilings, so 45009 must still be expected.
 */
export const limits: readonly Limit[] = [
  // WECOM.md §1.1: each corp and API.
  { api: '*', most: 10_000, span: minutes(1), counts: 'calls' },
  { api: '*', most: 150_000, span: hours(1), counts: 'calls' },
  // WECOM.md §1.1, §6: 400 for the corp, 100 for each app; this client is one app.
  { api: 'get_jsapi_ticket', most: 400, span: hours(1), counts: 'calls' },
  { api: 'get_jsapi_ticket', most: 100, span: hours(1), counts: 'calls' },
  { api: 'ticket/get', most: 100, span: hours(1), counts: 'calls' },
  // WECOM.md §1.1, §4.2.
  { api: 'appchat/create', most: 1_000, span: 'day', counts: 'deeds' },
  { api: 'appchat/update', most: 1_000, span: hours(1), counts: 'calls' },
  // WECOM.md §1.1, §8.
  { api: 'media/uploadimg', most: 1_000, span: 'day', counts: 'deeds' },
  { api: 'media/uploadimg', most: 3_000, span: 'month', counts: 'deeds' },
  // WECOM.md §3.1.
  { api: 'externalcontact/convert_to_openid', most: 10_000, span: hours(1), counts: 'calls' },
  // WECOM.md §3.2: temporary contact ways only.
  { api: 'externalcontact/add_contact_way', most: 100_000, span: 'day', each: true, counts: 'deeds' },
  // WECOM.md §3.6: a msgid each.
  {
    api: 'externalcontact/remind_groupmsg_send',
    most: 3,
    span: hours(24),
    each: true,
    counts: 'deeds',
    code: 41094,
  },
  // WECOM.md §3.7.
  { api: 'externalcontact/add_moment_task', most: 10, span: minutes(1), counts: 'calls' },
  // WECOM.md §4.3: a robot each.
  { api: 'webhook/send', most: 20, span: minutes(1), each: true, counts: 'calls' },
]

/** What one member is shown of one app; WeCom drops the excess and says ok (WECOM.md §1.1). Kept by delivery. */
export const shownToMember = { perMinute: 30, perHour: 1_000 } as const

export interface Semaphore {
  <T>(work: () => Promise<T>): Promise<T>
  /** WeCom says there were too many at once: half as many from now on, one more again after each half minute. */
  crowded(): void
}

const regrowMs = seconds(30)
/** Calls that were refused together shrink it once. */
const sameCrowdMs = seconds(1)

/** At most `most` pieces of work at once; the rest wait in order. */
export function createSemaphore(most: number, clock: Pick<Clock, 'steady'> = wallClock): Semaphore {
  let running = 0
  let allowed = most
  let changedAt = -Infinity
  let shrunkAt = -Infinity
  const waiting: (() => void)[] = []

  function room(): boolean {
    while (allowed < most && clock.steady() - changedAt >= regrowMs) {
      allowed += 1
      changedAt += regrowMs
    }
    return running < allowed
  }

  function admit(): void {
    while (waiting.length > 0 && room()) {
      running += 1
      waiting.shift()?.()
    }
  }

  const run = async <T>(work: () => Promise<T>): Promise<T> => {
    const entered = new Promise<void>((go) => waiting.push(go))
    admit()
    await entered
    try {
      return await work()
    } finally {
      running -= 1
      admit()
    }
  }
  return Object.assign(run, {
    crowded(): void {
      const now = clock.steady()
      if (now - shrunkAt < sameCrowdMs) return
      room()
      allowed = Math.max(1, Math.floor(allowed / 2))
      changedAt = now
      shrunkAt = now
    },
  })
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
  /** What is left of a block, without asking to go ahead. */
  blockedMs(): number
  /** How many blocks there have been: what a call says that left before the last one is not about it. */
  round(): number
  passed(round: number): void
  blocked(): number
  /** The probe ended without an answer: let another one try. */
  undecided(round: number): void
}

const probeMs = seconds(2)

export function createCircuit(clock: Clock): Circuit {
  let until: Instant = 0
  let strikes = 0
  let probing = false
  let rounds = 0
  return {
    round: () => rounds,
    blockedMs: () => Math.max(0, until - clock.now()),
    wait() {
      const now = clock.now()
      if (now < until) return until - now
      if (strikes === 0) return 0
      if (probing) return probeMs
      probing = true
      return 0
    },
    passed(round) {
      if (round !== rounds) return
      strikes = 0
      probing = false
    },
    undecided(round) {
      if (round === rounds) probing = false
    },
    blocked() {
      const now = clock.now()
      // Calls that were under way when the block began say nothing new.
      if (now < until) return until - now
      strikes += 1
      rounds += 1
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
