/**
 * One flow on three shapes: everything in one process on SQLite; web, planner and worker apart on one PostgreSQL; the
 * same with Redis. A cadence is published, its day comes, somebody throws the switch in the middle, results are read,
 * a new contact is welcomed. Whatever the shape, each was told once, by the simulator's own ledger.
 */
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterAll, expect, inject, it } from 'vitest'
import { dayOf, instantOf, weekdayOf } from '../../src/base/calendar.ts'
import { minutes, seconds } from '../../src/base/clock.ts'
import type { Instant } from '../../src/base/clock.ts'
import type { Reader } from '../../src/base/db.ts'
import { keyedDigest } from '../../src/base/ids.ts'
import { openDatabase } from '../../src/schema.ts'
import type { LedgerRow } from '../../src/simulator/types.ts'
import { ask, signIn } from '../e2e/world.ts'
import { testRedis } from '../redis.ts'
import { advisorOf, complete, customersOf, emptyDatabase, openFleet, openManners, repeated } from './fleet.ts'
import type { Fleet } from './fleet.ts'
import { freePort, packageRoot, stopEverything, until } from './harness.ts'
import type { ServerProcess, Settings } from './harness.ts'
import { taskOf } from './work.ts'

afterAll(stopEverything)

const shop = { advisors: 8, customersEach: 10, groups: 3 }
const customers = customersOf(shop)
const eventsKey = 'shapes-events-key-0123456789abcdef'
const latencyMs = 300
/** The promise of the switch, and a little longer than that is watched. */
const switchMs = seconds(5)
const watchedMs = switchMs + 700

const welcome = `touchpoints:
  welcome:
    wording: 欢迎来到{{ shop.name }}！[[link:me]] [[link:subscription]]`

const today = (day: string): string => `${welcome}
  weekly-note:
    tiers: [new]
    weekday: ${String(weekdayOf(day))}
    at: '08:40'
    wordings: ['{{ customer.salutation }}，这周还好吗？']
  broadcast-note:
    tiers: [new]
    weekday: ${String(weekdayOf(day))}
    at: '08:50'
    wordings: ['今天到了新货 [[link:subscription]]']
  daily-tip:
    at: '08:50'
    otherwise: 辅食
    interests: { 辅食: [每次只加一种新食物] }`

interface Shape {
  readonly name: string
  readonly databaseUrl: string | null
  readonly redisUrl: string | null
  readonly roles: readonly string[]
}

interface Standing {
  readonly fleet: Fleet
  readonly servers: readonly ServerProcess[]
  /** The process that has the pages and takes callbacks. */
  readonly web: ServerProcess
  readonly reader: Reader
}

const count = async ({ reader }: Standing, what: string): Promise<number> =>
  (await reader.rows<{ n: number }>(`select cast(count(*) as bigint) as n from ${what}`))[0]?.n ?? 0

const reach = (standing: Standing, n: number, what: string, timeoutMs = 30_000): Promise<true> =>
  until(`${String(n)} ${what}`, async () => ((await count(standing, what)) === n ? true : null), {
    timeoutMs,
    everyMs: 100,
  })

/** Servers are up and complete, the shop's orders are in, and everybody stands in her tier. */
async function open(shape: Shape): Promise<Standing & { close(): Promise<void> }> {
  const webPort = await freePort()
  const fleet = await openFleet({
    shop,
    at: '08:20',
    touchpoints: welcome,
    latencyMs: 5,
    env: { SIYU_EVENTS_KEY: eventsKey, PUBLIC_URL: `http://127.0.0.1:${String(webPort)}` },
  })
  const database = shape.databaseUrl === null ? null : await emptyDatabase(shape.databaseUrl)
  const databaseUrl = database?.url ?? `sqlite:${fleet.folder.path}/siyu.db`
  const common: Settings = {
    DATABASE_URL: databaseUrl,
    ...(shape.redisUrl === null ? {} : { REDIS_URL: shape.redisUrl }),
  }
  const servers = await Promise.all(
    shape.roles.map((roles) =>
      fleet.serve({
        ...common,
        SIYU_ROLES: roles,
        ...(roles.includes('web') ? { PORT: String(webPort) } : {}),
      }),
    ),
  )
  const web = servers.find(({ url }) => url.endsWith(`:${String(webPort)}`))
  if (!web) throw new Error('No process has the pages.')
  await Promise.all(servers.map(complete))
  const { db } = await openDatabase(databaseUrl, packageRoot, 'create', 0)
  await fleet.simulator.setCallback(`${web.url}/wecom/callback`, true)
  return {
    fleet,
    servers,
    web,
    reader: db.reader,
    async close() {
      await db.close()
      await Promise.all(servers.map(({ program }) => program.end('SIGTERM')))
      await fleet.close()
      await database?.drop()
    },
  }
}

