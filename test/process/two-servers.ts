/**
 * R3 (RELIABILITY.md §4): two whole servers on one PostgreSQL. Each trial is a day of the shop: its jobs fall due, cards
 * and broadcasts are owed at the same moment, and in the middle of it one of the two is killed, frozen, or cut off from
 * the database. The other goes on; the first comes back late, with everything it still believes to be its own.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { days, seconds } from '../../src/base/clock.ts'
import type { Core } from '../../src/core.ts'
import { dice } from './drain-fire.ts'
import { complete, emptyDatabase, openFleet, repeated } from './fleet.ts'
import type { EmptyDatabase, Fleet } from './fleet.ts'
import { until } from './harness.ts'
import type { ServerProcess } from './harness.ts'
import { lineTo } from './line.ts'
import type { Line } from './line.ts'
import { openBeside, promiseWork, toldOf } from './work.ts'

export type Blow = 'kill' | 'freeze' | 'partition'

export interface PairPlan {
  /** A PostgreSQL; the proof makes a database of its own there. */
  readonly postgres: string
  readonly seed: number
  /** How long a frozen server stands still, and one that is cut off hears nothing. */
  readonly frozenMs: number
  readonly cutMs: number
  readonly say?: (line: string) => void
}

/** What one trial saw. Empty lists, or something is wrong. */
export interface Trial {
  readonly blow: Blow
  readonly slotsInHand: number
  readonly promisesInHand: number
  /** From the blow until nothing was in the hands of the one that was struck. */
  readonly takeoverMs: number
  readonly lost: readonly string[]
  readonly twice: readonly string[]
  readonly unsettled: readonly string[]
  /** Rows that were settled, and changed once the first was back. */
  readonly staleWrites: readonly string[]
}

export interface Pair {
  strike(blow: Blow): Promise<Trial>
  /** What may never be, over all trials: slots and promises twice or left out, holes in the log. */
  faults(): Promise<string[]>
  /** What the two had to say. */
  warnings(): string
  close(): Promise<void>
}

interface Member {
  readonly line: Line
  server: ServerProcess
}

const shop = { advisors: 24, customersEach: 2, groups: 2 }
const owed = { cards: 48, broadcasts: 12 }
const settledStates = new Set(['waiting', 'sent', 'refused', 'done', 'exhausted', 'missed'])
const openStates = `('queued', 'claimed', 'intent', 'unknown')`
/** As long as whoever came back may take to do harm. */
const afterwardsMs = seconds(4)
const patience = { timeoutMs: 90_000, everyMs: 50 }

export async function openPair(plan: PairPlan): Promise<Pair> {
  const database = await emptyDatabase(plan.postgres)
  const fleet = await openFleet({ shop, at: '10:20', touchpoints: 'touchpoints: {}', latencyMs: 2 })
  const members: Member[] = []
  for (let n = 0; n < 2; n += 1) {
    const line = await lineTo(database.url)
    members.push({ line, server: await fleet.serve({ DATABASE_URL: line.url }) })
  }
  await Promise.all(members.map(({ server }) => complete(server)))
  const core = await openBeside(fleet, database.url)
  fleet.simulator.settings.latencyMs = 150
  const proof = new Proof({ plan, database, fleet, members, core })
  return {
    strike: (blow) => proof.strike(blow),
    faults: () => faultsOf(core),
    // node-cron speaks of each minute that a forwarded clock left out.
    warnings: () =>
      members
        .flatMap(({ server }) => server.program.stderr().split('\n'))
        .filter((line) => !line.includes('NODE-CRON'))
        .join('\n'),
    close: () => proof.close(),
  }
}

interface Scene {
  readonly plan: PairPlan
  readonly database: EmptyDatabase
  readonly fleet: Fleet
  readonly members: readonly Member[]
  readonly core: Core
}

interface InHand {
  readonly slots: readonly { readonly job: string; readonly slot: string; readonly holder: string }[]
  readonly promises: readonly { readonly id: string; readonly epoch: number }[]
}

