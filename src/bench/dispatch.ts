/**
 * `siyu bench dispatch`: promises that are due go out through an API, by our outbox (embedded, SQLite with `FULL`) and
 * by BullMQ, in turn. `rated`: at a permitted rate, which a good sender uses up and never exceeds. `free`: without a
 * limit, where what a delivery costs beside its HTTP shows against a bare loop of the same requests. `idle`: a look that
 * finds nothing, beside few and beside many promises that are not due yet.
 */
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { instantOf } from '../base/calendar.ts'
import { hours } from '../base/clock.ts'
import type { Day } from '../base/calendar.ts'
import { system } from '../base/act.ts'
import { newSecret } from '../base/ids.ts'
import { createLog } from '../base/log.ts'
import { createDelivery } from '../delivery/index.ts'
import type { Delivery } from '../delivery/index.ts'
import { enqueue, rememberChannels } from '../outbox/index.ts'
import type { Candidate } from '../outbox/index.ts'
import { bodyOf, createCaller, limitedChannel, startLimitedApi } from './limited-api.client.ts'
import type { Caller, LimitedApi, Seen } from './limited-api.client.ts'
import { costOf, costsOf, rounded, spreadOf } from './measure.ts'
import type { Cost } from './measure.ts'
import { openPlace } from './place.ts'
import type { Place } from './place.ts'

export interface DispatchOptions {
  /** Promises of a rated turn. */
  readonly promises: number
  /** Promises of a free turn, two sizes or more: the growth is told. */
  readonly sizes: readonly number[]
  readonly perSecond: number
  readonly pairs: number
  /** For BullMQ; without one it is left out, by name. */
  readonly redisUrl?: string | undefined
  readonly say?: (words: string) => void
}

const today: Day = '2026-05-20'
/** Inside a window: everything owed may go out at once. */
export const openHour = instantOf(today, '15:00')
const atOnce = 8
const unlimited = 1_000_000

export async function benchDispatch(options: DispatchOptions) {
  const say = options.say ?? (() => undefined)
  if (options.redisUrl === undefined) say('!! no --redis-url: BullMQ is left out')
  const rated = await ratedTurns(options, say)
  const free = []
  for (const size of options.sizes) {
    say(`free: ${String(size)}`)
    free.push(await freeTurns(options, size))
  }
  const [small, large] = [free[0], free.at(-1)]
  return {
    bench: 'dispatch',
    product: ['ours'],
    prototypes: ['bare'],
    peers: options.redisUrl === undefined ? [] : ['bullmq'],
    pairs: options.pairs,
    rated,
    free,
    growth:
      small && large && small !== large
        ? {
            promises: rounded(large.promises / small.promises),
            oursCpu: rounded(
              (large.ours.usCpuEach.median * large.promises) / (small.ours.usCpuEach.median * small.promises),
            ),
          }
        : null,
    idle: await idleLooks(options.sizes),
  }
}

// ------------------------------------------------------------------ ours

/** So many promises, due now. */
export async function owe(place: Place, count: number, dueInHours = 0): Promise<void> {
  place.clock.set(openHour)
  await place.act(system('bench'), (ctx) => rememberChannels(ctx, ['sms']))
  for (let from = 0; from < count; from += 500) {
    const part = Array.from({ length: Math.min(500, count - from) }, (_, i) => owed(from + i, dueInHours))
    await place.act(system('bench'), (ctx) => enqueue(ctx, part), 'bulk')
  }
}

const owed = (n: number, dueInHours: number): Candidate => ({
  dedupeKey: `bench:c${String(n)}:${String(dueInHours)}`,
  touchpoint: 'bench',
  title: '到店提醒',
  cadenceVersion: 1,
  purpose: 'service',
  personal: true,
  channel: 'sms',
  subjectKind: 'customer',
  subject: `wm${String(n)}`,
  customer: `c${String(n)}`,
  day: today,
  wantedAt: instantOf(today, '14:40') + hours(dueInHours),
  expiresAt: instantOf('2026-06-20', '20:00'),
  priority: 50,
  content: { text: '本周给您留了新到的样品，回复我就好。' },
})

