/**
 * R1 (RELIABILITY.md §4): a server that is killed again and again while it drains its outbox. What counts afterwards is
 * the simulator's own ledger, in which every advisor presses at once, so that a second broadcast could not be taken back.
 */
import { randomUUID } from 'node:crypto'
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { system } from '../../src/base/act.ts'
import { dayOf } from '../../src/base/calendar.ts'
import { hours, wallClock } from '../../src/base/clock.ts'
import { readEnv } from '../../src/base/env.ts'
import { openCore } from '../../src/core.ts'
import type { Core } from '../../src/core.ts'
import { enqueue } from '../../src/outbox/index.ts'
import type { Candidate } from '../../src/outbox/index.ts'
import {
  answering,
  freePort,
  packageRoot,
  readiness,
  spawnServer,
  startServer,
  startSimulator,
  temporaryFolder,
  until,
} from './harness.ts'
import type { ServerProcess, Settings, SimulatorProcess } from './harness.ts'

export interface DrainPlan {
  readonly seed: number
  /** Cards to advisors, customer broadcasts, group broadcasts; each with words of its own. */
  readonly cards: number
  readonly broadcasts: number
  readonly groupBroadcasts: number
  /** Each of them so many times more, in other words: a customer is asked for one thing a day, a drain for thousands. */
  readonly copies: number
  readonly kills: number
  readonly latencyMs: number
  /** How long a life lasts at most, counted from the first answer. */
  readonly longestLifeMs: number
  /** So many of the cards are for one advisor: more than a minute bears. */
  readonly cardsForOne: number
  /** Null: an SQLite file of its own. */
  readonly databaseUrl: string | null
  readonly patienceMs: number
  /** Told where it stands, for whoever watches. */
  readonly say?: (line: string) => void
}

interface LedgerRow {
  readonly seq: number
  readonly api: string
  readonly msgid: string
  readonly sender: string
  readonly recipientKind: string
  readonly recipient: string
  readonly text: string
  readonly body: { readonly template_card?: { readonly task_id?: string } }
  readonly acceptedAt: number
  readonly status: 'accepted' | 'sent' | 'failed' | 'cancelled'
}

interface PromiseSeen {
  readonly id: string
  readonly dedupe_key: string
  readonly channel: string
  readonly subject: string
  readonly sender: string
  readonly state: string
  readonly intent_at: number | null
  readonly attempts: number
}

export interface DrainReport {
  readonly promises: number
  readonly kills: number
  /** Kills that struck while work was in hand. */
  readonly killsInHand: number
  readonly killsWhileStarting: number
  readonly lost: readonly string[]
  readonly twice: readonly string[]
  readonly dropped: number
  readonly sentWithoutIntent: readonly string[]
  readonly states: Readonly<Record<string, number>>
  readonly openParcels: number
  readonly repeatedCalls: number
  readonly restartToFirstSendMs: {
    readonly measured: number
    readonly median: number
    readonly worst: number
  }
  readonly seconds: number
  readonly sendsPerSecond: number
  readonly warnings: readonly string[]
}

/** Small, seeded: says where to kill. */
export function dice(seed: number): () => number {
  let state = (seed * 2_654_435_761) % 4_294_967_296
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296
    return state / 4_294_967_296
  }
}

/** Nothing of its own to say, and no hour is forbidden but one minute half a day away. */
function quietCadence(folder: string): string {
  const config = join(folder, 'config')
  cpSync(join(packageRoot, 'config'), config, { recursive: true })
  const far = new Date(Date.now() + hours(20)).toISOString().slice(11, 14)
  writeFileSync(
    join(config, 'cadence.yaml'),
    [
      'shop: { name: 小禾母婴 }',
      'manners:',
      "  windows: ['00:00-24:00']",
      `  quietHours: '${far}00-${far}01'`,
      '  avoid: []',
      '  groupPerDay: 5',
      'touchpoints: {}',
      '',
    ].join('\n'),
  )
  return config
}

