import fc from 'fast-check'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Happening } from '../base/act.ts'
import { addDays, dayNumber, instantOf } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import { onBothDatabases } from '../../test/database.ts'
import { openStore } from '../../test/store.ts'
import type { TestStore } from '../../test/store.ts'
import { runSegment } from '../cli/segment.ts'
import { customerIdOf } from '../customer/index.ts'
import { readLog } from '../interaction/index.ts'
import { cutsAsOf } from './cuts.ts'
import { resegmentDue } from './resegment.ts'
import { createSegmentJobs } from './segment.jobs.ts'
import { noAt } from './rule.ts'
import { ruleKinds } from './rules/index.ts'
import { standingSql } from './compute.ts'
import { dormancyByMonths, dormancyByRhythm, stageOf } from './lifecycle.ts'
import { questionOf, readFeatures } from './standing.store.ts'
import type { StoredStanding } from './standing.store.ts'
import { boughtOf, explainStandings, nextNoOf, standingsAsOf, tierOf } from './standings.ts'

const today = '2026-05-20'
const idOf = (shopId: string): string => customerIdOf({ kind: 'shop', value: shopId })

let n = 0
const happening = (kind: string, shopId: string, day: Day, detail: Record<string, unknown>): Happening => ({
  kind,
  at: instantOf(day, '12:00'),
  source: 'test',
  sourceKey: `k${String((n += 1))}`,
  who: { shopId },
  detail,
})
const order = (shopId: string, day: Day, amountFen = 10_000, orderId?: string): Happening =>
  happening('order-placed', shopId, day, { amountFen, items: [], ...(orderId ? { orderId } : {}) })
const ago = (days: number): Day => addDays(today, -days)

type SqlStanding = Omit<StoredStanding, 'since_no'>
/** What is recorded already for a day after the one asked about begins to count then. */
const nextWithComing = (...[rules, row, dayNo]: Parameters<typeof nextNoOf>): number | null => {
  const days = [
    nextNoOf(rules, row, dayNo),
    noAt(row, 'coming_purchase_no'),
    noAt(row, 'coming_act_no'),
    noAt(row, 'coming_refund_no'),
  ].filter((day) => day !== null)
  return days.length === 0 ? null : Math.min(...days)
}

