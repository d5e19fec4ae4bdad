import fc from 'fast-check'
import { expect, it } from 'vitest'
import { instantOf } from '../base/calendar.ts'
import { system } from '../base/act.ts'
import { contentsOf, inBatches, keptBy, lives, whoTables } from '../../test/happenings.ts'
import { onBothDatabases } from '../../test/database.ts'
import { openStore } from '../../test/store.ts'
import type { TestStore } from '../../test/store.ts'
import { people } from '../customer/index.ts'
import { replayCustomers } from './index.ts'

const now = instantOf('2026-11-20', '10:00')

onBothDatabases('the log told again', (open) => {
  const tables = (store: TestStore): string[] => [...whoTables, ...keptBy(store.projections)]
  const runs = (count: number) => ({ numRuns: count, seed: 20_261_122, endOnFailure: true })

  it('gives the same tables whatever the batching', async () => {
    let merges = 0
    let conflicts = 0
    await fc.assert(
      fc.asyncProperty(
        lives(120),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 }),
        async (happenings, sizes) => {
          const [single, batched] = [await openStore(open, now), await openStore(open, now)]
          try {
            for (const one of happenings) await single.say(one)
            for (const batch of inBatches(happenings, sizes)) await batched.say(...batch)
            expect(await contentsOf(batched.db, tables(batched))).toEqual(
              await contentsOf(single.db, tables(single)),
            )
            merges += (await single.db.reader.rows('select seq from customer_merge')).length
            conflicts += (await single.db.reader.rows('select one from identity_conflict')).length
          } finally {
            await single.drop()
            await batched.drop()
          }
        },
      ),
      runs(4),
    )
    expect([merges > 3, conflicts > 3]).toEqual([true, true])
  }, 120_000)

  it('gives the same tables for anybody, at any time', async () => {
    await fc.assert(
      fc.asyncProperty(lives(150), async (happenings) => {
        const store = await openStore(open, now)
        try {
          for (const batch of inBatches(happenings, [17])) await store.say(...batch)
          const before = await contentsOf(store.db, tables(store))
          const everybody = await store.db.reader.rows<{ id: string }>('select id from customer order by id')
          for (const { id } of everybody) {
            await store.act(system('test'), (ctx) =>
              replayCustomers({ log: ctx.tx, facts: ctx.tx }, { people, projections: store.projections }, [
                id,
              ]),
            )
            expect(await contentsOf(store.db, tables(store))).toEqual(before)
          }
        } finally {
          await store.drop()
        }
      }),
      runs(4),
    )
  }, 120_000)
})