export async function drainUnderFire(plan: DrainPlan): Promise<DrainReport> {
  const folder = temporaryFolder()
  const port = await freePort()
  const simulator = await startSimulator(['--seed', '1', '--latency', String(plan.latencyMs)])
  const env: Settings = {
    ...simulator.env,
    PORT: String(port),
    DATABASE_URL: plan.databaseUrl ?? `sqlite:${join(folder.path, 'siyu.db')}`,
    SIYU_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    SIYU_CONFIG_DIR: quietCadence(folder.path),
  }
  let core: Core | null = null
  let server: ServerProcess | null = null
  try {
    await learnTheShop(env)
    core = await openCore({
      env: readEnv({ source: env, envFile: false }),
      clock: wallClock,
      root: packageRoot,
      mode: 'create',
    })
    await promiseEverything(core, plan)
    const run = { plan, env, core, simulator, advisors: pressAtOnce(simulator) }
    const fire = await killAgainAndAgain(run)
    server = fire.server
    await settled(run)
    const seconds = (Date.now() - fire.startedAt) / 1_000
    await run.advisors.stop()
    const end = await server.program.end('SIGTERM')
    if (end.code !== 0) throw new Error(`The server did not stop well: ${server.program.stderr()}`)
    const rows = run.advisors.rows()
    return {
      ...(await judge(core, rows)),
      ...fire.counts,
      seconds,
      sendsPerSecond: Math.round(rows.length / seconds),
    }
  } finally {
    await core?.close()
    await server?.program.end('SIGKILL')
    await simulator.program.end('SIGTERM')
    folder.remove()
  }
}

/** One life before the fire: staff, customers and groups are compared with the simulator. */
async function learnTheShop(env: Settings): Promise<void> {
  const server = await startServer(env)
  await until(
    'the first comparison',
    async () =>
      (await readiness(server.url)).missing.some(({ name }) => name === 'comparison') ? null : true,
    { timeoutMs: 60_000, everyMs: 200 },
  )
  const end = await server.program.end('SIGTERM')
  if (end.code !== 0) throw new Error(`The server did not stop well: ${server.program.stderr()}`)
}

async function promiseEverything(core: Core, plan: DrainPlan): Promise<void> {
  const contacts = await core.db.reader.rows<{ external: string; staff: string; customer: string }>(
    `select min(r.external) as external, r.staff, i.customer from relation r
     join identity i on i.kind = 'external' and i.value = r.external
     join staff s on s.userid = r.staff and s.active = 1 and s.contact = 1
     where r.state = 'active' group by i.customer, r.staff order by i.customer, r.staff`,
  )
  const first = new Map(contacts.map((one) => [one.customer, one]))
  const people = [...first.values()]
  const busiest = people[0]?.staff
  const ofOne = people.filter(({ staff }) => staff === busiest)
  const others = people.filter(({ staff }) => staff !== busiest)
  const groups = await core.db.reader.rows<{ chat: string; owner: string }>(
    `select chat, owner from chat_group where state = 'active' order by chat`,
  )
  const now = core.clock.now()
  const common = {
    touchpoint: 'under-fire',
    title: '演练',
    cadenceVersion: 1,
    purpose: 'service',
    personal: false,
    day: dayOf(now),
    wantedAt: now,
    expiresAt: now + hours(30),
    priority: 10,
  } as const
  const to = (
    channel: Candidate['channel'],
    n: number,
    one: (typeof people)[number] | undefined,
  ): Candidate => {
    if (!one) throw new Error('The seeded shop has too few customers.')
    const { external, staff, customer } = one
    const content = { text: `第 ${String(n)} 句，给您的 [[link:me]]`, why: `第 ${String(n)} 件` }
    const dedupeKey = `${channel}:${String(n)}`
    return {
      ...common,
      dedupeKey,
      channel,
      content,
      subjectKind: 'customer',
      subject: external,
      customer,
      sender: staff,
    }
  }
  const cards = Array.from({ length: plan.cards }, (_, n) =>
    n < plan.cardsForOne
      ? // First, since what is over her ceiling has to wait for a minute.
        { ...to('advisor-task', n, ofOne[n % ofOne.length]), priority: 20 }
      : to('advisor-task', n, others[n % others.length]),
  )
  const broadcasts = Array.from({ length: plan.broadcasts }, (_, n) =>
    to('broadcast', plan.cards + n, people[n % people.length]),
  )
  const forGroups = Array.from({ length: plan.groupBroadcasts }, (_, n): Candidate => {
    const group = groups[n % groups.length]
    if (!group) throw new Error('The seeded shop has no groups.')
    const content = { text: `社群第 ${String(n)} 句 [[link:subscription]]` }
    const dedupeKey = `group-broadcast:${String(n)}`
    return {
      ...common,
      dedupeKey,
      channel: 'group-broadcast',
      content,
      subjectKind: 'group',
      subject: group.chat,
      sender: group.owner,
    }
  })
  for (const some of [cards, broadcasts, forGroups]) await inParts(core, some)
  for (let copy = 1; copy <= plan.copies; copy += 1) await copyAll(core, copy)
}

