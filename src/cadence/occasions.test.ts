import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Happening } from '../base/act.ts'
import { addDays, dayNumber, instantOf } from '../base/calendar.ts'
import { days } from '../base/clock.ts'
import { customerIdOf } from '../customer/index.ts'
import { saveProducts } from '../order/index.ts'
import { onBothDatabases } from '../../test/database.ts'
import { openStore } from '../../test/store.ts'
import type { TestStore } from '../../test/store.ts'
import type { Query } from './occasion.ts'
import { findOccasions, monthsBetween } from './occasions.store.ts'

describe('the age of a child', () => {
  it('counts months as a parent does', () => {
    expect(monthsBetween('2026-01-31', '2026-02-28')).toBe(0)
    expect(monthsBetween('2026-01-31', '2026-03-01')).toBe(1)
    expect(monthsBetween('2025-12-15', '2026-12-14')).toBe(11)
    expect(monthsBetween('2025-12-15', '2026-12-15')).toBe(12)
  })
})

onBothDatabases('occasions', (open) => {
  const today = '2026-11-18'
  let store: TestStore
  let n = 0
  const idOf = (shopId: string): string => customerIdOf({ kind: 'shop', value: shopId })
  const happening = (
    shopId: string,
    kind: Happening['kind'],
    day: string,
    detail: Happening['detail'],
  ): Happening => ({
    kind,
    at: instantOf(day, '09:00'),
    source: 'shop',
    sourceKey: `e${String((n += 1))}`,
    who: { shopId },
    detail,
  })
  const described = (shopId: string, attributes: Record<string, string>) =>
    happening(shopId, 'customer-described', '2026-01-01', { attributes })
  const ordered = (shopId: string, day: string, ...skus: readonly string[]) =>
    happening(shopId, 'order-placed', day, {
      amountFen: 10_000,
      items: skus.map((sku) => ({ sku, quantity: 1 })),
    })
  const found = async (query: Query, day = today, customers: readonly string[] | null = null) => {
    if (query.find === 'everybody') return expect.fail()
    return findOccasions(store.db.reader, query, { day, customers })
  }
  const who = async (query: Query, day = today): Promise<string[]> =>
    [...(await found(query, day)).keys()].sort()

  beforeEach(async () => {
    store = await openStore(open, instantOf(today, '08:30'))
    await store.act({ kind: 'system', name: 'test' }, (ctx) =>
      saveProducts(
        ctx,
        [
          { sku: 'milk', name: '一段奶粉', category: '奶粉', replenishDays: 20, stock: 5, priceFen: 19_900 },
          { sku: 'bed', name: '婴儿床', category: '婴儿床' },
          { sku: 'kidbed', name: '儿童床', category: '儿童床', stock: 2 },
        ],
        { source: 'test', sourceKey: 'goods' },
      ),
    )
  })
  afterEach(() => store.drop())

  it('are found by one query each, for everybody and for a few', async () => {
    await store.say(
      described('a', { birthday: '1990-11-18', birthdayLunar: '--10-10' }),
      described('b', { birthday: '1990-11-19' }),
      described('c', { birthday: '2026-11-18' }),
      described('kid', { childBirthday: '2026-05-18', guardianConsent: '是' }),
      described('secret', { childBirthday: '2026-05-18', guardianConsent: '否' }),
      ordered('milk1', addDays(today, -15), 'milk'),
      happening('milk2', 'order-placed', addDays(today, -35), {
        amountFen: 1,
        items: [{ sku: 'milk', quantity: 2 }],
      }),
      ordered('milk3', addDays(today, -15), 'milk'),
      ordered('milk3', addDays(today, -2), 'milk'),
      ordered('sleeper', addDays(today, -60), 'bed'),
      happening('sleeper', 'product-browsed', addDays(today, -3), { sku: 'kidbed' }),
      ordered('done', addDays(today, -50), 'bed', 'kidbed'),
      happening('done', 'product-browsed', addDays(today, -3), { sku: 'kidbed' }),
      happening('voter', 'poll-voted', addDays(today, -1), { game: 'q1', choices: ['come'] }),
      happening('part', 'link-clicked', addDays(today, -2), { target: 'me', campaign: 'feast' }),
      happening('bought', 'link-clicked', addDays(today, -2), { target: 'me', campaign: 'feast' }),
      ordered('bought', addDays(today, -1), 'milk'),
      happening('guest', 'campaign-attended', addDays(today, -2), { campaign: 'feast' }),
    )
    const birthday = {
      find: 'birthday',
      attribute: 'birthday',
      calendar: 'solar',
      leapRule: 'ordinary',
      child: false,
    } as const
    expect(await found({ ...birthday, ahead: 0 })).toEqual(
      new Map([[idOf('a'), { key: '2026', number: 36 }]]),
    )
    expect(await who({ ...birthday, ahead: 1 })).toEqual([idOf('b')])
    // 2026-11-18 is the tenth day of the tenth lunar month.
    expect(await who({ ...birthday, attribute: 'birthdayLunar', calendar: 'lunar', ahead: 0 })).toEqual([
      idOf('a'),
    ])
    expect(await found({ find: 'children', fromMonths: 0, toMonths: 12 })).toEqual(
      new Map([[idOf('kid'), { key: 'm6', number: 6, words: '宝宝 6 个月' }]]),
    )
    expect(await who({ find: 'children', fromMonths: 0, toMonths: 12 }, '2026-11-19')).toEqual([])
    // Of an age, on any day of it.
    const aged = (fromMonths: number, toMonths: number) =>
      who({ find: 'children', fromMonths, toMonths, anyDay: true }, '2026-11-19')
    expect([await aged(0, 12), await aged(6, 6), await aged(7, 12)]).toEqual([
      [idOf('kid')],
      [idOf('kid')],
      [],
    ])
    expect(
      await who({ ...birthday, attribute: 'childBirthday', child: true, ahead: 0 }, '2027-05-18'),
    ).toEqual([idOf('kid')])

    const usedUp = await found({ find: 'used-up', ahead: 5 })
    expect([...usedUp.keys()].sort()).toEqual([idOf('milk1'), idOf('milk2')].sort())
    expect(usedUp.get(idOf('milk1'))).toMatchObject({
      key: `milk:${addDays(today, -15)}`,
      product: { name: '一段奶粉', stock: 5 },
    })
    const few = await found({ find: 'used-up', ahead: 5 }, today, [idOf('milk2'), idOf('a')])
    expect([...few.keys()]).toEqual([idOf('milk2')])

    expect(await who({ find: 'purchase', which: 'first', daysAgo: [15, 60] })).toEqual(
      [idOf('milk1'), idOf('milk3'), idOf('sleeper')].sort(),
    )
    expect(await who({ find: 'purchase', which: 'last', daysAgo: [15] })).toEqual([idOf('milk1')])
    const scene = { find: 'bought-and-browsed', bought: '婴儿床', browsed: '儿童床', days: 30 } as const
    expect(await who(scene)).toEqual([idOf('sleeper')])
    expect(await who({ find: 'answered', question: 'q1', choices: ['come'] })).toEqual([idOf('voter')])
    expect(await who({ find: 'answered', question: 'q1', choices: ['not'] })).toEqual([])
    const part = {
      find: 'took-part',
      campaign: 'feast',
      since: addDays(today, -2),
      from: addDays(today, -2),
      until: addDays(today, -1),
    } as const
    expect(await who(part)).toEqual([idOf('guest'), idOf('part')].sort())
    expect(await who({ ...part, campaign: 'other' })).toEqual([])
  })

  it('recommend the one thing that goes best and is neither hers nor sold out', async () => {
    await store.say(ordered('a', addDays(today, -5), 'milk'), ordered('b', addDays(today, -5), 'milk', 'bed'))
    const pair = (other: string, rank: number) => ({
      ...{ sku: 'milk', other, together: 9, units: 9, cosine_e6: 900_000 - rank, lift_e3: 1_000, rank },
      computed_no: dayNumber(today),
    })
    await store.db.tx((tx) => tx.insert('co_purchase', [pair('bed', 1), pair('kidbed', 2)]))
    const offers = await found({ find: 'recommendation' })
    expect([...offers].map(([id, { product }]) => [id, product?.sku]).sort()).toEqual(
      [
        [idOf('a'), 'bed'],
        [idOf('b'), 'kidbed'],
      ].sort(),
    )
  })

  it('know the carriers of a tag while it lasts', async () => {
    const tag = (customer: string, expires_at: number | null) => ({
      ...{ customer: idOf(customer), tag: 't', since_at: 1, subject: 'milk', reason: '看了没买' },
      expires_at,
    })
    const now = instantOf(today)
    await store.db.tx((tx) =>
      tx.insert('dynamic_tag', [tag('a', null), tag('b', now + days(1)), tag('c', now)]),
    )
    expect(await who({ find: 'tag', tag: 't' })).toEqual([idOf('a'), idOf('b')].sort())
    expect((await found({ find: 'tag', tag: 't' })).get(idOf('a'))?.product?.sku).toBe('milk')
  })
})
