/** A session that PostgreSQL ends in the middle of a transaction: the world's trouble, and told as such. */
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { isDatabaseTrouble } from '../src/base/db.ts'
import type { Tx } from '../src/base/db.ts'
import { postgresDatabase } from './database.ts'
import type { TestDatabase } from './database.ts'
import { until } from './process/harness.ts'

const server = inject('postgresUrl')
if (server === null) process.stderr.write('!! skipped without a PostgreSQL: a session that is ended\n')

describe.runIf(server !== null)('a session that is ended', () => {
  let opened: TestDatabase
  beforeAll(async () => {
    opened = await postgresDatabase(server ?? '')
  })
  afterAll(() => opened.drop())

  async function endSessionOf(tx: Tx): Promise<void> {
    const { reader } = opened.db
    const [own] = await tx.rows<{ pid: number }>('select pg_backend_pid() as pid')
    const pid = own?.pid ?? 0
    await reader.rows('select pg_terminate_backend($1)', [pid])
    await until('the end of the session', async () => {
      const left = await reader.rows('select pid from pg_stat_activity where pid = $1', [pid])
      return left.length === 0 ? true : null
    })
  }

  it('between two statements', async () => {
    const work = opened.db.tx(async (tx) => {
      await tx.run('UPDATE log_head SET seq = seq + 7')
      await endSessionOf(tx)
      return tx.rows('select seq from log_head')
    })
    const error: unknown = await work.catch((thrown: unknown) => thrown)
    expect(isDatabaseTrouble(error), String(error)).toBe(true)
  })

  it('under a deed that had failed by itself: its own failure is told', async () => {
    const work = opened.db.tx(async (tx) => {
      await tx.run('UPDATE log_head SET seq = seq + 7')
      await endSessionOf(tx)
      throw new Error('the deed failed')
    })
    await expect(work).rejects.toThrow('the deed failed')
  })

  it('takes nothing with it, and the next one works', async () => {
    expect(await opened.db.tx((tx) => tx.rows('select seq from log_head'))).toEqual([{ seq: 0 }])
  })
})

it('nor is waiting in vain for a free session anybody’s mistake', () => {
  expect(isDatabaseTrouble(new Error('timeout exceeded when trying to connect'))).toBe(true)
  expect(isDatabaseTrouble(new Error('the deed failed'))).toBe(false)
})