async function copyAll(core: Core, copy: number): Promise<void> {
  const rows = await core.db.reader.rows<Record<string, string | number | null>>(
    `select * from promise where dedupe_key not like '%+%' order by id`,
  )
  await core.db.inChunks(rows, (tx, some) =>
    tx.insert(
      'promise',
      some.map((row) => {
        const content = JSON.parse(String(row['content'])) as { text: string }
        return {
          ...row,
          id: randomUUID(),
          dedupe_key: `${String(row['dedupe_key'])}+${String(copy)}`,
          content: JSON.stringify({ ...content, text: `${String(copy)} ${content.text}` }),
        }
      }),
    ),
  )
}

async function inParts(core: Core, candidates: readonly Candidate[]): Promise<void> {
  for (let from = 0; from < candidates.length; from += 250) {
    const part = candidates.slice(from, from + 250)
    const decided = await core.act(system('under-fire'), (ctx) => enqueue(ctx, part))
    const declined = decided.filter(({ decision }) => decision !== 'queued')
    const [one] = declined
    if (one)
      throw new Error(
        `${String(declined.length)} promises were not queued: ${one.dedupeKey} ${one.reasonWords}`,
      )
  }
}

// ------------------------------------------------------------------ the fire

interface Run {
  readonly plan: DrainPlan
  readonly env: Settings
  readonly core: Core
  readonly simulator: SimulatorProcess
  readonly advisors: Advisors
}

interface Advisors {
  /** The ledger as far as it is known. */
  rows(): readonly LedgerRow[]
  stop(): Promise<void>
}

