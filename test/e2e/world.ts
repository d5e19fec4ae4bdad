/**
 * The real server and the real simulator in one process, speaking HTTP on loopback, in the middle of a working week:
 * the shop is imported, weekly notes wait for their advisors, a poll and a hunt are open in the groups. Both clocks are
 * moved by hand, so that a test sees the same afternoon each time.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as breathe } from 'node:timers/promises'
import { openApp } from '../../src/app.ts'
import type { App } from '../../src/app.ts'
import { instantOf } from '../../src/base/calendar.ts'
import { virtualClock } from '../../src/base/clock.ts'
import type { Instant, VirtualClock } from '../../src/base/clock.ts'
import { packageRoot, readEnv } from '../../src/base/env.ts'
import { createLog } from '../../src/base/log.ts'
import type { PromiseRow } from '../../src/demo/figures.store.ts'
import { importOrders, importProducts } from '../../src/files/index.ts'
import { startSimulator } from '../../src/simulator/index.ts'
import { seedShop, shopFiles } from '../../src/simulator/shop/index.ts'
import type { Shop } from '../../src/simulator/shop/index.ts'
import type { SeededShop, Simulator } from '../../src/simulator/types.ts'

export interface World {
  readonly app: App
  readonly simulator: Simulator
  readonly clock: VirtualClock
  readonly shop: SeededShop
  readonly url: string
  readonly admin: string
  readonly eventsKey: string
  /** Lives on until then, both sides together. */
  until(to: Instant): Promise<void>
  /** Lets everything that was caused come to rest; time does not move. */
  settle(): Promise<void>
  rows<Row extends object>(sql: string, params?: readonly (string | number)[]): Promise<Row[]>
  close(): Promise<void>
}

export interface WorldOptions {
  /** The day before the first; the default week has a poll and a hunt. */
  readonly from?: Instant
  readonly until?: Instant
  /** How many of the seeded contacts there are. */
  readonly customers?: number
  /** Changes the seeded shop before anybody sees it: names, remarks. */
  readonly shop?: (shop: Shop) => SeededShop
}

/** Monday night. The week's hunt is on since the morning, sleepers are woken on Tuesday, the poll opens on Thursday. */
export const eve = instantOf('2026-05-18', '23:30')
export const thursday = instantOf('2026-05-21', '15:00')

export const eventsKey = 'e2e-events-key-0123456789abcdef0123456789'

/** How often this world is looked at: a minute would be many times the work for the same week. */
const look = 15 * 60_000

export async function openWorld(options: WorldOptions = {}): Promise<World> {
  const start = options.from ?? eve
  const clock = virtualClock(start)
  const seeded = smaller(seedShop({ seed: 7, now: start }), options.customers ?? 150)
  const shop = options.shop?.(seeded) ?? seeded
  const simulator = await startSimulator({ seed: 7, shop, startAt: start, clock: 'virtual' })
  const folder = mkdtempSync(join(tmpdir(), 'siyu-e2e-'))
  const admin = shop.staff[0]?.userid ?? ''
  const env = envOf(simulator, folder, admin, await freePort())
  const app = await openApp({ env, clock, log: createLog('silent'), root: packageRoot })
  // Nobody pulls the plug here, and days of small commits wait for the disk longer than for anything else.
  await app.db.source.query('PRAGMA synchronous = OFF')
  const world: World = {
    app,
    simulator,
    clock,
    shop,
    url: env.publicUrl,
    admin,
    eventsKey,
    until: (to) => liveUntil(world, to),
    async settle() {
      do {
        await simulator.idle()
        await app.settle()
        await breathe()
      } while (simulator.busy() || app.busy())
    },
    rows: (sql, params = []) => app.db.reader.rows(sql, params),
    async close() {
      await app.stop()
      await simulator.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  try {
    await app.listen()
    await furnish(world, seeded, folder)
    await world.until(options.until ?? thursday)
  } catch (error) {
    await world.close()
    throw error
  }
  return world
}

/** Every nth customer with her orders, so that a test need not wait for six hundred. */
function smaller(shop: Shop, most: number): Shop {
  const step = Math.max(1, Math.floor(shop.customers.length / most))
  const customers = shop.customers.filter((_, i) => i % step === 0)
  const kept = new Set(customers.map((one) => one.external_userid))
  const shopIds = new Set(customers.map((one) => one.shopId))
  return {
    ...shop,
    customers,
    groups: shop.groups.map((group) => ({
      ...group,
      members: group.members.filter(({ type, userid }) => type === 1 || kept.has(userid)),
    })),
    orders: shop.orders.filter(({ shopId }) => shopIds.has(shopId)),
  }
}

function envOf(simulator: Simulator, folder: string, admin: string, port: number) {
  const keys = simulator.credentials
  return readEnv({
    envFile: false,
    simulated: true,
    source: {
      PORT: String(port),
      HOST: '127.0.0.1',
      PUBLIC_URL: `http://127.0.0.1:${String(port)}`,
      DATABASE_URL: `sqlite:${join(folder, 'world.db')}`,
      SIYU_EVENTS_KEY: eventsKey,
      SIYU_ADMINS: `${admin},yunying`,
      WECOM_API_URL: simulator.url,
      WECOM_OAUTH_URL: `${simulator.url}/connect/oauth2/authorize`,
      WECOM_LOGIN_URL: `${simulator.url}/wwlogin/sso/login`,
      WECOM_CORP_ID: keys.corpId,
      WECOM_AGENT_ID: String(keys.agentId),
      WECOM_AGENT_SECRET: keys.agentSecret,
      WECOM_CALLBACK_TOKEN: keys.callbackToken,
      WECOM_CALLBACK_AES_KEY: keys.callbackAesKey,
    },
  })
}

/** The address stands in every link, so it must be known before the server listens. */
const freePort = (): Promise<number> =>
  new Promise((ok, fail) => {
    const probe = createServer()
    probe.once('error', fail)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => ok(port))
    })
  })

