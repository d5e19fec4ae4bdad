/**
 * Two processes call as fast as they are let, at so many a second: how many calls the worst sliding second really held.
 * Ours kept by PostgreSQL and by Redis, beside the limiter of BullMQ.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { newSecret } from '../base/ids.ts'
import { ownModule } from '../base/own-module.ts'
import { spreadOf } from './measure.ts'
import type { Spread } from './measure.ts'
import { openPlace, startPostgres } from './place.ts'

export interface LimiterOptions {
  readonly perSecond: number
  readonly seconds: number
  readonly pairs: number
  readonly postgresUrl?: string | undefined
  /** Without one only PostgreSQL is measured. */
  readonly redisUrl?: string | undefined
  readonly say: (words: string) => void
}

type Kind = 'postgres' | 'redis' | 'bullmq'

export interface LimiterFigures {
  readonly perSecond: number
  readonly processes: number
  readonly kinds: Readonly<
    Partial<Record<Kind, { readonly worstSecond: Spread; readonly perSecond: Spread }>>
  >
}

/** The most instants in any window of this length. */
export function mostWithin(instants: readonly number[], ms: number): number {
  const sorted = instants.toSorted((a, b) => a - b)
  let [from, most] = [0, 0]
  sorted.forEach((at, to) => {
    while (at - (sorted[from] ?? 0) >= ms) from += 1
    most = Math.max(most, to - from + 1)
  })
  return most
}

export async function benchLimiter(options: LimiterOptions): Promise<LimiterFigures> {
  const server = options.postgresUrl === undefined ? await startPostgres() : null
  const place = await openPlace('postgres', '2026-05-20', options.postgresUrl ?? server?.url ?? null)
  const kinds: readonly Kind[] =
    options.redisUrl === undefined ? ['postgres'] : ['postgres', 'redis', 'bullmq']
  const seen = new Map<Kind, { worst: number[]; rate: number[] }>()
  try {
    for (let pair = 0; pair < options.pairs; pair += 1) {
      for (const kind of kinds) {
        const starts = await takenBy(kind, place.url, options)
        const figures = seen.get(kind) ?? { worst: [], rate: [] }
        figures.worst.push(mostWithin(starts, 1_000))
        figures.rate.push(starts.length / options.seconds)
        seen.set(kind, figures)
        options.say(`${kind}: worst second ${String(figures.worst.at(-1))} of ${String(options.perSecond)}`)
      }
    }
  } finally {
    await place.close()
    await server?.stop()
  }
  return {
    perSecond: options.perSecond,
    processes: 2,
    kinds: Object.fromEntries(
      [...seen].map(([kind, { worst, rate }]) => [
        kind,
        { worstSecond: spreadOf(worst), perSecond: spreadOf(rate) },
      ]),
    ),
  }
}

async function takenBy(kind: Kind, databaseUrl: string, options: LimiterOptions): Promise<number[]> {
  const { perSecond, seconds, redisUrl = '' } = options
  const prefix = `siyu-bench-${newSecret().slice(0, 8)}`
  if (kind === 'bullmq') await fill(redisUrl, prefix, perSecond * (seconds + 2))
  const args = [kind, databaseUrl, redisUrl, String(perSecond), String(seconds), prefix]
  const takers = [0, 1].map(async () => {
    const child = fork(ownModule('bench/limiter.taker').path, args)
    const [starts] = (await once(child, 'message')) as [number[]]
    return starts
  })
  return (await Promise.all(takers)).flat()
}

async function fill(redisUrl: string, prefix: string, jobs: number): Promise<void> {
  const { Queue } = await import('bullmq')
  const { Redis } = await import('ioredis')
  const connection = new Redis(redisUrl, { maxRetriesPerRequest: null })
  const queue = new Queue('limited', { connection, prefix })
  await queue.addBulk(Array.from({ length: jobs }, () => ({ name: 'one', data: {} })))
  await queue.close()
  connection.disconnect()
}