async function order({ fleet, web }: Standing): Promise<void> {
  const at = new Date(fleet.clock.now() - minutes(5)).toISOString()
  const events = customers.map((external, n) => ({
    id: `order-${String(n)}`,
    kind: 'order',
    at,
    customer: { external },
    orderId: `O${String(n)}`,
    amountFen: 9_900,
  }))
  const told = await ask({ url: web.url }, 'POST', '/api/v1/events', {
    headers: { authorization: `Bearer ${eventsKey}` },
    body: { events },
  })
  expect(told).toMatchObject({ status: 200, body: { recorded: customers.length } })
}

const cardsOf = (rows: readonly LedgerRow[]): LedgerRow[] => rows.filter(({ api }) => api === 'message/send')
const due = `promise where state = 'queued'`

interface Switched {
  readonly lastCallAfterMs: number
  readonly heldBack: number
}

/** In the middle of the cards: what starts afterwards, and how much stayed where it was. */
async function throwTheSwitch(standing: Standing, session: string): Promise<Switched> {
  const { fleet, web } = standing
  const handle = (deed: string) =>
    ask({ url: web.url }, 'POST', `/api/admin/${deed}`, { session, body: { reason: '核对话术' } })
  await until('the first cards', () => (cardsOf(fleet.ledger()).length >= 8 ? true : null), { everyMs: 10 })
  expect((await handle('pause')).status).toBe(200)
  const pausedAt = fleet.clock.now()
  await pause(watchedMs)
  const calls = fleet.simulator.calls().filter(({ api }) => api === 'message/send')
  const lastCallAfterMs = Math.round(Math.max(...calls.map(({ at }) => at)) - pausedAt)
  const heldBack = await count(standing, `${due} and touchpoint = 'weekly-note'`)
  fleet.simulator.settings.latencyMs = 20
  expect((await handle('resume')).status).toBe(200)
  return { lastCallAfterMs, heldBack }
}

/** Each customer a card of her own promise, each customer and group one broadcast, in the ledger of the simulator. */
async function eachOnce({ fleet, reader }: Standing): Promise<void> {
  const rows = fleet.ledger()
  const promises = await reader.rows<{ id: string; subject: string }>(
    `select id, subject from promise where touchpoint = 'weekly-note' order by subject`,
  )
  expect(promises.map(({ subject }) => subject)).toEqual(customers)
  const cards = cardsOf(rows)
  expect(cards.map(taskOf).sort()).toEqual(promises.map(({ id }) => id).sort())
  const broadcasts = rows.filter(({ api }) => api === 'add_msg_template')
  const told = (kind: LedgerRow['recipientKind']): string[] =>
    broadcasts.filter(({ recipientKind }) => recipientKind === kind).map(({ recipient }) => recipient)
  expect(told('customer').sort()).toEqual(customers)
  expect(new Set(told('group')).size).toBe(shop.groups)
  expect(told('group')).toHaveLength(shop.groups)
  expect(repeated(rows, (row) => `${row.api} ${row.recipient} ${taskOf(row)} ${row.text}`)).toEqual([])
  expect(broadcasts.filter(({ status }) => status !== 'sent')).toEqual([])
}

