/** Hints and rates that several workers share, on PostgreSQL and on Redis. What counts is what the fake channel accepted. */
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { postgresDatabase } from '../../test/database.ts'
import { fakeChannel } from '../../test/fake-channel.ts'
import type { FakeChannel } from '../../test/fake-channel.ts'
import { openWorld } from '../../test/outbox-world.ts'
import type { World } from '../../test/outbox-world.ts'
import { testRedis } from '../../test/redis.ts'
import { hours, wallClock } from '../base/clock.ts'
import { createLog } from '../base/log.ts'
import { linkKey } from '../content/index.ts'
import { enqueue, pauseSending, resumeSending } from '../outbox/index.ts'
import { createSharedLimiter, pace } from './bucket.ts'
import type { Reserve } from './bucket.ts'
import { createDelivery } from './deliver.ts'
import type { Delivery } from './deliver.ts'
import { reserveInPostgres, reserveInRedis } from './limiter.ts'
import type { Hint, WorkQueue } from './queue.ts'
import { createBullQueue, queueSchema } from './queue-bullmq.ts'
import { openRedis } from './redis.ts'
import type { Redis } from './redis.ts'

const server = inject('postgresUrl')
const redisUrl = await testRedis('queue and rates in Redis')
const log = createLog('silent')
const engines = [
  ...(server === null ? [] : (['postgres'] as const)),
  ...(server === null || redisUrl === null ? [] : (['redis'] as const)),
]
if (server === null) process.stderr.write('!! skipped on PostgreSQL: the queue\n')

describe.each(engines)('the queue on %s', (engine) => {
  let world: World
  let databaseUrl: string
  let redis: Redis | null
  const servers: Delivery[] = []
  const prefix = `siyu-test-${randomBytes(4).toString('hex')}`

  beforeEach(async () => {
    world = await openWorld(async () => {
      const opened = await postgresDatabase(server ?? '')
      databaseUrl = opened.url
      return opened
    }, 120)
    redis =
      engine === 'redis'
        ? await openRedis(redisUrl ?? '', `${prefix}-${randomBytes(4).toString('hex')}`, log)
        : null
  })
  afterEach(async () => {
    for (const one of servers.splice(0)) await one.stop()
    await redis?.close()
    await world.drop()
  })

  async function join(channels: readonly FakeChannel[], watch?: (hint: Hint) => void): Promise<Delivery> {
    const queue = await createBullQueue({ databaseUrl, redis, log })
    const watched: WorkQueue = {
      ...queue,
      start: (names, handle) =>
        queue.start(names, (hint) => {
          watch?.(hint)
          return handle(hint)
        }),
    }
    const delivery = createDelivery({
      db: world.db,
      act: world.act,
      clock: world.clock,
      log,
      channels,
      links: { publicUrl: 'https://shop.example', key: linkKey(Buffer.alloc(32, 1)) },
      reconcileDelaysMs: [300, 1_000],
      queue: watched,
    })
    servers.push(delivery)
    await until(() => queue.missing() === null)
    return delivery
  }
  const stage = (from: number, to: number) =>
    world.as((ctx) =>
      enqueue(
        ctx,
        Array.from({ length: to - from }, (_, i) =>
          world.candidate(from + i, { channel: 'advisor-task', purpose: 'service' }),
        ),
      ),
    )
  const task = () => fakeChannel('advisor-task', { now: () => world.clock.now(), resendWithinMs: hours(4) })

  it('shares the work of a planner between two workers, each promise once, and pauses with the switch', async () => {
    const [first, second] = [task(), task()]
    first.latencyMs = 5
    second.latencyMs = 5
    const hints: Hint[] = []
    const planner = await join([task()])
    planner.start({ announces: true, delivers: false })
    for (const channel of [first, second])
      (await join([channel], (hint) => hints.push(hint))).start({ announces: false, delivers: true })
    await stage(1, 101)
    planner.wake()
    await until(() => first.calls.length + second.calls.length >= 100)
    const called = [...first.calls, ...second.calls].map(({ recipients }) => recipients[0]?.promise)
    expect(new Set(called).size).toBe(100)
    expect(called).toHaveLength(100)
    expect(Math.min(first.calls.length, second.calls.length)).toBeGreaterThan(0)
    expect(hints.every(({ ids }) => ids.length > 0 && ids.length <= 32)).toBe(true)

    await world.as((ctx) => pauseSending(ctx, 'lin', 'test'))
    await stage(101, 121)
    planner.wake()
    // Long enough for any hint to arrive: the announcer has looked at least once more.
    await new Promise((ok) => setTimeout(ok, 1_200))
    expect(first.calls.length + second.calls.length).toBe(100)
    await world.act({ kind: 'staff', userid: 'lin' }, (ctx) => resumeSending(ctx, 'lin', 'test'))
    await until(() => first.calls.length + second.calls.length >= 120)
    if (engine === 'postgres') {
      const drift = await world.db.source.driver.createSchemaBuilder().log()
      expect(drift.upQueries).toHaveLength(0)
      const [made] = await world.db.reader.rows<{ n: number }>(
        `select cast(count(*) as bigint) as n from information_schema.tables where table_schema = '${queueSchema}'`,
      )
      expect(made?.n).toBeGreaterThan(0)
    }
  })

  it('finds by looking what a lost queue never told of', async () => {
    const channel = task()
    const worker = await join([channel])
    await stage(1, 21)
    // Nobody announces; only what has been overdue for a while is looked for.
    worker.start({ announces: false, delivers: true })
    await new Promise((ok) => setTimeout(ok, 300))
    expect(channel.calls).toHaveLength(0)
    world.clock.advance(6_000)
    await until(() => channel.calls.length === 20)
  })
})

