/**
 * One sender that is killed in the middle, and its successor: goes on with what is due until nothing is left, and ends.
 * `ours`: the outbox. `mark`: takes 500, sends them, then marks them, as tutorials do. `bullmq`: a worker on Redis.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { virtualClock } from '../base/clock.ts'
import { openDatabase } from '../schema.ts'
import { openHour, deliveryOf } from './dispatch.ts'
import { bodyOf, createCaller } from './limited-api.client.ts'
import type { Caller } from './limited-api.client.ts'
import { placeOn } from './place.ts'

const [kind = '', apiUrl = '', where = '', prefix = '', inFlight = '20', laterMs = '0'] =
  process.argv.slice(2)
const atOnce = Number(inFlight)
const unlimited = 1_000_000
const startedAt = performance.now()

/** The lease of whoever was killed is over by the database's clock; what it called is looked up on business time. */
async function ours(caller: Caller): Promise<void> {
  const clock = virtualClock(openHour)
  const place = await placeOn(where, '/', clock)
  const delivery = deliveryOf(place, caller, unlimited)
  for (;;) {
    clock.set(openHour + (performance.now() - startedAt) + Number(laterMs))
    await delivery.drainOnce(clock.now())
    await delivery.reconcileOnce(clock.now())
    const [left] = await place.db.reader.rows<{ n: number }>(
      `select cast(count(*) as bigint) as n from promise where state in ('queued', 'claimed', 'intent', 'unknown')`,
    )
    if (left?.n === 0) break
    await pause(20)
  }
  await delivery.stop()
  await place.close()
}

const markedAtOnce = 500

async function mark(caller: Caller): Promise<void> {
  const { db } = await openDatabase(where, '/', 'create', 0)
  for (;;) {
    const due = await db.reader.rows<{ id: string }>(
      `select id from bench_mark where sent = 0 order by id limit ${String(markedAtOnce)}`,
    )
    if (due.length === 0) break
    const left = [...due]
    const one = async (): Promise<void> => {
      for (let row = left.shift(); row; row = left.shift()) await caller.send(bodyOf(row.id))
    }
    await Promise.all(Array.from({ length: atOnce }, one))
    for (const { id } of due)
      await db.tx((tx) => tx.run('UPDATE bench_mark SET sent = 1 WHERE id = $1', [id]))
  }
  await db.close()
}

async function bullmq(caller: Caller): Promise<void> {
  const { Queue, Worker } = await import('bullmq')
  const { Redis } = await import('ioredis')
  const connection = new Redis(where, { maxRetriesPerRequest: null })
  const queue = new Queue('crash', { connection, prefix })
  const worker = new Worker<{ id: string }>(
    'crash',
    async ({ data }) => void (await caller.send(bodyOf(data.id))),
    {
      connection,
      prefix,
      concurrency: atOnce,
    },
  )
  for (;;) {
    const left = await queue.getJobCountByTypes('waiting', 'active', 'delayed', 'prioritized')
    if (left === 0) break
    await pause(50)
  }
  await worker.close()
  await queue.close()
  connection.disconnect()
}

const senders: Readonly<Record<string, (caller: Caller) => Promise<void>>> = { ours, mark, bullmq }

async function main(): Promise<void> {
  const sender = senders[kind]
  if (!sender) throw new Error(`There is no sender "${kind}".`)
  const caller = createCaller(apiUrl, atOnce)
  await sender(caller)
  await caller.close()
}

await main()
process.disconnect()
