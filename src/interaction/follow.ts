/**
 * A follower reads the log after the commit, from its own stored position. Its effects and its new position commit in
 * one transaction, so each row is handled once; if another process moved the position first, nothing is written. A row
 * that fails three times is parked and passed over, so that one poison row does not stop the rest.
 */
import { system } from '../base/act.ts'
import type { Act, Ctx } from '../base/act.ts'
import type { Db } from '../base/db.ts'
import { isDatabaseTrouble } from '../base/db.ts'
import { messageOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { allPositions, countFailure, moveFollower } from './follow.store.ts'
import type { Kind } from './kinds.ts'
import type { LogRow } from './log-row.ts'
import { headSeq, readLog } from './log.store.ts'

export interface Follower {
  /** The key of its stored position: never changes once released. */
  readonly name: string
  readonly kinds: readonly Kind[]
  /** People look at what it writes: it goes first, and again after every page of the others. */
  readonly urgent?: boolean
  /** Rows of its kinds, oldest first, at most 200. No network. */
  handle(ctx: Ctx, rows: readonly LogRow[]): Promise<void>
}

const pageRows = 200
/**
 * A page holds the writer, and whoever waits at the door waits for it: the next one is half as long after one that took
 * longer than this, twice as long after one that took a quarter.
 */
const pageMs = 60
const leastRows = 25
/** A position is stored with rows handled, or when it would lag by this much: what a restart reads again. */
const storeEvery = 1_000
const coalesceMs = 50
const pollMs = 1_000
const maxFailures = 3

class LostRace extends Error {}

interface Late {
  readonly followers: readonly Follower[]
  readonly head: number
  readonly positions: ReadonlyMap<string, number>
}

/** Every row after `after` up to the head, of all kinds. */
interface News {
  readonly after: number
  readonly rows: readonly LogRow[]
}

export interface Followers {
  /** Brings every follower to the head; answers whether any row was handled. */
  catchUp(): Promise<boolean>
  atHead(): Promise<boolean>
  wake(): void
  start(): void
  stop(): Promise<void>
}

export function createFollowers(db: Db, act: Act, followers: readonly Follower[], log: Log): Followers {
  let running: Promise<boolean> | null = null
  let wakeTimer: NodeJS.Timeout | null = null
  let pollTimer: NodeJS.Timeout | null = null
  let started = false

  async function handleRange(
    follower: Follower,
    rows: readonly LogRow[],
    from: number,
    to: number,
  ): Promise<void> {
    await act(system(follower.name), async (ctx) => {
      if (!(await moveFollower(ctx.tx, follower.name, from, to))) throw new LostRace()
      const startedAt = performance.now()
      if (rows.length > 0) await follower.handle(ctx, rows)
      learn(follower, rows.length, performance.now() - startedAt)
    })
  }

  const pages = new Map<string, number>()
  const rowsFor = ({ name }: Follower): number => pages.get(name) ?? pageRows
  function learn(follower: Follower, rows: number, ms: number): void {
    const most = rowsFor(follower)
    if (ms > pageMs && rows > leastRows)
      pages.set(follower.name, Math.max(leastRows, Math.ceil(Math.min(rows, most) / 2)))
    else if (ms < pageMs / 4 && rows === most) pages.set(follower.name, Math.min(pageRows, most * 2))
  }

  /**
   * Up to where this process knows that nothing concerns a follower. Kept in memory, since most rows concern most
   * followers not at all, and a stored position for each of them would cost a commit a row.
   */
  const seen = new Map<string, number>()
  const reached = (positions: ReadonlyMap<string, number>, name: string): number =>
    Math.max(positions.get(name) ?? 0, seen.get(name) ?? 0)

  /** Answers true when rows were handled. */
  async function page(
    follower: Follower,
    head: number,
    positions: ReadonlyMap<string, number>,
    news: News | null = null,
  ): Promise<boolean> {
    const from = positions.get(follower.name) ?? 0
    const after = reached(positions, follower.name)
    if (after >= head) return false
    const most = rowsFor(follower)
    const rows =
      news !== null && after >= news.after
        ? news.rows.filter(({ seq, kind }) => seq > after && follower.kinds.includes(kind))
        : await readLog(db.reader, { after, kinds: follower.kinds, limit: most })
    const visible = rows.filter((row) => row.seq <= head).slice(0, most)
    const to = visible.length === most ? (visible.at(-1)?.seq ?? head) : head
    try {
      if (visible.length > 0 || to - from >= storeEvery) await handleRange(follower, visible, from, to)
      seen.set(follower.name, to)
    } catch (error) {
      if (error instanceof LostRace) return true
      if (isDatabaseTrouble(error)) throw error
      return oneByOne(follower, visible, from, to)
    }
    return visible.length > 0
  }

  /** After a failed page: handle rows singly, so that the bad one is found, counted and in the end parked. */
  async function oneByOne(
    follower: Follower,
    rows: readonly LogRow[],
    from: number,
    to: number,
  ): Promise<boolean> {
    let position = from
    for (const row of rows) {
      try {
        await handleRange(follower, [row], position, row.seq)
      } catch (error) {
        if (error instanceof LostRace) return true
        if (isDatabaseTrouble(error)) throw error
        const failures = await db.tx((tx) =>
          countFailure(tx, follower.name, row.seq, messageOf(error).slice(0, 500), maxFailures),
        )
        if (failures < maxFailures) {
          log.warn(
            { follower: follower.name, seq: row.seq, err: error },
            'a follower failed on a row and will try again',
          )
          return position > from
        }
        log.error(
          { follower: follower.name, seq: row.seq, err: error },
          'a follower parked a row after three failures',
        )
        await handleRange(follower, [], position, row.seq)
      }
      position = row.seq
    }
    if (to > position) await handleRange(follower, [], position, to)
    return true
  }

  /** What is new is little and concerns few: one look for all. Null when it is more than a page. */
  async function newsFor(late: Late): Promise<News | null> {
    const after = Math.min(...late.followers.map(({ name }) => reached(late.positions, name)))
    if (late.head - after > pageRows) return null
    return { after, rows: await readLog(db.reader, { after, limit: late.head - after }) }
  }

  async function behind(): Promise<boolean> {
    const { head, positions } = await allPositions(db.reader)
    return followers.some(({ name }) => reached(positions, name) < head)
  }

  const urgent = followers.filter((follower) => follower.urgent === true)
  const inTurn = [...urgent, ...followers.filter((follower) => follower.urgent !== true)]

  async function lateAmong(some: readonly Follower[]): Promise<Late> {
    const { head, positions } = await allPositions(db.reader)
    return { followers: some.filter(({ name }) => reached(positions, name) < head), head, positions }
  }

  /** What came in while others worked: nobody who waits for it waits for all of them. Who failed rests. */
  async function urgentOnes(resting: Set<string>): Promise<void> {
    const late = await lateAmong(urgent.filter(({ name }) => !resting.has(name)))
    for (const follower of late.followers)
      if (
        !(await page(follower, late.head, late.positions)) &&
        reached(late.positions, follower.name) < late.head
      )
        resting.add(follower.name)
  }

  async function catchUp(): Promise<boolean> {
    let any = false
    for (;;) {
      // Most looks find everybody at the head: two queries then, however many followers there are.
      const lateOnes = await lateAmong(inTurn)
      const { followers: late, head, positions } = lateOnes
      if (late.length === 0) return any
      const news = await newsFor(lateOnes)
      let moved = false
      const resting = new Set<string>()
      for (const follower of late) {
        if (await page(follower, head, positions, news)) {
          moved = true
          if (urgent.length > 0 && follower.urgent !== true) await urgentOnes(resting)
        } else if (reached(positions, follower.name) < head) resting.add(follower.name)
      }
      any ||= moved
      // Whoever is still behind failed on a row and rests until the next look.
      if (!moved && (await headSeq(db.reader)) === head) return any
    }
  }

  /** One run at a time in this process; a call during a run gets a fresh run after it. */
  async function exclusive(): Promise<boolean> {
    while (running) await running
    running = catchUp()
    try {
      return await running
    } finally {
      running = null
    }
  }

  const runQuietly = (): void => {
    exclusive().catch((error: unknown) =>
      log.warn({ err: error }, 'followers stopped early and will try again'),
    )
  }

  return {
    catchUp: exclusive,
    atHead: async () => !(await behind()),
    wake() {
      if (!started || wakeTimer !== null) return
      wakeTimer = setTimeout(() => {
        wakeTimer = null
        runQuietly()
      }, coalesceMs)
    },
    start() {
      started = true
      pollTimer = setInterval(runQuietly, pollMs)
    },
    async stop() {
      started = false
      if (wakeTimer !== null) clearTimeout(wakeTimer)
      if (pollTimer !== null) clearInterval(pollTimer)
      while (running) await running
    },
  }
}