async function live(standing: Standing, queue: () => Promise<void>): Promise<Switched> {
  const { fleet, web, reader } = standing
  const day = dayOf(fleet.clock.now())
  const at = (time: string): Instant => instantOf(day, time)
  await order(standing)
  await reach(standing, customers.length, `standing where tier = 'new'`)
  const session = await signIn({ url: web.url, simulator: fleet.simulator }, 'staff', advisorOf(0))
  const published = await ask({ url: web.url }, 'POST', '/api/admin/cadence/publish', {
    session,
    body: { yaml: `${openManners}\n${today(day)}\n`, note: '今天的', baseVersion: 1 },
  })
  expect(published).toMatchObject({ status: 200, body: { version: 2 } })
  expect(await count(standing, 'promise')).toBe(0)

  // Half past eight: the planner's hour. Nothing leaves before its time.
  await fleet.forwardTo(at('08:30') + 1_000)
  await reach(standing, 2 * customers.length + shop.groups, due)
  expect(fleet.ledger()).toEqual([])

  fleet.simulator.settings.latencyMs = latencyMs
  await fleet.forwardTo(at('08:40') + 1_000)
  const switched = await throwTheSwitch(standing, session)
  await reach(standing, customers.length, `promise where touchpoint = 'weekly-note' and state = 'waiting'`)
  await queue()

  await fleet.forwardTo(at('08:50') + 1_000)
  const asked = `parcel where channel in ('broadcast', 'group-broadcast') and state = 'waiting'`
  await reach(standing, shop.advisors + shop.groups, asked)
  // Half a minute later WeCom may be asked who pressed.
  await fleet.forwardTo(fleet.clock.now() + seconds(40))
  await reach(standing, customers.length + shop.groups, `promise where state = 'sent'`)

  const { external_userid: fresh } = fleet.simulator.world.addContact({ userid: advisorOf(1), name: '新客' })
  await reach(standing, 1, `promise where channel = 'welcome' and state = 'sent'`, 15_000)
  const welcomes = fleet.ledger().filter(({ api }) => api === 'send_welcome_msg')
  expect(welcomes.map(({ recipient }) => recipient)).toEqual([fresh])

  await eachOnce(standing)
  expect(await count(standing, `log where kind = 'touch-sent'`)).toBe(customers.length + shop.groups + 1)
  expect(await count(standing, `log where kind = 'touch-waiting'`)).toBeGreaterThanOrEqual(customers.length)
  const [log] = await reader.rows<{ n: number; last: number }>(
    'select cast(count(*) as bigint) as n, max(seq) as last from log',
  )
  expect(log?.n).toBe(log?.last)
  return switched
}

async function run(shape: Shape): Promise<void> {
  const startedAt = performance.now()
  const standing = await open(shape)
  let hinted = 0
  try {
    const switched = await live(standing, async () => {
      if (shape.redisUrl === null) return
      hinted = await keysOf(shape.redisUrl, standing.fleet)
    })
    const figures = {
      shape: shape.name,
      processes: shape.roles.length,
      promises: await count(standing, 'promise'),
      ledger: standing.fleet.ledger().length,
      ...switched,
      ...(shape.redisUrl === null ? {} : { keysInRedis: hinted }),
      seconds: Math.round(performance.now() - startedAt) / 1_000,
    }
    process.stderr.write(`shapes: ${JSON.stringify(figures)}\n`)
    expect(switched.lastCallAfterMs).toBeLessThan(switchMs)
    // Else there was nothing left that could have started.
    expect(switched.heldBack).toBeGreaterThan(customers.length / 4)
    if (shape.redisUrl !== null) expect(hinted).toBeGreaterThan(0)
  } catch (error) {
    for (const { program } of standing.servers) process.stderr.write(program.stderr())
    throw error
  } finally {
    await standing.close()
  }
}

/** What this installation keeps in Redis: its queues, its rates. Taken away afterwards, since others use that Redis, too. */
async function keysOf(url: string, { env }: Fleet): Promise<number> {
  const redis = new Redis(url)
  const key = Buffer.from(env['SIYU_MASTER_KEY'] ?? '', 'base64')
  const keys = await redis.keys(`siyu-${keyedDigest(key, 'queue', 12)}*`)
  await redis.quit()
  return keys.length
}

const apart = ['web', 'planner', 'worker']
const postgres = inject('postgresUrl')
const redis = postgres === null ? null : await testRedis('the flow on three processes, PostgreSQL and Redis')
if (postgres === null)
  process.stderr.write(
    '!! skipped without a PostgreSQL: the flow on three processes, with and without Redis\n',
  )

// Side by side: most of each is waiting.
it.concurrent('runs in one process on SQLite', { timeout: 90_000 }, () =>
  run({ name: 'one process, SQLite', databaseUrl: null, redisUrl: null, roles: ['web,planner,worker'] }),
)

it.runIf(postgres !== null).concurrent('runs as three processes on PostgreSQL', { timeout: 90_000 }, () =>
  run({ name: 'three processes, PostgreSQL', databaseUrl: postgres, redisUrl: null, roles: apart }),
)

it.runIf(redis !== null).concurrent(
  'runs as three processes on PostgreSQL and Redis',
  { timeout: 90_000 },
  () =>
    run({ name: 'three processes, PostgreSQL, Redis', databaseUrl: postgres, redisUrl: redis, roles: apart }),
)
