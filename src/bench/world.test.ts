import { afterEach, expect, it } from 'vitest'
import { instantOf } from '../base/calendar.ts'
import { onBothDatabases } from '../../test/database.ts'
import { openStore } from '../../test/store.ts'
import type { TestStore } from '../../test/store.ts'
import { headSeq, readLog } from '../interaction/index.ts'
import { resegmentEverybody } from '../segment/index.ts'
import { makeWorld } from './world.ts'

const today = '2026-05-20'
const sums = new Map<string, object>()

onBothDatabases('a generated shop', (open) => {
  let store: TestStore
  afterEach(() => store.drop())

  it('agrees with itself, and is the same shop on both databases', async () => {
    store = await openStore(open, instantOf(today, '10:00'))
    const world = await makeWorld(store, {
      customers: 300,
      today,
      detail: 'full',
      contactPercent: 50,
      followers: ['resegment'],
    })
    const one = async (sql: string) => (await store.db.reader.rows(sql))[0]
    expect(world.orders).toBe(3_000)
    expect(await headSeq(store.db.reader)).toBe(3_001)
    const person = world.customer(7)
    expect(
      await one(`select customer from identity where kind = 'shop' and value = '${person.shopId}'`),
    ).toEqual({
      customer: person.id,
    })
    expect(await readLog(store.db.reader, { identities: [person.external], limit: 20 })).toHaveLength(10)
    const sum = await one(
      `select cast(sum(day_no) as bigint) as days, cast(sum(amount_fen) as bigint) as fen, cast(sum(orders) as bigint) as n from purchase_day`,
    )
    expect(sum?.['n']).toBe(3_000)
    sums.set(store.db.dialect, sum ?? {})
    if (sums.size === 2) expect(sums.get('sqlite')).toEqual(sums.get('postgres'))
    expect(
      await one(`select cast(count(*) as bigint) as wrong from facts f where f.purchases <> (select count(*) from purchase_day p where p.customer = f.customer)
        or f.orders <> 10 or f.amount_fen <> (select sum(o.amount_fen) from shop_order o where o.customer = f.customer)`),
    ).toEqual({ wrong: 0 })
    expect(await one('select cast(count(*) as bigint) as n from standing')).toEqual({ n: 300 })

    // The followers have nothing to do, and whoever looks at everybody finds nothing to change.
    expect(await store.followers.catchUp()).toBe(false)
    const standings = () => store.db.reader.rows('select * from standing order by customer')
    const before = await standings()
    expect(new Set(before.map(({ tier }) => tier)).size).toBeGreaterThan(2)
    expect(await resegmentEverybody(store, today, 'import')).toBe(0)
    expect(await standings()).toEqual(before)
  })
})