class Proof {
  readonly #scene: Scene
  readonly #random: () => number
  #trials = 0
  /** The name under which each holds jobs, as far as trials have shown it. */
  readonly #names = new Map<Member, string>()

  constructor(scene: Scene) {
    this.#scene = scene
    this.#random = dice(scene.plan.seed)
  }

  async strike(blow: Blow): Promise<Trial> {
    const { plan, fleet, core } = this.#scene
    this.#trials += 1
    const mark = `${blow}-${String(this.#trials)}`
    const at = fleet.clock.now() + days(1)
    await promiseWork(core, { mark, at, ...owed })
    await fleet.forwardTo(at)
    await this.#somethingInHand(mark)
    await pause(this.#random() * 1_500)
    const victim = this.#choose(await this.#inHand())
    const back = await this.#hit(blow, victim)
    const struckAt = Date.now()
    const survivor = this.#scene.members.find((member) => member !== victim) ?? victim
    const inHand = await this.#inHandBut(survivor)
    const takeoverMs = await this.#letGo(mark, inHand, struckAt)
    await this.#settled(mark)
    await this.#learn(inHand, survivor)
    if (blow === 'kill') this.#names.delete(victim)
    const before = await this.#settledRows(mark)
    await pause(Math.max(0, struckAt + back.afterMs - Date.now()))
    await back.come()
    await pause(blow === 'kill' ? 0 : afterwardsMs)
    const staleWrites = await this.#changed(mark, before)
    await complete(victim.server)
    const told = await toldOf(core, fleet.ledger(), mark)
    const trial = {
      blow,
      slotsInHand: inHand.slots.length,
      promisesInHand: inHand.promises.length,
      takeoverMs,
      ...told,
      unsettled: await this.#unsettled(mark),
      staleWrites,
    }
    plan.say?.(`${mark}: ${JSON.stringify(trial)}`)
    return trial
  }

  /** In two of three trials a job, which begins some seconds after the calls; in the third the first calls. */
  async #somethingInHand(mark: string): Promise<void> {
    const ofJob = this.#trials % 3 !== 0
    const look = async (): Promise<true | null> => {
      const { slots, promises } = await this.#inHand()
      return (ofJob ? slots : promises).length > 0 ? true : null
    }
    await until(`${mark}: something in hand`, look, { ...patience, everyMs: 20 })
  }

  /** Whoever runs a job just now, else one of the two. */
  #choose({ slots }: InHand): Member {
    const { members } = this.#scene
    const named = members.filter((member) => this.#names.has(member))
    const running = slots.flatMap(({ holder }) => {
      const known = named.find((member) => this.#names.get(member) === holder)
      return known ?? (named.length === 1 ? members.filter((member) => !named.includes(member)) : [])
    })
    const member = running[0] ?? members[Math.floor(this.#random() * members.length)]
    if (!member) throw new Error('There is no server.')
    return member
  }

  /** Whatever was in hand at the blow was ended by the one that still stood. */
  async #learn({ slots }: InHand, survivor: Member): Promise<void> {
    const rows = await this.#scene.core.db.reader.rows<InHand['slots'][number]>(
      'select job, slot, holder from job_slot',
    )
    for (const { job, slot } of slots) {
      const row = rows.find((one) => one.job === job && one.slot === slot)
      if (row) this.#names.set(survivor, row.holder)
    }
  }

  /** Strikes, and answers how and when it comes back. */
  async #hit(blow: Blow, victim: Member): Promise<{ afterMs: number; come(): Promise<void> }> {
    const { plan, fleet } = this.#scene
    const { server, line } = victim
    switch (blow) {
      case 'kill':
        await server.program.end('SIGKILL')
        return {
          afterMs: 0,
          come: async () => {
            victim.server = await fleet.serve({ DATABASE_URL: line.url })
          },
        }
      case 'freeze':
        process.kill(server.program.pid, 'SIGSTOP')
        return {
          afterMs: plan.frozenMs,
          come: async () => void process.kill(server.program.pid, 'SIGCONT'),
        }
      case 'partition':
        line.cut(this.#trials % 2 === 0 ? 'reset' : 'hold')
        return { afterMs: plan.cutMs, come: async () => line.mend() }
    }
  }

  async #inHand(): Promise<InHand> {
    const { reader } = this.#scene.core.db
    return {
      slots: await reader.rows(`select job, slot, holder from job_slot where state = 'running'`),
      promises: await reader.rows(`select id, epoch from promise where state in ('claimed', 'intent')`),
    }
  }

