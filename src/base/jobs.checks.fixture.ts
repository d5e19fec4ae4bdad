/**
 * A job runner whose clock is pushed about: jumps of an hour, a day and 400 days, each way, failing jobs between. At the
 * end every slot that fell due must be one row, and no slot may have run to its end twice.
 */
import type { Db } from './db.ts'
import { createJobRunner } from './jobs.ts'
import type { Job } from './jobs.ts'
import { createLog } from './log.ts'
import { dayMs, hourMs } from './schedule.checks.fixture.ts'
import type { Random } from './schedule.checks.fixture.ts'

const jumps = {
  'one hour ahead': hourMs,
  'one hour back': -hourMs,
  'one day back': -dayMs,
  '400 days ahead': 400 * dayMs,
} as const
type Jump = keyof typeof jumps
const jumpNames = ['one hour ahead', 'one hour back', 'one day back', '400 days ahead'] as const

export interface PushedFigures {
  readonly looks: number
  readonly jumps: Readonly<Record<Jump | '400 days back', number>>
  readonly done: number
  readonly missed: number
  readonly exhausted: number
  /** Slots that ran to their end more than once. */
  readonly twice: number
  /** Slots that fell due and have no row, or none that is final. */
  readonly open: number
  /** Slots recorded as missed or exhausted that had run. */
  readonly denied: number
  readonly milliseconds: number
}

export interface Pushing {
  readonly db: Db
  readonly random: Random
  readonly looks: number
  /** Of the job that is due most often. */
  readonly everyMinutes: number
  /** Of 1,000 looks, so many jump. */
  readonly jumpiness: number
  readonly start: number
  /** When each job was due, told by somebody else. */
  dues(job: Job, from: number, to: number): readonly number[]
}

const schedules = (minutes: number): readonly Omit<Job, 'run'>[] => [
  { name: 'daily', schedule: { every: 'day', at: '08:30' }, catchUpMs: 12 * hourMs },
  { name: 'often', schedule: { every: 'minutes', minutes }, catchUpMs: 2 * hourMs },
  { name: 'nightly', schedule: { every: 'day', at: '24:00' }, catchUpMs: dayMs },
]

export async function pushClock(pushing: Pushing): Promise<PushedFigures> {
  const { db, random, start } = pushing
  const started = performance.now()
  const ended = new Map<string, number>()
  const jobs: Job[] = schedules(pushing.everyMinutes).map((job) => ({
    ...job,
    run(slot) {
      // Three in ten attempts fail, so that now and then three in a row do.
      if (random(10) < 3) return Promise.reject(new Error('not this time'))
      const key = `${job.name} ${slot.name}`
      ended.set(key, (ended.get(key) ?? 0) + 1)
      return Promise.resolve()
    },
  }))
  // Two processes look in turn.
  const runners = [0, 1].map(() => createJobRunner(db, jobs, createLog('silent')))
  // The rest after a failure is counted by the database's clock; here it passes at once.
  const restOver = (): Promise<number> =>
    db.tx((tx) => tx.run(`UPDATE job_slot SET lease_until = 0 WHERE state = 'failed'`))
  const look = async (now: number): Promise<void> => {
    await runners[random(2)]?.runDue(now)
    await restOver()
  }
  const counts = {
    'one hour ahead': 0,
    'one hour back': 0,
    'one day back': 0,
    '400 days ahead': 0,
    '400 days back': 0,
  }
  await look(start)
  let now = start
  let furthest = start
  let isFarAhead: boolean = false
  for (let n = 0; n < pushing.looks; n += 1) {
    now += random(90) * 60_000
    if (isFarAhead && random(4) === 0) {
      now -= 400 * dayMs
      isFarAhead = false
      counts['400 days back'] += 1
    } else if (random(1000) < pushing.jumpiness) {
      const jump: Jump = jumpNames[random(isFarAhead ? 3 : 4)] ?? 'one hour ahead'
      now += jumps[jump]
      isFarAhead ||= jump === '400 days ahead'
      counts[jump] += 1
    }
    furthest = Math.max(furthest, now)
    await look(now)
  }
  // Back on the right clock until everything that was ever seen is over, and failures have had their attempts.
  now = furthest + 1
  for (let n = 0; n < 4; n += 1) {
    await createJobRunner(db, jobs, createLog('silent')).runDue(now)
    await restOver()
  }
  const rows = await db.reader.rows<{ job: string; slot: string; due_at: number; state: string }>(
    'select job, slot, due_at, state from job_slot',
  )
  const states = new Map(rows.map(({ job, due_at, state }) => [`${job} ${String(due_at)}`, state]))
  const final = ['done', 'missed', 'exhausted']
  const count = (state: string): number => rows.filter((row) => row.state === state).length
  return {
    looks: pushing.looks,
    jumps: counts,
    done: count('done'),
    missed: count('missed'),
    exhausted: count('exhausted'),
    twice: [...ended.values()].filter((times) => times > 1).length,
    open: jobs
      .flatMap((job) => pushing.dues(job, start, now).map((at) => `${job.name} ${String(at)}`))
      .filter((key) => !final.includes(states.get(key) ?? '')).length,
    denied: rows.filter(({ job, slot, state }) => state !== 'done' && ended.has(`${job} ${slot}`)).length,
    milliseconds: Math.round(performance.now() - started),
  }
}

const eightHours = 8 * hourMs
/** In Shanghai no clock has changed since 1991: a daily time is its minutes past midnight, eight hours behind UTC. */
export function duesInShanghai({ schedule }: Job, from: number, to: number): number[] {
  const step = schedule.every === 'day' ? dayMs : schedule.minutes * 60_000
  const [hours = 0, minutes = 0] = schedule.every === 'day' ? schedule.at.split(':').map(Number) : []
  const shift = schedule.every === 'day' ? hours * hourMs + minutes * 60_000 - eightHours : 0
  const dues: number[] = []
  for (let n = Math.floor((from - shift) / step); shift + n * step <= to; n += 1)
    if (shift + n * step > from) dues.push(shift + n * step)
  return dues
}
