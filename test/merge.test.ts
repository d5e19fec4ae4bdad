/** Two customers who turn out to be one person, over everything that is kept of them. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { system } from '../src/base/act.ts'
import type { Ctx, Happening, Who } from '../src/base/act.ts'
import { instantOf } from '../src/base/calendar.ts'
import {
  customerOf,
  keepApart,
  mergeCustomers,
  saveContacts,
  saveStaff,
  unmergeCustomer,
} from '../src/customer/index.ts'
import { ensureGames, play } from '../src/game/index.ts'
import { readLog } from '../src/interaction/index.ts'
import { enqueue } from '../src/outbox/index.ts'
import type { Candidate } from '../src/outbox/index.ts'
import { pointsOf } from '../src/reward/index.ts'
import { onBothDatabases } from './database.ts'
import { contentsOf, keptBy } from './happenings.ts'
import { openStore } from './store.ts'
import type { TestStore } from './store.ts'

let n = 0
const seen = (who: Who, more: Partial<Happening> = {}): Happening => ({
  kind: 'link-clicked',
  at: 2_000_000,
  source: 'api',
  sourceKey: `k${String((n += 1))}`,
  who,
  detail: {},
  ...more,
})
const order = (who: Who, orderId: string, amountFen: number): Happening =>
  seen(who, { kind: 'order-placed', at: instantOf('2026-05-01', '12:00'), detail: { orderId, amountFen } })

onBothDatabases('merged customers', (open) => {
  let store: TestStore
  beforeEach(async () => {
    store = await openStore(open, instantOf('2026-05-20', '10:00'))
  })
  afterEach(() => store.drop())
  const rows = (sql: string) => store.db.reader.rows(sql)
  const deed = <T>(work: (ctx: Ctx) => Promise<T>): Promise<T> => store.act(system('test'), work)
  const external = async (value: string) =>
    (await customerOf(store.db.reader, { kind: 'external', value })) ?? ''
  const shop = async (value: string) => (await customerOf(store.db.reader, { kind: 'shop', value })) ?? ''
  const facts = () => rows('select customer, orders, amount_fen from facts order by amount_fen')

  it('become one by themselves when one row of the shop names both and nothing contradicts', async () => {
    await store.say(order({ shopId: 's1' }, 'o1', 100), seen({ external: 'wm1' }))
    const kept = await shop('s1')
    await store.say(
      order({ shopId: 's1', external: 'wm1' }, 'o2', 200),
      order({ external: 'wm1' }, 'o3', 400),
    )
    expect([await external('wm1'), await shop('s1')]).toEqual([kept, kept])
    expect(await facts()).toEqual([{ customer: kept, orders: 3, amount_fen: 700 }])
    expect(await rows('select id from customer')).toEqual([{ id: kept }])
    const [merge] = await readLog(store.db.reader, { kinds: ['customers-merged'], limit: 9 })
    expect(merge).toMatchObject({
      seq: 4,
      detail: { kept, identities: [{ kind: 'external', value: 'wm1' }], by: 'system' },
    })
    expect(await rows('select one from identity_conflict')).toEqual([])
  })

  it('meet by the unionid that WeCom shows', async () => {
    await store.say(order({ unionid: 'u1' }, 'o1', 100), order({ unionid: 'u1', shopId: 's1' }, 'o2', 200))
    await store.say(
      seen({ external: 'wm1', staff: 'li' }, { kind: 'contact-added', source: 'wecom:corp:1' }),
      seen({ external: 'wm1', unionid: 'u1' }, { kind: 'contact-identified', source: 'wecom-contact' }),
    )
    expect(await external('wm1')).toBe(await shop('s1'))
    expect(await rows('select id from customer')).toHaveLength(1)
  })

  it('do not become one through a phone number that two shop ids share, until a person says so', async () => {
    await store.say(order({ shopId: 's1', phoneHash: 'p' }, 'o1', 100))
    await store.say(order({ shopId: 's2', phoneHash: 'p' }, 'o2', 200), order({ phoneHash: 'p' }, 'o3', 400))
    const [a, b] = [await shop('s1'), await shop('s2')]
    expect(a).not.toBe(b)
    expect(await facts()).toEqual([
      { customer: b, orders: 1, amount_fen: 200 },
      { customer: a, orders: 2, amount_fen: 500 },
    ])
    expect(await rows(`select one, two from identity_conflict where state = 'open'`)).toHaveLength(1)
    expect(await deed((ctx) => mergeCustomers(ctx, b, a, '本人电话确认'))).toEqual({ kept: a, other: b })
    expect(await facts()).toEqual([{ customer: a, orders: 3, amount_fen: 700 }])
    expect(await rows('select one from identity_conflict')).toEqual([])
    await expect(deed((ctx) => mergeCustomers(ctx, a, b, '再来一次'))).rejects.toThrow('没有这位客户')

    const tables = keptBy(store.projections)
    expect(await deed((ctx) => unmergeCustomer(ctx, b, '弄错了'))).toMatchObject({ from: a, to: b })
    expect(await facts()).toEqual([
      { customer: b, orders: 1, amount_fen: 200 },
      { customer: a, orders: 2, amount_fen: 500 },
    ])
    // Never again by itself, nor asked about again.
    await store.say(order({ shopId: 's2', phoneHash: 'p' }, 'o4', 1))
    expect(await rows('select state from identity_conflict')).toEqual([{ state: 'apart' }])
    expect((await contentsOf(store.db, tables))['customer']).toHaveLength(2)
    await expect(deed((ctx) => unmergeCustomer(ctx, b, '再来一次'))).rejects.toThrow('没有可以拆分的合并')
  })

  it('stay two where a person said so', async () => {
    await store.say(seen({ external: 'wm1' }, { source: 'h5' }), seen({ shopId: 's1' }))
    await store.say(seen({ external: 'wm1', shopId: 's1' }, { source: 'h5' }))
    const [a, b] = [await external('wm1'), await shop('s1')]
    await deed((ctx) => keepApart(ctx, b, a, '是母女'))
    await store.say(order({ external: 'wm1', shopId: 's1' }, 'o1', 1))
    expect(await external('wm1')).not.toBe(await shop('s1'))
    expect(await rows('select state from identity_conflict')).toEqual([{ state: 'apart' }])
  })

  it('give back at an un-merge what was tied to them since', async () => {
    await store.say(
      seen({ shopId: 's1' }),
      seen({ external: 'wm1' }),
      seen({ shopId: 's1', external: 'wm1' }),
    )
    const kept = await shop('s1')
    await store.say(
      order({ external: 'wm1', phoneHash: 'p1' }, 'o1', 100),
      order({ shopId: 's1', phoneHash: 'p2' }, 'o2', 200),
    )
    const [merge] = await rows('select other from customer_merge')
    const other = String(merge?.['other'])
    const back = await deed((ctx) => unmergeCustomer(ctx, kept, '两个人'))
    expect(back).toEqual({
      from: kept,
      to: other,
      identities: [
        { kind: 'external', value: 'wm1' },
        { kind: 'phone', value: 'p1' },
      ],
    })
    expect(await facts()).toEqual([
      { customer: other, orders: 1, amount_fen: 100 },
      { customer: kept, orders: 1, amount_fen: 200 },
    ])
  })

  const candidate = (customer: string, subject: string, touchpoint: string): Candidate => ({
    dedupeKey: `${touchpoint}:${customer}:2026-W21`,
    touchpoint,
    title: touchpoint,
    cadenceVersion: 1,
    purpose: 'marketing',
    personal: false,
    channel: 'broadcast',
    subjectKind: 'customer',
    subject,
    customer,
    sender: 'li',
    day: '2026-05-20',
    wantedAt: instantOf('2026-05-20', '14:00'),
    expiresAt: instantOf('2026-05-22', '20:00'),
    priority: 5,
    content: { text: '您好' },
  })
  const states = () =>
    rows('select dedupe_key, customer, subject, state, settle_code from promise order by subject, touchpoint')

  it('are not written to twice, and each has her own again after an un-merge', async () => {
    await deed(async (ctx) => {
      await saveStaff(ctx, [{ userid: 'li', name: '李敏', active: true, contact: true }])
      const contact = { staff: 'li', name: '王女士', gender: 2, addedAt: 1_000 }
      await saveContacts(ctx, [
        { ...contact, external: 'wm1' },
        { ...contact, external: 'wm2' },
      ])
    })
    await store.say(seen({ external: 'wm1' }), seen({ external: 'wm2' }))
    const [a, b] = [await external('wm1'), await external('wm2')]
    const note = (customer: string, subject: string) => [candidate(customer, subject, 'weekly-note')]
    await deed((ctx) => enqueue(ctx, [...note(a, 'wm1'), ...note(b, 'wm2')]))
    await deed((ctx) => mergeCustomers(ctx, a, b, '两个微信'))
    expect(await states()).toEqual([
      {
        dedupe_key: `weekly-note:${a}:2026-W21`,
        customer: a,
        subject: 'wm1',
        state: 'queued',
        settle_code: null,
      },
      {
        dedupe_key: `weekly-note:${b}:2026-W21`,
        customer: a,
        subject: 'wm2',
        state: 'cancelled',
        settle_code: 'merged',
      },
    ])
    expect((await readLog(store.db.reader, { kinds: ['touch-cancelled'], limit: 9 })).length).toBe(1)
    // The same again by her other name is known already; another marketing message of the day is over the cap.
    const [again, tip] = await deed((ctx) =>
      enqueue(ctx, [candidate(a, 'wm2', 'weekly-note'), candidate(a, 'wm2', 'tip')]),
    )
    expect([again?.known, tip?.decision]).toEqual([true, 'declined'])
    await deed((ctx) => unmergeCustomer(ctx, b, '弄错了'))
    expect((await states()).map((row) => [row['subject'], row['customer']])).toEqual([
      ['wm1', a],
      ['wm2', b],
      ['wm2', b],
    ])
  })

  it('keep what only one of them was promised, under a key that holds for both', async () => {
    await deed(async (ctx) => {
      await saveStaff(ctx, [{ userid: 'li', name: '李敏', active: true, contact: true }])
      await saveContacts(ctx, [{ external: 'wm2', staff: 'li', name: '王女士', gender: 2, addedAt: 1_000 }])
    })
    await store.say(seen({ shopId: 's1' }), seen({ external: 'wm2' }))
    const [a, b] = [await shop('s1'), await external('wm2')]
    await deed((ctx) => enqueue(ctx, [candidate(b, 'wm2', 'weekly-note')]))
    await store.say(seen({ shopId: 's1', external: 'wm2' }))
    expect(await states()).toEqual([
      {
        dedupe_key: `weekly-note:${a}:2026-W21`,
        customer: a,
        subject: 'wm2',
        state: 'queued',
        settle_code: null,
      },
    ])
    const [again] = await deed((ctx) => enqueue(ctx, [candidate(a, 'wm2', 'weekly-note')]))
    expect(again?.known).toBe(true)
  })

  it('have one vote, its points once, and both again after an un-merge', async () => {
    await store.say(seen({ external: 'wm1' }), seen({ external: 'wm2' }))
    const [a, b] = [await external('wm1'), await external('wm2')]
    await deed((ctx) =>
      ensureGames(ctx, [
        {
          id: 'poll-1',
          kind: 'poll',
          title: '投票',
          touchpoint: 'poll',
          opensAt: instantOf('2026-05-19', '00:00'),
          closesAt: instantOf('2026-05-30', '00:00'),
          settings: {
            options: [
              { id: 'a', label: '甲' },
              { id: 'b', label: '乙' },
            ],
            points: 5,
          },
        },
      ]),
    )
    const vote = (key: string, wm: string, choice: string) =>
      deed((ctx) => play(ctx, { key, who: { external: wm }, via: 'h5' }, 'poll-1', { choices: [choice] }))
    await vote(a, 'wm1', 'a')
    await vote(b, 'wm2', 'b')
    await deed((ctx) => mergeCustomers(ctx, a, b, '两个微信'))
    const votes = () => rows('select player, choice from game_move order by player, choice')
    expect(await votes()).toEqual([{ player: a, choice: 'a' }])
    expect((await vote(a, 'wm2', 'b')).points).toBe(0)
    expect(await votes()).toEqual([{ player: a, choice: 'b' }])
    expect(await pointsOf(store.db.reader, a)).toBe(10)
    await deed((ctx) => unmergeCustomer(ctx, b, '弄错了'))
    expect([await pointsOf(store.db.reader, a), await pointsOf(store.db.reader, b)]).toEqual([5, 5])
  })
})
