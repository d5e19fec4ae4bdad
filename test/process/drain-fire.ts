/** The fire of R1: lives of a server, one after the other, each ended by a kill. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Core } from '../../src/core.ts'
import { countOf } from './drain.ts'
import type { DrainPlan } from './drain.ts'
import type { LedgerRow } from './drain-judge.ts'
import { livesNow, spawnServer, until } from './harness.ts'
import type { ServerProcess, Settings, SimulatorProcess } from './harness.ts'

export interface Run {
  readonly plan: DrainPlan
  readonly env: Settings
  readonly core: Core
  readonly simulator: SimulatorProcess
  readonly advisors: Advisors
  /** Tags that stood before the fire. */
  readonly tagsBefore: number
  /** Who has added an advisor since the fire began. */
  readonly added: string[]
}

/** From the start of the process to the first message that the simulator accepted. */
interface Restarts {
  readonly measured: number
  readonly median: number
  readonly worst: number
}

export interface FireReport {
  readonly kills: number
  /** Kills that struck while work was in hand. */
  readonly killsInHand: number
  readonly killsWhileStarting: number
  /** By their own hand, at which place. */
  readonly failPoints: Readonly<Record<string, number>>
  readonly restartToFirstSendMs: Restarts
  readonly warnings: readonly string[]
}

// ------------------------------------------------------------------ people

export interface Advisors {
  /** The ledger as far as it is known. */
  rows(): readonly LedgerRow[]
  stop(): Promise<void>
}

/** Every broadcast is confirmed a moment after it was accepted, by whoever got it. */
export function pressAtOnce(simulator: SimulatorProcess): Advisors {
  const rows: LedgerRow[] = []
  let stopping = false
  const look = async (): Promise<void> => {
    const since = rows.length
    const { rows: fresh } = await simulator.get<{ rows: LedgerRow[] }>(`ledger?since=${String(since)}`)
    rows.push(...fresh)
    const tasks = new Map(
      fresh.flatMap(({ api, msgid, sender, status }) =>
        api === 'add_msg_template' && status === 'accepted' ? [[msgid, sender] as const] : [],
      ),
    )
    for (const [msgid, sender] of tasks) await simulator.post(`inbox/${sender}/confirm`, { msgid })
  }
  const loop = (async () => {
    while (!stopping) {
      await look()
      await pause(50)
    }
    // Once more from the start: the last word on every row.
    const { rows: final } = await simulator.get<{ rows: LedgerRow[] }>('ledger')
    rows.splice(0, rows.length, ...final)
  })()
  return {
    rows: () => rows,
    stop() {
      stopping = true
      return loop
    },
  }
}

/** People add advisors while the server answers, some in each life; who comes while it is away is not owed a welcome. */
function createDoor({ plan, simulator, added }: Run) {
  const share = Math.ceil(plan.newcomers / (plan.kills + 1))
  const come = async (): Promise<void> => {
    const userid = `advisor${String(added.length % plan.staff)}`
    const external_userid = `wmNewcomer${String(added.length)}`
    added.push(external_userid)
    await simulator.post('contacts/add', { userid, external_userid })
  }
  return {
    async open(most = share): Promise<void> {
      for (let n = 0; n < most && added.length < plan.newcomers; n += 1) await come()
    },
  }
}
type Door = ReturnType<typeof createDoor>

// ------------------------------------------------------------------ lives

/** Where a life may end by its own hand: the first, or at most the so manieth time it passes there. */
const failPoints = [
  { point: 'claim-committed', most: 2 },
  { point: 'intent-written', most: 3 },
  { point: 'intent-committed', most: 3 },
  { point: 'before-call', most: 12 },
  { point: 'call-on-its-way', most: 12 },
  { point: 'call-accepted', most: 12 },
  { point: 'answered', most: 12 },
  { point: 'settle-written', most: 4 },
  { point: 'settle-committed', most: 4 },
  { point: 'callback-committed', most: 1 },
  { point: 'welcome-committed', most: 1 },
  { point: 'marked', most: 1 },
  { point: 'tags-written', most: 1 },
  { point: 'looked-up', most: 1 },
]

/** So many times the longest life is waited for a place that is not passed. */
const patience = 4
/** A life of which the restart is measured is not killed before its first message, unless it is this late. */
const firstSendWithinMs = 10_000

interface Script {
  /** Null: killed at a random time. */
  readonly point: string | null
  readonly nth: number
}

/** Small, seeded: says where to kill. */
export function dice(seed: number): () => number {
  let state = (seed * 2_654_435_761) % 4_294_967_296
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296
    return state / 4_294_967_296
  }
}

/** Each place in turn in two of three lives, the others at random times, shuffled. */
function scriptsOf({ kills }: DrainPlan, random: () => number): Script[] {
  const named = Math.floor((kills * 2) / 3)
  const first = Math.floor(random() * failPoints.length)
  const scripts = Array.from({ length: kills }, (_, n): Script => {
    const place = n < named ? failPoints[(first + n) % failPoints.length] : undefined
    if (place === undefined) return { point: null, nth: 0 }
    return { point: place.point, nth: 1 + Math.floor(random() * place.most) }
  })
  return scripts
    .map((script) => ({ script, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ script }) => script)
}

interface Fire {
  readonly server: ServerProcess
  readonly report: FireReport
}

/**
 * A life that is to end at a named place begins from stand-by, with its modules loaded while the one before still
 * lived; one that is killed at a random time is started then and there, and its restart is what is measured.
 */
