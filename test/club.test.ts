/** What a member does with points and benefits on her own page, and what a review brings. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { system } from '../src/base/act.ts'
import type { Ctx, Happening } from '../src/base/act.ts'
import { dayOf, instantOf } from '../src/base/calendar.ts'
import { days } from '../src/base/clock.ts'
import { createLog } from '../src/base/log.ts'
import { customerOfExternal, mergeCustomers } from '../src/customer/index.ts'
import { clubRoutes } from '../src/http/public/club.ts'
import type { Answer, Call } from '../src/http/route.ts'
import { createFollowers, readLog } from '../src/interaction/index.ts'
import type { Kind } from '../src/interaction/index.ts'
import {
  applyRewardSettings,
  createRewardFollowers,
  donationsOf,
  givePoints,
  loadRewardSettings,
  pointsOf,
  rewardSettingsShape,
  shippingQuotaOf,
  signInOf,
} from '../src/reward/index.ts'
import { onBothDatabases } from './database.ts'
import { configDir, openStore } from './store.ts'
import type { TestStore } from './store.ts'

const now = instantOf('2026-11-20', '10:00')
const wm = (name: string): string => `wm${name}`

onBothDatabases('the club', (open) => {
  let store: TestStore
  beforeEach(async () => {
    store = await openStore(open, now)
    await deed((ctx) => applyRewardSettings(ctx, loadRewardSettings(configDir)))
    await store.say(order(wm('WANG'), 100))
    await follow()
  })
  afterEach(() => store.drop())
  const deed = <T>(work: (ctx: Ctx) => Promise<T>): Promise<T> => store.act(system('test'), work)
  const follow = () =>
    createFollowers(store.db, store.act, createRewardFollowers(), createLog('silent')).catchUp()
  const log = (...kinds: Kind[]) => readLog(store.db.reader, { kinds, limit: 200 })
  const customer = async (external: string) => (await customerOfExternal(store.db.reader, external)) ?? ''
  let n = 0
  const order = (external: string, yuan: number): Happening => ({
    kind: 'order-placed',
    at: store.clock.now(),
    source: 'api',
    sourceKey: `o${String((n += 1))}`,
    who: { external },
    detail: { orderId: `order-${String(n)}`, amountFen: yuan * 100, items: [] },
  })
  const ask = async ({ player }: { player: string }, line: string, body: unknown = {}): Promise<Answer> => {
    const playerKey = async (external: string) =>
      (await customerOfExternal(store.db.reader, external)) ?? external
    const route = clubRoutes({ act: store.act, playerKey }).find(
      ({ method, path }) => line === `${method} ${path}`,
    )
    const call = { player, body, now: store.clock.now() } as unknown as Call
    return (await route?.handle(call)) ?? expect.fail(line)
  }

  it('a sign-in gives its points once a day of the shop', async () => {
    const her = await customer(wm('WANG'))
    const sign = async () => (await ask({ player: wm('WANG') }, 'POST /api/public/sign-in')).json
    const today = () => signInOf(store.db.reader, her, dayOf(store.clock.now()))
    expect(await today()).toEqual({ points: 2, done: false })
    expect(await Promise.all([sign(), sign()])).toEqual(
      expect.arrayContaining([{ points: 2 }, { points: 0 }]),
    )
    expect(await today()).toEqual({ points: 2, done: true })
    store.clock.set(instantOf('2026-11-21', '00:01'))
    expect(await sign()).toEqual({ points: 2 })
    expect(await pointsOf(store.db.reader, her)).toBe(4)
    await deed((ctx) => applyRewardSettings(ctx, rewardSettingsShape.parse({ points: { signIn: 0 } })))
    expect(await today()).toBeNull()
    await expect(sign()).rejects.toMatchObject({ code: 'off', status: 409 })
  })

  it('any review of an order of hers gives the same points, once an order', async () => {
    const her = await customer(wm('WANG'))
    const orders = [order(wm('WANG'), 50), order(wm('WANG'), 60), order(wm('LI'), 70)]
    await store.say(...orders)
    const review = (
      row: Happening | undefined,
      detail: object,
      more: Partial<Happening> = {},
    ): Happening => ({
      kind: 'satisfaction-given',
      at: store.clock.now(),
      source: 'api',
      sourceKey: `r${String((n += 1))}`,
      who: { external: wm('WANG') },
      detail: { orderId: row?.detail['orderId'], ...detail },
      ...more,
    })
    await store.say(
      review(orders[0], { score: 1, scale: 5 }),
      review(orders[0], { score: 5, scale: 5 }),
      review(orders[1], { score: 5, scale: 5, length: 400 }),
      // Not hers, no order, and long ago.
      review(orders[2], { score: 5 }),
      review(undefined, { score: 5 }),
      review(orders[1], { score: 5 }, { at: store.clock.now() - days(31) }),
    )
    await follow()
    await follow()
    expect((await log('points-given')).map(({ detail }) => [detail['amount'], detail['words']])).toEqual([
      [20, '评价订单'],
      [20, '评价订单'],
    ])
    // Under another name after a merge it is the same order still.
    await store.say(review(orders[2], { score: 4 }, { who: { external: wm('LI') } }))
    await follow()
    await deed(async (ctx) => mergeCustomers(ctx, await customer(wm('LI')), her, '同一人'))
    await store.say(review(orders[2], { score: 3 }))
    await follow()
    expect(await pointsOf(store.db.reader, her)).toBe(60)
  })

  it('points given to a good cause are matched by the brand and counted, once a tap', async () => {
    const her = await customer(wm('WANG'))
    await deed((ctx) =>
      givePoints(ctx, { player: her, who: {}, amount: 50, words: '测试', key: `gift:${her}` }),
    )
    const before = (await donationsOf(store.db.reader, her))?.all ?? expect.fail()
    const give = (points: number, key: string) =>
      ask({ player: wm('WANG') }, 'POST /api/public/donations', { points, key })
    expect((await give(30, 'tap-00001')).json).toEqual({ points: 30, matched: 30 })
    expect((await give(30, 'tap-00001')).json).toEqual({ points: 30, matched: 30 })
    await expect(give(30, 'tap-00002')).rejects.toMatchObject({ code: 'too-few-points', status: 409 })
    await expect(give(9, 'tap-00003')).rejects.toMatchObject({ code: 'too-few-points', status: 400 })
    expect(await pointsOf(store.db.reader, her)).toBe(20)
    expect(await donationsOf(store.db.reader, her)).toEqual({
      ...{ cause: '乡村小学图书角', match: 1, least: 10 },
      mine: { points: 30, matched: 30 },
      all: { points: before.points + 30, matched: before.matched + 30, people: before.people + 1 },
    })
    expect((await log('points-donated')).map(({ detail }) => detail)).toEqual([
      { amount: 30, matched: 30, words: '乡村小学图书角' },
    ])
    await deed((ctx) => applyRewardSettings(ctx, rewardSettingsShape.parse({})))
    expect(await donationsOf(store.db.reader, her)).toBeNull()
    await expect(give(10, 'tap-00004')).rejects.toMatchObject({ code: 'off' })
  })

  it('free deliveries are taken within the quota of her level and period, and end with it', async () => {
    const her = await customer(wm('WANG'))
    const take = (key: string) => ask({ player: wm('WANG') }, 'POST /api/public/free-shipping', { key })
    const left = async () => (await shippingQuotaOf(store.db.reader, her, dayOf(store.clock.now())))?.left
    expect(await shippingQuotaOf(store.db.reader, her, '2026-11-20')).toEqual({
      ...{ times: 1, months: 3, left: 1, until: '2026-12-31' },
    })
    const first = (await take('tap-00001')).json
    expect(first).toMatchObject({
      title: '会员包邮券',
      terms: '包邮一次',
      expiresAt: '2027-01-01T00:00:00+08:00',
    })
    expect((await take('tap-00001')).json).toEqual(first)
    await expect(take('tap-00002')).rejects.toMatchObject({
      code: 'no-free-shipping',
      fix: '2027-01-01 起可以再领',
    })
    // Two a month at the top; what she took before counts.
    await store.say(order(wm('WANG'), 25_000))
    await follow()
    expect(await left()).toBe(1)
    const both = await Promise.allSettled([take('tap-00003'), take('tap-00004')])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    store.clock.set(instantOf('2026-12-01', '00:00'))
    expect(await left()).toBe(2)
  })
})
