/** The database scores everybody as memory scores one: any history, any settings, any day, both databases. */
import fc from 'fast-check'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Happening } from '../../base/act.ts'
import { addDays, daysBetween, instantOf } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import { runSegment } from '../../cli/segment.ts'
import { customerIdOf } from '../../customer/index.ts'
import { readLog } from '../../interaction/index.ts'
import { onBothDatabases } from '../../../test/database.ts'
import { openStore } from '../../../test/store.ts'
import type { TestStore } from '../../../test/store.ts'
import { createSegmentJobs } from '../segment.jobs.ts'
import { currentRfmCuts, frozenRfmCuts, refreshRfmCuts } from './cuts.ts'
import { distributionOf, percentsOf } from './edges.ts'
import type { Measures, RfmCuts } from './edges.ts'
import { rfmOf, rfmSql } from './rfm.ts'
import type { Scored } from './score.ts'
import { scaleOf, scoredOf } from './score.ts'
import { rfmShape, valueTypes } from './settings.ts'
import type { RfmRules } from './settings.ts'
import { rfmSummary } from './summary.ts'

const today = '2026-05-20'
const ago = (days: number): Day => addDays(today, -days)
const idOf = (who: string): string => customerIdOf({ kind: 'shop', value: who })

interface Order {
  readonly id: string
  readonly who: string
  readonly day: Day
  readonly fen: number
  readonly refund?: { readonly day: Day; readonly fen: number | undefined }
}

let n = 0
const happening = (kind: string, who: string, day: Day, detail: Record<string, unknown>): Happening => ({
  kind,
  at: instantOf(day, '09:00'),
  source: 'test',
  sourceKey: `rfm${String((n += 1))}`,
  who: { shopId: who },
  detail,
})
const placed = ({ id, who, day, fen }: Order): Happening =>
  happening('order-placed', who, day, { orderId: id, amountFen: fen, items: [] })
const takenBack = ({ id, who, refund }: Order): Happening[] =>
  refund === undefined
    ? []
    : [happening('order-refunded', who, refund.day, { orderId: id, amountFen: refund.fen })]

const orderOf = fc
  .record({
    who: fc.integer({ min: 0, max: 14 }).map((i) => `m${String(i)}`),
    age: fc.integer({ min: 0, max: 500 }),
    fen: fc.integer({ min: 3, max: 40_000 }),
    refund: fc.option(fc.record({ after: fc.integer({ min: 0, max: 60 }), whole: fc.boolean() }), {
      freq: 3,
    }),
  })
  .map(({ who, age, fen, refund }): Order => {
    const after = Math.max(0, age - (refund?.after ?? 0))
    const taken = refund && { day: ago(after), fen: refund.whole ? undefined : Math.floor(fen / 3) }
    return { id: `o${String((n += 1))}`, who, day: ago(age), fen, ...(taken ? { refund: taken } : {}) }
  })

const rulesOf = fc
  .record({
    window: fc.constantFrom('lifetime', 30, 200),
    frequency: fc.constantFrom('orders', 'customer-days'),
    monetary: fc.constantFrom('total', 'average'),
    scores: fc.oneof(
      fc.record({
        method: fc.constant('quantiles'),
        percents: fc.constantFrom([20, 40, 60, 80], [33, 66], [1, 50, 99]),
        plus: fc.constantFrom(0, 1),
        tie: fc.constantFrom('upper', 'lower'),
      }),
      fc.constant({
        method: 'thresholds',
        recencyDays: [7, 30, 100, 300],
        frequency: [2, 3],
        monetaryYuan: [20, 100, 400],
      }),
    ),
    split: fc.constantFrom(
      'average',
      'median',
      { atLeastScore: 2 },
      { recencyDays: 60, frequency: 2, monetaryYuan: 99 },
    ),
    classes: fc.constantFrom(undefined, [
      { name: 'a', r: 2, m: '2-3' },
      { name: 'b', types: ['一般价值'] },
      { name: 'c' },
    ]),
    named: fc.constantFrom(undefined, [
      { name: "it's", r: '2-3', f: 2 },
      { name: 'x', m: 1 },
    ]),
  })
  .map((raw) => rfmShape.parse(raw))

