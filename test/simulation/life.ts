/**
 * A month of a town, lived by a seed: a scheduler that knows no plan picks what happens next out of everything that
 * could. Works of the server overlap, callbacks come late, twice and out of order, calls fail, power is cut.
 */
import { createHash } from 'node:crypto'
import type { Works } from '../../src/app.ts'
import { addDays, dayOf, instantOf, timeOf } from '../../src/base/calendar.ts'
import type { Day } from '../../src/base/calendar.ts'
import { hours, minutes } from '../../src/base/clock.ts'
import { OutsideFailure, messageOf } from '../../src/base/errors.ts'
import { createPeople } from './people.ts'
import type { Deed, People } from './people.ts'
import { createPost } from './post.ts'
import type { Post } from './post.ts'
import { createReferee } from './referee.ts'
import type { Referee, Violation } from './referee.ts'
import { settledTown } from './town.ts'
import type { Town } from './town.ts'

export interface LifeOptions {
  readonly seed: number
  readonly days: number
  readonly from?: Day
  readonly shopSeed?: number
  readonly customers?: number
  /** Ends after so many of them, as if it went on. */
  readonly until?: number
  /** Called after each day with the hash of everything so far. */
  readonly onDay?: (day: number, hash: string) => void
}

export interface LifeReport {
  readonly seed: number
  readonly days: number
  /** Choices of the scheduler. */
  readonly steps: number
  /** Pieces of work that the machine put in order. */
  readonly turns: number
  readonly crashes: number
  readonly faults: Readonly<Record<string, number>>
  readonly callbacks: { readonly answered: number; readonly lost: number; readonly forged: number }
  readonly promises: Readonly<Record<string, number>>
  readonly calls: number
  readonly checked: Readonly<Record<string, number>>
  readonly violations: readonly Violation[]
  /** Over every choice, every row of the log and of the promises, and WeCom's ledger. */
  readonly hash: string
}

const workNames = [
  'followers',
  'jobs',
  'tags',
  'wecom',
  'drain',
  'reconcile',
  'poll',
] as const satisfies readonly (keyof Works)[]
/**
 * What brings promises to their end, and in how many looks: a broadcast whose answer was lost is searched for three
 * times, and a look may itself be refused.
 */
const loops = { drain: 1, reconcile: 4, poll: 1 } as const
/** The last days are calm, so that everything that was begun can come to its end. */
const calmDays = 2
/** A crash comes within so many turns of a round. */
const crashWithin = 60

interface Life {
  readonly town: Town
  readonly people: People
  readonly post: Post
  readonly note: (word: string) => void
  readonly thrown: string[]
  readonly referee: Referee
  crashes: number
  steps: number
  /** Days behind us. On the first the jobs are looked at each time: what was never seen owes no slots. */
  days: number
  /** When the looks of a loop began that came to their end. */
  readonly lastLooks: Map<string, readonly number[]>
  /** Works and deeds that a frozen server has not ended yet. */
  flying: Promise<void>[]
}

export async function live(options: LifeOptions): Promise<LifeReport> {
  const from = options.from ?? '2026-05-18'
  const town = await settledTown({
    seed: options.seed,
    from,
    customers: options.customers ?? 48,
    ...(options.shopSeed === undefined ? {} : { shopSeed: options.shopSeed }),
  })
  try {
    const hash = createHash('sha256')
    const people = createPeople(town)
    const post = createPost(town)
    const thrown: string[] = []
    const lastLooks = new Map<string, readonly number[]>()
    const attendedAt = (): number =>
      Math.min(...Object.entries(loops).map(([name, looks]) => lastLooks.get(name)?.at(-looks) ?? 0))
    const referee = createReferee(town, people, post, { from, thrown, attendedAt })
    const life: Life = {
      town,
      people,
      post,
      referee,
      note: (word) => void hash.update(`${String(town.machine.turns())} ${word}\n`),
      thrown,
      crashes: 0,
      steps: 0,
      days: 0,
      flying: [],
      lastLooks,
    }
    await town.start()
    for (let n = 0; n < (options.until ?? options.days); n += 1) {
      const calm = n >= options.days - calmDays
      await liveDay(life, instantOf(addDays(from, n + 1)), calm)
      hash.update(await referee.afterDay(addDays(from, n)))
      life.days = n + 1
      options.onDay?.(n + 1, hash.copy().digest('hex'))
    }
    if (town.app) await town.machine.until(town.app.works.jobs())
    const end = await referee.atEnd()
    hash.update(end.state)
    return {
      seed: options.seed,
      days: options.days,
      steps: life.steps,
      turns: town.machine.turns(),
      crashes: life.crashes,
      faults: { ...town.wire.struck, ...end.faults },
      callbacks: life.post.counts(),
      promises: end.promises,
      calls: [...town.calls.values()].reduce((sum, n) => sum + n, 0),
      checked: end.checked,
      violations: end.violations,
      hash: hash.digest('hex'),
    }
  } finally {
    await town.close()
  }
}

