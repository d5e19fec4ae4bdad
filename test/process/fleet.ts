/**
 * Servers of one shop as processes of their own, with the simulator in this process, at an hour of the shop that the
 * test chooses and sets forward. What they sent is read from the simulator's own ledger.
 */
import { randomBytes } from 'node:crypto'
import { cpSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { addDays, dayOf, instantOf } from '../../src/base/calendar.ts'
import type { Clock, Instant } from '../../src/base/clock.ts'
import { wallClock } from '../../src/base/clock.ts'
import { startSimulator } from '../../src/simulator/index.ts'
import type { LedgerRow, SeededShop, Simulator } from '../../src/simulator/types.ts'
import {
  answering,
  freePort,
  packageRoot,
  readiness,
  spawnServer,
  temporaryFolder,
  until,
} from './harness.ts'
import type { Folder, Readiness, ServerProcess, Settings } from './harness.ts'

export interface ShopPlan {
  readonly advisors: number
  readonly customersEach: number
  readonly groups: number
}

export const externalOf = (n: number): string => `wmFleet${String(n).padStart(6, '0')}`
export const advisorOf = (n: number): string => `advisor${String(n).padStart(3, '0')}`
export const customersOf = ({ advisors, customersEach }: ShopPlan): string[] =>
  Array.from({ length: advisors * customersEach }, (_, n) => externalOf(n))

/** Every advisor presses the moment she is asked, so that a second message could not be taken back. */
export function shopOf(plan: ShopPlan, now: Instant): SeededShop {
  const since = Math.floor(now / 1000) - 86_400
  return {
    name: '小店',
    staff: Array.from({ length: plan.advisors }, (_, n) => ({
      userid: advisorOf(n),
      name: `顾问${String(n)}`,
      confirm: { mode: 'at-once' as const },
    })),
    customers: customersOf(plan).map((external, n) => ({
      external_userid: external,
      name: `客户${String(n)}`,
      gender: 2 as const,
      openid: `oFleet${String(n)}`,
      follow: [{ userid: advisorOf(n % plan.advisors), createtime: since }],
    })),
    groups: Array.from({ length: plan.groups }, (_, n) => ({
      chat_id: `wrFleet${String(n).padStart(6, '0')}`,
      name: `辅食群${String(n)}`,
      owner: advisorOf(n % plan.advisors),
      members: [
        { userid: advisorOf(n % plan.advisors), type: 1 as const, join_time: since },
        { userid: externalOf(n), type: 2 as const, join_time: since },
      ],
    })),
    products: [],
    orders: [],
  }
}

/** Everything may be said at any hour but one minute of the night, and as often as a test likes. */
export const openManners = [
  'shop: { name: 小店 }',
  'manners:',
  "  windows: ['00:00-24:00']",
  "  quietHours: '03:00-03:01'",
  '  avoid: []',
  '  marketingPerDay: 5',
  '  marketingPerWeek: 20',
  '  marketingPerMonth: 60',
  '  gapHours: 0',
  '  groupPerDay: 5',
].join('\n')

export interface Fleet {
  readonly simulator: Simulator
  readonly clock: Clock
  /** What every server is told; the database and the port come on top. */
  readonly env: Settings
  readonly folder: Folder
  /** Starts one and waits until it answers. */
  serve(more: Settings): Promise<ServerProcess>
  /** Business time goes on to this instant for everybody, the simulator first. */
  forwardTo(at: Instant): Promise<void>
  /** What was really accepted. */
  ledger(): LedgerRow[]
  close(): Promise<void>
}

export interface FleetPlan {
  readonly shop: ShopPlan
  /** The hour of the shop at which everything begins, of tomorrow: `08:20`. */
  readonly at: string
  /** The first cadence. */
  readonly touchpoints: string
  readonly latencyMs: number
  readonly env?: Settings
}

export async function openFleet(plan: FleetPlan): Promise<Fleet> {
  const folder = temporaryFolder()
  const startAt = instantOf(addDays(dayOf(Date.now()), 1), plan.at)
  const file = join(folder.path, 'clock')
  let aheadMs = 0
  const setAhead = (ms: number): void => {
    aheadMs = ms
    // Renamed into place: a reader sees the old number or the new one.
    writeFileSync(`${file}.new`, String(ms))
    renameSync(`${file}.new`, file)
  }
  setAhead(startAt - Date.now())
  const clock: Clock = { now: () => Date.now() + aheadMs, steady: () => wallClock.steady() }
  const simulator = await startSimulator({
    clock: 'wall',
    startAt: clock.now(),
    shop: shopOf(plan.shop, clock.now()),
    latencyMs: plan.latencyMs,
  })
  const config = join(folder.path, 'config')
  cpSync(join(packageRoot, 'config'), config, { recursive: true })
  writeFileSync(join(config, 'cadence.yaml'), `${openManners}\n${plan.touchpoints}\n`)
  const keys = simulator.credentials
  const env: Settings = {
    WECOM_API_URL: simulator.url,
    WECOM_OAUTH_URL: `${simulator.url}/connect/oauth2/authorize`,
    WECOM_LOGIN_URL: `${simulator.url}/wwlogin/sso/login`,
    WECOM_CORP_ID: keys.corpId,
    WECOM_AGENT_ID: String(keys.agentId),
    WECOM_AGENT_SECRET: keys.agentSecret,
    WECOM_CALLBACK_TOKEN: keys.callbackToken,
    WECOM_CALLBACK_AES_KEY: keys.callbackAesKey,
    SIYU_MASTER_KEY: randomBytes(32).toString('base64'),
    SIYU_CONFIG_DIR: config,
    SIYU_ADMINS: advisorOf(0),
    NODE_OPTIONS: `--import=${new URL('./shop-clock.mjs', import.meta.url).href}`,
    SHOP_CLOCK: file,
    ...plan.env,
  }
  return {
    simulator,
    clock,
    env,
    folder,
    async serve(more) {
      const server = spawnServer({ ...env, PORT: String(await freePort()), ...more })
      await answering(server)
      return server
    },
    async forwardTo(at) {
      await simulator.advanceTo(at)
      setAhead(at - Date.now())
    },
    ledger: () => simulator.ledger(),
    async close() {
      await simulator.close()
      folder.remove()
    },
  }
}

/** Resolves when nothing is named as missing: compared with WeCom, the queue at hand. */
export async function complete({ program, url }: ServerProcess): Promise<void> {
  let missing: Readiness['missing'] = []
  try {
    await until(
      `${url} misses nothing`,
      async () => {
        if (program.exited()) throw new Error(`The server ended: ${program.stderr()}`)
        missing = (await readiness(url)).missing
        return missing.length === 0 ? true : null
      },
      { timeoutMs: 60_000, everyMs: 100 },
    )
  } catch (error) {
    throw new Error(`${url} misses ${JSON.stringify(missing)}`, { cause: error })
  }
}

export interface EmptyDatabase {
  readonly url: string
  drop(): Promise<void>
}

/** An empty one on this PostgreSQL; the first server makes its tables. */
export async function emptyDatabase(server: string): Promise<EmptyDatabase> {
  const name = `siyu_${randomBytes(6).toString('hex')}`
  const ask = async (statement: string): Promise<void> => {
    const client = new pg.Client({ connectionString: server })
    await client.connect()
    await client.query(statement)
    await client.end()
  }
  await ask(`create database ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => ask(`drop database ${name} with (force)`) }
}

/** More than one row with the same key. */
export function repeated<T>(rows: readonly T[], keyOf: (row: T) => string): string[] {
  const seen = new Set<string>()
  const twice = new Set<string>()
  for (const key of rows.map(keyOf)) (seen.has(key) ? twice : seen).add(key)
  return [...twice]
}
