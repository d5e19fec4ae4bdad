/**
 * The queue by BullMQ, in a schema of its own of our PostgreSQL or in Redis. A queue per channel: one that must wait for
 * its rate keeps no other waiting. Jobs are tried once and forgotten at once; whatever goes wrong, the outbox knows.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Queue, Worker } from 'bullmq'
import { postgresSessions } from '../base/db.ts'
import { messageOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { ChannelName } from '../outbox/index.ts'
import type { Hint, WorkQueue } from './queue.ts'
import type { Redis } from './redis.ts'

/** Two, so that the next claim is made while the last calls of the one before are under way. */
const hintsAtOnce = 2
/** What a fallen worker had in hand is the outbox's to give back; the queue only has to let its job go. */
const jobs = { lockDuration: 10_000, stalledInterval: 10_000, maxStalledCount: 1 }
const forgotten = { removeOnComplete: true, removeOnFail: true, attempts: 1 }
const announceMs = 2_000
const stopMs = 5_000
const againMs = 3_000
export const queueSchema = 'siyu_queue'

type Hints = { readonly ids: readonly string[] }
type AnyQueue = Pick<Queue<Hints>, 'addBulk' | 'close'> & Speaks
type AnyWorker = Pick<Worker<Hints>, 'close'> & Speaks
interface Speaks {
  on(event: 'error', listen: (error: Error) => void): unknown
}

/** What differs between the engines. */
interface Engine {
  readonly engine: WorkQueue['engine']
  /** Resolves when workers may be made. */
  readonly prepared: Promise<void>
  missing(): string | null
  queue(name: string): AnyQueue
  worker(name: string, handle: (ids: readonly string[]) => Promise<void>): AnyWorker
  close(): Promise<void>
}

export interface QueueParts {
  readonly databaseUrl: string
  readonly redis: Redis | null
  readonly log: Log
}

/** Loaded when it is needed only: SQLite never does. */
export async function createBullQueue(parts: QueueParts): Promise<WorkQueue> {
  const engine = parts.redis === null ? await inPostgres(parts) : await inRedis(parts.redis)
  return queueOver(engine, parts.log)
}

function queueOver(engine: Engine, log: Log): WorkQueue {
  let stopped = false
  let quiet = false
  // Both engines speak of every lost connection again and again: once is enough.
  const trouble = (error: unknown): void => {
    if (!quiet && !stopped)
      log.warn({ err: error, engine: engine.engine }, 'the queue has trouble; work is looked for meanwhile')
    quiet = true
  }
  const producers = createProducers(engine, trouble)
  const consumers = createConsumers(engine, trouble)
  return {
    engine: engine.engine,
    missing: () => engine.missing(),
    async announce(hints) {
      if (stopped || engine.missing() !== null) return false
      try {
        await within(announceMs, producers.add(hints))
        quiet = false
        return true
      } catch (error) {
        trouble(error)
        await producers.close()
        return false
      }
    },
    start: (channels, handle) => consumers.start(channels, handle),
    idle: () => consumers.idle(),
    async stop() {
      stopped = true
      await consumers.stop()
      await producers.close()
      await engine.close()
    },
  }
}

function createProducers(engine: Engine, trouble: (error: unknown) => void) {
  const queues = new Map<ChannelName, AnyQueue>()
  const queueOf = (channel: ChannelName): AnyQueue => {
    const known = queues.get(channel)
    if (known) return known
    const queue = engine.queue(channel)
    queue.on('error', trouble)
    queues.set(channel, queue)
    return queue
  }
  return {
    async add(hints: readonly Hint[]): Promise<void> {
      for (const channel of new Set(hints.map((hint) => hint.channel))) {
        const some = hints.filter((hint) => hint.channel === channel)
        await queueOf(channel).addBulk(
          // Of "whatever is due" one is enough.
          some.map(({ ids }) => ({
            name: 'due',
            data: { ids },
            opts: { ...forgotten, ...(ids.length === 0 ? { jobId: 'whole' } : {}) },
          })),
        )
      }
    },
    /** The next announcement opens them anew: one whose first connection failed would fail for ever. */
    async close(): Promise<void> {
      const all = [...queues.values()]
      queues.clear()
      await settledWithin(
        stopMs,
        all.map((queue) => queue.close()),
      )
    },
  }
}