async function liveDay(life: Life, end: number, calm: boolean): Promise<void> {
  const { town } = life
  town.faults = calm ? 0 : town.chance.pick([0, 0, 0.03, 0.15])
  if (calm) town.simulator.clearFaults()
  while (town.now() < end) {
    await town.advanceTo(Math.min(end, await nextInstant(life, calm)))
    if (!calm && town.chance.hit(0.02)) blockApi(life)
    if (!town.app && (calm || town.chance.hit(0.6))) {
      life.note('start')
      await town.start()
    }
    await round(life, calm)
  }
  if (!town.app) await town.start()
}

/** WeCom answers 45009 for a while, to one API or to all. */
function blockApi({ town, note }: Life): void {
  const api = town.chance.pick([
    '',
    'add_msg_template',
    'message/send',
    'send_welcome_msg',
    'get_groupmsg_task',
  ])
  const ms = minutes(1 + town.chance.below(90))
  note(`45009 ${api} ${String(ms)}`)
  town.simulator.addFault({ kind: 'errcode', errcode: 45009, ms, ...(api === '' ? {} : { api }) })
}

/** Mostly to the next due thing, sometimes past it; by night in long steps. */
async function nextInstant({ town }: Life, calm: boolean): Promise<number> {
  const { chance } = town
  const now = town.now()
  const hour = Math.floor(((now + hours(8)) % hours(24)) / hours(1))
  const stride = hour >= 21 || hour < 7 ? hours(4 + chance.below(5)) : minutes(50 + chance.below(280))
  const due = town.app && chance.hit(0.2) ? await town.machine.until(town.app.nextDueAt()) : null
  const wished = due === null || due <= now ? now + stride : Math.min(due, now + stride)
  return Math.max(now + minutes(1), calm ? Math.min(wished, now + hours(3)) : wished) + chance.below(1_000)
}

// ------------------------------------------------------------------ one round