export async function killAgainAndAgain(run: Run): Promise<Fire> {
  const random = dice(run.plan.seed)
  const scripts = scriptsOf(run.plan, random)
  const door = createDoor(run)
  const seen: Life[] = []
  let next: ServerProcess | null = null
  const standBy = (script: Script | undefined): ServerProcess | null =>
    script === undefined || script.point === null
      ? null
      : spawnServer({ ...run.env, FAIL_POINT: `${script.point}:${String(script.nth)}` }, { standBy: true })
  for (const [n, script] of scripts.entries()) {
    const server = next ?? standBy(script) ?? spawnServer(run.env)
    const life = live(run, { server, script, door, random })
    // The processor belongs to a restart that is measured.
    if (script.point === null) await Promise.race([life.firstSend, life.end])
    next = standBy(scripts[n + 1])
    const ended = await life.end
    seen.push(ended)
    run.plan.say?.(`kill ${String(n + 1)} ${JSON.stringify({ script, ...ended, warnings: 0 })}`)
  }
  const server = spawnServer(run.env)
  await until('the last life', () => livesNow(server), { timeoutMs: 60_000 })
  await door.open(run.plan.newcomers)
  return { server, report: reportOf(seen) }
}

interface Life {
  readonly inHand: boolean
  readonly starting: boolean
  readonly point: string | null
  readonly restartMs: number | null
  readonly warnings: readonly string[]
}

interface Living {
  readonly server: ServerProcess
  readonly script: Script
  readonly door: Door
  readonly random: () => number
}

function live(
  run: Run,
  living: Living,
): { readonly firstSend: Promise<number | null>; readonly end: Promise<Life> } {
  const { server, script } = living
  server.program.begin()
  const since = server.program.startedAt
  // What the dead had claimed is given back at once.
  const ready = countOf(
    run.core,
    `promise where state in ('queued', 'claimed') and ready_at <= ${String(since)}`,
  )
  const firstSend = firstSendOf(run.advisors, server, since + 100, since + firstSendWithinMs)
  const end = async (): Promise<Life> => {
    const starting = script.point === null && living.random() < 0.1
    const measured = script.point === null && !starting && (await ready) > 0
    if (starting) await pause(living.random() * 1_500)
    else await liveOn(run, living, measured ? firstSend : null)
    const inHand = await countOf(run.core, `promise where state in ('claimed', 'intent')`)
    await server.program.end('SIGKILL')
    const said = server.program.stderr()
    return {
      inHand: inHand > 0,
      starting,
      point: /^fail point (\S+)/m.exec(said)?.[1] ?? null,
      restartMs: measured ? ((await firstSend) ?? since + firstSendWithinMs) - since : null,
      warnings: said.split('\n').filter((line) => line !== ''),
    }
  }
  return { firstSend, end: end() }
}

async function liveOn(
  run: Run,
  { server, script, door, random }: Living,
  firstSend: Promise<number | null> | null,
): Promise<void> {
  const over = (): boolean => server.program.exited()
  await until('an answer', async () => (over() ? true : livesNow(server)), { timeoutMs: 60_000 })
  run.plan.say?.(`answers after ${String(Date.now() - server.program.startedAt)} ms`)
  await door.open()
  await firstSend
  const dieAt = Date.now() + run.plan.longestLifeMs * (script.point === null ? random() : patience)
  while (!over() && Date.now() < dieAt) await pause(10)
}

/** When the first message after this instant was accepted; null if none was until then, or it died before. */
async function firstSendOf(
  advisors: Advisors,
  server: ServerProcess,
  after: number,
  by: number,
): Promise<number | null> {
  while (Date.now() < by && !server.program.exited()) {
    const row = advisors.rows().find(({ acceptedAt }) => acceptedAt > after)
    if (row) return row.acceptedAt
    await pause(20)
  }
  return null
}

function reportOf(lives: readonly Life[]): FireReport {
  const restarts = lives.flatMap(({ restartMs }) => restartMs ?? []).sort((a, b) => a - b)
  const failPoints: Record<string, number> = {}
  for (const { point } of lives) if (point !== null) failPoints[point] = (failPoints[point] ?? 0) + 1
  return {
    kills: lives.length,
    killsInHand: lives.filter(({ inHand }) => inHand).length,
    killsWhileStarting: lives.filter(({ starting }) => starting).length,
    failPoints,
    restartToFirstSendMs: {
      measured: restarts.length,
      median: restarts[Math.floor(restarts.length / 2)] ?? 0,
      worst: restarts.at(-1) ?? 0,
    },
    warnings: lives.flatMap(({ warnings }) => warnings),
  }
}

// ------------------------------------------------------------------ afterwards

const openStates = `('queued', 'claimed', 'intent', 'unknown')`

interface Settling extends Pick<Run, 'core' | 'added' | 'simulator'> {
  readonly plan: Pick<DrainPlan, 'patienceMs' | 'say'>
}

export const settled = ({ core, plan, added, simulator }: Settling): Promise<true> =>
  until(
    'everything settled',
    async () => {
      const open = await countOf(core, `promise where state in ${openStates}`)
      const tags = await countOf(core, 'wanted_change')
      // Who came last is not asked for yet while these have not read of her: a server that is stopped then does it next time.
      const unread = await countOf(
        core,
        `log l join follower f on f.name in ('resegment', 'wecom-mirror-pairs')
         where l.kind = 'contact-added' and l.seq > f.position`,
      )
      const { rows } = await simulator.get<{ rows: { state: string }[] }>('callbacks')
      const owedWelcomes = rows.filter(({ state }) => state === 'delivered').length
      const welcomes = await countOf(core, `promise where channel = 'welcome'`)
      const toCome = rows.filter(({ state }) => state === 'queued').length
      plan.say?.(
        `${String(open)} open, ${String(tags)} to tag, ${String(welcomes)} welcomes of ${String(added.length)}`,
      )
      return open + tags + toCome + unread === 0 && welcomes >= owedWelcomes ? true : null
    },
    { timeoutMs: plan.patienceMs, everyMs: 250 },
  )
