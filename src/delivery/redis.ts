/**
 * The connection to Redis. Nothing waits for it: a command that cannot go out now fails now, and whoever asked goes on
 * without. It comes back by itself. What lies in Redis (hints, rates) may be lost at any time.
 */
import type { Redis as Client } from 'ioredis'
import type { Log } from '../base/log.ts'

export interface Redis {
  /** Of this installation: several may share one Redis. */
  readonly prefix: string
  /** Null when it answers, else why not, in one sentence. */
  missing(): string | null
  /** Runs a Lua script that answers a list of texts. */
  script(lua: string, keys: readonly string[], args: readonly string[]): Promise<string[]>
  /** For the queue: `waits` for whoever blocks on it until something comes. */
  client(kind: 'asks' | 'waits'): Client
  close(): Promise<void>
}

const answerMs = 1_000
const longestRestMs = 2_000

export async function openRedis(url: string, prefix: string, log: Log): Promise<Redis> {
  // Loaded here: a shop without REDIS_URL does without it.
  const { Redis: Connection } = await import('ioredis')
  let trouble: string | null = 'not connected yet'
  const rest = (attempt: number): number => Math.min(longestRestMs, 50 * 2 ** Math.min(attempt, 6))
  const asks = new Connection(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    commandTimeout: answerMs,
    connectTimeout: 3_000,
    keepAlive: 5_000,
    retryStrategy: rest,
  })
  const opened: Client[] = [asks]
  asks.on('ready', () => {
    if (trouble !== 'not connected yet') log.info('Redis answers again')
    trouble = null
  })
  const lose = (why: string): void => {
    if (trouble === null || trouble === 'not connected yet')
      log.warn({ why }, 'Redis does not answer; work is looked for in the database meanwhile')
    trouble = why
  }
  asks.on('close', () => lose('the connection is closed'))
  asks.on('error', (error: Error) => lose(error.message))
  return {
    prefix,
    missing: () => trouble,
    async script(lua, keys, args) {
      const answer: unknown = await asks.eval(lua, keys.length, ...keys, ...args)
      if (!Array.isArray(answer)) throw new Error('A script in Redis answered no list.')
      return answer.map(String)
    },
    client(kind) {
      if (kind === 'asks') return asks
      const waits = new Connection(url, {
        maxRetriesPerRequest: null,
        connectTimeout: 3_000,
        keepAlive: 5_000,
        retryStrategy: rest,
      })
      // Told by the other connection already.
      waits.on('error', () => undefined)
      opened.push(waits)
      return waits
    },
    close() {
      for (const client of opened) client.disconnect()
      return Promise.resolve()
    },
  }
}
