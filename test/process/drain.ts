/**
 * R1 (RELIABILITY.md §4): a server that is killed again and again while it drains its outbox, at random instants and at
 * named places between two steps (fail-points.mjs). What counts afterwards is the simulator's own ledger, in which every
 * advisor presses at once, so that a second broadcast could not be taken back.
 */
import { randomUUID } from 'node:crypto'
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { system } from '../../src/base/act.ts'
import { dayOf } from '../../src/base/calendar.ts'
import { hours, wallClock } from '../../src/base/clock.ts'
import { readEnv } from '../../src/base/env.ts'
import { openCore } from '../../src/core.ts'
import type { Core } from '../../src/core.ts'
import { enqueue } from '../../src/outbox/index.ts'
import type { Candidate } from '../../src/outbox/index.ts'
import { askMirror } from '../../src/segment/index.ts'
import { judge } from './drain-judge.ts'
import type { Verdict } from './drain-judge.ts'
import { killAgainAndAgain, pressAtOnce, settled } from './drain-fire.ts'
import type { FireReport, Run } from './drain-fire.ts'
import {
  freePort,
  packageRoot,
  readiness,
  startServer,
  startSimulator,
  temporaryFolder,
  until,
} from './harness.ts'
import type { ServerProcess, Settings, SimulatorProcess } from './harness.ts'

export interface DrainPlan {
  readonly seed: number
  readonly staff: number
  readonly customers: number
  readonly groups: number
  /** What is owed at the start, each with words of its own: cards of two sorts, and broadcasts. */
  readonly cards: number
  readonly phoneCards: number
  readonly broadcasts: number
  readonly groupBroadcasts: number
  /** Each of them so many times more, in other words: a customer is asked for one thing a day, a drain for thousands. */
  readonly copies: number
  /** Tags to put on, each on a customer of its own. */
  readonly tags: number
  /** People who add an advisor during the fire: a welcome and a tag each. */
  readonly newcomers: number
  /** So many of the cards are for one advisor, who bears 25 a minute. */
  readonly cardsForOne: number
  readonly kills: number
  readonly latencyMs: number
  /** How long a life lasts at most, counted from the first answer. */
  readonly longestLifeMs: number
  /** Null: an SQLite file of its own. */
  readonly databaseUrl: string | null
  readonly patienceMs: number
  /** Told where it stands, for whoever watches. */
  readonly say?: (line: string) => void
}

export interface DrainReport extends Verdict, FireReport {
  readonly seconds: Readonly<Record<'preparing' | 'fire' | 'settling' | 'judging', number>>
}

/** Nothing of its own to say but a welcome, and no hour is forbidden but one minute half a day away. */
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
      'touchpoints:',
      "  welcome: { wording: '欢迎来到小禾母婴 [[link:me]]' }",
      '',
    ].join('\n'),
  )
  return config
}

export interface Ground {
  readonly env: Settings
  readonly core: Core
  readonly simulator: SimulatorProcess
}

/** A simulator with a small shop, and a database that knows it; whatever was started is ended afterwards. */
export async function onGround<T>(
  shop: Shop,
  databaseUrl: string | null,
  work: (ground: Ground) => Promise<T>,
): Promise<T> {
  const folder = temporaryFolder()
  const simulator = await startSimulator(['--seed', '1', '--empty'])
  const env: Settings = {
    ...simulator.env,
    PORT: String(await freePort()),
    DATABASE_URL: databaseUrl ?? `sqlite:${join(folder.path, 'siyu.db')}`,
    SIYU_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    SIYU_CONFIG_DIR: quietCadence(folder.path),
  }
  let core: Core | null = null
  try {
    await furnish(simulator, shop)
    core = await openCore({
      env: readEnv({ source: env, envFile: false }),
      clock: wallClock,
      root: packageRoot,
      mode: 'create',
    })
    await learnTheShop(env, core)
    return await work({ env, core, simulator })
  } finally {
    await core?.close()
    await simulator.program.end('SIGTERM')
    folder.remove()
  }
}

export function drainUnderFire(plan: DrainPlan): Promise<DrainReport> {
  const lap = stopwatch()
  return onGround(plan, plan.databaseUrl, async ({ env, core, simulator }) => {
    await promiseEverything(core, plan)
    await simulator.post('settings', { latencyMs: plan.latencyMs, dispatchMs: 100 })
    await simulator.post('callback-url', {
      url: `http://127.0.0.1:${env['PORT'] ?? ''}/wecom/callback`,
      verify: false,
    })
    const preparing = lap()
    const tagsBefore = await countOf(core, 'seen_tag')
    const run: Run = { plan, env, core, simulator, advisors: pressAtOnce(simulator), tagsBefore, added: [] }
    let server: ServerProcess | null = null
    try {
      const fire = await killAgainAndAgain(run)
      server = fire.server
      const burnt = lap()
      await settled(run)
      const settling = lap()
      await run.advisors.stop()
      const end = await server.program.end('SIGTERM')
      if (end.code !== 0) throw new Error(`The server did not stop well: ${server.program.stderr()}`)
      const verdict = await judge(run)
      const seconds = { preparing, fire: burnt, settling, judging: lap() }
      return { ...verdict, ...fire.report, seconds }
    } finally {
      await run.advisors.stop()
      await server?.program.end('SIGKILL')
    }
  })
}

/** Seconds since it was asked last. */
function stopwatch(): () => number {
  let since = performance.now()
  return () => {
    const now = performance.now()
    const seconds = Math.round((now - since) / 100) / 10
    since = now
    return seconds
  }
}

// ------------------------------------------------------------------ the shop

export interface Shop {
  readonly staff: number
  readonly customers: number
  readonly groups: number
}