async function furnish({ app, simulator, settle }: World, seeded: Shop, folder: string): Promise<void> {
  await simulator.setCallback(`${app.env.publicUrl}/wecom/callback`, true)
  await app.compareAll()
  const files = shopFiles(seeded)
  writeFileSync(join(folder, 'products.csv'), files.products)
  writeFileSync(join(folder, 'orders.csv'), files.orders)
  await importProducts(app.importParts, { file: join(folder, 'products.csv') })
  await importOrders(app.importParts, { file: join(folder, 'orders.csv') })
  await settle()
  await app.refreshTiers()
}

/** From one due thing to the next, a quarter of an hour at least, the simulator first. */
async function liveUntil(world: World, end: Instant): Promise<void> {
  const { app, simulator, clock, settle } = world
  while (clock.now() < end) {
    const due = Math.min(end, simulator.nextEventAt() ?? end, (await app.nextDueAt()) ?? end)
    const next = Math.min(end, Math.max(Math.ceil(due / look) * look, clock.now() + look))
    clock.set(next)
    await simulator.advanceTo(next)
    await settle()
  }
}

export type TaskRow = Pick<PromiseRow, 'id' | 'subject' | 'touchpoint'> & {
  readonly sender: string
  readonly customer: string
}

/** What waits for an advisor now, the most valuable first. */
export const waitingTasks = (world: World): Promise<TaskRow[]> =>
  world.rows<TaskRow>(
    `select id, subject, touchpoint, sender, customer from promise
      where channel = 'advisor-task' and state = 'waiting' order by priority desc, expires_at, id`,
  )

/** A session or player cookie by the real doors, without a browser: `as` is whom the simulator's OAuth takes us for. */
export async function signIn(
  world: { readonly url: string; readonly simulator: Pick<Simulator, 'url'> },
  kind: 'staff' | 'player',
  as: string,
): Promise<string> {
  const jar = new Map<string, string>()
  const area = kind === 'staff' ? 'auth' : 'public'
  let here = new URL(`/api/${area}/login?to=${kind === 'staff' ? '/admin/' : '/h5/'}`, world.url)
  for (let hop = 0; hop < 6; hop += 1) {
    if (here.origin === world.simulator.url) here.searchParams.set('as', as)
    const answer = await fetch(here, {
      redirect: 'manual',
      headers: { cookie: cookieLine(jar), 'user-agent': 'wxwork', accept: 'text/html' },
    })
    await answer.arrayBuffer()
    for (const line of answer.headers.getSetCookie()) {
      const [pair = ''] = line.split(';', 1)
      jar.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
    }
    const value = jar.get(kind === 'staff' ? 'siyu_session' : 'siyu_player')
    if (value !== undefined) return value
    const next = answer.headers.get('location')
    if (next === null) throw new Error(`${here.pathname} answered ${String(answer.status)}`)
    here = new URL(next, here)
  }
  throw new Error(`${as} was not signed in`)
}

const cookieLine = (jar: ReadonlyMap<string, string>): string =>
  [...jar].map(([name, value]) => `${name}=${value}`).join('; ')

export interface Asked {
  readonly status: number
  readonly headers: Headers
  readonly body: unknown
}

export interface Asking {
  readonly session?: string
  readonly player?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** One request as a page would make it; what a page always sends can be taken away by an empty header. */
export async function ask(
  world: Pick<World, 'url'>,
  method: string,
  path: string,
  asking: Asking = {},
): Promise<Asked> {
  const jar = new Map<string, string>()
  if (asking.session !== undefined) jar.set('siyu_session', asking.session)
  if (asking.player !== undefined) jar.set('siyu_player', asking.player)
  const headers = new Headers({ accept: 'application/json', 'x-requested-with': 'siyu' })
  if (jar.size > 0) headers.set('cookie', cookieLine(jar))
  if (asking.body !== undefined) headers.set('content-type', 'application/json')
  for (const [name, value] of Object.entries(asking.headers ?? {}))
    if (value === '') headers.delete(name)
    else headers.set(name, value)
  const answer = await fetch(new URL(path, world.url), {
    method,
    headers,
    redirect: 'manual',
    ...(asking.body === undefined ? {} : { body: JSON.stringify(asking.body) }),
  })
  const text = await answer.text()
  const isJson = /json/.test(answer.headers.get('content-type') ?? '')
  return {
    status: answer.status,
    headers: answer.headers,
    body: isJson && text !== '' ? JSON.parse(text) : text,
  }
}

/** A customer of that tier who is in contact with an advisor. */
export async function customersOf(
  world: World,
  tier: string,
  most: number,
): Promise<{ external: string; customer: string; staff: string; name: string }[]> {
  return world.rows(
    `select i.value as external, s.customer, min(r.staff) as staff, min(p.name) as name from standing s
       join identity i on i.customer = s.customer and i.kind = 'external'
       join relation r on r.external = i.value and r.state = 'active'
       join profile p on p.external = i.value
      where s.tier = $1 group by i.value, s.customer order by i.value limit ${String(most)}`,
    [tier],
  )
}