  async #inHandBut(survivor: Member): Promise<InHand> {
    const all = await this.#inHand()
    return { ...all, slots: all.slots.filter(({ holder }) => holder !== this.#names.get(survivor)) }
  }

  /** Until each row that was in anybody's hands at the blow has been moved on: by its holder, or by whoever took over. */
  async #letGo(mark: string, at: InHand, struckAt: number): Promise<number> {
    const slots = new Set(at.slots.map((one) => `${one.job} ${one.slot} ${one.holder}`))
    const promises = new Set(at.promises.map((one) => `${one.id} ${String(one.epoch)}`))
    await until(
      `${mark}: everything in hand was taken over`,
      async () => {
        const now = await this.#inHand()
        const held =
          now.slots.some((one) => slots.has(`${one.job} ${one.slot} ${one.holder}`)) ||
          now.promises.some((one) => promises.has(`${one.id} ${String(one.epoch)}`))
        return held ? null : true
      },
      patience,
    )
    return Date.now() - struckAt
  }

  /** The one that still stands has done all of it: its promises, what was over since yesterday, every job of the day. */
  async #settled(mark: string): Promise<void> {
    const { fleet, core } = this.#scene
    const open = (): Promise<unknown[]> =>
      core.db.reader.rows(
        `select id from promise where (dedupe_key like $1 and state in ${openStates})
           or (state = 'waiting' and expires_at <= $2)
         union all select slot as id from job_slot where state in ('running', 'failed')`,
        [`${mark}:%`, fleet.clock.now()],
      )
    await until(
      `${mark}: everything settled`,
      async () => ((await open()).length === 0 ? true : null),
      patience,
    )
  }

  async #unsettled(mark: string): Promise<string[]> {
    const rows = await this.#scene.core.db.reader.rows<{ dedupe_key: string; state: string }>(
      `select dedupe_key, state from promise where dedupe_key like $1 and state not in ('waiting', 'sent') order by 1`,
      [`${mark}:%`],
    )
    return rows.map(({ dedupe_key, state }) => `${dedupe_key} ${state}`)
  }

  /** Everything that is over, as lines. A press that was read later is news, not a stale write. */
  async #settledRows(mark: string): Promise<Map<string, string>> {
    const rows = await this.#allRows(mark)
    return new Map(rows.filter(({ state }) => settledStates.has(state)).map(({ id, what }) => [id, what]))
  }

  async #allRows(mark: string): Promise<{ id: string; state: string; what: string }[]> {
    const { reader } = this.#scene.core.db
    const told = `case when state in ('waiting', 'sent') then 'told' else state end`
    const promises = await reader.rows<{ id: string; state: string; what: string }>(
      `select id, state, coalesce(parcel, '') || ' ' || coalesce(remote_id, '') || ' ' || attempts || ' ' || ${told} as what
       from promise where dedupe_key like $1`,
      [`${mark}:%`],
    )
    const parcels = await reader.rows<{ id: string; state: string; what: string }>(
      `select id, state, body || ' ' || coalesce(remote_id, '') || ' ' || attempts || ' ' || ${told} as what
       from parcel where id in (select parcel from promise where dedupe_key like $1)`,
      [`${mark}:%`],
    )
    const slots = await reader.rows<{ id: string; state: string; what: string }>(
      `select job || ' ' || slot as id, state,
         holder || ' ' || attempts || ' ' || state || ' ' || coalesce(finished_at, 0) as what from job_slot`,
    )
    return [...promises, ...parcels, ...slots]
  }

  async #changed(mark: string, before: ReadonlyMap<string, string>): Promise<string[]> {
    const after = new Map((await this.#allRows(mark)).map(({ id, what }) => [id, what]))
    return [...before].flatMap(([id, what]) =>
      after.get(id) === what ? [] : [`${id}: ${what} became ${after.get(id) ?? 'nothing'}`],
    )
  }

  async close(): Promise<void> {
    const { members, core, fleet, database } = this.#scene
    await core.close()
    await Promise.all(members.map(({ server }) => server.program.end('SIGTERM')))
    await Promise.all(members.map(({ line }) => line.close()))
    await fleet.close()
    await database.drop()
  }
}