describe.each(engines)('a rate kept on %s', (engine) => {
  let drop: () => Promise<void> = () => Promise.resolve()
  let reserves: Reserve[] = []
  beforeEach(async () => {
    const opened = await postgresDatabase(server ?? '')
    const redis =
      engine === 'redis'
        ? await openRedis(redisUrl ?? '', `siyu-test-${randomBytes(6).toString('hex')}`, log)
        : null
    if (redis) await until(() => redis.missing() === null)
    reserves = [0, 1].map(() => (redis ? reserveInRedis(redis) : reserveInPostgres(opened.db)))
    drop = async () => {
      await redis?.close()
      await opened.drop()
    }
  })
  afterEach(() => drop())

  it('never gives two takers more than is permitted in any second or minute', async () => {
    const { spacingMs } = pace({ perMinute: 6_000, burst: 1 })
    const places: number[] = []
    await Promise.all(
      reserves.map(async (reserve, taker) => {
        for (let turn = 0; turn < 60; turn += 1) {
          const n = 1 + ((turn * 7 + taker) % 5)
          const { nowMs, offsetMs } = await reserve('cards', spacingMs, n)
          for (let i = 0; i < n; i += 1) places.push(nowMs + offsetMs + i * spacingMs)
        }
      }),
    )
    places.sort((a, b) => a - b)
    const gaps = places.slice(1).map((at, i) => at - (places[i] ?? 0))
    expect(places.length).toBeGreaterThan(300)
    // The clock is read a moment after the place is taken, in the same statement.
    expect(Math.min(...gaps)).toBeGreaterThan(spacingMs - 2)
    expect(mostWithin(places, 1_000)).toBeLessThanOrEqual(100)
  })

  it('lets calls of two workers start at the rate, and a worst second that is hardly more', async () => {
    const limiters = reserves.map((reserve) => createSharedLimiter(wallClock, reserve))
    const starts: number[] = []
    const until = wallClock.steady() + 1_500
    await Promise.all(
      limiters.flatMap((limiter) =>
        [0, 1].map(async () => {
          const bucket = limiter.bucketOf('cards', { perMinute: 6_000, burst: 1 })
          while (wallClock.steady() < until) {
            await bucket.take()
            starts.push(wallClock.steady())
          }
        }),
      ),
    )
    expect(mostWithin(starts, 1_000)).toBeLessThanOrEqual(105)
    expect(starts.length).toBeGreaterThan(60)
  })
})

/** The most instants in any window of this length. */
function mostWithin(instants: readonly number[], ms: number): number {
  const sorted = [...instants].sort((a, b) => a - b)
  let [from, most] = [0, 0]
  sorted.forEach((at, to) => {
    while (at - (sorted[from] ?? 0) >= ms) from += 1
    most = Math.max(most, to - from + 1)
  })
  return most
}

async function until(holds: () => boolean): Promise<void> {
  const giveUpAt = wallClock.steady() + 15_000
  while (!holds()) {
    if (wallClock.steady() > giveUpAt) throw new Error('It did not come about within 15 s.')
    await new Promise((ok) => setTimeout(ok, 5))
  }
}
