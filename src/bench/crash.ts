/**
 * `siyu bench crash`: a sender with 20 calls in flight is killed (SIGKILL) at half of its messages and started again.
 * Told by the API itself: what was sent twice, what never, how long the successor took for its first and its last.
 */
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { virtualClock } from '../base/clock.ts'
import { newSecret } from '../base/ids.ts'
import { ownModule } from '../base/own-module.ts'
import { openDatabase } from '../schema.ts'
import { openHour, owe } from './dispatch.ts'
import { startLimitedApi } from './limited-api.client.ts'
import type { LimitedApi } from './limited-api.client.ts'
import { rounded, spreadOf } from './measure.ts'
import { placeOn } from './place.ts'

export interface CrashOptions {
  readonly messages: number
  readonly pairs: number
  readonly inFlight?: number
  /** For BullMQ; without one it is left out, by name. */
  readonly redisUrl?: string | undefined
  readonly say?: (words: string) => void
}

type Kind = 'ours' | 'mark' | 'bullmq'

interface Turn {
  readonly twice: number
  readonly lost: number
  readonly firstAgainMs: number
  readonly allMs: number
  /** Only ours writes down what it does not know; the others do not know that they do not. */
  readonly unknown: number
}

const latencyMs = 50
const endMs = 180_000

export async function benchCrash(options: CrashOptions) {
  const say = options.say ?? (() => undefined)
  if (options.redisUrl === undefined) say('!! no --redis-url: BullMQ is left out')
  const kinds: readonly Kind[] =
    options.redisUrl === undefined ? ['ours', 'mark'] : ['ours', 'mark', 'bullmq']
  const turns = new Map<Kind, Turn[]>(kinds.map((kind) => [kind, []]))
  const api = await startLimitedApi(0, latencyMs)
  try {
    for (let pair = 0; pair < options.pairs; pair += 1)
      for (const kind of kinds) {
        say(`${kind}, turn ${String(pair + 1)}`)
        turns.get(kind)?.push(await oneTurn(kind, api, options))
      }
  } finally {
    await api.close()
  }
  return {
    bench: 'crash',
    product: ['ours'],
    prototypes: ['mark'],
    peers: kinds.filter((kind) => kind === 'bullmq'),
    messages: options.messages,
    inFlight: options.inFlight ?? 20,
    latencyMs,
    pairs: options.pairs,
    kinds: Object.fromEntries(
      [...turns].map(([kind, some]) => [
        kind,
        {
          twice: spreadOf(some.map(({ twice }) => twice)),
          lost: spreadOf(some.map(({ lost }) => lost)),
          firstAgainMs: spreadOf(some.map(({ firstAgainMs }) => rounded(firstAgainMs))),
          allMs: spreadOf(some.map(({ allMs }) => rounded(allMs))),
          ...(kind === 'ours' ? { unknown: spreadOf(some.map(({ unknown }) => unknown)) } : {}),
        },
      ]),
    ),
  }
}

async function oneTurn(kind: Kind, api: LimitedApi, options: CrashOptions): Promise<Turn> {
  const folder = mkdtempSync(join(tmpdir(), 'siyu-crash-'))
  const prefix = `siyu-bench-${newSecret().slice(0, 8)}`
  const where = kind === 'bullmq' ? (options.redisUrl ?? '') : `sqlite:${join(folder, 'crash.db')}`
  const start = (laterMs: number): ChildProcess =>
    fork(ownModule('bench/crash.child').path, [
      kind,
      api.url,
      where,
      prefix,
      String(options.inFlight ?? 20),
      String(laterMs),
    ])
  await api.reset()
  try {
    await prepare(kind, where, prefix, options.messages)
    const began = performance.now()
    const first = start(0)
    await reached(api, options.messages / 2, first)
    first.kill('SIGKILL')
    await once(first, 'exit')
    const killedAt = performance.now()
    const { accepted, twice } = await api.seen()
    const second = start(killedAt - began)
    await reached(api, accepted + twice + 1, second)
    const firstAgainMs = performance.now() - killedAt
    const unknown = kind === 'ours' ? await unknownIn(where) : 0
    const late = setTimeout(() => second.kill('SIGKILL'), endMs)
    const [code] =
      second.exitCode === null ? ((await once(second, 'exit')) as [number | null]) : [second.exitCode]
    clearTimeout(late)
    if (code !== 0) throw new Error(`${kind} did not come to its end within ${String(endMs)} ms.`)
    const end = await api.seen()
    return {
      twice: end.twice,
      lost: options.messages - end.accepted,
      firstAgainMs,
      allMs: performance.now() - killedAt,
      unknown,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The API has accepted so many calls. */
async function reached(api: LimitedApi, calls: number, sender: ChildProcess): Promise<void> {
  for (;;) {
    const { accepted, twice } = await api.seen()
    if (accepted + twice >= calls) return
    if (sender.exitCode !== null && sender.exitCode !== 0) throw new Error('A sender ended with an error.')
    if (sender.exitCode === 0) return
    await pause(5)
  }
}

async function prepare(kind: Kind, where: string, prefix: string, messages: number): Promise<void> {
  if (kind === 'bullmq') return fillQueue(where, prefix, messages)
  if (kind === 'ours') {
    const place = await placeOn(where, '/', virtualClock(openHour))
    await owe(place, messages)
    return place.close()
  }
  const { db } = await openDatabase(where, '/', 'create', 0)
  await db.source.query('create table bench_mark (id text primary key, sent integer not null)')
  const rows = Array.from({ length: messages }, (_, n) => ({ id: `k${String(100_000 + n)}`, sent: 0 }))
  await db.inChunks(rows, (tx, chunk) => tx.insert('bench_mark', chunk))
  await db.close()
}

async function fillQueue(redisUrl: string, prefix: string, messages: number): Promise<void> {
  const { Queue } = await import('bullmq')
  const { Redis } = await import('ioredis')
  const connection = new Redis(redisUrl, { maxRetriesPerRequest: null })
  const queue = new Queue('crash', { connection, prefix })
  await queue.addBulk(
    Array.from({ length: messages }, (_, n) => ({
      name: 'send',
      data: { id: `q${String(n)}` },
      opts: { removeOnComplete: true },
    })),
  )
  await queue.close()
  connection.disconnect()
}

/** What was under way when it was killed, as the successor found it. */
async function unknownIn(where: string): Promise<number> {
  const { db } = await openDatabase(where, '/', 'create', 0)
  const [row] = await db.reader.rows<{ n: number }>(
    `select cast(count(*) as bigint) as n from parcel where looks > 0 or state = 'unknown'`,
  )
  await db.close()
  return row?.n ?? 0
}
