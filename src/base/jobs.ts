/**
 * A job is data: a name, when it is due, how late it may still run, and the deed. The clock proposes, the row decides:
 * `(job, slot)` is inserted once, so neither two processes nor a restart run a slot twice, and a slot missed while down
 * is either caught up (oldest first) or recorded as missed. Several racers may try: the unique key lets one in.
 */
import { randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import type { Instant } from './clock.ts'
import { dayOf, addDays, instantOf, shopZone, timeOf } from './calendar.ts'
import type { Day, TimeOfDay } from './calendar.ts'
import type { Db, Tx } from './db.ts'
import { messageOf } from './errors.ts'
import type { Log } from './log.ts'
import { jobsNotBefore, quarantineOf } from './quarantine.ts'

export interface Slot {
  /** `2026-05-20T08:00`, local: the slot's name in the table. */
  readonly name: string
  readonly dueAt: Instant
  readonly day: Day
}

export type Every =
  { readonly every: 'day'; readonly at: TimeOfDay } | { readonly every: 'minutes'; readonly minutes: number }

export interface Job {
  /** Part of a durable key: never changes once released. */
  readonly name: string
  readonly schedule: Every
  /** Slots older than this when found are recorded as missed and not run. */
  readonly catchUpMs: number
  /** Must be re-runnable: a crashed attempt is repeated, at most three times. */
  run(slot: Slot): Promise<void>
}

/**
 * Beaten four times over: another planner goes on within 15 s of a crash. The lease only says when to take over; what
 * keeps a frozen and resumed holder from writing its end over the new one's is the fence in `settle`.
 */
const leaseMs = 8_000
const beatMs = 2_000
const maxAttempts = 3
/** A failed slot rests this long before it is tried again. */
const backOffMs = 5_000
const maxSlotsPerLook = 200

const slotAt = (dueAt: Instant): Slot => {
  const day = dayOf(dueAt)
  return { name: `${day}T${timeOf(dueAt)}`, dueAt, day }
}

/** Slots in (after, now], oldest first, at most 200. */
export function slotsBetween(schedule: Every, after: Instant, now: Instant): Slot[] {
  const slots: Slot[] = []
  if (schedule.every === 'minutes') {
    const step = schedule.minutes * 60_000
    const first = Math.max(Math.floor(after / step) + 1, Math.floor(now / step) - maxSlotsPerLook + 1)
    for (let n = first; n * step <= now; n += 1) slots.push(slotAt(n * step))
    return slots
  }
  for (let day = addDays(dayOf(now), -maxSlotsPerLook + 1); day <= dayOf(now); day = addDays(day, 1)) {
    const dueAt = instantOf(day, schedule.at, shopZone)
    if (dueAt > after && dueAt <= now) slots.push(slotAt(dueAt))
  }
  return slots
}

/** The next instant at which a slot of this schedule falls due, after `now`. */
export function nextSlotAfter(schedule: Every, now: Instant): Instant {
  if (schedule.every === 'minutes')
    return (Math.floor(now / (schedule.minutes * 60_000)) + 1) * schedule.minutes * 60_000
  const today = instantOf(dayOf(now), schedule.at)
  return today > now ? today : instantOf(addDays(dayOf(now), 1), schedule.at)
}

interface OpenSlot {
  readonly job: string
  readonly slot: string
  readonly due_at: number
  readonly holder: string
  readonly state: string
  readonly attempts: number
  readonly lease_until: number
}

export interface JobRunner {
  /** Runs every slot due at `now`; answers how many ran. Safe to call from several processes. */
  runDue(now: Instant): Promise<number>
  nextDueAt(now: Instant): Instant | null
  readonly jobs: readonly Job[]
}

export function createJobRunner(db: Db, jobs: readonly Job[], log: Log): JobRunner {
  const holder = randomUUID()
  const lookedAt = new Map<string, Instant>()
  const hand = createHand(db, log)
  let openLookAt = Number.NEGATIVE_INFINITY

  async function leftByOthers(): Promise<readonly OpenSlot[]> {
    if (performance.now() - openLookAt < openLookMs) return []
    openLookAt = performance.now()
    return (await leftOpen(db)).filter((row) => !hand.has(row))
  }

  return {
    jobs,
    async runDue(now) {
      if (await quarantineOf(db.reader)) return 0
      let ran = 0
      const left = await leftByOthers()
      for (const job of jobs) {
        const open = left.filter((row) => row.job === job.name)
        if (open.length === 0 && isQuiet(job, lookedAt.get(job.name), now)) continue
        lookedAt.set(job.name, now)
        const claimed = await claimDue(db, job, now, holder, open)
        hand.take(claimed)
        for (const held of claimed) {
          const end = await hand.run(job, held)
          // A failed slot is open again after its rest.
          if (end === 'failed') openLookAt = Number.NEGATIVE_INFINITY
          if (end !== 'lost') ran += 1
        }
      }
      return ran
    },
    nextDueAt(now) {
      const next = jobs.map((job) => nextSlotAfter(job.schedule, now))
      return next.length === 0 ? null : Math.min(...next)
    },
  }
}

/** Slots that others left open are looked for this often, on the machine's own time. */
const openLookMs = 2_000

/** No slot has fallen due since the last look: nothing to ask the database. */
const isQuiet = (job: Job, lastAt: Instant | undefined, now: Instant): boolean =>
  lastAt !== undefined && now >= lastAt && nextSlotAfter(job.schedule, lastAt) > now

/** What failed, or was left by a process that stopped, of all jobs in one look. Which leases are over `reclaim` decides. */
const leftOpen = (db: Db): Promise<OpenSlot[]> =>
  db.reader.rows<OpenSlot>(
    `select job, slot, due_at, holder, state, attempts, lease_until from job_slot where state in ('running', 'failed')`,
  )

/** A slot, and the attempt by which it is ours. */
interface Held {
  readonly job: string
  readonly slot: Slot
  readonly holder: string
  readonly attempts: number
}

async function claimDue(
  db: Db,
  job: Job,
  now: Instant,
  holder: string,
  open: readonly OpenSlot[],
): Promise<Held[]> {
  // Most looks find nothing due: ask the reader before taking the writer.
  const newest = await db.reader.rows<{ due_at: number | null }>(
    'select max(due_at) as due_at from job_slot where job = $1',
    [job.name],
  )
  const after = newest[0]?.due_at ?? now - 1 - firstLook(job)
  const fresh = slotsBetween(job.schedule, after, now)
  if (fresh.length === 0 && open.length === 0) return []
  return db.tx(async (tx) => {
    const databaseNow = await tx.databaseNow()
    const notBefore = await jobsNotBefore(tx)
    const claimed: Held[] = []
    for (const row of open)
      if (await reclaim(tx, row, holder, databaseNow))
        claimed.push({ job: job.name, slot: slotAt(row.due_at), holder, attempts: row.attempts + 1 })
    for (const slot of fresh)
      if (await insertSlot(tx, job, slot, { now, holder, databaseNow, notBefore }))
        claimed.push({ job: job.name, slot, holder, attempts: 1 })
    return claimed.sort((a, b) => a.slot.dueAt - b.slot.dueAt)
  })
}

/** A job never seen before begins with the newest slot inside its catch-up, it does not replay the past. */
const firstLook = (job: Job): number =>
  Math.min(job.catchUpMs, job.schedule.every === 'day' ? 86_400_000 : job.schedule.minutes * 60_000)

async function reclaim(tx: Tx, row: OpenSlot, holder: string, databaseNow: number): Promise<boolean> {
  if (row.lease_until > databaseNow) return false
  const next = row.attempts >= maxAttempts ? 'exhausted' : 'running'
  const won = await tx.run(
    `UPDATE job_slot SET state = $1, holder = $2, attempts = attempts + 1, lease_until = $3 WHERE job = $4 AND slot = $5 AND holder = $6 AND attempts = $7 AND state = $8`,
    [next, holder, databaseNow + leaseMs, row.job, row.slot, row.holder, row.attempts, row.state],
  )
  return won === 1 && next === 'running'
}

async function insertSlot(
  tx: Tx,
  job: Job,
  slot: Slot,
  look: {
    readonly now: Instant
    readonly holder: string
    readonly databaseNow: number
    readonly notBefore: Instant
  },
): Promise<boolean> {
  const { now, holder, databaseNow, notBefore } = look
  const missed = slot.dueAt < Math.max(now - job.catchUpMs, notBefore)
  const written = await tx.insert(
    'job_slot',
    [
      {
        job: job.name,
        slot: slot.name,
        due_at: slot.dueAt,
        holder,
        state: missed ? 'missed' : 'running',
        attempts: missed ? 0 : 1,
        lease_until: databaseNow + leaseMs,
        finished_at: null,
        error: null,
      },
    ],
    'ON CONFLICT (job, slot) DO NOTHING',
  )
  return written === 1 && !missed
}

interface Hand {
  /** True for what this process is at: however late its own beats are, it does not take over from itself. */
  has(row: Pick<OpenSlot, 'job' | 'slot'>): boolean
  take(claimed: readonly Held[]): void
  run(job: Job, held: Held): Promise<'done' | 'failed' | 'lost'>
}

/** The slots this process holds, run or waiting for their turn: their leases are beaten until each has ended. */
function createHand(db: Db, log: Log): Hand {
  const inHand = new Map<string, Held>()
  let timer: NodeJS.Timeout | null = null
  const nameOf = (job: string, slot: string): string => `${job} ${slot}`
  const beat = (): void => {
    for (const held of inHand.values())
      extendLease(db, held).catch((error: unknown) =>
        log.warn({ job: held.job, slot: held.slot.name, err: error }, 'a lease could not be extended'),
      )
  }
  return {
    has: ({ job, slot }) => inHand.has(nameOf(job, slot)),
    take(claimed) {
      for (const held of claimed) inHand.set(nameOf(held.job, held.slot.name), held)
      if (inHand.size > 0) timer ??= setInterval(beat, beatMs)
    },
    async run(job, held) {
      try {
        return (await extendLease(db, held)) ? await runSlot(db, job, held, log) : 'lost'
      } finally {
        inHand.delete(nameOf(held.job, held.slot.name))
        if (inHand.size === 0 && timer !== null) {
          clearInterval(timer)
          timer = null
        }
      }
    },
  }
}

async function runSlot(db: Db, job: Job, held: Held, log: Log): Promise<'done' | 'failed'> {
  const { slot } = held
  try {
    await job.run(slot)
    await settle(db, held, 'done', null, log)
    return 'done'
  } catch (error) {
    log.warn({ job: job.name, slot: slot.name, err: error }, 'a job failed and will be tried again')
    await settle(db, held, 'failed', messageOf(error).slice(0, 500), log)
    return 'failed'
  }
}

/** Whoever was taken over meanwhile is another holder, or an earlier attempt, and changes nothing any more. */
const fence = (from: number): string =>
  ['job', 'slot', 'holder', 'attempts'].map((name, i) => `${name} = $${String(from + i)}`).join(' AND ') +
  ` AND state = 'running'`

/** False when another process has taken the slot over. */
const extendLease = (db: Db, { job, slot, holder, attempts }: Held): Promise<boolean> =>
  db.tx(async (tx) => {
    const until = (await tx.databaseNow()) + leaseMs
    const sql = `UPDATE job_slot SET lease_until = $1 WHERE ${fence(2)}`
    return (await tx.run(sql, [until, job, slot.name, holder, attempts])) === 1
  }, 'door')

async function settle(
  db: Db,
  { job, slot, holder, attempts }: Held,
  state: 'done' | 'failed',
  error: string | null,
  log: Log,
): Promise<void> {
  const settled = await db.tx(async (tx) => {
    const databaseNow = await tx.databaseNow()
    const next = state === 'failed' && attempts >= maxAttempts ? 'exhausted' : state
    const sql = `UPDATE job_slot SET state = $1, error = $2, finished_at = $3, lease_until = $4 WHERE ${fence(5)}`
    return tx.run(sql, [next, error, databaseNow, databaseNow + backOffMs, job, slot.name, holder, attempts])
  })
  if (settled === 0)
    log.warn({ job, slot: slot.name }, 'a job ended after another process had taken its slot over')
}
