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

const leaseMs = 120_000
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

interface SlotRow {
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
  const looked = new Map<string, Look>()
  return {
    jobs,
    async runDue(now) {
      let ran = 0
      for (const job of jobs) {
        if (isQuiet(job, looked.get(job.name), now)) continue
        looked.set(job.name, { at: now, steady: performance.now() })
        for (const slot of await claimDue(db, job, now, holder)) {
          // A failed slot is open again after its rest.
          if (!(await runSlot(db, job, slot, log))) looked.delete(job.name)
          ran += 1
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

/** When this process last looked at a job's slots. */
interface Look {
  readonly at: Instant
  readonly steady: number
}
/** Slots that others left open are looked for this often, on the machine's own time. */
const openLookMs = 5_000

/** No slot has fallen due since the last look, and that was a moment ago: nothing to ask the database. */
const isQuiet = (job: Job, last: Look | undefined, now: Instant): boolean =>
  last !== undefined &&
  now >= last.at &&
  nextSlotAfter(job.schedule, last.at) > now &&
  performance.now() - last.steady < openLookMs

async function claimDue(db: Db, job: Job, now: Instant, holder: string): Promise<Slot[]> {
  // Most looks find nothing due: ask the reader before taking the writer.
  const newest = await db.reader.rows<{ due_at: number | null }>(
    'select max(due_at) as due_at from job_slot where job = $1',
    [job.name],
  )
  const after = newest[0]?.due_at ?? now - 1 - firstLook(job)
  const open = await db.reader.rows<SlotRow>(
    `select slot, due_at, holder, state, attempts, lease_until from job_slot where job = $1 and state in ('running', 'failed')`,
    [job.name],
  )
  const fresh = slotsBetween(job.schedule, after, now)
  if (fresh.length === 0 && open.length === 0) return []
  return db.tx(async (tx) => {
    const databaseNow = await tx.databaseNow()
    const claimed: Slot[] = []
    for (const row of open)
      if (await reclaim(tx, job, row, holder, databaseNow)) claimed.push(slotAt(row.due_at))
    for (const slot of fresh)
      if (await insertSlot(tx, job, slot, now, holder, databaseNow)) claimed.push(slot)
    return claimed.sort((a, b) => a.dueAt - b.dueAt)
  })
}

/** A job never seen before begins with the newest slot inside its catch-up, it does not replay the past. */
const firstLook = (job: Job): number =>
  Math.min(job.catchUpMs, job.schedule.every === 'day' ? 86_400_000 : job.schedule.minutes * 60_000)

async function reclaim(
  tx: Tx,
  job: Job,
  row: SlotRow,
  holder: string,
  databaseNow: number,
): Promise<boolean> {
  if (row.lease_until > databaseNow) return false
  const next = row.attempts >= maxAttempts ? 'exhausted' : 'running'
  const won = await tx.run(
    `UPDATE job_slot SET state = $1, holder = $2, attempts = attempts + 1, lease_until = $3 WHERE job = $4 AND slot = $5 AND holder = $6 AND attempts = $7 AND state = $8`,
    [next, holder, databaseNow + leaseMs, job.name, row.slot, row.holder, row.attempts, row.state],
  )
  return won === 1 && next === 'running'
}

async function insertSlot(
  tx: Tx,
  job: Job,
  slot: Slot,
  now: Instant,
  holder: string,
  databaseNow: number,
): Promise<boolean> {
  const missed = slot.dueAt < now - job.catchUpMs
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

async function runSlot(db: Db, job: Job, slot: Slot, log: Log): Promise<boolean> {
  const beat = setInterval(() => void extendLease(db, job, slot, log), leaseMs / 4)
  try {
    await job.run(slot)
    await settle(db, job, slot, 'done', null)
    return true
  } catch (error) {
    log.warn({ job: job.name, slot: slot.name, err: error }, 'a job failed and will be tried again')
    await settle(db, job, slot, 'failed', messageOf(error).slice(0, 500))
    return false
  } finally {
    clearInterval(beat)
  }
}

async function extendLease(db: Db, job: Job, slot: Slot, log: Log): Promise<void> {
  try {
    await db.tx(async (tx) =>
      tx.run('UPDATE job_slot SET lease_until = $1 WHERE job = $2 AND slot = $3', [
        (await tx.databaseNow()) + leaseMs,
        job.name,
        slot.name,
      ]),
    )
  } catch (error) {
    log.warn({ job: job.name, slot: slot.name, err: error }, 'a lease could not be extended')
  }
}

const settle = (
  db: Db,
  job: Job,
  slot: Slot,
  state: 'done' | 'failed',
  error: string | null,
): Promise<void> =>
  db.tx(async (tx) => {
    const databaseNow = await tx.databaseNow()
    await tx.run(
      `UPDATE job_slot SET state = case when $1 = 'failed' and attempts >= ${String(maxAttempts)} then 'exhausted' else $1 end, error = $2, finished_at = $3, lease_until = $4 WHERE job = $5 AND slot = $6`,
      [state, error, databaseNow, databaseNow + backOffMs, job.name, slot.name],
    )
  })
