/** The only place that puts things together: who follows the log, which jobs run, which channels speak, which routes answer. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Dispatcher } from 'undici'
import { system } from './base/act.ts'
import { addDays, dayOf } from './base/calendar.ts'
import type { Day } from './base/calendar.ts'
import type { Clock, Instant } from './base/clock.ts'
import type { Db, SqliteEngine } from './base/db.ts'
import type { Env } from './base/env.ts'
import { holidayTrouble } from './base/holidays.ts'
import { createJobRunner } from './base/jobs.ts'
import type { Job } from './base/jobs.ts'
import { keyedDigest } from './base/ids.ts'
import type { Log } from './base/log.ts'
import { createAccessJobs } from './access/index.ts'
import {
  createCadenceFollowers,
  createCadenceJobs,
  createExperimentJobs,
  createFileWatch,
  currentCadence,
  gamesOf,
  rememberRobots,
  seedCadence,
} from './cadence/index.ts'
import type { FileWatch } from './cadence/index.ts'
import { linkKey } from './content/index.ts'
import { openCore, shippedCadence } from './core.ts'
import type { Core } from './core.ts'
import { createDeskJobs } from './desk/index.ts'
import { createBullQueue, createDelivery, createLimiter, openRedis } from './delivery/index.ts'
import type { Redis, WorkQueue } from './delivery/index.ts'
import { ensureGames } from './game/index.ts'
import type { GameDefinition } from './game/index.ts'
import { createFollowers } from './interaction/index.ts'
import type { Check } from './http/health.ts'
import { createHttp } from './http/server.ts'
import { createMetrics } from './http/metrics.ts'
import { createRecommendJobs } from './order/index.ts'
import { createOutboxFollowers, rememberChannels } from './outbox/index.ts'
import { createReportJobs } from './report/index.ts'
import { createRewardFollowers, createRewardJobs } from './reward/index.ts'
import {
  createChurnFollowers,
  createChurnJobs,
  createClvFollowers,
  createClvJobs,
  createSegmentFollowers,
  createSegmentJobs,
  createTagWork,
  refreshCutPoints,
} from './segment/index.ts'
import { routesOf } from './routes.ts'
import { createWecom } from './wecom-side.ts'

export interface AppParts {
  readonly env: Env
  readonly clock: Clock
  readonly log: Log
  readonly root: string
  /** No other server can work on this database. */
  readonly alone?: boolean
  /** Statements and requests go through these in a simulation, which decides when each of them gets on. */
  readonly engine?: SqliteEngine
  readonly dispatcher?: Dispatcher
}

/** What the server does by itself, each to be asked for by name; `settle` does all of it until nothing is left. */
export interface Works {
  followers(): Promise<boolean>
  jobs(): Promise<boolean>
  tags(): Promise<boolean>
  wecom(): Promise<boolean>
  drain(): Promise<boolean>
  reconcile(): Promise<boolean>
  poll(): Promise<boolean>
}

export interface App {
  readonly env: Env
  readonly db: Db
  /** For imports in the same process. */
  readonly importParts: Core
  readonly jobs: readonly Job[]
  readonly works: Works
  /** A request that came in by another way than the port. */
  answer(req: IncomingMessage, res: ServerResponse): void
  listen(): Promise<{ readonly port: number; readonly url: string }>
  /** Timers and loops on; `settle` is for whoever moves the clock by hand. */
  start(): void
  stop(): Promise<void>
  wakeJobs(): void
  /** Does everything that is due now, until nothing is left to do. */
  settle(): Promise<void>
  busy(): boolean
  /** The next business instant at which something falls due. */
  nextDueAt(): Promise<Instant | null>
  /** Compares staff, customers and groups with WeCom, all of them. */
  compareAll(): Promise<void>
  refreshTiers(): Promise<void>
  gamesBetween(from: Day, days: number): Promise<GameDefinition[]>
}

/** Wakes of the job runner: node-cron's minute, and this poll, by which one planner goes on for another that fell. */
const jobPollMs = 3_000

