/**
 * R5: two workers drain a backlog while their Redis is stopped, frozen, emptied or killed. Nothing is lost, nothing is
 * told twice, and the backlog is gone within a minute of its hour. R5_TRIALS: of each kind.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { days, seconds } from '../../src/base/clock.ts'
import type { Core } from '../../src/core.ts'
import { dice } from '../process/drain-fire.ts'
import { complete, emptyDatabase, openFleet } from '../process/fleet.ts'
import type { EmptyDatabase, Fleet } from '../process/fleet.ts'
import { stopEverything, until } from '../process/harness.ts'
import type { ServerProcess } from '../process/harness.ts'
import { ownRedis } from '../process/redis-server.ts'
import type { RedisServer } from '../process/redis-server.ts'
import { openBeside, promiseWork, toldOf } from '../process/work.ts'

const trials = Number(process.env['R5_TRIALS'] ?? 10)
const seed = Number(process.env['R5_SEED'] ?? Math.floor(Math.random() * 1_000_000))
const drainedWithinMs = seconds(60)

const shop = { advisors: 80, customersEach: 10, groups: 0 }
const cards = 800
const broadcasts = 80

/** Each leaves a Redis that answers. */
const troubles: Readonly<Record<string, (redis: RedisServer, lastsMs: number) => Promise<void>>> = {
  /** For comparison. */
  async 'left alone'() {},
  async stopped(redis, lastsMs) {
    await redis.signal('SIGTERM')
    await pause(lastsMs)
    await redis.start()
  },
  async frozen(redis, lastsMs) {
    await redis.signal('SIGSTOP')
    await pause(lastsMs)
    await redis.signal('SIGCONT')
  },
  async flushed(redis, lastsMs) {
    for (let n = 0; n < 5; n += 1) {
      await redis.flush()
      await pause(lastsMs / 5)
    }
  },
  async killed(redis, lastsMs) {
    await redis.signal('SIGKILL')
    await pause(lastsMs / 2)
    await redis.start()
  },
}

let redis: RedisServer
let database: EmptyDatabase
let fleet: Fleet
let servers: ServerProcess[] = []
let core: Core
const random = dice(seed)

beforeAll(async () => {
  const postgres = inject('postgresUrl')
  if (postgres === null) throw new Error('R5 needs a PostgreSQL.')
  redis = await ownRedis()
  database = await emptyDatabase(postgres)
  fleet = await openFleet({ shop, at: '10:20', touchpoints: 'touchpoints: {}', latencyMs: 2 })
  const env = { DATABASE_URL: database.url, REDIS_URL: redis.url }
  servers = [await fleet.serve({ ...env, SIYU_ROLES: 'web,planner' })]
  for (let n = 0; n < 2; n += 1) servers.push(await fleet.serve({ ...env, SIYU_ROLES: 'worker' }))
  await Promise.all(servers.map(complete))
  core = await openBeside(fleet, database.url)
  fleet.simulator.settings.latencyMs = 150
}, 120_000)

afterAll(async () => {
  await core.close()
  const ends = await Promise.all(servers.map(({ program }) => program.end('SIGTERM')))
  await redis.signal('SIGTERM')
  await fleet.close()
  await database.drop()
  await stopEverything()
  expect(ends.map(({ code }) => code)).toEqual(servers.map(() => 0))
})

interface Trial {
  readonly openAtStrike: number
  readonly drainedMs: number
  readonly workers: number
  readonly lost: readonly string[]
  readonly twice: readonly string[]
  readonly states: readonly string[]
}

const openOf = (mark: string): Promise<{ lease_holder: string | null }[]> =>
  core.db.reader.rows(
    `select lease_holder from promise where dedupe_key like $1 and state in ('queued', 'claimed', 'intent', 'unknown')`,
    [`${mark}:%`],
  )

async function runTrial(mark: string, trouble: (typeof troubles)[string]): Promise<Trial> {
  const at = fleet.clock.now() + days(1)
  await promiseWork(core, { mark, at, cards, broadcasts })
  await fleet.forwardTo(at)
  const startedAt = Date.now()
  await pause(500 + random() * 4_000)
  const openAtStrike = (await openOf(mark)).length
  const mended = trouble(redis, 2_000 + random() * 8_000)
  const holders = new Set<string>()
  await until(
    `${mark} is drained`,
    async () => {
      const open = await openOf(mark)
      for (const { lease_holder } of open) if (lease_holder !== null) holders.add(lease_holder)
      return open.length === 0 ? true : null
    },
    { timeoutMs: 180_000, everyMs: 200 },
  )
  const drainedMs = Date.now() - startedAt
  await mended
  const states = await core.db.reader.rows<{ state: string }>(
    'select distinct state from promise where dedupe_key like $1 order by state',
    [`${mark}:%`],
  )
  const told = await toldOf(core, fleet.ledger(), mark)
  // Where it is told by the queue again, not by looking.
  await Promise.all(servers.map(complete))
  return { openAtStrike, drainedMs, workers: holders.size, ...told, states: states.map(({ state }) => state) }
}

const spread = (values: readonly number[]) => {
  const ascending = values.toSorted((a, b) => a - b)
  return { median: ascending[Math.floor(ascending.length / 2)] ?? 0, worst: ascending.at(-1) ?? 0 }
}

it.each(Object.keys(troubles))('R5: Redis is %s under a backlog', { timeout: 3_600_000 }, async (name) => {
  const trouble = troubles[name]
  if (!trouble) throw new Error(`Nobody knows how Redis is ${name}.`)
  const done: Trial[] = []
  for (let n = 0; n < trials; n += 1) done.push(await runTrial(`${name}-${String(n)}`, trouble))
  const figures = {
    redis: name,
    seed,
    trials: done.length,
    promises: done.length * (cards + broadcasts),
    lost: done.flatMap(({ lost }) => lost),
    twice: done.flatMap(({ twice }) => twice),
    leastOpenAtStrike: Math.min(...done.map(({ openAtStrike }) => openAtStrike)),
    drainedMs: spread(done.map(({ drainedMs }) => drainedMs)),
  }
  process.stderr.write(`R5 ${JSON.stringify(figures)}\n`)
  expect([figures.lost, figures.twice]).toEqual([[], []])
  for (const { states, workers } of done) {
    expect(['sent', 'waiting']).toEqual(expect.arrayContaining([...states]))
    expect(workers).toBeGreaterThanOrEqual(2)
  }
  expect(figures.leastOpenAtStrike).toBeGreaterThan(0)
  expect(figures.drainedMs.worst).toBeLessThan(drainedWithinMs)
})
