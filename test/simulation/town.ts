/**
 * A shop with its server and its WeCom, all in this process and all under one machine. The server can be dropped at any
 * moment, as if its power had been cut, and another one started on what lies on the disk.
 */
import { copyFileSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { openApp } from '../../src/app.ts'
import type { App } from '../../src/app.ts'
import { system } from '../../src/base/act.ts'
import { instantOf, isoOf } from '../../src/base/calendar.ts'
import type { Day } from '../../src/base/calendar.ts'
import { packageRoot, readEnv } from '../../src/base/env.ts'
import type { Env } from '../../src/base/env.ts'
import { createLog } from '../../src/base/log.ts'
import { saveProducts } from '../../src/order/index.ts'
import { createCodec } from '../../src/simulator/codec.ts'
import { startSimulator } from '../../src/simulator/index.ts'
import type { Shop } from '../../src/simulator/shop/index.ts'
import type { Simulator } from '../../src/simulator/types.ts'
import { createDisk } from './disk.ts'
import type { Disk } from './disk.ts'
import { createMachine } from './machine.ts'
import type { Chance, Machine } from './machine.ts'
import { chanceOf } from './machine.ts'
import { smallShop } from './small-shop.ts'
import { ask, createWire } from './wire.ts'
import type { Answer, Request, Wire } from './wire.ts'

/** A callback on its way: WeCom posts it up to three times. */
export interface Letter {
  readonly path: string
  readonly body: string
  /** What is inside the envelope. */
  readonly inner: string
  tries: number
}

export interface Town {
  readonly machine: Machine
  readonly chance: Chance
  readonly simulator: Simulator
  readonly shop: Shop
  readonly wire: Wire
  /** Callbacks that have not arrived yet, oldest first. */
  readonly letters: Letter[]
  /** Inner bodies of every callback that WeCom ever sent. */
  readonly posted: string[]
  /** What the server wrote to its log. */
  readonly lines: string[]
  readonly eventsKey: string
  /** Calls that reached WeCom, by API. */
  readonly calls: Map<string, number>
  /** The chance that a call meets a fault. */
  faults: number
  /** Null while the server is down. */
  app: App | null
  now(): number
  start(): Promise<App>
  /** Cuts the power. */
  crash(): Promise<void>
  http(request: Request): Promise<Answer | null>
  /** Moves business time, and the machine's with it; people do what is on the agenda. */
  advanceTo(to: number): Promise<void>
  rows<Row extends object>(sql: string, params?: readonly (string | number)[]): Promise<Row[]>
  close(): Promise<void>
}

export interface TownOptions {
  readonly seed: number
  readonly shopSeed: number
  readonly from: Day
  readonly customers: number
  readonly folder: string
  readonly database: string
}

export const eventsKey = 'simulation-events-key-0123456789abcdef'
const publicUrl = 'http://127.0.0.1:3000'

export async function openTown(options: TownOptions): Promise<Town> {
  const startAt = instantOf(options.from)
  const shop = smallShop(options.shopSeed, startAt, options.customers)
  const machine = createMachine(String(options.seed))
  const letters: Letter[] = []
  const lines: string[] = []
  const posted: string[] = []
  const calls = new Map<string, number>()
  const simulator = await startSimulator({
    seed: options.shopSeed,
    shop,
    startAt,
    clock: 'virtual',
    poster: {
      send(_method, url, body) {
        const encrypted = /<Encrypt><!\[CDATA\[(.*?)\]\]><\/Encrypt>/.exec(body)?.[1] ?? ''
        const { pathname, search } = new URL(url)
        const inner = codec.decrypt(encrypted)
        posted.push(inner)
        letters.push({ path: pathname + search, body, inner, tries: 0 })
        // The simulator need not wait: whether it arrives, and how often, is decided by whoever holds the letters.
        return Promise.resolve({ status: 200, body: 'success' })
      },
      close: () => {},
    },
  })
  const { callbackToken, callbackAesKey, corpId } = simulator.credentials
  const codec = createCodec(callbackToken, callbackAesKey, corpId)
  await simulator.setCallback(`${publicUrl}/wecom/callback`)
  const clock = { now: () => simulator.now(), steady: () => machine.steady() }
  const disk: Disk = createDisk(machine, () => startAt + Math.floor(machine.steady()))
  const env = envOf(simulator, options, shop.staff[0]?.userid ?? '')
  const wire = createWire({
    machine,
    chance: chanceOf(`wire ${String(options.seed)}`),
    listener: (request, response) => simulator.answer(request, response),
    faults: () => town.faults,
    onCall: (api) => calls.set(api, (calls.get(api) ?? 0) + 1),
  })
  const log = createLog('info', { write: (line) => void lines.push(line) })
  const town: Town = {
    machine,
    chance: chanceOf(`town ${String(options.seed)}`),
    simulator,
    shop,
    wire,
    letters,
    posted,
    lines,
    eventsKey,
    calls,
    faults: 0,
    app: null,
    now: () => simulator.now(),
    async start() {
      const { engine } = disk
      const opening = openApp({
        env,
        clock,
        log,
        root: packageRoot,
        alone: true,
        engine,
        dispatcher: wire.dispatcher,
      })
      return (town.app = await machine.until(opening))
    },
    async crash() {
      town.app = null
      // What it was about to ask for is asked for before it is forgotten, or a ghost would go on asking.
      await machine.breathe()
      machine.forget()
      await disk.crash()
    },
    http(request) {
      const { app } = town
      if (!app) return Promise.resolve(null)
      return ask((req, res) => app.answer(req, res), request)
    },
    async advanceTo(to) {
      const before = simulator.now()
      await simulator.advanceTo(Math.max(to, before))
      machine.elapse(simulator.now() - before)
    },
    rows: (sql, params = []) => {
      if (!town.app) throw new Error('The server is down.')
      return machine.until(town.app.db.reader.rows(sql, params))
    },
    async close() {
      town.app = null
      machine.forget()
      await disk.crash()
      await simulator.close()
      machine.close()
    },
  }
  return town
}

function envOf(simulator: Simulator, { folder, database }: TownOptions, admin: string): Env {
  const keys = simulator.credentials
  return readEnv({
    envFile: false,
    simulated: true,
    source: {
      PORT: '3000',
      PUBLIC_URL: publicUrl,
      DATABASE_URL: `sqlite:${database}`,
      SIYU_CONFIG_DIR: join(folder, 'config'),
      SIYU_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
      SIYU_EVENTS_KEY: eventsKey,
      SIYU_ADMINS: admin,
      WECOM_API_URL: simulator.url,
      WECOM_CORP_ID: keys.corpId,
      WECOM_AGENT_ID: String(keys.agentId),
      WECOM_AGENT_SECRET: keys.agentSecret,
      WECOM_CALLBACK_TOKEN: keys.callbackToken,
      WECOM_CALLBACK_AES_KEY: keys.callbackAesKey,
    },
  })
}

// ------------------------------------------------------------------ the first day

/** Furnished shops are kept for the file's life: each seed begins with a copy. */
const furnished = new Map<string, string>()
let place: string | null = null

function folderOf(): string {
  if (place !== null) return place
  place = mkdtempSync(join(tmpdir(), 'siyu-simulation-'))
  cpSync(resolve(packageRoot, 'config'), join(place, 'config'), { recursive: true })
  // A fit runs on a thread of its own, and threads keep no seed.
  const clv = join(place, 'config/clv.yaml')
  writeFileSync(clv, readFileSync(clv, 'utf8').replace(/^leastCustomers: .*$/m, 'leastCustomers: 1000000'))
  return place
}

export function removeTowns(): void {
  if (place !== null) rmSync(place, { recursive: true, force: true })
  place = null
  furnished.clear()
}

export interface Story {
  readonly seed: number
  readonly shopSeed?: number
  readonly from: Day
  readonly customers: number
}

/** A town on the morning of its first day, its shop known, its tiers computed, its server down. */
export async function settledTown({ seed, shopSeed = 7, from, customers }: Story): Promise<Town> {
  const folder = folderOf()
  const key = `${String(shopSeed)} ${from} ${String(customers)}`
  const template = furnished.get(key) ?? join(folder, `template-${String(furnished.size)}.db`)
  if (!furnished.has(key)) {
    const town = await openTown({ seed: 0, shopSeed, from, customers, folder, database: template })
    try {
      await furnish(town)
    } finally {
      await town.close()
    }
    furnished.set(key, template)
  }
  const database = join(folder, 'town.db')
  for (const end of ['', '-wal', '-shm']) rmSync(`${database}${end}`, { force: true })
  copyFileSync(template, database)
  if (existsSync(`${template}-wal`)) copyFileSync(`${template}-wal`, `${database}-wal`)
  return openTown({ seed, shopSeed, from, customers, folder, database })
}

async function furnish(town: Town): Promise<void> {
  const app = await town.start()
  const { machine, shop } = town
  const { act } = app.importParts
  await machine.until(app.compareAll())
  await machine.until(
    act(system('furnish'), (ctx) =>
      saveProducts(
        ctx,
        shop.products.map(({ sku, name, category, stage, priceFen, stock, replenishDays }) => ({
          sku,
          name,
          category,
          stage,
          priceFen,
          stock,
          replenishDays,
        })),
        { source: 'import:products', sourceKey: 'simulation' },
      ),
    ),
  )
  const orders = shop.orders.map(({ orderId, shopId, external_userid: external, at, amountFen, items }) => ({
    id: `history-${orderId}`,
    kind: 'order',
    at: isoOf(at),
    customer: { shopId, ...(external === undefined ? {} : { external }) },
    orderId,
    amountFen,
    items,
  }))
  for (let n = 0; n < orders.length; n += 500) await machine.until(postEvents(town, orders.slice(n, n + 500)))
  await machine.until(app.works.followers())
  await machine.until(app.refreshTiers())
  await machine.until(app.stop())
}

/** The shop's own system tells what happened there. */
export async function postEvents(town: Town, events: readonly object[]): Promise<Answer | null> {
  const answer = await town.http({
    method: 'POST',
    path: '/api/v1/events',
    headers: { authorization: `Bearer ${eventsKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ events }),
  })
  if (answer !== null && answer.status >= 400 && answer.status < 500)
    throw new Error(`The events were refused: ${answer.body.slice(0, 500)}`)
  return answer
}