export const deliveryOf = (
  place: Pick<Place, 'db' | 'act' | 'clock'>,
  caller: Caller,
  perSecond: number,
): Delivery =>
  createDelivery({
    db: place.db,
    act: place.act,
    clock: place.clock,
    log: createLog('silent'),
    channels: [limitedChannel(caller, perSecond)],
    links: { publicUrl: 'https://shop.example', key: Buffer.alloc(32, 1) },
    reconcileDelaysMs: [300, 1_000, 3_000],
    alone: true,
  })

async function withOurs<T>(
  api: LimitedApi,
  promises: number,
  perSecond: number,
  work: (drain: () => Promise<unknown>) => Promise<T>,
): Promise<T> {
  const place = await openPlace('sqlite', today, null)
  const caller = createCaller(api.url, atOnce)
  try {
    await owe(place, promises)
    const delivery = deliveryOf(place, caller, perSecond)
    const answer = await work(() => drainAll(place, delivery))
    await delivery.stop()
    return answer
  } finally {
    await caller.close()
    await place.close()
  }
}

/** What was refused because of the limit rests on business time, which runs on here. */
async function drainAll({ db, clock }: Place, delivery: Delivery): Promise<void> {
  for (let from = performance.now(); ; from = performance.now()) {
    await delivery.drainOnce(clock.now())
    const [left] = await db.reader.rows<{ n: number }>(
      `select cast(count(*) as bigint) as n from promise where state = 'queued'`,
    )
    if (left?.n === 0) return
    await pause(20)
    clock.advance(performance.now() - from)
  }
}

// ------------------------------------------------------------------ BullMQ

async function withBullmq<T>(
  api: LimitedApi,
  promises: number,
  redisUrl: string,
  perSecond: number | null,
  work: (drain: () => Promise<unknown>) => Promise<T>,
): Promise<T> {
  const { Queue, Worker } = await import('bullmq')
  const { Redis } = await import('ioredis')
  const connection = new Redis(redisUrl, { maxRetriesPerRequest: null })
  const prefix = `siyu-bench-${newSecret().slice(0, 8)}`
  const queue = new Queue('dispatch', { connection, prefix })
  const caller = createCaller(api.url, atOnce)
  try {
    for (let from = 0; from < promises; from += 1_000)
      await queue.addBulk(
        Array.from({ length: Math.min(1_000, promises - from) }, (_, i) => ({
          name: 'send',
          data: { id: `b${String(from + i)}` },
          opts: { removeOnComplete: true },
        })),
      )
    return await work(async () => {
      let done = 0
      let finished: () => void = () => undefined
      const all = new Promise<void>((ok) => (finished = ok))
      const worker = new Worker<{ id: string }>(
        'dispatch',
        async ({ data }) => {
          // Refused: its own words for "not now, the limit is reached".
          if (!(await caller.send(bodyOf(data.id)))) {
            await worker.rateLimit(1_000)
            throw Worker.RateLimitError()
          }
          done += 1
          if (done === promises) finished()
        },
        {
          connection,
          prefix,
          concurrency: atOnce,
          ...(perSecond === null ? {} : { limiter: { max: perSecond, duration: 1_000 } }),
        },
      )
      await all
      await worker.close()
      return done
    })
  } finally {
    await queue.obliterate({ force: true })
    await queue.close()
    await caller.close()
    connection.disconnect()
    if (connection.status !== 'end') await once(connection, 'end')
  }
}

// ------------------------------------------------------------------ at a permitted rate

interface RatedTurn extends Seen {
  readonly share: number
  readonly cpuUsEach: number
}

