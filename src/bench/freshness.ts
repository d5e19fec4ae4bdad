/**
 * `siyu bench freshness`: the whole server in this process, a generated shop, events coming in over HTTP at a rate, and
 * a probe every half second: a sleeping customer orders; how long until her card shows the tier she moved to?
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { openApp } from '../app.ts'
import type { App } from '../app.ts'
import { startSession } from '../access/index.ts'
import { system } from '../base/act.ts'
import { dayOf, isoOf } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import { wallClock } from '../base/clock.ts'
import { packageRoot, readEnv } from '../base/env.ts'
import type { Env } from '../base/env.ts'
import { newSecret } from '../base/ids.ts'
import { createLog } from '../base/log.ts'
import { saveStaff } from '../customer/index.ts'
import { headSeq } from '../interaction/index.ts'
import { noteNobodyTagged } from '../segment/index.ts'
import { memoryBefore, peakMemoryMb, rounded } from './measure.ts'
import { makeWorld, worldMadeBefore } from './world.ts'
import type { World } from './world.ts'

export interface FreshnessOptions {
  readonly customers: number
  readonly seconds: number
  /** Events a second. */
  readonly rate: number
  /** SQLite in a temporary folder when absent. A shop of this size that is in it already is used again. */
  readonly databaseUrl?: string | undefined
  readonly say?: (words: string) => void
}

const perRequest = 10
const probeEveryMs = 500
const pollEveryMs = 20
const giveUpMs = 20_000
const watcher = 'bench-admin'

export async function benchFreshness(options: FreshnessOptions) {
  const say = options.say ?? (() => undefined)
  const folder = mkdtempSync(join(tmpdir(), 'siyu-freshness-'))
  const env = envOf(options.databaseUrl ?? `sqlite:${join(folder, 'bench.db')}`)
  const app = await openApp({ env, clock: wallClock, log: createLog('silent'), root: packageRoot })
  try {
    const world = await worldOf(app, options.customers, say)
    const session = await app.importParts.act(system('bench'), async (ctx) => {
      await saveStaff(ctx, [{ userid: watcher, name: '压测', active: true, contact: false }])
      return startSession(ctx, watcher)
    })
    const { url } = await app.listen()
    app.start()
    return await run(options, app, { world, url, session, key: env.eventsKey ?? '' })
  } finally {
    await app.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function worldOf(app: App, customers: number, say: (words: string) => void): Promise<Inhabited> {
  const { act, db, rules, tagRules } = app.importParts
  const before = await worldMadeBefore(db, customers)
  if (before === null) say(`making ${String(customers)} customers`)
  const today = dayOf(wallClock.now())
  const world = before ?? (await makeWorld({ db, act, rules }, { customers, today }))
  await noteNobodyTagged({ db, act, tagRules })
  await passTheNight(app, today)
  say('made; the night is over')
  return world
}

/** What cards stand on. The other nightly work looks at everybody, for longer than is measured here. */
const nightWork = ['rfm-cut-points', 'radar-nightly']

/** As on a server that has been up since yesterday: what is measured is the day. */
async function passTheNight({ db, jobs }: App, day: Day): Promise<void> {
  const now = wallClock.now()
  const slot = { name: `${day}T00:00`, dueAt: now, day }
  const nightly = jobs.filter(({ schedule }) => schedule.every === 'day')
  for (const job of nightly) if (nightWork.includes(job.name)) await job.run(slot)
  await db.tx((tx) =>
    tx.insert(
      'job_slot',
      nightly.map(({ name }) => ({
        job: name,
        slot: slot.name,
        due_at: now,
        holder: 'bench',
        state: 'done',
        attempts: 1,
        lease_until: 0,
        finished_at: now,
        error: null,
      })),
      'ON CONFLICT (job, slot) DO UPDATE SET due_at = excluded.due_at',
    ),
  )
}

const envOf = (databaseUrl: string): Env =>
  readEnv({
    envFile: false,
    partial: true,
    source: {
      PORT: '0',
      DATABASE_URL: databaseUrl,
      SIYU_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
      SIYU_EVENTS_KEY: newSecret(),
      SIYU_ADMINS: watcher,
      // Nothing is sent: the worker would only find that there is no WeCom.
      SIYU_ROLES: 'web,planner',
      WECOM_API_URL: 'http://127.0.0.1:9',
    },
  })

type Inhabited = Pick<World, 'customers' | 'customer'>

interface Bench {
  readonly world: Inhabited
  readonly url: string
  readonly session: string
  readonly key: string
}

async function run(options: FreshnessOptions, app: App, bench: Bench) {
  const agent = new Agent({ connections: 32 })
  const sleepers = await app.db.reader.rows<{ customer: string; value: string; tier: string }>(
    `select s.customer, i.value, s.tier from standing s join identity i on i.customer = s.customer and i.kind = 'shop'
     where s.tier = 'dormant' order by s.customer limit 2000`,
  )
  const calls = callsOf(agent, bench)
  // The first requests find cold caches; they are not what is measured.
  for (const { customer } of sleepers.slice(0, 5)) await calls.tierOf(customer)
  const memory = memoryBefore()
  const cpu = process.cpuUsage()
  const startedAt = performance.now()
  const until = startedAt + options.seconds * 1000
  const load = keepSending(calls, bench.world, options.rate, until)
  const probes: Promise<number | null>[] = []
  const every = Math.max(1, Math.floor(sleepers.length / Math.ceil((options.seconds * 1000) / probeEveryMs)))
  for (let i = 0; performance.now() < until; i += 1) {
    const sleeper = sleepers[i * every]
    if (sleeper) probes.push(freshnessOf(calls, sleeper))
    await pause(probeEveryMs)
  }
  const sent = await load
  const seen = await Promise.all(probes)
  const seconds = (performance.now() - startedAt) / 1000
  const { user, system: kernel } = process.cpuUsage(cpu)
  await agent.close()
  const late = seen.filter((ms) => ms === null).length
  return {
    bench: 'freshness',
    database: app.db.dialect,
    customers: options.customers,
    eventsPerSecond: { asked: options.rate, recorded: rounded(sent.events / seconds) },
    refused: sent.refused,
    acknowledgedMs: percentiles(sent.answers),
    movedTierSeenMs: percentiles(seen.filter((ms) => ms !== null)),
    probes: seen.length,
    neverSeen: late,
    logRows: await headSeq(app.db.reader),
    behindRows: await behind(app),
    cpuShare: rounded((user + kernel) / 1e6 / seconds),
    cpuMsPerEvent: rounded((user + kernel) / 1000 / Math.max(1, sent.events)),
    memoryMb: { before: memory, peak: peakMemoryMb() },
  }
}

/** Rows that the follower of tiers had not come to at the end. */
async function behind({ db }: App): Promise<number> {
  const [row] = await db.reader.rows<{ position: number }>(
    `select position from follower where name = 'resegment'`,
  )
  const [last] = await db.reader.rows<{ seq: number | null }>(
    `select max(seq) as seq from log where kind = 'order-placed'`,
  )
  return Math.max(0, (last?.seq ?? 0) - (row?.position ?? 0))
}

function percentiles(values: readonly number[]) {
  const ascending = values.toSorted((a, b) => a - b)
  const at = (share: number): number =>
    rounded(ascending[Math.min(ascending.length - 1, Math.ceil(ascending.length * share) - 1)] ?? 0)
  return { n: ascending.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), most: at(1) }
}

// ------------------------------------------------------------------ calls

interface Calls {
  send(events: readonly object[]): Promise<number>
  tierOf(customer: string): Promise<string>
}

const callsOf = (dispatcher: Agent, { url, session, key }: Bench): Calls => ({
  async send(events) {
    const { statusCode, body } = await request(`${url}/api/v1/events`, {
      dispatcher,
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ events }),
    })
    await body.dump()
    return statusCode
  },
  async tierOf(customer) {
    const { statusCode, body } = await request(`${url}/api/admin/customers/${customer}`, {
      dispatcher,
      headers: { cookie: `siyu_session=${session}` },
    })
    const text = await body.text()
    if (statusCode !== 200) throw new Error(`The card answered ${String(statusCode)}: ${text.slice(0, 300)}`)
    return (JSON.parse(text) as { tier: string }).tier
  },
})

