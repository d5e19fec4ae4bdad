import { afterEach, expect, it } from 'vitest'
import { addDays, instantOf } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import { customerOf } from '../../customer/index.ts'
import { onBothDatabases } from '../../../test/database.ts'
import { openStore } from '../../../test/store.ts'
import type { TestStore } from '../../../test/store.ts'
import { resegmentDue } from '../resegment.ts'
import { standingsAsOf } from '../standings.ts'
import { tierFlows, tierMovesOf } from './moves.ts'

const first = '2026-05-01'
const length = 24

onBothDatabases('moves between tiers', (open) => {
  let store: TestStore
  afterEach(() => store.drop())

  /** Twelve customers who come one after the other and order now and then. */
  async function liveThrough(): Promise<void> {
    store = await openStore(open, instantOf(first, '00:00'))
    for (let n = 0; n < length; n += 1) {
      const day = addDays(first, n)
      store.clock.set(instantOf(day, '00:10'))
      await resegmentDue(store, day)
      store.clock.set(instantOf(day, '10:00'))
      for (let c = 0; c < 12; c += 1)
        if (n >= c && (n * 5 + c * 7) % (4 + c) === 0)
          await store.say({
            kind: 'order-placed',
            at: store.clock.now(),
            source: 'test',
            sourceKey: `${day}-${String(c)}`,
            who: { shopId: `s${String(c)}` },
            detail: { orderId: `${day}-${String(c)}`, amountFen: 1000 * (c + 1), items: [] },
          })
      await store.followers.catchUp()
    }
  }

  /** Where everybody stood at the end of a day, computed anew from the facts. */
  const standing = async (day: Day): Promise<Map<string, string>> =>
    new Map(
      (await standingsAsOf(store.db.reader, store.rules, day)).map(({ customer, tier }) => [customer, tier]),
    )

  it('flow as two looks at the shop say, those who stayed included', async () => {
    await liveThrough()
    const last = addDays(first, length - 1)
    for (const [from, to] of [
      [first, last],
      [addDays(first, 3), addDays(first, 9)],
      [addDays(first, 8), addDays(first, 20)],
      [addDays(first, 12), addDays(first, 12)],
    ] as const) {
      const [before, after] = [await standing(from), await standing(to)]
      const expected = new Map<string, number>()
      for (const [customer, tier] of after) {
        const key = `${before.get(customer) ?? 'lead'} ${tier}`
        expected.set(key, (expected.get(key) ?? 0) + 1)
      }
      const flows = await tierFlows(store.db.reader, store.rules, from, to)
      expect(new Map(flows.flows.map((flow) => [`${flow.from} ${flow.to}`, flow.count]))).toEqual(expected)
      expect(flows.tiers.reduce((sum, tier) => sum + tier.after, 0)).toBe(after.size)
      expect(flows.moved).toBe(
        [...expected].reduce((n, [key, count]) => {
          const [a, b] = key.split(' ')
          return a === b ? n : n + count
        }, 0),
      )
    }
  })

  it('are a customer’s history, newest first, with day, cause and reason', async () => {
    await liveThrough()
    const customer = (await customerOf(store.db.reader, { kind: 'shop', value: 's3' })) ?? ''
    const all = await tierMovesOf(store.db.reader, store.rules, customer, { limit: 50, offset: 0 })
    expect(all.total).toBe(all.items.length)
    expect(all.items.length).toBeGreaterThan(1)
    expect(all.items.at(-1)).toMatchObject({
      from: 'lead',
      fromTitle: '潜在客户',
      to: 'new',
      toTitle: '新客户',
      cause: 'order',
      causeTitle: '下单',
    })
    expect(all.items.map(({ day }) => day)).toEqual(
      all.items
        .map(({ day }) => day)
        .toSorted()
        .toReversed(),
    )
    for (const [i, move] of all.items.slice(1).entries()) expect(move.to).toBe(all.items[i]?.from)
    for (const { reason } of all.items) expect(reason.length).toBeGreaterThan(3)
    const second = await tierMovesOf(store.db.reader, store.rules, customer, { limit: 1, offset: 1 })
    expect(second).toEqual({ total: all.total, items: all.items.slice(1, 2) })
  })
})