async function round(life: Life, calm: boolean): Promise<void> {
  const { town, people, post } = life
  const { chance } = town
  const started: Promise<void>[] = []
  const begin = (name: string, work: () => Promise<unknown>): void => {
    life.steps += 1
    life.note(name)
    started.push(guarded(life, name, work))
  }
  const { app } = town
  const deeds = people.deeds.filter((one) => !calm || !unrest.has(one.name))
  const chosen = Array.from({ length: calm ? 1 : chance.below(4) }, () => weighted(life, deeds))
  const planned = app !== null && (await isPlanned(town))
  // The hourly comparisons among the jobs are what costs most of the time a month takes.
  const eager = { calm: 0.5, jobs: life.days === 0 ? 1 : planned ? 0.06 : 0.5, rest: 0.4 }
  const works = app
    ? workNames.filter((name) => chance.hit(calm ? eager.calm : name === 'jobs' ? eager.jobs : eager.rest))
    : []
  const plans =
    app !== null && (chosen.some(({ name }) => name === 'publish') || (works.includes('jobs') && !planned))
  if (plans) await lookOn(life)
  for (const deed of chosen) begin(deed.name, () => deed.run())
  if (!calm && chance.hit(0.03)) begin('forgery', () => post.forge())
  if (app) {
    if (post.pending() > 0 && (calm || chance.hit(0.8))) begin('letters', () => post.deliver(calm))
    for (const name of works) begin(name, () => app.works[name]())
  }
  const crashAt = !calm && app && chance.hit(0.05) ? chance.below(crashWithin) : null
  // A frozen call would leave at an hour that nobody chose. A run of jobs that a later one overtakes takes the later
  // one's missed slots for those of a clock that was ahead (`forgetFuture`), and leaves holes: until that is mended, none
  // is frozen here.
  const mayFreeze = works.every((name) => name === 'followers' || name === 'tags')
  const freezeAt = !calm && crashAt === null && mayFreeze && chance.hit(0.15) ? chance.below(60) : null

  life.flying = [...life.flying, ...started]
  await pump(life, crashAt, freezeAt)
  if (plans && town.app) await lookOn(life)
  if (!town.app || life.flying.length > 0) return
  // A new customer is greeted within seconds, so the server that is up attends to her at once.
  if (post.pending() > 0 && (calm || chance.hit(0.7))) await attendTo(life, calm)
  if (calm) {
    life.flying = [guarded(life, 'attend', () => people.attend())]
    await pump(life, null, null)
  }
}

async function isPlanned(town: Town): Promise<boolean> {
  const [slot] = await town.rows<{ state: string }>(
    `select state from job_slot where job = 'plan-day' and slot = $1`,
    [`${dayOf(town.now())}T08:30`],
  )
  return slot?.state === 'done'
}

/** Before and after whatever may plan, while a plan of today may be made. */
async function lookOn({ town, referee }: Life): Promise<void> {
  if (timeOf(town.now()) >= '08:30') await referee.oracle.look(dayOf(town.now()))
}

/** What disturbs the calm: coming, going and switching would leave things open at the end. */
const unrest = new Set(['switch', 'publish', 'come', 'quit', 'opt-out'])

async function attendTo(life: Life, calm: boolean): Promise<void> {
  const { app } = life.town
  if (!app) return
  const { followers, drain, reconcile } = app.works
  for (const [name, work] of Object.entries({
    letters: () => life.post.deliver(calm),
    followers,
    drain,
    reconcile,
  })) {
    life.steps += 1
    life.note(name)
    life.flying = [guarded(life, name, work)]
    await pump(life, null, null)
  }
}

/** What the world does not do is worth another try; anything else that is thrown is a defect. */
async function guarded(life: Life, name: string, work: () => Promise<unknown>): Promise<void> {
  const since = life.town.now()
  try {
    await work()
    life.lastLooks.set(name, [...(life.lastLooks.get(name) ?? []).slice(-3), since])
  } catch (error) {
    if (!(error instanceof OutsideFailure)) life.thrown.push(`${name}: ${messageOf(error)}`)
  }
}

/** Turns the machine until everything under way has ended, or until the power is cut, or for some turns only. */
async function pump(life: Life, crashAt: number | null, freezeAt: number | null): Promise<void> {
  const { town, flying } = life
  let done = false
  void Promise.all(flying).then(() => {
    done = true
  })
  const { machine } = town
  await machine.breathe()
  for (let n = 0; !done; n += 1) {
    if (n === freezeAt) return life.note('freeze')
    if (n === crashAt) return crash(life)
    if (!(await machine.turn()) && !done) await machine.until(Promise.all(flying))
  }
  life.flying = []
}

async function crash(life: Life): Promise<void> {
  life.note('crash')
  life.crashes += 1
  life.flying = []
  life.post.cut()
  await life.town.crash()
}

function weighted({ town }: Life, deeds: readonly Deed[]): Deed {
  const sum = deeds.reduce((total, { weight }) => total + weight, 0)
  let left = town.chance.next() * sum
  for (const deed of deeds) {
    left -= deed.weight
    if (left < 0) return deed
  }
  return town.chance.pick(deeds)
}