let made = 0
/** A database used again holds the events of the last time. */
const mark = newSecret().slice(0, 8)
function eventOf(shopId: string, kind: 'order' | 'browse' | 'click'): object {
  made += 1
  const id = `bench-${mark}-${String(made)}`
  const trade = { orderId: id, amountFen: 19_900, items: [{ sku: `S${String(1000 + (made % 200))}` }] }
  return {
    id,
    kind,
    at: isoOf(wallClock.now()),
    customer: { shopId },
    ...(kind === 'order' ? trade : { items: [{ sku: `S${String(1000 + (made % 200))}` }] }),
  }
}

/** Two orders, four browses and four clicks in ten, spread over the shop. */
const mixed = [
  'order',
  'browse',
  'click',
  'browse',
  'click',
  'order',
  'browse',
  'click',
  'browse',
  'click',
] as const

async function keepSending(calls: Calls, world: Inhabited, rate: number, until: number) {
  const answers: number[] = []
  let events = 0
  let refused = 0
  const waiting = new Set<Promise<void>>()
  const sendOne = async (): Promise<void> => {
    const batch = mixed.map((kind, i) =>
      eventOf(world.customer((made * 7_919 + i * 104_729) % world.customers).shopId, kind),
    )
    const startedAt = performance.now()
    const status = await calls.send(batch)
    if (status === 200) {
      answers.push(performance.now() - startedAt)
      events += batch.length
    } else refused += batch.length
  }
  const startedAt = performance.now()
  for (let n = 0; performance.now() < until; n += 1) {
    const one = sendOne().finally(() => waiting.delete(one))
    waiting.add(one)
    const next = startedAt + ((n + 1) * perRequest * 1000) / rate
    await pause(Math.max(0, next - performance.now()))
  }
  await Promise.all(waiting)
  return { answers, events, refused }
}

/** Milliseconds from the call that brings her order to the first card that shows another tier; null if never. */
async function freshnessOf(
  calls: Calls,
  sleeper: { readonly customer: string; readonly value: string; readonly tier: string },
): Promise<number | null> {
  const startedAt = performance.now()
  const status = await calls.send([eventOf(sleeper.value, 'order')])
  if (status !== 200) return null
  while (performance.now() - startedAt < giveUpMs) {
    if ((await calls.tierOf(sleeper.customer)) !== sleeper.tier) return performance.now() - startedAt
    await pause(pollEveryMs)
  }
  return null
}