function createConsumers(engine: Engine, trouble: (error: unknown) => void) {
  const workers = new Map<ChannelName, AnyWorker>()
  const broken = new Set<AnyWorker>()
  let timer: NodeJS.Timeout | null = null
  let stopped = false
  let inHand = 0
  const close = (some: readonly AnyWorker[], force: boolean): Promise<unknown> =>
    settledWithin(
      stopMs,
      some.map((worker) => worker.close(force)),
    )
  return {
    idle: () => inHand === 0,
    start(channels: readonly ChannelName[], handle: (hint: Hint) => Promise<void>): void {
      const work = (channel: ChannelName): AnyWorker => {
        const worker = engine.worker(channel, async (ids) => {
          inHand += 1
          try {
            await handle({ channel, ids })
          } finally {
            inHand -= 1
          }
        })
        // After an error it would ask again at once and for ever: it is ended, and another takes its place later.
        worker.on('error', (error) => {
          trouble(error)
          if (broken.has(worker)) return
          broken.add(worker)
          void close([worker], true)
        })
        return worker
      }
      const tend = (): void => {
        if (engine.missing() !== null) return
        for (const channel of channels) {
          const worker = workers.get(channel)
          if (worker && !broken.delete(worker)) continue
          workers.set(channel, work(channel))
        }
      }
      void engine.prepared.then(() => {
        if (stopped) return
        tend()
        timer = setInterval(tend, againMs)
      })
    },
    async stop(): Promise<void> {
      stopped = true
      if (timer !== null) clearInterval(timer)
      await close([...workers.values()], engine.missing() !== null)
    },
  }
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const late = new AbortController()
  const limit = pause(ms, undefined, { signal: late.signal }).then(() => {
    throw new Error(`no answer within ${String(ms)} ms`)
  })
  limit.catch(() => undefined)
  // Whatever becomes of it later, nobody waits for it any more.
  work.catch(() => undefined)
  try {
    return await Promise.race([work, limit])
  } finally {
    late.abort()
  }
}

/** Without its server a queue may never end by itself. */
const settledWithin = (ms: number, work: readonly Promise<unknown>[]): Promise<unknown> =>
  within(ms, Promise.allSettled(work)).catch(() => undefined)

async function inRedis(redis: Redis): Promise<Engine> {
  const { Queue: RedisQueue, Worker: RedisWorker } = await import('bullmq')
  const { prefix } = redis
  return {
    engine: 'redis',
    prepared: Promise.resolve(),
    missing: () => redis.missing(),
    queue: (name) => new RedisQueue<Hints>(name, { connection: redis.client('asks'), prefix }),
    worker: (name, handle) =>
      new RedisWorker<Hints>(name, ({ data }) => handle(data.ids), {
        ...jobs,
        connection: redis.client('waits'),
        prefix,
        concurrency: hintsAtOnce,
      }),
    // The connections are closed by whoever opened them.
    close: () => Promise.resolve(),
  }
}

/** What BullMQ listens with. */
interface Listening {
  on(event: 'error', listener: (error: Error) => void): unknown
  removeAllListeners(event?: string): unknown
}

/**
 * BullMQ takes every listener off the connection that listens, and then ends it. A database that stops meanwhile has a
 * last word for it, an error that would meet nobody and end our process: from now on somebody is always there.
 */
export function neverDeaf(client: Listening): void {
  const silence = client.removeAllListeners.bind(client)
  client.removeAllListeners = (event?: string) => {
    silence(event)
    // Whoever closed it does not want to know any more.
    if (event === undefined || event === 'error') client.on('error', () => undefined)
    return client
  }
}

/** One connection for each queue that is told, and for each worker one that asks and one that listens. */
async function inPostgres({ databaseUrl, log }: QueueParts): Promise<Engine> {
  const { PostgresConnection, createPostgresBackend, withBackend } = await import('bullmq')
  const { Queue: PostgresQueue, Worker: PostgresWorker } = withBackend(
    (...parts: Parameters<typeof createPostgresBackend>) => {
      const backend = createPostgresBackend(...parts)
      const listen = backend.connection.getListenClient.bind(backend.connection)
      const known = new WeakSet<object>()
      backend.connection.getListenClient = async () => {
        const client = await listen()
        if (!known.has(client)) neverDeaf(client)
        known.add(client)
        return client
      }
      return backend
    },
  )
  const connection = { ...postgresSessions(databaseUrl), schema: queueSchema, max: 1 }
  let missing: string | null = 'its schema is not there yet'
  let closed = false
  /** BullMQ makes and upgrades its schema itself, one process at a time. */
  const migrate = async (): Promise<void> => {
    const once = new PostgresConnection({ ...connection, migrate: true })
    try {
      await once.waitUntilReady()
    } finally {
      await once.close()
    }
  }
  const prepare = async (): Promise<void> => {
    while (!closed) {
      try {
        await migrate()
        missing = null
        return
      } catch (error) {
        if (missing !== messageOf(error))
          log.warn({ err: error }, 'the queue cannot be set up in PostgreSQL; work is looked for meanwhile')
        missing = messageOf(error)
        await pause(againMs)
      }
    }
  }
  const prepared = prepare()
  return {
    engine: 'postgres',
    prepared,
    missing: () => missing,
    queue: (name) => new PostgresQueue<Hints>(name, { connection }),
    worker: (name, handle) =>
      new PostgresWorker<Hints>(name, ({ data }) => handle(data.ids), {
        ...jobs,
        connection,
        concurrency: hintsAtOnce,
      }),
    async close() {
      closed = true
      await prepared
    },
  }
}
