/** A connection to PostgreSQL that breaks in the middle of a transaction, and BullMQ's that breaks while it is closed. */
import { EventEmitter } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { isDatabaseTrouble } from '../src/base/db.ts'
import type { Tx } from '../src/base/db.ts'
import { neverDeaf } from '../src/delivery/queue-bullmq.ts'
import { postgresDatabase } from './database.ts'
import type { TestDatabase } from './database.ts'

const server = inject('postgresUrl')
if (server === null) process.stderr.write('!! skipped: connections to PostgreSQL that break\n')

describe.runIf(server !== null)('a connection that breaks', () => {
  let database: TestDatabase
  const other = new pg.Client({ connectionString: server ?? '' })
  beforeAll(async () => {
    database = await postgresDatabase(server ?? '')
    await other.connect()
  })
  afterAll(async () => {
    await other.end()
    await database.drop()
  })

  async function cut(tx: Tx): Promise<void> {
    const [session] = await tx.rows<{ pid: number }>('select pg_backend_pid() as pid')
    await other.query('select pg_terminate_backend($1)', [session?.pid])
    // Until the news has arrived here.
    await pause(200)
  }
  const outcome = (work: (tx: Tx) => Promise<unknown>): Promise<unknown> =>
    database.db.tx(work).then(
      () => 'done',
      (error: unknown) => error,
    )

  it.each([
    ['before a statement', (tx: Tx) => cut(tx).then(() => tx.rows('select 1 as one'))],
    ['before the commit', (tx: Tx) => cut(tx)],
    ['during a statement', (tx: Tx) => Promise.all([tx.rows('select pg_sleep(5)'), cutSoon(tx)])],
  ])('%s is trouble of the world, and the next transaction has another one', async (_, work) => {
    const told = await outcome(work)
    expect(told).toBeInstanceOf(Error)
    expect(isDatabaseTrouble(told)).toBe(true)
    expect(await outcome((tx) => tx.rows('select 1 as one'))).toBe('done')
  })

  async function cutSoon(_tx: Tx): Promise<void> {
    await pause(200)
    await other.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where query = 'select pg_sleep(5)'`,
    )
  }

  it('takes nothing with it: what was written is rolled back', async () => {
    await outcome(async (tx) => {
      await tx.run('UPDATE log_head SET seq = seq + 7')
      await cut(tx)
    })
    expect(await database.db.tx((tx) => tx.rows('select seq from log_head'))).toEqual([{ seq: 0 }])
  })

  it('is waited for once when its process is frozen, however many sessions of it stand in the queue', async () => {
    const { options } = database.db.source
    if (options.type !== 'postgres') throw new Error('This is PostgreSQL.')
    const ours: pg.ClientConfig = { connectionString: String(options.url), ...options.extra }
    const frozen = Array.from({ length: 3 }, () => new pg.Client(ours))
    const lock = 'update log_head set seq = seq + 0 where id = 1'
    const queued: Promise<unknown>[] = []
    try {
      for (const client of frozen) {
        // Nobody is there to hear how its session ended.
        client.on('error', () => undefined)
        await client.connect()
        await client.query('begin')
      }
      // All at the moment of the freeze: none may come so late that it still waits when the first one is ended.
      for (const client of frozen) {
        queued.push(client.query(lock).catch((error: unknown) => error))
        if (queued.length === 1) await queued[0]
      }
      const from = performance.now()
      await database.db.tx((tx) => tx.run(lock))
      expect(performance.now() - from).toBeLessThan(8_000)
      expect(await Promise.all(queued)).toMatchObject([{}, { code: '55P03' }, { code: '55P03' }])
    } finally {
      await Promise.all(frozen.map((client) => client.end().catch(() => undefined)))
    }
  }, 20_000)

  it('leaves what the work itself says as it is', async () => {
    const told = await outcome(async (tx) => {
      await cut(tx)
      throw new Error('ours')
    })
    expect(told).toMatchObject({ message: 'ours' })
  })
})

it('waiting in vain for a free session is nobody’s mistake either; what a deed says is its own', () => {
  expect(isDatabaseTrouble(new Error('timeout exceeded when trying to connect'))).toBe(true)
  expect(isDatabaseTrouble(new Error('the deed failed'))).toBe(false)
})

it('a listening connection that BullMQ closes may still have something to say', () => {
  const client = new EventEmitter()
  client.on('error', () => undefined)
  neverDeaf(client)
  client.removeAllListeners('notification')
  expect(client.listenerCount('error')).toBe(1)
  client.removeAllListeners()
  expect(() => client.emit('error', new Error('terminating connection'))).not.toThrow()
})