export async function openApp(parts: AppParts): Promise<App> {
  const { env, clock, log, root, alone, engine, dispatcher } = parts
  const core = await openCore({ env, clock, root, mode: 'upgrade', engine })
  const { db, act, recorder, rules } = core
  try {
    await db.inTurn(() => act(system('setup'), (ctx) => seedCadence(ctx, rules, shippedCadence(env))))
  } catch (error) {
    await core.close()
    throw error
  }
  const trouble = holidayTrouble(core.holidays, dayOf(clock.now()))
  if (trouble) log.warn({ fix: trouble.fix }, trouble.found)
  const metrics = createMetrics()
  const links = { publicUrl: env.publicUrl, key: linkKey(env.masterKey) }
  const wecom = createWecom({ core, log, metrics, dispatcher })
  const spoken = wecom.channels.map(({ name }) => name)
  await act(system('setup'), async (ctx) => {
    await rememberChannels(ctx, spoken)
    await rememberRobots(ctx, [...env.wecom.robots.keys()])
  })
  const tags = createTagWork({ ...core, log })
  const has = (role: Env['roles'][number]): boolean => env.roles.includes(role)
  const [serves, plans, delivers] = [has('web'), has('planner'), has('worker')]
  const shared = await openShared(core, log)
  const delivery = createDelivery({
    ...shared,
    limiter: createLimiter({ db, clock, log, redis: shared.redis }),
    db,
    act,
    clock,
    log,
    channels: wecom.channels,
    links,
    reconcileDelaysMs: env.reconcileDelaysMs,
    alone: alone ?? false,
  })
  const wakeDelivery = (): void => delivery.wake()

  const followers = createFollowers(
    db,
    act,
    [
      ...wecom.followers,
      ...createSegmentFollowers({ rules }),
      ...createChurnFollowers(core),
      ...tags.followers,
      ...createClvFollowers(),
      ...createOutboxFollowers(),
      ...createRewardFollowers(),
      ...createCadenceFollowers({ tierRules: rules, wakeDelivery }),
      gamesFollower(core),
    ],
    log,
  )
  core.onRecorded(() => followers.wake())
  const jobs: Job[] = [
    ...createAccessJobs({ act }),
    ...createSegmentJobs(core),
    ...createChurnJobs(core),
    ...createClvJobs(core),
    // Behind the fit: whoever is now at the top gets an advisor by name.
    ...createDeskJobs(core),
    ...createRecommendJobs(core),
    ...createReportJobs(core),
    ...createRewardJobs(core),
    openGames(core),
    ...createExperimentJobs(core),
    ...createCadenceJobs({ db, act, clock, tierRules: rules, wakeDelivery }),
    ...wecom.jobs,
  ]
  const file =
    env.cadenceSource === 'file'
      ? createFileWatch({ ...core, tierRules: rules, log, path: shippedCadence(env).path, wakeDelivery })
      : null
  const runner = createJobRunner(db, jobs, log)
  const http = createHttp({
    clock,
    log,
    metrics,
    identities: wecom.identities,
    checks: [...wecom.checks, ...shared.checks, ...(file ? [fileCheck(file)] : [])],
    publicUrl: env.publicUrl,
    trustProxy: env.trustProxy,
    eventsKey: env.eventsKey,
    // Without the web role only the probes answer.
    ...(serves
      ? {
          routes: routesOf({
            core,
            api: wecom.api,
            media: wecom.media,
            sync: wecom.sync,
            ways: wecom.ways,
            dispatcher,
            log,
            links,
            ...(file ? { cadenceFile: file } : {}),
          }),
          pages: resolve(root, 'dist/web'),
          callback: wecom.door,
        }
      : { routes: [], pages: null }),
  })

  let running = 0
  let poll: NodeJS.Timeout | null = null
  const runJobs = async (): Promise<number> => {
    running += 1
    try {
      return await runner.runDue(clock.now())
    } finally {
      running -= 1
    }
  }
  const quietly = (work: Promise<unknown>, what: string): void => {
    work.catch((error: unknown) => log.warn({ err: error }, `${what} stopped early and will go on`))
  }

  const works: Works = {
    followers: () => followers.catchUp(),
    jobs: async () => (await runJobs()) > 0,
    tags: () => tags.settle(),
    wecom: () => wecom.settle(),
    drain: async () => (await delivery.drainOnce(clock.now())) > 0,
    reconcile: async () => (await delivery.reconcileOnce(clock.now())) > 0,
    poll: async () => (await delivery.pollOnce(clock.now())) > 0,
  }

  const look = createLook(db, clock)
  const looks = {
    followers: look(works.followers),
    jobs: look(works.jobs),
    tags: look(works.tags),
    wecom: look(works.wecom),
  }
  const deliveryDueAt = sameInstant(db, clock, () => delivery.nextDueAt())

  return {
    env,
    db,
    importParts: core,
    jobs,
    works,
    answer: (req, res) => http.answer(req, res),
    listen: () => http.listen(env.port, env.host),
    start() {
      if (plans) {
        followers.start()
        tags.start()
        quietly(runJobs(), 'jobs')
        poll = setInterval(() => quietly(runJobs(), 'jobs'), jobPollMs)
        wecom.start()
      }
      if (plans || delivers) delivery.start({ announces: plans, delivers })
      if (file) quietly(file.start(), 'watching the cadence file')
    },
    wakeJobs: () => (plans ? quietly(runJobs(), 'jobs') : undefined),
    async stop() {
      if (poll !== null) clearInterval(poll)
      await http.stop()
      await file?.stop()
      // First whoever still speaks: its calls are settled by their answers, not by guessing afterwards.
      await delivery.stop()
      await followers.stop()
      await tags.stop()
      await wecom.stop()
      while (running > 0) await pause(20)
      await shared.redis?.close()
      await core.close()
    },
    async settle() {
      for (let moved = true; moved;) {
        const now = clock.now()
        moved = await looks.followers()
        moved = (await looks.jobs()) || moved
        moved = (await looks.tags()) || moved
        moved = (await looks.wecom()) || moved
        const due = await deliveryDueAt()
        if (due === null || due > now) continue
        moved = (await works.drain()) || moved
        moved = (await works.reconcile()) || moved
        moved = (await works.poll()) || moved
      }
    },
    busy: () =>
      http.busy() || recorder.busy() || !delivery.idle() || running > 0 || tags.busy() || wecom.busy(),
    async nextDueAt() {
      const times = [
        runner.nextDueAt(clock.now()),
        await deliveryDueAt(),
        await wecom.nextDueAt(),
        await tags.nextDueAt(),
      ].filter((at) => at !== null)
      return times.length === 0 ? null : Math.min(...times)
    },
    compareAll: () => wecom.compareAll(),
    async refreshTiers() {
      const today = dayOf(clock.now())
      await refreshCutPoints(core, today, 'import')
    },
    async gamesBetween(from, days) {
      const cadence = await currentCadence(db.reader)
      if (!cadence) throw new Error('No cadence is published.')
      const games = Array.from({ length: days }, (_, n) => gamesOf(cadence, addDays(from, n))).flat()
      return [...new Map(games.map((game) => [game.id, game])).values()]
    },
  }
}