onBothDatabases('standings', (open) => {
  let store: TestStore
  beforeEach(async () => {
    store = await openStore(open, instantOf(today, '10:00'))
  })
  afterEach(() => store.drop())

  const tiersOn = async (day: Day): Promise<Record<string, string>> =>
    Object.fromEntries(
      (await standingsAsOf(store.db.reader, store.rules, day)).map(({ customer, tier }) => [customer, tier]),
    )
  const standingOf = async (shopId: string, day: Day = today) =>
    (await standingsAsOf(store.db.reader, store.rules, day, [idOf(shopId)]))[0]

  it('follow the table of tiers, the first match winning', async () => {
    await store.say(
      ...[0, 30, 89].map((days) => order('high', ago(days), 50_000)),
      ...[0, 30, 90].map((days) => order('two-in-90-days', ago(days), 60_000)),
      ...[1, 30, 60].map((days) => order('cheap', ago(days), 1_000)),
      ...[1, 30, 60].map((days) => order('not-engaged', ago(days), 50_000)),
      happening('link-clicked', 'not-engaged', ago(90), {}),
      ...[1, 30, 60].map((days) => order('engaged', ago(days), 50_000)),
      happening('poll-voted', 'engaged', ago(89), {}),
      order('new', ago(6)),
      order('not-new', ago(7)),
      order('mid', ago(179)),
      order('dormant', ago(180)),
      ...Array.from({ length: 12 }, (_, i) => order(`few${String(i)}`, ago(20), 2_000)),
      happening('link-clicked', 'lead', ago(1), {}),
    )
    const tiers = await tiersOn(today)
    const expected = {
      high: 'high',
      'two-in-90-days': 'mid',
      cheap: 'mid',
      'not-engaged': 'mid',
      engaged: 'high',
      new: 'new',
      'not-new': 'mid',
      mid: 'mid',
      dormant: 'dormant',
      lead: 'lead',
    }
    for (const [shopId, tier] of Object.entries(expected))
      expect([shopId, tiers[idOf(shopId)]]).toEqual([shopId, tier])
    expect((await standingOf('high'))?.reason).toContain('互动情况未知，按满足计')
    expect((await standingOf('high'))?.nextDay).toBe(addDays(ago(89), 90))
    expect((await standingOf('dormant'))?.dormancy).toBe('medium')
  })

  it('know nothing of what came after the day, not even a refund', async () => {
    await store.say(
      order('a', '2026-01-10', 10_000, 'A1'),
      order('a', '2026-03-10', 20_000, 'A2'),
      order('a', '2026-05-10', 30_000, 'A3'),
      happening('order-refunded', 'a', '2026-04-01', { orderId: 'A2' }),
      happening('order-refunded', 'a', '2026-05-11', { orderId: 'A3', amountFen: 5_000 }),
      order('later', '2026-05-01'),
    )
    const at = async (day: Day) => {
      const standing = await standingOf('a', day)
      return [standing?.purchases, standing?.spentFen, standing?.lastDay]
    }
    expect(await at('2026-01-09')).toEqual([undefined, undefined, undefined])
    expect(await at('2026-01-10')).toEqual([1, 10_000, '2026-01-10'])
    expect(await at('2026-03-31')).toEqual([2, 30_000, '2026-03-10'])
    expect(await at('2026-04-01')).toEqual([1, 10_000, '2026-01-10'])
    expect(await at('2026-05-10')).toEqual([2, 40_000, '2026-05-10'])
    expect(await at('2026-05-11')).toEqual([2, 35_000, '2026-05-10'])
    expect(Object.keys(await tiersOn('2026-04-30'))).toEqual([idOf('a')])
  })

  it('take a refund that came before its order, and never more than was paid', async () => {
    await store.say(happening('order-refunded', 'a', '2026-05-02', { orderId: 'X', amountFen: 4_000 }))
    await store.say(order('a', '2026-05-01', 10_000, 'X'))
    expect((await standingOf('a'))?.spentFen).toBe(6_000)
    await store.say(happening('order-refunded', 'a', '2026-05-03', { orderId: 'X', amountFen: 9_000 }))
    expect(await standingOf('a')).toMatchObject({ purchases: 0, spentFen: 0, tier: 'lead' })
    expect(await standingOf('a', '2026-05-02')).toMatchObject({ purchases: 1, spentFen: 6_000 })
    const [facts] = await store.db.reader.rows('select purchases, orders, amount_fen, last_no from facts')
    expect(facts).toEqual({ purchases: 0, orders: 0, amount_fen: 0, last_no: null })
  })

  it('are said alike in SQL and in words, for any rule and any day', async () => {
    const [lives = []] = fc.sample(
      fc.array(
        fc.record({
          buys: fc.array(
            fc.record({ ago: fc.integer({ min: 0, max: 420 }), fen: fc.integer({ min: 0, max: 90_000 }) }),
            { maxLength: 9 },
          ),
          acts: fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 3 }),
        }),
        { minLength: 60, maxLength: 60 },
      ),
      { numRuns: 1, seed: 20_260_520 },
    )
    await store.say(
      ...lives.flatMap(({ buys, acts }, i) => [
        ...buys.map((buy) => order(`p${String(i)}`, ago(buy.ago), buy.fen)),
        ...acts.map((days) => happening('clue-found', `p${String(i)}`, ago(days), {})),
      ]),
    )
    const days = fc.integer({ min: 1, max: 400 })
    const yuan = fc.integer({ min: 0, max: 900 })
    const settings: Record<string, fc.Arbitrary<object>> = {
      'purchases-within': fc.record({ days, atLeast: fc.integer({ min: 0, max: 4 }) }),
      'spent-within': fc.record({ days, atLeastYuan: yuan, overYuan: fc.option(yuan, { nil: undefined }) }),
      'spent-top': fc.record({ days, percent: fc.integer({ min: 1, max: 99 }) }),
      'average-order-top': fc.record({ days, percent: fc.integer({ min: 1, max: 99 }) }),
      'average-order-within': fc.record({ days, atLeastYuan: yuan, belowYuan: fc.constant(700) }),
      'average-order-ever': fc.record({ atLeastYuan: yuan, overYuan: yuan, belowYuan: fc.constant(700) }),
      'engaged-within': fc.record({ days, unknownCounts: fc.boolean() }),
      'first-purchase-within': fc.record({ days }),
      'purchased-within': fc.record({ days }),
      'purchased-before': fc.record({ days }),
      'repurchased-within': fc.record({ days }),
      'repurchase-interval': fc.record({ atMostDays: days, purchases: fc.integer({ min: 2, max: 4 }) }),
    }
    expect(Object.keys(settings).sort()).toEqual(ruleKinds.map(({ name }) => name).sort())
    const rule = fc.oneof(
      ...ruleKinds.map((kind) => (settings[kind.name] ?? fc.constant({})).map((one) => kind.bind(one))),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(rule, { maxLength: 3 }),
        fc.integer({ min: -30, max: 400 }),
        async (when, back) => {
          const rules = {
            ...store.rules,
            tiers: [
              { name: 'yes', title: '是', when },
              { name: 'no', title: '否', when: [] },
            ],
            windows: [...new Set(when.flatMap((one) => one.windows))],
            cutNeeds: when.flatMap((one) => one.cuts),
          }
          const day = ago(back)
          const moment = { dayNo: dayNumber(day), cuts: await cutsAsOf(store.db.reader, rules, day) }
          const question = await questionOf(store.db.reader, rules, moment, false)
          const inSql = new Map(
            (await store.db.reader.rows<SqlStanding>(standingSql(question))).map((row) => [
              row.customer,
              row,
            ]),
          )
          const rows = await readFeatures(store.db.reader, rules, moment, null)
          expect(rows).toHaveLength(inSql.size)
          for (const row of rows) {
            const bought = boughtOf(row)
            expect({ ...inSql.get(row.customer) }).toMatchObject({
              tier: tierOf(rules, row, moment).tier,
              dormancy: dormancyByMonths(bought, moment.dayNo, rules.dormancy),
              dormancy_rhythm: dormancyByRhythm(bought, moment.dayNo, rules.dormancy),
              stage: stageOf(bought, moment.dayNo, rules.stages),
              next_no: nextWithComing(rules, row, moment.dayNo),
            })
          }
        },
      ),
      { numRuns: 40 },
    )
  })

  it('move after the commit with their reason, and again on the day that time moves them', async () => {
    await store.say(order('a', today, 10_000))
    await store.followers.catchUp()
    const moves = async () =>
      (await readLog(store.db.reader, { kinds: ['tier-moved'], limit: 20 })).map(({ who, detail }) => [
        who.shopId,
        detail['from'],
        detail['to'],
        detail['cause'],
      ])
    expect(await moves()).toEqual([['a', 'lead', 'new', 'order']])
    const wanted = () => store.db.reader.rows('select tag_group, tag from wanted_tag')
    expect(await wanted()).toEqual([{ tag_group: '分层', tag: '新客户' }])

    const parts = { db: store.db, act: store.act, rules: store.rules }
    await resegmentDue(parts, today)
    for (const [days, tier] of [
      [6, 'new'],
      [7, 'mid'],
      [179, 'mid'],
      [180, 'dormant'],
    ] as const) {
      const day = addDays(today, days)
      store.clock.set(instantOf(day, '00:10'))
      await createSegmentJobs(parts)[0]?.run({ name: `${day}T00:10`, dueAt: store.clock.now(), day })
      const [standing] = await store.db.reader.rows('select tier from standing')
      expect([days, standing?.['tier']]).toEqual([days, tier])
    }
    expect((await moves()).slice(1)).toEqual([
      ['a', 'new', 'mid', 'time'],
      ['a', 'mid', 'dormant', 'time'],
    ])
    expect(await wanted()).toEqual([{ tag_group: '分层', tag: '沉睡' }])
  })

  it('stored are the ones computed, whatever happened on the way', async () => {
    await store.say(
      ...Array.from({ length: 40 }, (_, i) =>
        order(`p${String(i % 17)}`, ago((i * 37) % 300), 1_000 + ((i * 7_919) % 40_000), `O${String(i)}`),
      ),
    )
    await store.followers.catchUp()
    await store.say(happening('order-refunded', 'p3', today, { orderId: 'O3' }))
    await store.followers.catchUp()
    const parts = { db: store.db, act: store.act, rules: store.rules, clock: store.clock }
    await resegmentDue(parts, today)
    const computed = await standingsAsOf(store.db.reader, store.rules, today)
    const stored = await explainStandings(
      store.db.reader,
      store.rules,
      computed.map(({ customer }) => customer),
    )
    expect(Object.fromEntries([...stored].map(([id, { tier, reason }]) => [id, [tier, reason]]))).toEqual(
      Object.fromEntries(computed.map(({ customer, tier, reason }) => [customer, [tier, reason]])),
    )
    const summary = await runSegment(parts, {})
    expect(summary.customers).toBe(17)
    expect(Object.values(summary.tiers).reduce((a, b) => a + b)).toBe(17)
    await expect(runSegment(parts, { asOf: ago(1), apply: true })).rejects.toThrow("today's standings")
    await expect(runSegment(parts, { asOf: '2026-02-30' })).rejects.toThrow('is not a day')
  })
})
