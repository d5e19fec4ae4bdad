/**
 * A job is data: a name, when it is due, how late it may still run, and the deed. The clock proposes, the row decides:
 * `(job, slot)` is inserted once, so neither two processes nor a restart run a slot twice, and a slot missed while down
 * is either caught up (oldest first) or recorded as missed. Several racers may try: the unique key lets one in. Every
 * slot ends as one row, done, missed or exhausted, also when the clock jumps: back, nothing runs again; ahead, the slots
 * jumped over are missed, and due once more if the clock turns out to have been wrong.
 */
import { randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import type { Instant } from './clock.ts'
import type { Db, Tx } from './db.ts'
import { messageOf } from './errors.ts'
import type { Log } from './log.ts'
import { createQuarantineWatch, jobsNotBefore } from './quarantine.ts'
import { nextSlotAfter, slotsBetween } from './schedule.ts'
import type { Every, Slot } from './schedule.ts'

export { nextSlotAfter, slotsBetween } from './schedule.ts'
export type { Every, Slot } from './schedule.ts'

export interface Job {
  /** Part of a durable key: never changes once released. */
  readonly name: string
  readonly schedule: Every
  /** IANA zone of its times of day; the shop's when absent. Part of the schedule: slots are named in it. */
  readonly zone?: string
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

interface SlotRow {
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
  const restored = createQuarantineWatch(db.reader)
  const lookedAt = new Map<string, Instant>()
  const nextSlot = createNextSlots()
  /** What this process is at: however late its own beats are, it does not take over from itself. */
  const inHand = new Set<string>()
  let openLookAt = Number.NEGATIVE_INFINITY

  async function leftByOthers(now: Instant): Promise<ReadonlySet<string>> {
    if (performance.now() - openLookAt < openLookMs) return new Set()
    openLookAt = performance.now()
    const rows = await leftOpen(db, now)
    return new Set(rows.filter((row) => !inHand.has(handOf(row))).map(({ job }) => job))
  }

  return {
    jobs,
    async runDue(now) {
      if (await restored()) return 0
      const startedAt = performance.now()
      let ran = 0
      const left = await leftByOthers(now)
      for (const job of jobs) {
        const last = lookedAt.get(job.name)
        // No slot has fallen due since the last look: nothing to ask the database.
        const isQuiet = last !== undefined && now >= last && nextSlot(job, last) > now
        if (isQuiet && !left.has(job.name)) continue
        lookedAt.set(job.name, now)
        let after = await settlePast({ db, job, log, startedAt }, now)
        // One at a time: what is claimed and waits would outlive its lease.
        for (;;) {
          const claim = await claimNext(db, job, { after, now }, { holder, inHand })
          if (!claim) break
          const name = handOf({ job: job.name, slot: claim.slot.name })
          inHand.add(name)
          try {
            // A failed slot is open again after its rest.
            if (!(await runSlot({ db, job, log }, claim))) openLookAt = Number.NEGATIVE_INFINITY
          } finally {
            inHand.delete(name)
          }
          ran += 1
          if (claim.isLast) break
          after = await newestSlot(db, job, now)
        }
      }
      return ran
    },
    nextDueAt(now) {
      const next = jobs.map((job) => nextSlot(job, now))
      return next.length === 0 ? null : Math.min(...next)
    },
  }
}

/** A look at a job's slots: whoever looks for longer than this no longer knows what time it is. */
const freshMs = 2_000

interface Look extends Work {
  /** Of the machine's steady time. */
  readonly startedAt: number
}

interface Work {
  readonly db: Db
  readonly job: Job
  readonly log: Log
}

/** A slot in this process's hands. Another process that takes it over raises `attempt`. */
interface Claim {
  /** Nothing else of this job was open or due when it was claimed. */
  readonly isLast: boolean
  readonly slot: Slot
  readonly holder: string
  readonly attempt: number
}

/** Slots that others left open are looked for this often, on the machine's own time. */
const openLookMs = 2_000

/** The next slot of each job: worked out once until it has come, since it is asked for at every turn. */
function createNextSlots(): (job: Job, now: Instant) => Instant {
  const known = new Map<string, { readonly from: Instant; readonly next: Instant }>()
  return (job, now) => {
    const last = known.get(job.name)
    if (last && last.from <= now && now < last.next) return last.next
    const next = nextSlotAfter(job.schedule, now, job.zone)
    known.set(job.name, { from: now, next })
    return next
  }
}

/** What failed, or was left by a process that stopped, of all jobs in one look. Which leases are over `reclaim` decides. */
const leftOpen = (db: Db, now: Instant): Promise<SlotRow[]> =>
  db.reader.rows<SlotRow>(
    `select job, slot, due_at, holder, state, attempts, lease_until from job_slot
     where state in ('running', 'failed') and due_at <= $1`,
    [now],
  )

const handOf = ({ job, slot }: Pick<SlotRow, 'job' | 'slot'>): string => `${job} ${slot}`

// ---------------------------------------------------------------- what will not run

/**
 * Everything too late to run becomes a row, oldest first, so that a crash in between leaves no hole. Answers up to where
 * every slot has its row.
 */
async function settlePast(look: Look, now: Instant): Promise<Instant> {
  const { db, job, log } = look
  await forgetFuture(look, now)
  const tooLate = now - job.catchUpMs - 1
  let after = await newestSlot(db, job, now)
  let missed = 0
  for (;;) {
    const slots = slotsBetween(job.schedule, after, tooLate, job.zone)
    const last = slots.at(-1)
    if (!last) break
    const written = await db.inChunks(slots, (tx, chunk) => insertMissed(tx, job, chunk))
    missed += written.reduce((sum, n) => sum + n, 0)
    after = last.dueAt
  }
  if (missed > 0)
    log.warn({ job: job.name, missed }, 'slots fell due while nothing ran, too long ago to run now')
  return after
}

/**
 * Slots of the future have rows only where the clock has been ahead. What it jumped over is due again; what ran, or was
 * tried, stays as it ended, but says no longer that everything before it has its row.
 */
async function forgetFuture({ db, job, log, startedAt }: Look, now: Instant): Promise<void> {
  const jumped = `job = $1 and due_at > $2 and state = 'missed' and attempts = 0`
  const tried = `job = $1 and due_at > $2 and attempts > 0 and holder <> '${ahead}'`
  const found = await db.reader.rows(`select slot from job_slot where (${jumped}) or (${tried}) limit 1`, [
    job.name,
    now,
  ])
  if (found.length === 0) return
  const slots = await db.tx(async (tx) => {
    // A look that was frozen is not before its time, it is late: what lies ahead of it others have written meanwhile.
    if (performance.now() - startedAt > freshMs) return null
    // Whoever is at one of them still may end it under its name.
    await tx.run(
      `UPDATE job_slot SET holder = '${ahead}' WHERE ${tried} and (state <> 'running' or lease_until <= $3)`,
      [job.name, now, await tx.databaseNow()],
    )
    return tx.run(`DELETE FROM job_slot WHERE ${jumped}`, [job.name, now])
  })
  if (slots === null) return
  log.warn(
    { job: job.name, slots },
    'the clock was ahead; slots that it had jumped over will run in their time',
  )
}

/** Holds what ran while the clock was ahead. */
const ahead = 'ahead'

const insertMissed = (tx: Tx, job: Job, slots: readonly Slot[]): Promise<number> =>
  tx.insert(
    'job_slot',
    slots.map((slot) => ({
      job: job.name,
      slot: slot.name,
      due_at: slot.dueAt,
      holder: '',
      state: 'missed',
      attempts: 0,
      lease_until: 0,
      finished_at: null,
      error: null,
    })),
    'ON CONFLICT (job, slot) DO NOTHING',
  )

/** Up to here every slot has its row. Where all were written by a clock that was ahead, the first is the beginning. */
async function newestSlot(db: Db, job: Job, now: Instant): Promise<Instant> {
  const [row] = await db.reader.rows<{ newest: number | null; first: number | null }>(
    `select (select max(due_at) from job_slot where job = $1 and due_at <= $2 and holder <> '${ahead}') as newest,
       (select min(due_at) from job_slot where job = $3 and due_at <= $4) as first`,
    [job.name, now, job.name, now],
  )
  return row?.newest ?? row?.first ?? now - 1 - firstLook(job)
}

/** A job never seen before begins with the newest slot inside its catch-up, it does not replay the past. */
const firstLook = (job: Job): number =>
  Math.min(job.catchUpMs, job.schedule.every === 'day' ? 86_400_000 : job.schedule.minutes * 60_000)

// ---------------------------------------------------------------- what will

/** The oldest first: a row in hand says that every slot before it has one. */
async function claimNext(
  db: Db,
  job: Job,
  { after, now }: { readonly after: Instant; readonly now: Instant },
  { holder, inHand }: { readonly holder: string; readonly inHand: ReadonlySet<string> },
): Promise<Claim | null> {
  // Most looks find nothing due: ask the reader before taking the writer. The few open ones of all jobs, since a question
  // for those of one job goes through every slot that it ever had.
  const left = (await leftOpen(db, now)).filter((row) => row.job === job.name)
  const open = left.filter((row) => !inHand.has(handOf(row)))
  const fresh = slotsBetween(job.schedule, after, now, job.zone)
  if (fresh.length === 0 && open.length === 0) return null
  const rows = new Map(open.map((row) => [row.slot, row]))
  const known = new Set(left.map(({ slot }) => slot))
  const slots = [...open.map(slotOf), ...fresh.filter(({ name }) => !known.has(name))]
  return db.tx(async (tx) => {
    const moment = { now, databaseNow: await tx.databaseNow(), notBefore: await jobsNotBefore(tx) }
    for (const slot of slots.sort((a, b) => a.dueAt - b.dueAt)) {
      const row = rows.get(slot.name)
      const attempt = row
        ? await reclaim(tx, job, row, holder, moment)
        : await insertSlot(tx, job, slot, holder, moment)
      if (attempt !== null) return { slot, holder, attempt, isLast: slots.length === 1 }
    }
    return null
  })
}

const slotOf = ({ slot, due_at }: SlotRow): Slot => ({ name: slot, dueAt: due_at, day: slot.slice(0, 10) })

interface Moment {
  readonly now: Instant
  readonly databaseNow: number
  /** Slots due before a restored database was confirmed do not run. */
  readonly notBefore: Instant
}

/**
 * A slot that failed, or whose process is gone: tried again, unless that was often enough or it is too late by now.
 * Answers which attempt this is.
 */
async function reclaim(
  tx: Tx,
  job: Job,
  row: SlotRow,
  holder: string,
  { now, databaseNow }: Moment,
): Promise<number | null> {
  if (row.lease_until > databaseNow) return null
  const next =
    row.attempts >= maxAttempts ? 'exhausted' : isTooLate(job, row.due_at, now) ? 'missed' : 'running'
  const attempt = next === 'running' ? row.attempts + 1 : row.attempts
  const won = await tx.run(
    `UPDATE job_slot SET state = $1, holder = $2, attempts = $3, lease_until = $4 WHERE job = $5 AND slot = $6 AND holder = $7 AND attempts = $8 AND state = $9`,
    [next, holder, attempt, databaseNow + leaseMs, job.name, row.slot, row.holder, row.attempts, row.state],
  )
  return won === 1 && next === 'running' ? attempt : null
}

const isTooLate = (job: Job, dueAt: Instant, now: Instant): boolean => dueAt < now - job.catchUpMs

async function insertSlot(
  tx: Tx,
  job: Job,
  slot: Slot,
  holder: string,
  { now, databaseNow, notBefore }: Moment,
): Promise<number | null> {
  if (isTooLate(job, slot.dueAt, now) || slot.dueAt < notBefore) {
    await insertMissed(tx, job, [slot])
    return null
  }
  const written = await tx.insert(
    'job_slot',
    [
      {
        job: job.name,
        slot: slot.name,
        due_at: slot.dueAt,
        holder,
        state: 'running',
        attempts: 1,
        lease_until: databaseNow + leaseMs,
        finished_at: null,
        error: null,
      },
    ],
    'ON CONFLICT (job, slot) DO NOTHING',
  )
  return written === 1 ? 1 : null
}

async function runSlot(work: Work, claim: Claim): Promise<boolean> {
  const { job, log } = work
  const { slot, attempt } = claim
  const beat = setInterval(() => void extendLease(work, claim), beatMs)
  try {
    await job.run(slot)
    await settle(work, claim, 'done', null)
    return true
  } catch (error) {
    const about = { job: job.name, slot: slot.name, attempt, err: error }
    if (attempt < maxAttempts) log.warn(about, 'a job failed and will be tried again')
    else log.error(about, 'a job failed for the last time')
    await settle(work, claim, attempt < maxAttempts ? 'failed' : 'exhausted', messageOf(error).slice(0, 500))
    return false
  } finally {
    clearInterval(beat)
  }
}

/** True of the row only while it is still in our hands. */
const ours = (first: number): string =>
  ['job', 'slot', 'holder', 'attempts']
    .map((column, n) => `${column} = $${String(first + n)}`)
    .join(' AND ') + ` AND state = 'running'`
const keyOf = (job: Job, { slot, holder, attempt }: Claim): (string | number)[] => [
  job.name,
  slot.name,
  holder,
  attempt,
]

async function extendLease({ db, job, log }: Work, claim: Claim): Promise<void> {
  try {
    await db.tx(
      async (tx) =>
        tx.run(`UPDATE job_slot SET lease_until = $1 WHERE ${ours(2)}`, [
          (await tx.databaseNow()) + leaseMs,
          ...keyOf(job, claim),
        ]),
      'door',
    )
  } catch (error) {
    log.warn({ job: job.name, slot: claim.slot.name, err: error }, 'a lease could not be extended')
  }
}

async function settle(
  { db, job, log }: Work,
  claim: Claim,
  state: 'done' | 'failed' | 'exhausted',
  error: string | null,
): Promise<void> {
  const written = await db.tx(async (tx) => {
    const databaseNow = await tx.databaseNow()
    return tx.run(
      `UPDATE job_slot SET state = $1, error = $2, finished_at = $3, lease_until = $4 WHERE ${ours(5)}`,
      [state, error, databaseNow, databaseNow + backOffMs, ...keyOf(job, claim)],
    )
  })
  if (written === 0)
    log.warn({ job: job.name, slot: claim.slot.name }, 'a slot ended here after another process took it over')
}
