/** 首购触达: a shop small enough to be counted by hand. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { system } from '../src/base/act.ts'
import { addDays, instantOf } from '../src/base/calendar.ts'
import type { Day } from '../src/base/calendar.ts'
import { days, hours } from '../src/base/clock.ts'
import { publish } from '../src/cadence/index.ts'
import { customerOf, saveContacts, saveStaff } from '../src/customer/index.ts'
import { firstBuyers } from '../src/report/index.ts'
import { onBothDatabases } from './database.ts'
import { openStore } from './store.ts'
import type { TestStore } from './store.ts'

/** A Friday; looked at are the first purchases of 14 October to 12 November. */
const today = '2026-11-20'
const [first, last] = ['2026-10-14', '2026-11-12']

onBothDatabases('first buyers', (open) => {
  let store: TestStore
  beforeEach(async () => {
    store = await openStore(open, instantOf(today, '10:00'))
    await store.act(system('test'), (ctx) =>
      saveStaff(ctx, [{ userid: 'lin', name: '林', active: true, contact: true }]),
    )
  })
  afterEach(() => store.drop())

  let n = 0
  const order = (external: string, day: Day, time = '12:00', more: object = {}) => ({
    ...{ kind: 'order-placed', at: instantOf(day, time), source: 'shop', sourceKey: `o${String((n += 1))}` },
    ...{ who: { external }, detail: { orderId: `O${String(n)}`, amountFen: 5_000, ...more } },
  })
  const befriend = (...externals: string[]) =>
    store.act(system('test'), (ctx) =>
      saveContacts(
        ctx,
        externals.map((external) => ({ external, staff: 'lin', name: external, gender: 2, addedAt: 1_000 })),
      ),
    )
  /** A promise as it ended, `afterHours` behind noon of the day. */
  async function promise(
    external: string,
    day: Day,
    afterHours: number,
    more: Readonly<Record<string, string | number | null>> = {},
  ): Promise<void> {
    const at = instantOf(day, '12:00') + hours(afterHours)
    const customer = (await customerOf(store.db.reader, { kind: 'external', value: external })) ?? ''
    await store.db.tx((tx) =>
      tx.insert('promise', [
        {
          ...{
            id: `p${String((n += 1))}`,
            dedupe_key: `k${String(n)}`,
            touchpoint: 'follow-up',
            title: '回访',
          },
          ...{ cadence_version: 1, purpose: 'service', personal: 1, channel: 'advisor-task' },
          ...{ subject_kind: 'customer', subject: external, customer, sender: 'lin', day },
          ...{ wanted_at: at, due_at: at, expires_at: at + days(1), decision: 'queued', reason_code: 'ok' },
          ...{
            reason_words: '可以发送',
            state: 'sent',
            content: '{"text":""}',
            parcel: null,
            remote_id: null,
          },
          ...{ priority: 1, attempts: 1, epoch: 1, crashes: 0, ready_at: at, lease_holder: null },
          ...{ created_at: at, pressed_at: null, sent_at: at, settled_at: at, settle_code: null },
          ...{ settle_words: null },
          ...more,
        },
      ]),
    )
  }
  const unsent = { sent_at: null } as const
  const declined = (code: string) => ({ ...unsent, state: null, decision: 'declined', reason_code: code })

  it('are counted by the day of their first purchase, each once, with one reason for each who was missed', async () => {
    const all = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k'].map((one) => `wm-${one}`)
    const [a = '', b = '', c = '', d = '', e = '', f = '', g = '', h = '', i = '', j = '', k = ''] = all
    await store.say(
      order(a, first, '12:00'),
      order(b, first, '12:00'),
      // Her first order was taken back: the one on the 20th is her first purchase.
      order(c, addDays(first, 1)),
      order(c, '2026-10-20'),
      order(d, last, '12:00'),
      order(e, '2026-10-20'),
      order(f, '2026-10-21'),
      order(g, '2026-10-22'),
      order(h, '2026-10-22'),
      // Not looked at: too early, too late, and whoever had bought before.
      order(i, addDays(first, -1)),
      order(j, addDays(last, 1)),
      order(k, '2026-01-01'),
      order(k, '2026-10-22'),
    )
    const [taken] = await store.db.reader.rows<{ source_key: string }>(
      `select source_key from shop_order where day = $1`,
      [addDays(first, 1)],
    )
    await store.say({
      ...order(c, '2026-10-15'),
      kind: 'order-refunded',
      detail: { orderId: taken?.source_key ?? '' },
    })
    await befriend(...all.filter((one) => one !== h))
    await promise(a, first, 24)
    // Seven days and an hour: too late.
    await promise(b, first, 7 * 24 + 1, { due_at: instantOf(first, '13:00') })
    await promise(c, '2026-10-20', 1, { channel: 'broadcast' })
    await promise(d, last, 7 * 24)
    await promise(e, '2026-10-20', 1, {
      ...unsent,
      state: 'expired',
      settle_code: 'late',
      settle_words: '过时',
    })
    await promise(e, '2026-10-20', 2, declined('opted-out'))
    await promise(f, '2026-10-21', 1, declined('opted-out'))
    // What goes to a group, or by no chat of hers, reaches nobody by herself.
    await promise(f, '2026-10-21', 1, { channel: 'moments' })
    await promise(h, '2026-10-22', 1, declined('no-advisor'))
    const found = await firstBuyers(store.db.reader, store.clock.now())
    expect(found).toMatchObject({ from: first, until: last, withinDays: 7, goalPercent: 90 })
    expect([found.buyers, found.reached]).toEqual([8, 3])
    expect(found.days.filter(({ buyers }) => buyers > 0)).toEqual([
      { day: first, buyers: 2, reached: 1 },
      { day: '2026-10-20', buyers: 2, reached: 1 },
      { day: '2026-10-21', buyers: 1, reached: 0 },
      { day: '2026-10-22', buyers: 2, reached: 0 },
      { day: last, buyers: 1, reached: 1 },
    ])
    expect(found.weeks).toEqual([
      { monday: '2026-10-12', buyers: 2, reached: 1 },
      { monday: '2026-10-19', buyers: 5, reached: 1 },
      { monday: '2026-10-26', buyers: 0, reached: 0 },
      { monday: '2026-11-02', buyers: 0, reached: 0 },
      { monday: '2026-11-09', buyers: 1, reached: 1 },
    ])
    expect(found.missed).toEqual([
      { code: 'late', words: '已过时限', count: 1 },
      { code: 'never-added', words: '没有顾问添加她', count: 1 },
      { code: 'nothing-due', words: '7 天内没有触点轮到她', count: 1 },
      { code: 'opted-out', words: '客户已退订', count: 1 },
      { code: 'too-late', words: '7 天之后才触达', count: 1 },
    ])
  })

  it('count from the day on which there was a cadence that could reach them', async () => {
    await store.act({ kind: 'cli', verb: 'test' }, (ctx) =>
      publish(ctx, store.rules, {
        yaml: 'shop: { name: 店 }\ntouchpoints: {}\n',
        note: '',
        by: 'cli',
        baseVersion: null,
      }),
    )
    store.clock.advance(days(15))
    await store.say(order('early', '2026-11-19'), order('same', today), order('late', '2026-11-22'))
    const found = await firstBuyers(store.db.reader, store.clock.now())
    expect(found).toMatchObject({ from: today, until: '2026-11-27', buyers: 2, reached: 0 })
    expect(found.days.map(({ buyers }) => buyers)).toEqual([1, 0, 1, 0, 0, 0, 0, 0])
  })

  it('are measured by the goal of the cadence', async () => {
    await store.act({ kind: 'cli', verb: 'test' }, (ctx) =>
      publish(ctx, store.rules, {
        yaml: 'shop: { name: 店 }\ngoals: { firstBuyersPercent: 75 }\ntouchpoints: {}\n',
        note: '',
        by: 'cli',
        baseVersion: null,
      }),
    )
    expect(await firstBuyers(store.db.reader, store.clock.now())).toMatchObject({
      goalPercent: 75,
      days: [],
      buyers: 0,
      reached: 0,
      missed: [],
    })
  })
})