async function ratedTurns(
  { promises, perSecond, pairs, redisUrl }: DispatchOptions,
  say: (words: string) => void,
) {
  const turns: Record<'ours' | 'bullmq', RatedTurn[]> = { ours: [], bullmq: [] }
  const api = await startLimitedApi(perSecond)
  const take = async (name: 'ours' | 'bullmq', drain: () => Promise<unknown>): Promise<void> => {
    await api.reset()
    const cost = await costOf(drain)
    const seen = await api.seen()
    if (seen.accepted !== promises)
      throw new Error(`${name} sent ${String(seen.accepted)} of ${String(promises)}.`)
    turns[name].push({
      ...seen,
      share: rounded(promises / seen.seconds / perSecond),
      cpuUsEach: rounded((cost.cpuMs * 1_000) / promises),
    })
  }
  try {
    for (let pair = 0; pair < pairs; pair += 1) {
      say(`rated: ${String(promises)} at ${String(perSecond)} a second, turn ${String(pair + 1)}`)
      await withOurs(api, promises, perSecond, (drain) => take('ours', drain))
      if (redisUrl !== undefined)
        await withBullmq(api, promises, redisUrl, perSecond, (drain) => take('bullmq', drain))
    }
  } finally {
    await api.close()
  }
  return {
    promises,
    perSecond,
    ours: told(turns.ours),
    bullmq: turns.bullmq.length === 0 ? null : told(turns.bullmq),
  }
}

const told = (turns: readonly RatedTurn[]) => ({
  shareOfPermitted: spreadOf(turns.map(({ share }) => share)),
  worstSecond: spreadOf(turns.map(({ worstSecond }) => worstSecond)),
  worstMinute: spreadOf(turns.map(({ worstMinute }) => worstMinute)),
  refused: turns.reduce((sum, { refused }) => sum + refused, 0),
  twice: turns.reduce((sum, { twice }) => sum + twice, 0),
  cpuUsEach: spreadOf(turns.map(({ cpuUsEach }) => cpuUsEach)),
})

// ------------------------------------------------------------------ without a limit

async function freeTurns({ pairs, redisUrl }: DispatchOptions, promises: number) {
  const costs: Record<'ours' | 'bare' | 'bullmq', Cost[]> = { ours: [], bare: [], bullmq: [] }
  const api = await startLimitedApi(0)
  try {
    for (let pair = 0; pair < pairs; pair += 1) {
      await api.reset()
      await withOurs(api, promises, unlimited, async (drain) => void costs.ours.push(await costOf(drain)))
      costs.bare.push(await bareCost(api, promises))
      if (redisUrl !== undefined)
        await withBullmq(
          api,
          promises,
          redisUrl,
          null,
          async (drain) => void costs.bullmq.push(await costOf(drain)),
        )
    }
  } finally {
    await api.close()
  }
  const each = (some: readonly Cost[]) =>
    spreadOf(some.map(({ cpuMs }) => rounded((cpuMs * 1_000) / promises)))
  const bare = each(costs.bare)
  const figures = (some: readonly Cost[]) => ({
    ...costsOf(some),
    usCpuEach: each(some),
    usCpuEachWithoutHttp: rounded(each(some).median - bare.median),
  })
  const ours = figures(costs.ours)
  const bullmq = costs.bullmq.length === 0 ? null : figures(costs.bullmq)
  return {
    promises,
    ours,
    bare: { usCpuEach: bare },
    bullmq,
    oursOverBullmqCpu: bullmq === null ? null : rounded(ours.usCpuEach.median / bullmq.usCpuEach.median),
  }
}

/** The same requests, as many at once, and nothing else. */
async function bareCost(api: LimitedApi, promises: number): Promise<Cost> {
  const caller = createCaller(api.url, atOnce)
  let next = 0
  const one = async (): Promise<void> => {
    while (next < promises) await caller.send(bodyOf(`bare${String((next += 1))}`))
  }
  try {
    return await costOf(() => Promise.all(Array.from({ length: atOnce }, one)))
  } finally {
    await caller.close()
  }
}

// ------------------------------------------------------------------ nothing to do

const looks = 200

async function idleLooks(sizes: readonly number[]) {
  const answers = []
  const api = await startLimitedApi(0)
  try {
    for (const later of sizes) {
      const place = await openPlace('sqlite', today, null)
      const caller = createCaller(api.url, atOnce)
      try {
        await owe(place, later, 48)
        const delivery = deliveryOf(place, caller, unlimited)
        await delivery.drainOnce(place.clock.now())
        const cost = await costOf(async () => {
          for (let n = 0; n < looks; n += 1) await delivery.drainOnce(place.clock.now())
        })
        await delivery.stop()
        answers.push({ later, usCpuEach: rounded((cost.cpuMs * 1_000) / looks) })
      } finally {
        await caller.close()
        await place.close()
      }
    }
  } finally {
    await api.close()
  }
  return answers
}