/** The plain reading of the definitions. */
function inMemory(orders: readonly Order[], rules: RfmRules, day: Day): Map<string, Scored & Measures> {
  const since = rules.window === 'lifetime' ? '' : addDays(day, -rules.window)
  const alive = orders.flatMap((order) => {
    if (order.day > day || order.day <= since) return []
    const taken = order.refund !== undefined && order.refund.day <= day ? order.refund : null
    if (taken && taken.fen === undefined) return []
    return [{ ...order, fen: order.fen - (taken?.fen ?? 0) }]
  })
  const measures = new Map<string, Measures>()
  for (const who of new Set(alive.map((order) => order.who))) {
    const hers = alive.filter((order) => order.who === who)
    const count = rules.frequency === 'orders' ? hers.length : new Set(hers.map((order) => order.day)).size
    const fen = hers.reduce((sum, order) => sum + order.fen, 0)
    measures.set(idOf(who), {
      recency: Math.min(...hers.map((order) => daysBetween(order.day, day))),
      frequency: count,
      monetary: rules.monetary === 'total' ? fen : Math.floor(fen / count),
    })
  }
  const of = (dimension: keyof Measures) =>
    distributionOf(
      [...measures.values()].map((one) => one[dimension]),
      percentsOf(rules),
    )
  const cuts: RfmCuts = {
    buyers: measures.size,
    recency: of('recency'),
    frequency: of('frequency'),
    monetary: of('monetary'),
  }
  const scale = scaleOf(rules, cuts)
  return new Map([...measures].map(([customer, one]) => [customer, { ...one, ...scoredOf(scale, one) }]))
}