async function faultsOf({ db: { reader } }: Core): Promise<string[]> {
  const slots = await reader.rows<{ job: string; slot: string; due_at: number; state: string }>(
    'select job, slot, due_at, state from job_slot order by job, due_at',
  )
  const promises = await reader.rows<{ dedupe_key: string }>('select dedupe_key from promise')
  const [log] = await reader.rows<{ n: number; last: number }>(
    'select cast(count(*) as bigint) as n, max(seq) as last from log',
  )
  const jobs = [...new Set(slots.map(({ job }) => job))]
  return [
    ...repeated(slots, ({ job, slot }) => `${job} ${slot}`).map((key) => `a slot twice: ${key}`),
    ...repeated(promises, ({ dedupe_key }) => dedupe_key).map((key) => `a promise twice: ${key}`),
    ...slots
      .filter(({ state }) => state !== 'done' && state !== 'missed')
      .map(({ job, slot, state }) => `${job} ${slot} is ${state}`),
    ...jobs.flatMap((job) => gapsOf(slots.filter((one) => one.job === job))),
    ...(log?.n === log?.last ? [] : [`the log has ${String(log?.n)} rows up to ${String(log?.last)}`]),
  ]
}

/** Slots of a job come evenly here: the shop's zone has no summer time. */
function gapsOf(
  slots: readonly { readonly job: string; readonly slot: string; readonly due_at: number }[],
): string[] {
  const steps = slots.slice(1).map(({ due_at }, n) => due_at - (slots[n]?.due_at ?? 0))
  const step = Math.min(...steps)
  return slots
    .slice(1)
    .flatMap(({ job, slot }, n) => (steps[n] === step ? [] : [`${job}: nothing before ${slot}`]))
}

const takeoverWithinMs = seconds(15)

/** Everything that must not be, in words. */
export const problemsOf = (trial: Trial): string[] => [
  ...trial.lost.map((key) => `lost: ${key}`),
  ...trial.twice.map((key) => `twice: ${key}`),
  ...trial.unsettled.map((key) => `unsettled: ${key}`),
  ...trial.staleWrites.map((what) => `written late, ${what}`),
  ...(trial.takeoverMs < takeoverWithinMs ? [] : [`taken over after ${String(trial.takeoverMs)} ms`]),
]

export function summaryOf(trials: readonly Trial[]) {
  const takeovers = trials.map(({ takeoverMs }) => takeoverMs).sort((a, b) => a - b)
  return {
    trials: trials.length,
    withSlotsInHand: trials.filter(({ slotsInHand }) => slotsInHand > 0).length,
    withPromisesInHand: trials.filter(({ promisesInHand }) => promisesInHand > 0).length,
    takeoverMs: { median: takeovers[Math.floor(takeovers.length / 2)] ?? 0, worst: takeovers.at(-1) ?? 0 },
    lost: trials.reduce((sum, { lost }) => sum + lost.length, 0),
    twice: trials.reduce((sum, { twice }) => sum + twice.length, 0),
    staleWrites: trials.reduce((sum, { staleWrites }) => sum + staleWrites.length, 0),
  }
}