async function furnish(simulator: SimulatorProcess, { staff, customers, groups }: Shop): Promise<void> {
  const userid = (n: number): string => `advisor${String(n % staff)}`
  for (let n = 0; n < staff; n += 1) await simulator.post('staff/add', { userid: userid(n) })
  for (let n = 0; n < customers; n += 1)
    await simulator.post('contacts/add', {
      userid: userid(n),
      external_userid: `wmCustomer${String(n)}`,
      silent: true,
    })
  for (let n = 0; n < groups; n += 1)
    await simulator.post('groups/create', {
      owner: userid(n),
      name: `社群${String(n)}`,
      chat_id: `wrGroup${String(n)}`,
    })
}

/** One life before the fire: staff, customers and groups are compared with the simulator, and their first tags put on. */
async function learnTheShop(env: Settings, core: Core): Promise<void> {
  const server = await startServer(env)
  const isMissing = async (): Promise<boolean> =>
    (await readiness(server.url)).missing.some(({ name }) => name === 'comparison')
  await until('the first comparison', async () => ((await isMissing()) ? null : true), {
    timeoutMs: 60_000,
    everyMs: 100,
  })
  await until('the first tags', async () => ((await countOf(core, 'wanted_change')) ? null : true), {
    timeoutMs: 60_000,
    everyMs: 100,
  })
  const end = await server.program.end('SIGTERM')
  if (end.code !== 0) throw new Error(`The server did not stop well: ${server.program.stderr()}`)
}

export async function countOf(core: Core, from: string): Promise<number> {
  const [row] = await core.db.reader.rows<{ n: number }>(`select cast(count(*) as bigint) as n from ${from}`)
  return row?.n ?? 0
}

// ------------------------------------------------------------------ what is owed

interface Contact {
  readonly external: string
  readonly staff: string
  readonly customer: string
}

export const contactsOf = (core: Core): Promise<Contact[]> =>
  core.db.reader.rows<Contact>(
    `select r.external, r.staff, i.customer from relation r
     join identity i on i.kind = 'external' and i.value = r.external
     join staff s on s.userid = r.staff and s.active = 1 and s.contact = 1
     where r.state = 'active' order by r.external, r.staff`,
  )

/** A promise of our own about this contact; service, so that no cap declines it. */
export function owed(core: Core, to: Contact, channel: Candidate['channel'], n: number): Candidate {
  const now = core.clock.now()
  return {
    ...common(now),
    dedupeKey: `${channel}:${String(n)}`,
    channel,
    content: { text: `第 ${String(n)} 句，给您的 [[link:me]]`, why: `第 ${String(n)} 件` },
    subjectKind: 'customer',
    subject: to.external,
    customer: to.customer,
    sender: to.staff,
  }
}

const common = (now: number) =>
  ({
    touchpoint: 'under-fire',
    title: '演练',
    cadenceVersion: 1,
    purpose: 'service',
    personal: false,
    day: dayOf(now),
    wantedAt: now,
    expiresAt: now + hours(30),
    priority: 10,
  }) as const

async function promiseEverything(core: Core, plan: DrainPlan): Promise<void> {
  const people = await contactsOf(core)
  const busiest = people[0]?.staff
  const ofOne = people.filter(({ staff }) => staff === busiest)
  const others = people.filter(({ staff }) => staff !== busiest)
  let count = 0
  const some = (channel: Candidate['channel'], n: number, among: readonly Contact[]): Candidate[] =>
    Array.from({ length: n }, (_, i) => {
      const to = among[i % among.length]
      if (!to) throw new Error('The shop has too few customers.')
      return owed(core, to, channel, (count += 1))
    })
  // First, since what is over her ceiling has to wait for a minute.
  const urgent = some('advisor-task', plan.cardsForOne, ofOne).map((one) => ({ ...one, priority: 20 }))
  await inParts(core, [
    ...urgent,
    ...some('advisor-task', plan.cards - plan.cardsForOne, others),
    ...some('phone-task', plan.phoneCards, others),
    ...some('broadcast', plan.broadcasts, people),
  ])
  await inParts(core, await owedToGroups(core, plan.groupBroadcasts))
  for (let copy = 1; copy <= plan.copies; copy += 1) await copyAll(core, copy)
  await wantTags(core, people.slice(0, plan.tags))
}

async function owedToGroups(core: Core, many: number): Promise<Candidate[]> {
  const groups = await core.db.reader.rows<{ chat: string; owner: string }>(
    `select chat, owner from chat_group where state = 'active' order by chat`,
  )
  return Array.from({ length: many }, (_, n): Candidate => {
    const group = groups[n % groups.length]
    if (!group) throw new Error('The shop has no groups.')
    return {
      ...common(core.clock.now()),
      dedupeKey: `group-broadcast:${String(n)}`,
      channel: 'group-broadcast',
      content: { text: `社群第 ${String(n)} 句 [[link:subscription]]` },
      subjectKind: 'group',
      subject: group.chat,
      sender: group.owner,
    }
  })
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

/** As a rule of `tags.yaml` would: wished for, and the mirror told. */
const wantTags = (core: Core, people: readonly Contact[]): Promise<number> =>
  core.db.tx(async (tx) => {
    const changed_at = core.clock.now()
    await tx.insert(
      'wanted_tag',
      people.map(({ customer }, n) => ({
        customer,
        tag_group: '演练',
        tag: `演练${String(n % 3)}`,
        origin: 'tag',
        changed_at,
      })),
    )
    return askMirror(
      tx,
      people.map(({ customer }) => customer),
      changed_at,
    )
  })

export async function inParts(core: Core, candidates: readonly Candidate[]): Promise<void> {
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