/** The answer of this instant, as long as nothing is written here. */
function sameInstant<T>(
  db: Db,
  clock: Clock,
  ask: () => Promise<T>,
  isKept: (answer: T) => boolean = () => true,
): () => Promise<T> {
  let known: { readonly at: Instant; readonly commits: number; readonly answer: T } | null = null
  return async () => {
    const before = { at: clock.now(), commits: db.commits() }
    if (known?.at === before.at && known.commits === before.commits) return known.answer
    const answer = await ask()
    known = isKept(answer) ? { ...before, answer } : null
    return answer
  }
}

/** What found nothing finds nothing again in the same instant, as long as nothing is written here. */
const createLook =
  (db: Db, clock: Clock) =>
  (work: () => Promise<boolean>): (() => Promise<boolean>) =>
    sameInstant(db, clock, work, (moved) => !moved)

/** Named in /readyz, never vital: the last good cadence stays in force. */
const fileCheck = (file: FileWatch): Check => ({
  name: 'cadence-file',
  vital: false,
  missing: () => Promise.resolve(file.missing()),
})

/**
 * What several servers share beside the database. SQLite has one server and needs none of it. Without Redis (or without
 * the queue's schema) everything goes on, found by looking: so it is named by /readyz and vital to nothing.
 */
async function openShared(
  { env, db }: Core,
  log: Log,
): Promise<{
  readonly queue: WorkQueue | null
  readonly redis: Redis | null
  readonly checks: readonly Check[]
}> {
  if (db.dialect === 'sqlite' || env.roles.join() === 'web') {
    if (env.redisUrl !== undefined && db.dialect === 'sqlite')
      log.info('REDIS_URL is not used: with SQLite there is one server')
    return { queue: null, redis: null, checks: [] }
  }
  // Servers of one installation have the same key, whatever name each knows the database by.
  const prefix = `siyu-${keyedDigest(env.masterKey, 'queue', 12)}`
  const redis = env.redisUrl === undefined ? null : await openRedis(env.redisUrl, prefix, log)
  const queue = await createBullQueue({ databaseUrl: env.databaseUrl, redis, log })
  const name = redis === null ? 'queue' : 'redis'
  return { queue, redis, checks: [{ name, vital: false, missing: () => Promise.resolve(queue.missing()) }] }
}

/** Games of the day exist before its first message goes out, and as soon as a cadence with new ones is published. */
const openGames = (core: Core): Job => ({
  name: 'open-games',
  schedule: { every: 'day', at: '00:05' },
  catchUpMs: 86_400_000,
  run: ({ day }) => openGamesOf(core, day),
})

const gamesFollower = (core: Core): Parameters<typeof createFollowers>[2][number] => ({
  name: 'open-games',
  kinds: ['cadence-published'],
  async handle(ctx) {
    const cadence = await currentCadence(ctx.tx)
    if (cadence) await ensureGames(ctx, gamesOf(cadence, dayOf(core.clock.now())))
  },
})

async function openGamesOf(core: Core, day: Day): Promise<void> {
  const cadence = await currentCadence(core.db.reader)
  if (cadence) await core.act(system('open-games'), (ctx) => ensureGames(ctx, gamesOf(cadence, day)))
}