/** Every broadcast is confirmed a moment after it was accepted, by whoever got it. */
function pressAtOnce(simulator: SimulatorProcess): Advisors {
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

const openStates = `('queued', 'claimed', 'intent', 'unknown')`

async function countOf(core: Core, condition: string): Promise<number> {
  const [row] = await core.db.reader.rows<{ n: number }>(
    `select cast(count(*) as bigint) as n from promise where ${condition}`,
  )
  return row?.n ?? 0
}

interface Fire {
  readonly server: ServerProcess
  readonly startedAt: number
  readonly counts: Pick<
    DrainReport,
    'kills' | 'killsInHand' | 'killsWhileStarting' | 'restartToFirstSendMs' | 'warnings'
  >
}

async function killAgainAndAgain({ plan, env, core, advisors }: Run): Promise<Fire> {
  const random = dice(plan.seed)
  const startedAt = Date.now()
  const toFirstSend: number[] = []
  const warnings: string[] = []
  let [inHand, whileStarting] = [0, 0]
  let server = spawnServer(env)
  for (let kill = 0; kill < plan.kills; kill += 1) {
    const ready = await countOf(core, `state = 'queued' and ready_at <= ${String(Date.now())}`)
    if (random() < 0.1) {
      await pause(random() * 1_500)
      whileStarting += 1
    } else {
      await answering(server)
      const dieAt = Date.now() + random() * plan.longestLifeMs
      const sent = await firstSend(advisors, server.program.startedAt + 200, dieAt)
      if (sent !== null && ready > 0) toFirstSend.push(sent - server.program.startedAt)
      await pause(Math.max(0, dieAt - Date.now()))
    }
    plan.say?.(
      `kill ${String(kill + 1)} at ${String(Date.now() - startedAt)} ms, ${String(advisors.rows().length)} sends, ${String(ready)} were ready`,
    )
    inHand += (await countOf(core, `state in ('claimed', 'intent')`)) > 0 ? 1 : 0
    await server.program.end('SIGKILL')
    warnings.push(...server.program.stderr().split('\n'))
    server = spawnServer(env)
  }
  await answering(server)
  const sorted = toFirstSend.sort((a, b) => a - b)
  return {
    server,
    startedAt,
    counts: {
      kills: plan.kills,
      killsInHand: inHand,
      killsWhileStarting: whileStarting,
      restartToFirstSendMs: {
        measured: sorted.length,
        median: sorted[Math.floor(sorted.length / 2)] ?? 0,
        worst: sorted.at(-1) ?? 0,
      },
      warnings: warnings.filter((line) => line !== ''),
    },
  }
}

/** When the first message after this instant was accepted, or null if none was until then. */
async function firstSend(advisors: Advisors, after: number, by: number): Promise<number | null> {
  while (Date.now() < by) {
    const row = advisors.rows().find(({ acceptedAt }) => acceptedAt > after)
    if (row) return row.acceptedAt
    await pause(20)
  }
  return null
}

const settled = ({ core, plan }: Run): Promise<true> =>
  until(
    'everything settled',
    async () => {
      const open = await countOf(core, `state in ${openStates}`)
      plan.say?.(`${String(open)} open`)
      return open === 0 ? true : null
    },
    { timeoutMs: plan.patienceMs, everyMs: 500 },
  )

// ------------------------------------------------------------------ the judgement

type Verdict = Pick<
  DrainReport,
  'promises' | 'lost' | 'twice' | 'dropped' | 'sentWithoutIntent' | 'states' | 'openParcels' | 'repeatedCalls'
>

async function judge(core: Core, rows: readonly LedgerRow[]): Promise<Verdict> {
  const promises = await core.db.reader.rows<PromiseSeen>(
    `select p.id, p.dedupe_key, p.channel, p.subject, p.sender, p.state, p.attempts, q.intent_at
     from promise p left join parcel q on q.id = p.parcel order by p.id`,
  )
  const reached = new Map<string, LedgerRow[]>()
  for (const row of rows) {
    if (row.status !== 'sent') continue
    const key = row.body.template_card?.task_id ?? `${row.recipient} ${row.text.replace(/http\S+/, '')}`
    reached.set(key, [...(reached.get(key) ?? []), row])
  }
  const contents = await core.db.reader.rows<{ id: string; content: string }>(
    'select id, content from promise',
  )
  const words = new Map(
    contents.map(({ id, content }) => [
      id,
      (JSON.parse(content) as { text: string }).text.replace(/\[\[.*/, ''),
    ]),
  )
  const reachesOf = (one: PromiseSeen): readonly LedgerRow[] =>
    reached.get(one.channel === 'advisor-task' ? one.id : `${one.subject} ${words.get(one.id) ?? ''}`) ?? []
  const count: Record<string, number> = {}
  for (const { channel, state } of promises)
    count[`${channel} ${state}`] = (count[`${channel} ${state}`] ?? 0) + 1
  const [parcels] = await core.db.reader.rows<{ n: number }>(
    `select cast(count(*) as bigint) as n from parcel where state in ('intent', 'unknown', 'again', 'held')`,
  )
  return {
    promises: promises.length,
    lost: promises.filter((one) => reachesOf(one).length === 0).map(({ dedupe_key }) => dedupe_key),
    twice: promises.filter((one) => reachesOf(one).length > 1).map(({ dedupe_key }) => dedupe_key),
    dropped: rows.filter(({ status }) => status === 'failed').length,
    sentWithoutIntent: promises
      .filter((one) => reachesOf(one).some(({ acceptedAt }) => acceptedAt < (one.intent_at ?? Infinity)))
      .map(({ dedupe_key }) => dedupe_key),
    states: count,
    openParcels: parcels?.n ?? 0,
    repeatedCalls: promises.reduce((sum, { attempts }) => sum + Math.max(0, attempts - 1), 0),
  }
}

/** Everything that must not be, in words. */
export const problemsOf = (report: DrainReport): string[] => [
  ...report.lost.map((key) => `lost: ${key}`),
  ...report.twice.map((key) => `twice: ${key}`),
  ...report.sentWithoutIntent.map((key) => `sent without an intent: ${key}`),
  ...(report.dropped > 0 ? [`${String(report.dropped)} were dropped by WeCom`] : []),
  ...(report.openParcels > 0 ? [`${String(report.openParcels)} parcels are still open`] : []),
  ...Object.keys(report.states).filter((state) => !/ (waiting|sent)$/.test(state)),
]
