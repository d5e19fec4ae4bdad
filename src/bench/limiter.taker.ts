/** One of several processes that call as fast as they are let: prints when each call started. */
import { performance } from 'node:perf_hooks'
import { wallClock } from '../base/clock.ts'
import { newSecret } from '../base/ids.ts'
import { createLog } from '../base/log.ts'
import { createLimiter, openRedis } from '../delivery/index.ts'
import type { Limiter } from '../delivery/index.ts'
import { openDatabase } from '../schema.ts'

const [kind = '', databaseUrl = '', redisUrl = '', perSecond = '100', seconds = '5', prefix = newSecret()] =
  process.argv.slice(2)
const permitted = Number(perSecond)
const forMs = Number(seconds) * 1_000
const starts: number[] = []
const now = (): number => performance.timeOrigin + performance.now()
const log = createLog('silent')

async function takeFrom(limiter: Limiter): Promise<void> {
  const until = now() + forMs
  const bucket = limiter.bucketOf('bench', { perMinute: permitted * 60, burst: 1 })
  const caller = async (): Promise<void> => {
    while (now() < until) {
      await bucket.take()
      starts.push(now())
    }
  }
  await Promise.all(Array.from({ length: 4 }, caller))
}

async function ours(): Promise<void> {
  const { db } = await openDatabase(databaseUrl, '/', 'create', wallClock.now())
  const redis = kind === 'redis' ? await openRedis(redisUrl, prefix, log) : null
  while (redis !== null && redis.missing() !== null) await new Promise((ok) => setTimeout(ok, 5))
  await takeFrom(createLimiter({ db, clock: wallClock, log, redis }))
  await redis?.close()
  await db.close()
}

/** BullMQ's own limiter, over jobs that are there already. */
async function peer(): Promise<void> {
  const { Worker } = await import('bullmq')
  const { Redis } = await import('ioredis')
  const connection = new Redis(redisUrl, { maxRetriesPerRequest: null })
  const started = (): Promise<void> => {
    starts.push(now())
    return Promise.resolve()
  }
  const worker = new Worker('limited', started, {
    connection,
    prefix,
    concurrency: 4,
    limiter: { max: permitted, duration: 1_000 },
  })
  await new Promise((ok) => setTimeout(ok, forMs))
  await worker.close()
  connection.disconnect()
}

await (kind === 'bullmq' ? peer() : ours())
process.send?.(starts, () => process.disconnect())
