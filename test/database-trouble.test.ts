/** R4 in its cheap cases: a database that is full, read-only or locked. Long ones are test/long/R4.test.ts. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { DataSource } from 'typeorm'
import { days, seconds } from '../src/base/clock.ts'
import { isDatabaseTrouble } from '../src/base/db.ts'
import { OutsideFailure } from '../src/base/errors.ts'
import { readiness, writesCheck } from '../src/http/health.ts'
import { customerProjections, people } from '../src/customer/index.ts'
import { createFlush, createRecorder } from '../src/interaction/index.ts'
import type { Recorder } from '../src/interaction/index.ts'
import { enqueue } from '../src/outbox/index.ts'
import type { LedgerRow } from '../src/simulator/index.ts'
import { sqliteDatabase } from './database.ts'
import { openRig } from './delivery-rig.ts'
import type { Rig } from './delivery-rig.ts'
import { externalOf } from './outbox-world.ts'

let rig: Rig
let recorder: Recorder
beforeEach(async () => {
  rig = await openRig(sqliteDatabase, { customers: 20 })
  const { db, act } = rig.world
  const flush = createFlush({ people, projections: customerProjections, wake: () => undefined })
  recorder = createRecorder(db, act, flush)
})
afterEach(() => rig.close())

let clicks = 0
/** As the door of the callbacks does it: what is answered 503 there. */
async function callback(): Promise<'taken' | 'refused'> {
  const sourceKey = `click-${String((clicks += 1))}`
  const who = { external: externalOf(1) }
  try {
    await recorder.submit({
      kind: 'link-clicked',
      at: rig.world.clock.now(),
      source: 'test',
      sourceKey,
      who,
      detail: { words: 'x'.repeat(4_000) },
    })
    return 'taken'
  } catch (error) {
    if (error instanceof OutsideFailure || isDatabaseTrouble(error)) return 'refused'
    throw error
  }
}

const pragma = (text: string): Promise<unknown> => rig.world.db.source.query(`PRAGMA ${text}`)
const sends = (): LedgerRow[] => rig.simulator.ledger()

interface Trouble {
  readonly name: string
  /** As it is told. */
  readonly why: RegExp
  begin(): Promise<() => Promise<void>>
}

const troubles: readonly Trouble[] = [
  {
    name: 'read-only',
    why: /READONLY/,
    async begin() {
      await pragma('query_only = ON')
      return async () => void (await pragma('query_only = OFF'))
    },
  },
  {
    name: 'locked by somebody else',
    why: /BUSY/,
    async begin() {
      await pragma('busy_timeout = 50')
      const url = rig.world.db.source.options.database
      const other = new DataSource({ type: 'sqlite', database: String(url), busyTimeout: 2_000 })
      await other.initialize()
      await other.query('BEGIN IMMEDIATE')
      return async () => {
        await other.query('ROLLBACK')
        await other.destroy()
        await pragma('busy_timeout = 10000')
      }
    },
  },
  {
    name: 'full',
    why: /FULL/,
    async begin() {
      // No page more than there are: then what is free inside is filled up.
      await pragma('max_page_count = 1')
      while ((await callback()) === 'taken');
      return async () => void (await pragma('max_page_count = 1073741823'))
    },
  },
]

it.each(troubles)(
  'a database that is $name: it is not ready, callbacks are refused, nothing is sent unmeant, and all goes on afterwards',
  async ({ begin, why }) => {
    const { world } = rig
    const server = rig.server()
    const expiresAt = world.clock.now() + days(2)
    await world.as((ctx) =>
      enqueue(
        ctx,
        Array.from({ length: 20 }, (_, i) =>
          world.candidate(i + 1, {
            dedupeKey: `d${String(i)}`,
            purpose: 'service',
            channel: i % 2 === 0 ? 'broadcast' : 'advisor-task',
            expiresAt,
            content: { text: `第 ${String(i)} 句 [[link:me]]` },
          }),
        ),
      ),
    )
    expect(await callback()).toBe('taken')
    const checks = [writesCheck(world.db)]
    expect(await readiness(checks)).toEqual({ ready: true, missing: [] })
    const end = await begin()
    expect(await callback()).toBe('refused')
    await new Promise((ok) => setTimeout(ok, 1_000))
    expect(await readiness(checks)).toMatchObject({
      ready: false,
      missing: [{ name: 'database-writes', why: expect.stringMatching(why) }],
    })
    const ran = await server.drainOnce(world.clock.now()).then(
      () => null,
      (error: unknown) => error,
    )
    if (ran !== null) expect(isDatabaseTrouble(ran)).toBe(true)
    // Whatever left was meant before, in a row that is still there.
    const bodies = new Set(
      (await world.db.reader.rows<{ text: string }>('select text from parcel')).map(({ text }) => text),
    )
    for (const row of sends().filter(({ api }) => api === 'add_msg_template'))
      expect(bodies.has(row.text)).toBe(true)
    await end()
    const repairedAt = performance.now()
    expect(await readiness(checks)).toEqual({ ready: true, missing: [] })
    expect(await callback()).toBe('taken')
    expect(performance.now() - repairedAt).toBeLessThan(5_000)
    // What hung on the old name is taken over when its lease ends.
    await world.db.tx((tx) => tx.run('UPDATE worker_lease SET lease_until = 0'))
    for (let turn = 0; turn < 12; turn += 1) {
      await server.drainOnce(world.clock.now())
      await server.reconcileOnce(world.clock.now())
      await rig.pass(seconds(60))
    }
    expect(new Set(Object.values(await world.states()))).toEqual(new Set(['waiting']))
    const perPerson = new Map<string, number>()
    for (const row of sends().filter(({ status }) => status !== 'cancelled')) {
      const key = row.api === 'message/send' ? JSON.stringify(row.body) : row.recipient
      perPerson.set(key, (perPerson.get(key) ?? 0) + 1)
    }
    expect([...perPerson.values()]).toEqual(Array.from({ length: 20 }, () => 1))
    await server.stop()
  },
)
