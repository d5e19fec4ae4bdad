/** Coupons beside a chat, at the till and by an order; friends who bring friends; points that count double. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { system } from '../src/base/act.ts'
import type { Ctx, Happening } from '../src/base/act.ts'
import { dayOf, instantOf } from '../src/base/calendar.ts'
import { days } from '../src/base/clock.ts'
import { createLog } from '../src/base/log.ts'
import { customerOfExternal, mergeCustomers, saveContacts, saveStaff } from '../src/customer/index.ts'
import { couponHoldRoutes } from '../src/http/public/coupons.ts'
import { eventRoutes } from '../src/http/public/events.ts'
import { referralRoutes } from '../src/http/public/referral.ts'
import type { Answer, Call, Route } from '../src/http/route.ts'
import { sidebarCouponRoutes } from '../src/http/sidebar/coupons.ts'
import { createFollowers, createRecorder, headSeq, readLog } from '../src/interaction/index.ts'
import type { Kind } from '../src/interaction/index.ts'
import {
  applyRewardSettings,
  couponOfCode,
  couponsOf,
  createRewardFollowers,
  issueCoupon,
  loadRewardSettings,
  redeemForOrder,
} from '../src/reward/index.ts'
import { creditDueReferrals } from '../src/reward/reward.jobs.ts'
import { onBothDatabases } from './database.ts'
import { configDir, openStore } from './store.ts'
import type { TestStore } from './store.ts'

const now = instantOf('2026-11-20', '10:00')
const publicUrl = 'https://shop.test'

onBothDatabases('rewards in use', (open) => {
  let store: TestStore
  let routes: Route[]
  /** One database for all: each test has people of its own, and looks at its own rows. */
  let turn = 0
  let since = 0
  const wm = (name: string): string => `wm${String(turn)}${name}`
  beforeAll(async () => {
    store = await openStore(open, now)
    const { act, db } = store
    const playerKey = async (external: string) => (await customerOfExternal(db.reader, external)) ?? external
    routes = [
      ...sidebarCouponRoutes({ act, db, publicUrl }),
      ...couponHoldRoutes({ act, reader: db.reader }),
      ...referralRoutes({ act, reader: db.reader, publicUrl, playerKey }),
      ...eventRoutes({
        recorder: createRecorder(db, act, store.flush),
        redeem: (told) => deed((ctx) => redeemForOrder(ctx, told)),
      }),
    ]
  })
  afterAll(() => store.drop())
  beforeEach(async () => {
    turn += 1
    since = await headSeq(store.db.reader)
    await deed(async (ctx) => {
      await applyRewardSettings(ctx, loadRewardSettings(configDir))
      await saveStaff(ctx, [
        { userid: 'li', name: '李敏', active: true, contact: true },
        { userid: 'wu', name: '吴迪', active: true, contact: true },
      ])
      const contact = { staff: 'li', gender: 2, addedAt: 1_000 }
      await saveContacts(ctx, [{ ...contact, external: wm('WANG'), name: '王小美' }])
    })
    await store.say(order(wm('WANG'), 100))
    await follow()
  })
  const deed = <T>(work: (ctx: Ctx) => Promise<T>): Promise<T> => store.act(system('test'), work)
  const follow = () =>
    createFollowers(store.db, store.act, createRewardFollowers(), createLog('silent')).catchUp()
  const log = (...kinds: Kind[]) => readLog(store.db.reader, { after: since, kinds, limit: 200 })
  const customer = async (external: string) => (await customerOfExternal(store.db.reader, external)) ?? ''
  let n = 0
  const order = (external: string, yuan: number, detail: object = {}): Happening => ({
    kind: 'order-placed',
    at: store.clock.now(),
    source: 'api',
    sourceKey: `o${String((n += 1))}`,
    who: { external },
    detail: { orderId: `order-${String(n)}`, amountFen: yuan * 100, items: [], ...detail },
  })
  async function ask(as: { staff?: string; player?: string }, line: string, body?: unknown): Promise<Answer> {
    const [method, path = ''] = line.split(' ')
    for (const route of routes) {
      const names = [...route.path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? '')
      const values = new RegExp(`^${route.path.replace(/:\w+/g, '([^/]+)')}$`).exec(path)
      if (route.method !== method || !values) continue
      const call: Call = {
        params: Object.fromEntries(names.map((name, i) => [name, values[i + 1] ?? ''])),
        query: {},
        body,
        staff: as.staff === undefined ? null : { userid: as.staff, name: as.staff, roles: ['advisor'] },
        player: as.player ?? null,
        cookies: { get: () => undefined },
        requestId: 'r',
        ip: '::1',
        userAgent: '',
        now: store.clock.now(),
      }
      return route.handle(call)
    }
    throw new Error(`no route ${line}`)
  }
  const couponFor = async (external: string, key = `k${String(turn)}`): Promise<string> => {
    const player = await customer(external)
    const gift = { player, who: { external }, title: '八折券', validDays: 2, key }
    return (await deed((ctx) => issueCoupon(ctx, gift))).coupon.code
  }

  it('an advisor looks a code up and redeems it; only her own customer has a name', async () => {
    const code = await couponFor(wm('WANG'))
    const typed = `${code.slice(0, 5).toLowerCase()}-${code.slice(5)}`
    expect((await ask({ staff: 'li' }, `GET /api/sidebar/coupons/${typed}`)).json).toMatchObject({
      code,
      title: '八折券',
      state: 'issued',
      owner: '王小美',
      externalUserId: wm('WANG'),
    })
    const other = (await ask({ staff: 'wu' }, `GET /api/sidebar/coupons/${code}`)).json
    expect(other).toMatchObject({ owner: '王**' })
    expect(other).not.toHaveProperty('externalUserId')
    const redeem = (staff: string, key: string) =>
      ask({ staff }, `POST /api/sidebar/coupons/${code}/redeem`, { key })
    expect((await redeem('wu', 'tap-00001')).json).toMatchObject({
      state: 'redeemed',
      redeemedAt: '2026-11-20T10:00:00+08:00',
      why: '已核销于 11-20 10:00',
    })
    expect((await redeem('wu', 'tap-00001')).json).toMatchObject({ state: 'redeemed' })
    await expect(redeem('li', 'tap-00002')).rejects.toMatchObject({ code: 'coupon-redeemed', status: 409 })
    const rows = await log('coupon-redeemed')
    expect(rows.map(({ who }) => who)).toEqual([{ external: wm('WANG'), staff: 'wu' }])
    await expect(ask({ staff: 'li' }, 'GET /api/sidebar/coupons/ABCDEFGHJK')).rejects.toMatchObject({
      code: 'coupon-unknown',
    })
    await expect(ask({ staff: 'li' }, 'GET /api/sidebar/coupons/0O1')).rejects.toMatchObject({
      code: 'coupon-unknown',
    })
  })

  it('an advisor hands out a template to her own customer, one of a kind at a time', async () => {
    const { templates } = (await ask({ staff: 'li' }, 'GET /api/sidebar/coupon-templates')).json as {
      templates: { name: string; terms: string }[]
    }
    expect(templates.map(({ name, terms }) => [name, terms])).toEqual([
      ['care-20', '减20元，满99元可用'],
      ['care-90', '9折，无门槛'],
      ['free-shipping', '包邮一次'],
      ['trial', '赠品：新品试用装一份'],
    ])
    const issue = (staff: string, key: string, template = 'care-20') =>
      ask({ staff }, `POST /api/sidebar/customers/${wm('WANG')}/coupons`, { template, key })
    const first = (await issue('li', 'tap-00001')).json as { coupon: { code: string }; text: string }
    expect(first.text).toBe(
      `送您一张「专属 20 元券」，减20元，满99元可用，2026-11-27 10:00 前有效。点开就能看到券码：${publicUrl}/h5/#/coupon/${first.coupon.code}`,
    )
    expect((await issue('li', 'tap-00001')).json).toEqual(first)
    await expect(issue('li', 'tap-00002')).rejects.toMatchObject({ code: 'coupon-held', status: 409 })
    await expect(issue('wu', 'tap-00003')).rejects.toMatchObject({ code: 'not-found', status: 404 })
    await expect(issue('li', 'tap-00004', 'none')).rejects.toMatchObject({ code: 'unknown-template' })
    expect(await couponsOf(store.db.reader, await customer(wm('WANG')))).toHaveLength(1)
    await deed(async (ctx) => {
      await ctx.tx.run(`UPDATE coupon SET state = 'redeemed' WHERE code = $1`, [first.coupon.code])
    })
    expect((await issue('li', 'tap-00005')).json).toMatchObject({ coupon: { state: 'issued' } })
  })

  it('an order redeems the coupon it names, once; a code nobody knows is said and costs no order', async () => {
    const code = await couponFor(wm('WANG'))
    const event = (id: string, orderId: string, coupon: string) => ({
      id,
      kind: 'order',
      at: '2026-11-20T10:00:00+08:00',
      customer: { external: wm('WANG') },
      orderId,
      amountFen: 9_900,
      coupon,
    })
    const post = (...events: object[]) => ask({}, 'POST /api/v1/events', { events })
    expect((await post(event('e1', 'A1', code))).json).toEqual({ recorded: 1, known: 0 })
    expect((await post(event('e1', 'A1', code))).json).toEqual({ recorded: 0, known: 1 })
    await follow()
    expect(await couponOfCode(store.db.reader, code)).toMatchObject({
      state: 'redeemed',
      redeemed_by: 'shop:A1',
    })
    const twice = await post(
      event('e2', 'A2', code),
      event('e3', 'A3', '门店新人券'),
      event('e4', 'A4', 'ABCDEFGHJK'),
    )
    expect(twice.json).toMatchObject({
      recorded: 3,
      warnings: [
        { id: 'e2', code: 'coupon-redeemed' },
        { id: 'e3', code: 'coupon-unknown' },
        { id: 'e4', code: 'coupon-unknown' },
      ],
    })
    expect((await log('coupon-redeemed')).map(({ detail }) => detail['orderId'])).toEqual(['A1'])
    expect(await log('order-placed')).toHaveLength(5)
    await expect(post({ ...event('e5', 'A5', code), kind: 'browse' })).rejects.toMatchObject({
      code: 'invalid',
    })
  })

  it('the till holds a coupon for its order; an advisor is told, the order itself redeems it', async () => {
    const code = await couponFor(wm('WANG'))
    const hold = (verb: string, orderId: string) => ask({}, `POST /api/v1/coupons/${verb}`, { code, orderId })
    expect((await hold('lock', 'A1')).json).toMatchObject({ state: 'locked', title: '八折券' })
    await expect(hold('lock', 'A2')).rejects.toMatchObject({ code: 'coupon-locked' })
    expect((await ask({ staff: 'li' }, `GET /api/sidebar/coupons/${code}`)).json).toMatchObject({
      state: 'locked',
      why: '正被其他订单占用，11-20 10:15 前会释放',
    })
    expect((await hold('release', 'A2')).json).toMatchObject({ state: 'locked' })
    expect((await hold('release', 'A1')).json).toMatchObject({ state: 'issued' })
    await hold('lock', 'A3')
    await store.say(order(wm('WANG'), 99, { coupon: code, orderId: 'A3' }))
    await follow()
    expect(await couponOfCode(store.db.reader, code)).toMatchObject({ redeemed_by: 'shop:A3' })
  })

  it('an order made before the end counts though it is told a little later; whatever way it came in', async () => {
    const code = await couponFor(wm('WANG'))
    store.clock.advance(days(2) - 60_000)
    const made = order(wm('WANG'), 99, { coupon: code })
    store.clock.advance(600_000)
    await store.say({ ...made, source: 'import:orders' })
    await follow()
    expect(await couponOfCode(store.db.reader, code)).toMatchObject({
      state: 'redeemed',
      redeemed_at: made.at,
    })
  })

  // ---------------------------------------------------------------- 老带新

  const codeOf = async (external: string): Promise<string> => {
    const { link } = (await ask({ player: external }, 'GET /api/public/referral')).json as { link: string }
    return link.slice(`${publicUrl}/h5/r/`.length)
  }
  const comes = async (friend: string, code: string): Promise<string> =>
    (await ask({ player: friend }, `GET /h5/r/${code}`)).redirect ?? ''
  const creditAfter = async (n: number) => {
    store.clock.advance(days(n))
    return creditDueReferrals(store, dayOf(store.clock.now()))
  }
  const titles = async (external: string) =>
    (await couponsOf(store.db.reader, await customer(external))).map(({ title }) => title)

  it('a friend’s first order is worth a coupon to both a week later, once', async () => {
    const code = await codeOf(wm('WANG'))
    expect(await codeOf(wm('WANG'))).toBe(code)
    expect(await comes(wm('FRIEND'), code)).toBe('/h5/#/invited/joined')
    expect(await comes(wm('FRIEND'), code)).toBe('/h5/#/invited/again')
    expect((await ask({}, `GET /h5/r/${code}`)).redirect).toContain('/api/public/login?to=')
    await store.say(order(wm('FRIEND'), 60), order(wm('FRIEND'), 80))
    await follow()
    expect(await creditAfter(6)).toBe(0)
    expect(await creditAfter(1)).toBe(1)
    expect(await creditAfter(1)).toBe(0)
    expect([await titles(wm('WANG')), await titles(wm('FRIEND'))]).toEqual([
      ['邀请好友奖励券'],
      ['好友见面礼券'],
    ])
    expect((await log('referral-credited')).map(({ detail }) => detail['side'])).toEqual([
      'inviter',
      'friend',
    ])
    expect((await ask({ player: wm('WANG') }, 'GET /api/public/referral')).json).toMatchObject({
      joined: 1,
      waiting: 0,
      credited: 1,
      mine: '邀请好友奖励券（减50元，无门槛）',
    })
  })

  it('nobody brings herself, a customer of before, or anybody by a code that is none', async () => {
    const code = await codeOf(wm('WANG'))
    expect(await comes(wm('WANG'), code)).toBe('/h5/#/invited/self')
    await store.say(order(wm('OLD'), 60))
    expect(await comes(wm('OLD'), code)).toBe('/h5/#/invited/known')
    expect(await comes(wm('X'), 'ABCDEFGH')).toBe('/h5/#/invited/unknown')
    await expect(comes(wm('X'), 'abc')).rejects.toMatchObject({ code: 'bad-link' })
    // An order of before she came, told only afterwards.
    const early = order(wm('LATE'), 60)
    store.clock.advance(1_000)
    expect(await comes(wm('LATE'), code)).toBe('/h5/#/invited/joined')
    await store.say(early, order(wm('LATE'), 60))
    await follow()
    // A second name of hers that is merged before the credit.
    expect(await comes(wm('SELF'), code)).toBe('/h5/#/invited/joined')
    await store.say(order(wm('SELF'), 60))
    await follow()
    const [wang, self] = [await customer(wm('WANG')), await customer(wm('SELF'))]
    await deed((ctx) => mergeCustomers(ctx, wang, self, '同一人'))
    await follow()
    await creditAfter(7)
    expect((await log('referral-ended')).map(({ detail }) => detail['why'])).toEqual([
      '来之前已经下过单',
      '邀请人与朋友是同一人',
    ])
    expect(await log('referral-credited')).toEqual([])
  })

  it('what is taken back before the credit is worth nothing; a full month pays the friend alone', async () => {
    const settings = loadRewardSettings(configDir)
    await deed((ctx) =>
      applyRewardSettings(ctx, { ...settings, referral: { ...settings.referral, capPerMonth: 1 } }),
    )
    const code = await codeOf(wm('WANG'))
    for (const friend of [wm('A'), wm('B'), wm('C')]) await comes(friend, code)
    const back = order(wm('A'), 60)
    await store.say(back, order(wm('B'), 60), order(wm('C'), 60))
    await store.say({
      ...order(wm('A'), 0),
      kind: 'order-refunded',
      detail: { orderId: back.detail['orderId'] },
    })
    await follow()
    expect(await creditAfter(7)).toBe(3)
    expect(await titles(wm('WANG'))).toEqual(['邀请好友奖励券'])
    expect([await titles(wm('A')), await titles(wm('B')), await titles(wm('C'))]).toEqual([
      [],
      ['好友见面礼券'],
      ['好友见面礼券'],
    ])
    expect((await log('referral-ended')).map(({ detail }) => detail['why'])).toEqual(['首单已退款'])
  })

  it('a contact way with the state of a link counts as well', async () => {
    const code = await codeOf(wm('WANG'))
    await store.say({
      kind: 'contact-added',
      at: store.clock.now(),
      source: 'wecom:test:1',
      sourceKey: `added-${String(turn)}`,
      who: { external: wm('NEW'), staff: 'li' },
      detail: { State: `ref-${code}` },
    })
    await follow()
    expect((await log('referral-joined')).map(({ who, detail }) => [who.external, detail['via']])).toEqual([
      [wm('NEW'), 'contact'],
    ])
  })
})
