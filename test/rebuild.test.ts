/** The log told again gives exactly what the shop keeps; what was planted beside it is found and mended. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { OldRefunds1764300000092 } from '../migrations/1764300000092-old-refunds.ts'
import { system } from '../src/base/act.ts'
import type { Happening } from '../src/base/act.ts'
import { dayOf, instantOf } from '../src/base/calendar.ts'
import { keepApart, mergeCustomers, unmergeCustomer } from '../src/customer/index.ts'
import { createLog } from '../src/base/log.ts'
import { createFollowers } from '../src/interaction/index.ts'
import { createRewardFollowers } from '../src/reward/index.ts'
import { relevelDue } from '../src/reward/reward.jobs.ts'
import { rebuildStore } from '../src/rebuild.ts'
import type { RebuildReport } from '../src/rebuild.ts'
import { refreshCutPoints, resegmentDue } from '../src/segment/index.ts'
import { onBothDatabases } from './database.ts'
import { contentsOf, inBatches, keptBy, lives, whoTables } from './happenings.ts'
import { openStore } from './store.ts'
import type { TestStore } from './store.ts'

const now = instantOf('2026-11-20', '10:00')

onBothDatabases('a rebuild', (open) => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'siyu-rebuild-test-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const look = (store: TestStore, dryRun = true): Promise<RebuildReport> =>
    rebuildStore(store, folder, { dryRun })
  const wrong = ({ tables }: RebuildReport): string[] =>
    Object.entries(tables)
      .filter(([, { differ, missing, extra }]) => differ + missing + extra > 0)
      .map(([name]) => name)

  /** Some people merge what they think is one, and part some of it again. */
  async function decideOn(store: TestStore): Promise<void> {
    const deed = <T>(work: Parameters<typeof store.act<T>>[1]): Promise<T> => store.act(system('test'), work)
    const ids = async () =>
      (await store.db.reader.rows<{ id: string }>('select id from customer order by id')).map(({ id }) => id)
    const [a, b, c] = await ids()
    if (a !== undefined && b !== undefined && c !== undefined) {
      await deed((ctx) => mergeCustomers(ctx, a, b, '同一人'))
      const left = (await ids()).filter((id) => id !== c)[0]
      if (left !== undefined) await deed((ctx) => mergeCustomers(ctx, left, c, '也是'))
    }
    const [merge] = await store.db.reader.rows<{ other: string }>(
      'select other from customer_merge where undone_seq is null order by seq desc',
    )
    if (merge) await deed((ctx) => unmergeCustomer(ctx, merge.other, '不是'))
    const [conflict] = await store.db.reader.rows<{ one: string; two: string }>(
      `select one, two from identity_conflict where state = 'open' order by one, two`,
    )
    if (conflict) await deed((ctx) => keepApart(ctx, conflict.one, conflict.two, '两人'))
  }

  async function live(store: TestStore, batches: readonly (readonly Happening[])[]): Promise<void> {
    const parts = { db: store.db, act: store.act, clock: store.clock, rules: store.rules }
    const levels = createFollowers(
      store.db,
      store.act,
      createRewardFollowers().filter(({ name }) => name === 'levels'),
      createLog('silent'),
    )
    for (const [i, batch] of batches.entries()) {
      await store.say(...batch)
      await store.followers.catchUp()
      store.clock.set(store.clock.now() + 86_400_000)
      await resegmentDue(parts, dayOf(store.clock.now()))
      if (i % 3 === 1) await refreshCutPoints(parts, dayOf(store.clock.now()))
      if (i % 3 === 2) await decideOn(store)
      await store.followers.catchUp()
      await levels.catchUp()
      // Time goes on in the shop, or has yet to.
      if (i % 2 === 0) await relevelDue(parts, dayOf(store.clock.now()))
    }
  }

  it('finds nothing, whatever happened', async () => {
    await fc.assert(
      fc.asyncProperty(
        lives(160),
        fc.array(fc.integer({ min: 10, max: 50 }), { minLength: 2 }),
        async (rows, sizes) => {
          const store = await openStore(open, now)
          try {
            await live(store, inBatches(rows, sizes))
            const report = await look(store)
            expect(report.differences).toEqual([])
            expect([wrong(report), report.same, report.published]).toEqual([[], true, 0])
            expect(readdirSync(folder)).toEqual([])
          } finally {
            await store.drop()
          }
        },
      ),
      { numRuns: 3, seed: 20_261_120, endOnFailure: true },
    )
  }, 180_000)

  it('finds what was planted and mends it, also when it is stopped in the middle', async () => {
    const store = await openStore(open, now)
    try {
      const [rows = []] = fc.sample(lives(200), { numRuns: 1, seed: 7 })
      await live(store, inBatches(rows, [40]))
      const tables = [
        ...new Set([...whoTables, ...keptBy(store.projections), 'standing', 'wanted_tag', 'level_standing']),
      ]
      const before = await contentsOf(store.db, tables)
      const plant = (sql: string): Promise<number> => store.db.tx((tx) => tx.run(sql))
      await plant('UPDATE facts SET amount_fen = amount_fen + 1')
      await plant('DELETE FROM shop_order WHERE customer = (SELECT min(customer) FROM shop_order)')
      await plant(
        `INSERT INTO purchase_day (customer, day_no, orders, amount_fen) VALUES ('c-nobody', 1, 1, 1)`,
      )
      await plant(`UPDATE identity SET customer = 'c-nobody' WHERE value = 'shop-1'`)
      await plant(`UPDATE consent SET opted_out = 1 - opted_out`)
      expect(await plant(`UPDATE level_standing SET level = 'diamond', since_no = 1`)).toBeGreaterThan(0)
      const refunded = await plant('UPDATE restraint SET refund_at = NULL WHERE refund_at IS NOT NULL')
      await plant(`UPDATE standing SET tier = 'high', since_no = 1`)

      const found = await look(store)
      expect(found.same).toBe(false)
      expect(found.tables['facts']).toMatchObject({ differ: before['facts']?.length, missing: 0, extra: 0 })
      expect(found.tables['shop_order']?.missing).toBeGreaterThan(0)
      expect(found.tables['purchase_day']).toMatchObject({ differ: 0, extra: 1 })
      expect(found.tables['identity']).toMatchObject({ differ: 1 })
      expect(found.tables['level_standing']).toMatchObject({
        differ: before['level_standing']?.length,
        missing: 0,
      })
      expect(refunded).toBeGreaterThan(0)
      expect(found.tables['restraint']).toMatchObject({ differ: refunded, missing: 0, extra: 0 })
      expect(found.differences.length).toBe(20)
      expect(found.published).toBe(0)

      const interrupt = new AbortController()
      let pages = 0
      await expect(
        rebuildStore(store, folder, {
          signal: interrupt.signal,
          onProgress: () => {
            pages += 1
            interrupt.abort()
          },
        }),
      ).rejects.toThrow()
      expect([pages > 0, readdirSync(folder)]).toEqual([true, []])

      const mended = await look(store, false)
      expect(mended.published).toBeGreaterThan(5)
      expect((await look(store)).differences).toEqual([])
      await store.followers.catchUp()
      const after = await contentsOf(store.db, tables)
      for (const [name, rowsOf] of Object.entries(after)) expect([name, rowsOf]).toEqual([name, before[name]])

      // An upgrade from before refunds were kept finds the old ones.
      expect(await plant('UPDATE restraint SET refund_at = NULL WHERE refund_at IS NOT NULL')).toBe(refunded)
      const runner = store.db.source.createQueryRunner()
      await new OldRefunds1764300000092().up(runner)
      await runner.release()
      expect((await look(store)).differences).toEqual([])
    } finally {
      await store.drop()
    }
  }, 180_000)

  it('takes in what happens meanwhile', async () => {
    const store = await openStore(open, now)
    try {
      const [rows = []] = fc.sample(lives(300), { numRuns: 1, seed: 11 })
      await store.say(...rows.slice(0, 150))
      await store.db.tx((tx) => tx.run('UPDATE facts SET amount_fen = amount_fen + 1'))
      const said: Promise<void>[] = []
      const report = await rebuildStore(store, folder, {
        // After the log was read and before anything is compared.
        onProgress: () => {
          if (said.length > 0) return
          const later = rows.slice(150).map((row) => ({ ...row, at: instantOf('2026-11-18', '10:00') }))
          said.push(store.say(...later))
        },
      })
      await Promise.all(said)
      expect(report.published).toBeGreaterThan(0)
      await store.followers.catchUp()
      expect((await look(store)).differences).toEqual([])
    } finally {
      await store.drop()
    }
  }, 120_000)
})