onBothDatabases('RFM', (open) => {
  let store: TestStore
  beforeEach(async () => {
    store = await openStore(open, instantOf(today, '10:00'))
  })
  afterEach(() => store.drop())

  const inDatabase = async (rules: RfmRules, day: Day, when: 'now' | 'end-of-day') => {
    const rows = await store.db.reader.rows<{
      customer: string
      r: number
      f: number
      m: number
      type: number
      class: number
      segment: number
    }>(await rfmSql(store.db.reader, rules, day, { when }))
    return new Map(
      rows.map(({ customer, r, f, m, ...row }) => [
        customer,
        {
          r,
          f,
          m,
          type: valueTypes[row.type],
          valueClass: rules.classes[row.class]?.name,
          segment: rules.named[row.segment]?.name ?? rules.others,
        },
      ]),
    )
  }

  it('is the same in SQL and in memory', async () => {
    const history: Order[] = []
    const round = async (more: readonly Order[], rules: RfmRules, age: number): Promise<void> => {
      await store.say(...more.map(placed), ...more.flatMap(takenBack))
      history.push(...more)
      const day = ago(age)
      const expected = inMemory(history, rules, day)
      const plain = new Map(
        [...expected].map(([customer, { r, f, m, type, valueClass, segment }]) => [
          customer,
          { r, f, m, type, valueClass, segment },
        ]),
      )
      expect(await inDatabase(rules, day, 'end-of-day')).toEqual(plain)
      if (age === 0) expect(await inDatabase(rules, day, 'now')).toEqual(plain)
      const some = [...expected.keys()].slice(0, 7)
      const read = await rfmOf(store.db.reader, rules, [...some, 'nobody'], day, { when: 'end-of-day' })
      expect([...read.keys()].sort()).toEqual(some.sort())
      for (const [customer, one] of read) expect(one).toMatchObject({ ...expected.get(customer) })
      const summary = await rfmSummary(store.db.reader, rules, day)
      expect(summary.buyers).toBe(expected.size)
      for (const { type, customers } of summary.matrix)
        expect(customers).toBe([...expected.values()].filter((one) => one.type === type).length)
    }
    const days = fc.constantFrom(0, 0, 1, 40, 200, 600)
    await fc.assert(fc.asyncProperty(fc.array(orderOf, { maxLength: 8 }), rulesOf, days, round), {
      numRuns: 40,
      endOnFailure: true,
    })
  }, 60_000)

  it('says nothing of an empty shop, and of one customer what she is', async () => {
    const rules = rfmShape.parse({})
    const empty = await rfmSummary(store.db.reader, rules, today)
    expect([empty.buyers, empty.rfm.edges, empty.rfm.lines]).toEqual([0, null, null])
    expect(Object.values(empty.segments)).toEqual([0, 0, 0, 0, 0, 0, 0, 0])
    expect(await refreshRfmCuts(store, today)).toBe(false)
    await store.say(placed({ id: 'only', who: 'm1', day: today, fen: 100 }))
    const one = await rfmSummary(store.db.reader, rules, today)
    expect(one.segments).toMatchObject({ 一般发展: 1 })
    expect(one.rfm.edges).toEqual({ recency: [0, 0, 0, 0], frequency: [1, 1, 1, 1], monetary: [1, 1, 1, 1] })
  })

  it('freezes its cut points for the running shop by a log row, weekly or when the shop has changed', async () => {
    const { rfm } = store.rules
    const buy = (from: number, count: number, fen: number): Promise<void> =>
      store.say(
        ...Array.from({ length: count }, (_, i) =>
          placed({
            id: `f${String(from + i)}`,
            who: `f${String(from + i)}`,
            day: ago(20),
            fen: fen * (i + 1),
          }),
        ),
      )
    await buy(0, 20, 1_000)
    expect(await frozenRfmCuts(store.db.reader, rfm, today)).toBeNull()
    const job = createSegmentJobs(store).find(({ name }) => name === 'rfm-cut-points')
    const run = async (day: Day) => job?.run({ name: 'x', dueAt: instantOf(day), day })
    await run(today)
    const frozen = await frozenRfmCuts(store.db.reader, rfm, today)
    expect(frozen).toMatchObject({ buyers: 20, monetary: { average: 1_050_000 } })
    const rows = async () =>
      (await readLog(store.db.reader, { limit: 100 })).filter(({ kind }) => kind === 'cut-points-refreshed')
    const [first, ...others] = await rows()
    expect(others).toEqual([])
    expect(first?.detail['cuts']).toContainEqual({
      name: 'rfm:total:lifetime:average',
      cutFen: 1_050_000,
      buyers: 20,
    })

    // One more, much richer: her own type is decided by the frozen lines, and nobody else's changes.
    await store.say(placed({ id: 'rich', who: 'rich', day: today, fen: 90_000_000 }))
    await run(addDays(today, 1))
    expect(await rows()).toHaveLength(1)
    expect(await currentRfmCuts(store.db.reader, rfm, today)).toEqual(frozen)
    const typesOf = async () => (await runSegment(store, {})).segments
    const types = await typesOf()
    expect(types['重要发展'] ?? 0).toBeGreaterThan(0)
    expect((await runSegment(store, { asOf: today })).segments).not.toEqual(types)
    const mine = await rfmOf(store.db.reader, rfm, [idOf('rich'), idOf('f19')], today)
    expect([mine.get(idOf('rich'))?.m, mine.get(idOf('f19'))?.m]).toEqual([5, 5])

    await buy(100, 5, 1_000)
    await run(addDays(today, 2))
    expect(await rows()).toHaveLength(2)
    await run(addDays(today, 8))
    expect(await rows()).toHaveLength(2)
    await run(addDays(today, 9))
    expect(await rows()).toHaveLength(3)
  })
})
