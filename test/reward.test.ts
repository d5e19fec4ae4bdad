/** Coupons, points and levels on a real database: once in effect, whoever tries at once. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { system } from '../src/base/act.ts'
import type { Ctx, Happening } from '../src/base/act.ts'
import { addDays, dayOf, instantOf } from '../src/base/calendar.ts'
import { days, hours, minutes } from '../src/base/clock.ts'
import { createLog } from '../src/base/log.ts'
import { customerOfExternal, mergeCustomers, unmergeCustomer } from '../src/customer/index.ts'
import { createFollowers, readLog } from '../src/interaction/index.ts'
import type { Kind, LogRow } from '../src/interaction/index.ts'
import {
  applyLevelRules,
  couponOfCode,
  createRewardFollowers,
  endingCoupons,
  givePoints,
  grantLevel,
  issueCoupon,
  lastCouponOfFamily,
  levelOf,
  levelRulesShape,
  levelsOf,
  lockCoupon,
  pointsOf,
  pointsOfMany,
  redeemCoupon,
  releaseCoupon,
  spendPoints,
} from '../src/reward/index.ts'
import { expireDueCoupons, expireDuePoints, relevelDue } from '../src/reward/reward.jobs.ts'
import { onBothDatabases } from './database.ts'
import { openStore } from './store.ts'
import type { TestStore } from './store.ts'

const now = instantOf('2026-11-20', '10:00')

onBothDatabases('rewards', (open) => {
  let store: TestStore
  beforeEach(async () => {
    store = await openStore(open, now)
  })
  afterEach(() => store.drop())
  const deed = <T>(work: (ctx: Ctx) => Promise<T>): Promise<T> => store.act(system('test'), work)
  const log = (...kinds: Kind[]): Promise<LogRow[]> => readLog(store.db.reader, { kinds, limit: 200 })
  const follow = () =>
    createFollowers(store.db, store.act, createRewardFollowers(), createLog('silent')).catchUp()
  let n = 0
  const order = (shopId: string, yuan: number, more: Partial<Happening> = {}): Happening => ({
    kind: 'order-placed',
    at: store.clock.now(),
    source: 'api',
    sourceKey: `o${String((n += 1))}`,
    who: { shopId },
    detail: { orderId: `order-${String(n)}`, amountFen: yuan * 100, items: [] },
    ...more,
  })
  const customerOfShop = async (shopId: string): Promise<string> => {
    const [row] = await store.db.reader.rows<{ customer: string }>(
      `select customer from identity where kind = 'shop' and value = $1`,
      [shopId],
    )
    if (!row) throw new Error(`nobody is ${shopId}`)
    return row.customer
  }
  const gift = (key: string, more: object = {}) => ({
    player: 'wm1',
    who: { external: 'wm1' },
    title: '20 元券',
    validDays: 2,
    key,
    ...more,
  })
  const issue = async (key: string, more: object = {}): Promise<string> =>
    (await deed((ctx) => issueCoupon(ctx, gift(key, more)))).coupon.code
  const redeem = (code: string, holder: string, key = holder) =>
    deed((ctx) => redeemCoupon(ctx, { code, holder, key }))

  it('50 who redeem one coupon at once redeem it once, and the log says so once', async () => {
    const code = await issue('one', { terms: { kind: 'amount', offFen: 2_000, minFen: 9_900 } })
    const tries = await Promise.allSettled(
      Array.from({ length: 50 }, (_, i) => redeem(code, `staff:s${String(i)}`)),
    )
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const codes = tries.flatMap((one) =>
      one.status === 'rejected' ? [(one.reason as { code: string }).code] : [],
    )
    expect(new Set(codes)).toEqual(new Set(['coupon-redeemed']))
    expect(await log('coupon-redeemed')).toHaveLength(1)
    expect(await couponOfCode(store.db.reader, code)).toMatchObject({ state: 'redeemed', redeemed_at: now })
  })

  it('the same redemption told twice is one', async () => {
    const code = await issue('one')
    expect(await redeem(code, 'staff:li', 'tap-1')).toMatchObject({
      fresh: true,
      coupon: { state: 'redeemed' },
    })
    expect(await redeem(code, 'staff:li', 'tap-1')).toMatchObject({
      fresh: false,
      coupon: { state: 'redeemed' },
    })
    await expect(redeem(code, 'staff:li', 'tap-2')).rejects.toMatchObject({
      code: 'coupon-redeemed',
      message: '已核销于 11-20 10:00',
    })
    expect(await log('coupon-redeemed')).toHaveLength(1)
  })

  it('who holds it keeps others off, until she lets go, uses it, or a quarter of an hour is over', async () => {
    const code = await issue('one')
    const use = (holder: string) => ({ code, holder })
    const races = await Promise.allSettled(
      ['staff:li', 'staff:wu'].map((holder) => deed((ctx) => lockCoupon(ctx, use(holder)))),
    )
    expect(races.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const winner = (await couponOfCode(store.db.reader, code))?.lock_holder ?? ''
    const loser = winner === 'staff:li' ? 'staff:wu' : 'staff:li'
    await expect(redeem(code, loser)).rejects.toMatchObject({ code: 'coupon-locked' })
    expect(await deed((ctx) => releaseCoupon(ctx, use(loser)))).toBe(false)
    expect(await deed((ctx) => releaseCoupon(ctx, use(winner)))).toBe(true)
    await deed((ctx) => lockCoupon(ctx, use(loser)))
    await expect(redeem(code, winner)).rejects.toMatchObject({ code: 'coupon-locked' })
    store.clock.advance(minutes(15))
    expect(await redeem(code, winner)).toMatchObject({ fresh: true })
    await expect(deed((ctx) => lockCoupon(ctx, use(loser)))).rejects.toMatchObject({
      code: 'coupon-redeemed',
    })
    expect((await log('coupon-locked', 'coupon-released')).map(({ kind }) => kind)).toEqual([
      'coupon-locked',
      'coupon-released',
      'coupon-locked',
    ])
  })

  it('ends by its day: never redeemed afterwards, not even when held, and noted once', async () => {
    const code = await issue('one')
    const used = await issue('two')
    await redeem(used, 'staff:li')
    expect((await endingCoupons(store.db.reader, now, now + hours(48))).map((one) => one.code)).toEqual([
      code,
    ])
    expect(await endingCoupons(store.db.reader, now, now + hours(47))).toEqual([])
    store.clock.advance(days(2) - minutes(5))
    await deed((ctx) => lockCoupon(ctx, { code, holder: 'staff:li' }))
    store.clock.advance(minutes(5))
    await expect(redeem(code, 'staff:li')).rejects.toMatchObject({ code: 'coupon-expired' })
    expect(await expireDueCoupons(store, store.clock.now())).toBe(0)
    store.clock.advance(hours(1))
    expect(await expireDueCoupons(store, store.clock.now())).toBe(1)
    expect(await expireDueCoupons(store, store.clock.now())).toBe(0)
    await expect(redeem(code, 'staff:li')).rejects.toMatchObject({ code: 'coupon-expired' })
    expect((await log('coupon-expired')).map(({ detail }) => detail['code'])).toEqual([code])
    await expect(redeem('ABCDEFGHJK', 'staff:li')).rejects.toMatchObject({
      code: 'coupon-unknown',
      status: 404,
    })
  })

  it('a family says when somebody last had one, also under a name of before she was known', async () => {
    await issue('ladder', { family: 'wake-up' })
    store.clock.advance(days(300))
    await issue('other')
    const last = (since: number) => lastCouponOfFamily(store.db.reader, ['wm1', 'wm2'], 'wake-up', since)
    expect([...(await last(now))]).toEqual([['wm1', now]])
    expect((await last(now + 1)).size).toBe(0)
    await store.say(order('s1', 10, { who: { external: 'wm1', shopId: 's1' } }))
    const customer = await customerOfExternal(store.db.reader, 'wm1')
    expect([...(await lastCouponOfFamily(store.db.reader, [customer ?? ''], 'wake-up', now))]).toEqual([
      [customer, now],
    ])
    expect((await endingCoupons(store.db.reader, now, now + days(1_000))).map((one) => one.customer)).toEqual(
      [customer, customer],
    )
  })

  const give = (player: string, amount: number, key: string) =>
    deed((ctx) => givePoints(ctx, { player, who: { external: player }, amount, words: '打卡', key }))
  const spend = (player: string, amount: number, key: string) =>
    deed((ctx) => spendPoints(ctx, { player, who: { external: player }, amount, words: '兑换', key }))

  it('of 20 payments at once only those that the points are enough for go through', async () => {
    await give('wm1', 100, 'g')
    const tries = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) => spend('wm1', 30, `p${String(i)}`)),
    )
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
    expect(await pointsOf(store.db.reader, 'wm1')).toBe(10)
    expect(await spend('wm1', 10, 'last')).toEqual({ balance: 0, fresh: true })
    expect(await spend('wm1', 10, 'last')).toEqual({ balance: 0, fresh: false })
    await expect(spend('wm1', 1, 'more')).rejects.toMatchObject({ code: 'too-few-points', status: 409 })
    expect(await log('points-spent')).toHaveLength(4)
    expect([...(await pointsOfMany(store.db.reader, null)).values()]).toEqual([0])
  })

  it('points end with the next year, the oldest spent first, and cannot be spent after that', async () => {
    await give('wm1', 100, 'in-2026')
    await give('wm2', 50, 'wm2-in-2026')
    store.clock.set(instantOf('2027-06-01', '10:00'))
    await give('wm1', 40, 'in-2027')
    await spend('wm1', 30, 'p')
    expect(await expireDuePoints(store, store.clock.now())).toBe(0)
    store.clock.set(instantOf('2028-01-01', '00:01'))
    // wm2 comes before the night's work: hers are gone all the same.
    await expect(spend('wm2', 1, 'late')).rejects.toMatchObject({ code: 'too-few-points' })
    expect(await expireDuePoints(store, store.clock.now())).toBe(2)
    expect(await expireDuePoints(store, store.clock.now())).toBe(0)
    expect([...(await pointsOfMany(store.db.reader, ['wm1', 'wm2']))].sort()).toEqual([
      ['wm1', 40],
      ['wm2', 0],
    ])
    expect((await log('points-expired')).map(({ who, detail }) => [who.external, detail['amount']])).toEqual([
      ['wm1', 70],
      ['wm2', 50],
    ])
  })

  it('levels follow orders and refunds at once, and time each night; every move has its cause', async () => {
    const orderId = 'order-of-s1'
    await store.say(
      order('s1', 1_200, { detail: { orderId, amountFen: 120_000 } }),
      order('s2', 300),
      order('s3', 6_000, { source: 'import:orders' }),
    )
    await follow()
    const [one, two, three] = await Promise.all(['s1', 's2', 's3'].map(customerOfShop))
    const levels = await levelsOf(store.db.reader, null, '2026-11-20')
    expect([one, two, three].map((customer) => levels.get(customer ?? '')?.title)).toEqual([
      '银卡',
      '普通会员',
      '金卡',
    ])
    expect(levels.get(one ?? '')).toMatchObject({
      since: '2026-11-20',
      keepUntil: '2027-11-20',
      spentFen: 120_000,
      missingFen: 380_000,
      next: { level: 'gold', title: '金卡' },
      keepMissingFen: 100_000,
    })
    await store.say({
      ...order('s1', 0),
      kind: 'order-refunded',
      detail: { orderId, amountFen: 50_000 },
    })
    await follow()
    expect((await levelOf(store.db.reader, one ?? '', '2026-11-20')).level).toBe('ordinary')
    store.clock.set(instantOf('2027-11-21', '00:15'))
    expect(await relevelDue(store, '2027-11-21')).toBe(1)
    expect(await relevelDue(store, '2027-11-21')).toBe(0)
    expect(
      (await log('level-moved')).map(({ detail }) => [detail['from'], detail['to'], detail['cause']]),
    ).toEqual([
      ['ordinary', 'silver', 'spent'],
      ['ordinary', 'gold', 'import'],
      ['silver', 'ordinary', 'refunded'],
      ['gold', 'silver', 'lapsed'],
    ])
  })

  it('a level given once lifts a returning silver member for three months, then she is silver again', async () => {
    await store.say(order('s1', 1_200))
    await follow()
    const customer = await customerOfShop('s1')
    const until = addDays(dayOf(now), 89)
    const lift = () =>
      deed((ctx) => grantLevel(ctx, { customer, level: 'gold', until, why: '欢迎回来', key: 'back:s1' }))
    expect([await lift(), await lift()]).toEqual([true, false])
    expect(await levelOf(store.db.reader, customer, '2026-11-20')).toMatchObject({
      level: 'gold',
      grantedUntil: until,
      keepUntil: '2027-11-20',
    })
    store.clock.set(instantOf(addDays(until, 1), '00:15'))
    await relevelDue(store, dayOf(store.clock.now()))
    expect((await levelOf(store.db.reader, customer, dayOf(store.clock.now()))).level).toBe('silver')
    expect((await log('level-moved')).map(({ detail }) => detail['cause'])).toEqual([
      'spent',
      'granted',
      'grant-ended',
    ])
    expect(await log('level-granted')).toHaveLength(1)
    await expect(
      deed((ctx) => grantLevel(ctx, { customer, level: 'diamond', until: '2030-01-01', why: '', key: 'x' })),
    ).rejects.toMatchObject({ code: 'unknown-level' })
  })

  it('whoever buys again after a long quiet stands one level higher for three months, once a return and once a year', async () => {
    const back = async (daysLater: number, yuan: number) => {
      store.clock.set(now + days(daysLater))
      await store.say(order('s1', yuan, { at: store.clock.now(), source: 'api' }))
      await follow()
    }
    await store.say(order('s1', 1_200))
    await follow()
    const customer = await customerOfShop('s1')
    const level = () => levelOf(store.db.reader, customer, dayOf(store.clock.now()))
    await back(89, 10)
    expect([(await level()).level, await log('customer-returned')]).toEqual(['silver', []])
    await back(89 + 200, 10)
    await back(89 + 200, 10)
    const until = addDays(dayOf(now), 89 + 200 + 89)
    expect(await level()).toMatchObject({
      level: 'gold',
      grantedUntil: until,
      grantedWhy: '欢迎回来：隔 200 天再次下单，金卡权益体验 90 天',
    })
    expect((await log('customer-returned')).map(({ detail }) => detail)).toEqual([
      {
        quietDays: 200,
        day: addDays(dayOf(now), 289),
        level: 'gold',
        levelTitle: '金卡',
        until,
        words: '200 天后再次下单，金卡权益体验 90 天',
      },
    ])
    // Away again within the year: she is welcome, and nothing is lent.
    await back(289 + 100, 10)
    expect((await log('customer-returned')).map(({ detail }) => detail['level'])).toEqual(['gold', undefined])
    expect((await level()).grantedWhy).toBeNull()
    expect(await log('level-granted')).toHaveLength(1)
    // What a file tells of long ago is no return.
    await store.say(order('s1', 10, { at: store.clock.now() + days(100), source: 'import:orders.csv' }))
    await follow()
    expect(await log('customer-returned')).toHaveLength(2)
  })

  it('changed rules move everybody by their own cause, once', async () => {
    await store.say(order('s1', 1_200), order('s2', 800))
    await follow()
    await relevelDue(store, '2026-11-20')
    const cheaper = levelRulesShape.parse({
      levels: [
        { name: 'ordinary', title: '普通', fromYuan: 0 },
        { name: 'silver', title: '银卡', fromYuan: 500 },
      ],
    })
    expect(await deed((ctx) => applyLevelRules(ctx, cheaper))).toBe(true)
    expect(await relevelDue(store, '2026-11-20')).toBe(1)
    expect(await relevelDue(store, '2026-11-20')).toBe(0)
    expect((await log('level-moved')).map(({ detail }) => detail['cause'])).toEqual(['spent', 'rules'])
  })

  it('a merge adds the purchases up and takes gifts along; parted again, each has her own', async () => {
    await store.say(order('s1', 700), order('s2', 700))
    const [one, two] = [await customerOfShop('s1'), await customerOfShop('s2')]
    await deed((ctx) =>
      grantLevel(ctx, { customer: two, level: 'gold', until: '2026-12-31', why: '补偿', key: 'sorry' }),
    )
    await deed((ctx) => mergeCustomers(ctx, one, two, '同一人'))
    await follow()
    expect(await levelOf(store.db.reader, one, '2026-11-20')).toMatchObject({
      level: 'gold',
      spentFen: 140_000,
      keepUntil: '2027-11-20',
    })
    await deed((ctx) => unmergeCustomer(ctx, two, '不是'))
    await follow()
    const levels = await levelsOf(store.db.reader, [one, two], '2026-11-20')
    expect([one, two].map((customer) => levels.get(customer)?.level)).toEqual(['ordinary', 'gold'])
  })
})
