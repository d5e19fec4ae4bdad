/**
 * `demo`: a seeded shop lives through fourteen days on a virtual clock, over the real protocol. The simulator and the
 * server share a process here but no code and no memory: they speak HTTP on loopback. At the end a referee that shares
 * no code with the outbox holds the simulator's ledger against our promises.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setImmediate as breathe } from 'node:timers/promises'
import { addDays, dayOf, instantOf, isDay, isoOf, weekdayOf } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import { wallClock } from '../base/clock.ts'
import type { Clock, Instant } from '../base/clock.ts'
import { packageRoot, readEnv } from '../base/env.ts'
import type { Env } from '../base/env.ts'
import { Refusal } from '../base/errors.ts'
import { newSecret } from '../base/ids.ts'
import { createLog } from '../base/log.ts'
import { openApp } from '../app.ts'
import type { App } from '../app.ts'
import { exitCodes, printDocument, say } from '../cli/output.ts'
import { importOrders, importProducts } from '../files/index.ts'
import { startSimulator } from '../simulator/index.ts'
import { createPopulation } from '../simulator/population/index.ts'
import type { PopulationReport } from '../simulator/population/index.ts'
import { seedShop, shopFiles } from '../simulator/shop/index.ts'
import type { Shop } from '../simulator/shop/index.ts'
import type { Simulator } from '../simulator/types.ts'
import { checkLedger } from './check.ts'
import type { PromiseLine } from './check.ts'
import { allPromises, happened, tierMoves, tierCounts } from './figures.store.ts'
import type { PromiseRow } from './figures.store.ts'
import { huntAnswers } from './hunt-answers.ts'
import { tellDay, tellEnd } from './story.ts'

export interface DemoOptions {
  readonly days: number
  readonly from?: string
  readonly seed: number
  readonly port?: number
  readonly once?: boolean
  readonly json?: boolean
}

export interface DemoDocument {
  readonly from: Day
  readonly days: number
  readonly promises: number
  readonly sent: number
  readonly waiting: number
  /** Promises by where they stand now. */
  readonly states: Readonly<Record<string, number>>
  readonly declined: Readonly<Record<string, number>>
  readonly votes: number
  readonly finds: number
  readonly orders: number
  readonly tierMoves: number
  readonly tiers: Readonly<Record<string, number>>
  /** Weekday (1 = Monday) of every weekly touchpoint's promises. */
  readonly weekdays: Readonly<Record<string, readonly number[]>>
  readonly ledger: {
    readonly accepted: number
    readonly matched: boolean
    readonly duplicates: number
    readonly outsideWindow: number
    readonly overCap: number
    readonly problems: readonly string[]
  }
  readonly population: PopulationReport
  readonly seconds: number
}

/** The simulator's virtual time while the story lasts, then the wall: both sides always read the same hour. */
class StoryClock implements Clock {
  #story: (() => Instant) | null
  constructor(story: () => Instant) {
    this.#story = story
  }
  now(): Instant {
    return this.#story?.() ?? wallClock.now()
  }
  steady(): number {
    return wallClock.steady()
  }
  goLive(): void {
    this.#story = null
  }
}

export async function runDemo(options: DemoOptions): Promise<void> {
  const startedAt = wallClock.steady()
  const from = firstDay(options)
  const shop = seedShop({ seed: options.seed, now: instantOf(from) })
  const simulator = await startSimulator({
    seed: options.seed,
    shop,
    startAt: instantOf(from),
    clock: 'virtual',
  })
  const clock = new StoryClock(() => simulator.now())
  let app: App | null = null
  try {
    const env = demoEnv(simulator, await choosePort(options.port))
    removeOldDatabase(env)
    app = await openApp({ env, clock, log: createLog('warn'), root: packageRoot })
    // The story begins anew whenever it is told: until it is over nothing of it need survive a power cut.
    await app.db.source.query('PRAGMA synchronous = OFF')
    await app.listen()
    await furnish(app, simulator, shop)
    const population = createPopulation({
      seed: options.seed,
      baseUrl: env.publicUrl,
      eventsKey: env.eventsKey ?? '',
      huntAnswers: huntAnswers(await app.gamesBetween(from, options.days)),
    })
    population.start(simulator.world)
    await liveThrough(app, simulator, from, options.days)
    const document = await close(app, simulator, from, options.days, population.report(), startedAt)
    tellEnd(document)
    if (options.json) await printDocument(document, { json: true })
    if (options.once) {
      process.exitCode = document.ledger.matched ? exitCodes.ok : exitCodes.failed
    } else {
      await serveOn(app, simulator, clock)
    }
  } finally {
    await app?.stop()
    await simulator.close()
  }
}

function firstDay(options: DemoOptions): Day {
  if (options.from !== undefined && !isDay(options.from)) {
    throw new Refusal('usage', `--from ${options.from} is not a day.`, 400, { fix: 'write it as 2026-05-20' })
  }
  if (options.days < 1 || options.days > 366) throw new Refusal('usage', '--days takes 1 to 366.', 400)
  return options.from ?? addDays(dayOf(wallClock.now()), -options.days)
}

/** The asked port, else 3000, else a free one: the address stands in every link, so it must be known first. */
async function choosePort(asked: number | undefined): Promise<number> {
  const tryPort = (port: number): Promise<number | null> =>
    new Promise((ok) => {
      const probe = createServer()
      probe.once('error', () => ok(null))
      probe.listen(port, '127.0.0.1', () => {
        const address = probe.address()
        probe.close(() => ok(typeof address === 'object' && address !== null ? address.port : null))
      })
    })
  const port = (await tryPort(asked ?? 3000)) ?? (asked === undefined ? await tryPort(0) : null)
  if (port === null)
    throw new Refusal('port-taken', `Port ${String(asked)} is in use.`, 409, {
      fix: 'choose another with --port',
    })
  return port
}

function demoEnv(simulator: Simulator, port: number): Env {
  const keys = simulator.credentials
  return readEnv({
    envFile: false,
    simulated: true,
    source: {
      PORT: String(port),
      DATABASE_URL: 'sqlite:data/demo.db',
      SIYU_EVENTS_KEY: newSecret(),
      SIYU_ADMINS: simulator.world.staff()[0]?.userid ?? '',
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

function removeOldDatabase(env: Env): void {
  const path = resolve(packageRoot, env.databaseUrl.slice('sqlite:'.length))
  for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true })
}

/** What a shop brings along: its catalogue and its order history as files, its people by the full comparison. */
async function furnish(app: App, simulator: Simulator, shop: Shop): Promise<void> {
  await simulator.setCallback(`${app.env.publicUrl}/wecom/callback`, true)
  await app.compareAll()
  const files = shopFiles(shop)
  const folder = mkdtempSync(join(tmpdir(), 'siyu-demo-'))
  try {
    writeFileSync(join(folder, 'products.csv'), files.products)
    writeFileSync(join(folder, 'orders.csv'), files.orders)
    const products = await importProducts(app.importParts, { file: join(folder, 'products.csv') })
    const orders = await importOrders(app.importParts, { file: join(folder, 'orders.csv') })
    say(
      `${shop.name}：${String(products.imported)} 件商品，${String(orders.imported)} 笔历史订单，${String(shop.staff.length)} 位顾问，${String(shop.groups.length)} 个社群`,
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  await app.settle()
  await app.refreshTiers()
  const tiers = await tierCounts(app.db.reader)
  say(`分层：${tiers.map(({ tier, n }) => `${tier} ${String(n)}`).join('，')}\n`)
}

/** One day after another; the clock moves only when nothing is in flight, the simulator first. */
async function liveThrough(app: App, simulator: Simulator, from: Day, days: number): Promise<void> {
  for (let n = 0; n < days; n += 1) {
    const day = addDays(from, n)
    const end = instantOf(addDays(day, 1))
    await liveUntil(app, simulator, end)
    await tell(app, day, end)
  }
}

/** What the server is to do by itself waits for the next of these: each look takes longer than what most find. */
const lookMs = 300_000

async function liveUntil(app: App, simulator: Simulator, end: Instant): Promise<void> {
  while (simulator.now() < end) {
    const now = simulator.now()
    const due = Math.max((await app.nextDueAt()) ?? end, now + 1)
    const next = Math.min(end, simulator.nextEventAt() ?? end, Math.ceil(due / lookMs) * lookMs)
    await simulator.advanceTo(Math.max(next, now), () => app.settle())
    await settleBoth(app, simulator)
  }
}

async function settleBoth(app: App, simulator: Simulator): Promise<void> {
  do {
    await simulator.idle()
    await app.settle()
    await breathe()
  } while (simulator.busy() || app.busy())
}

async function tell(app: App, day: Day, end: Instant): Promise<void> {
  const reader = app.db.reader
  const from = instantOf(day)
  const promises = (await allPromises(reader)).filter((promise) => promise.day === day)
  const moves = new Map<string, number>()
  for (const { from: before, to } of await tierMoves(reader, from, end)) {
    moves.set(`${before}→${to}`, (moves.get(`${before}→${to}`) ?? 0) + 1)
  }
  tellDay(
    day,
    promises,
    await happened(reader, from, end),
    [...moves].map(([move, count]) => `${move} ${String(count)}`),
  )
}

async function close(
  app: App,
  simulator: Simulator,
  from: Day,
  days: number,
  population: PopulationReport,
  startedAt: number,
): Promise<DemoDocument> {
  const promises = await allPromises(app.db.reader)
  const what = await happened(app.db.reader, instantOf(from), instantOf(addDays(from, days)) + 1)
  const declined: Record<string, number> = {}
  for (const { decision, reason_code } of promises)
    if (decision === 'declined') declined[reason_code] = (declined[reason_code] ?? 0) + 1
  const verdict = checkLedger({ ledger: simulator.ledger(), promises: promises.map(lineOf) })
  return {
    from,
    days,
    promises: promises.filter(({ decision }) => decision !== 'declined').length,
    sent: promises.filter(({ state }) => state === 'sent').length,
    waiting: promises.filter(({ state }) => state === 'waiting').length,
    states: countBy(promises.flatMap(({ state }) => state ?? [])),
    declined,
    votes: what.votes,
    finds: what.finds,
    orders: what.orders,
    tierMoves: what.tierMoves,
    tiers: Object.fromEntries((await tierCounts(app.db.reader)).map(({ tier, n }) => [tier, n])),
    weekdays: weekdaysOf(promises),
    ledger: {
      accepted: verdict.accepted,
      matched: verdict.matched === verdict.accepted && verdict.problems.length === 0,
      duplicates: verdict.duplicates,
      outsideWindow: verdict.outsideWindow,
      overCap: verdict.overCap,
      problems: verdict.problems.slice(0, 50),
    },
    population,
    seconds: Math.round((wallClock.steady() - startedAt) / 100) / 10,
  }
}

function countBy(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1
  return counts
}

/** In the referee's words. The token is written down a second time here, from the id alone. */
const lineOf = (promise: PromiseRow): PromiseLine => ({
  id: promise.id,
  dedupeKey: promise.dedupe_key,
  touchpoint: promise.touchpoint,
  channel: promise.channel,
  subjectKind: promise.subject_kind,
  subject: promise.subject,
  sender: promise.sender,
  purpose: promise.purpose,
  decision: promise.decision,
  state: promise.state,
  token:
    promise.channel === 'advisor-task' || promise.channel === 'welcome'
      ? `/h5/l/p.${Buffer.from(promise.id.replaceAll('-', ''), 'hex').toString('base64url')}`
      : promise.batch_token,
  dueAt: promise.due_at,
  sentAt: promise.sent_at,
})

/** On which weekdays (1 = Monday) each touchpoint's promises fell. */
function weekdaysOf(promises: readonly PromiseRow[]): Record<string, number[]> {
  const found: Record<string, number[]> = {}
  for (const { touchpoint, day } of promises) {
    const days = (found[touchpoint] ??= [])
    if (!days.includes(weekdayOf(day))) days.push(weekdayOf(day))
  }
  for (const days of Object.values(found)) days.sort()
  return found
}

async function serveOn(app: App, simulator: Simulator, clock: StoryClock): Promise<void> {
  await app.db.source.query('PRAGMA synchronous = FULL')
  clock.goLive()
  simulator.useWallClock(wallClock.now())
  app.start()
  const admin = app.env.admins[0] ?? ''
  say(`\n现在是 ${isoOf(wallClock.now())}，店铺继续营业（Ctrl-C 结束）：`)
  say(`  控制台   ${app.env.publicUrl}/admin/      （以 ${admin} 登录）`)
  say(`  侧边栏   ${app.env.publicUrl}/sidebar/`)
  say(`  模拟企业微信 ${simulator.url}/sim/state`)
  await new Promise<void>((ok) => {
    process.once('SIGINT', ok)
    process.once('SIGTERM', ok)
  })
}
