import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { dayNumber, instantOf } from '../../base/calendar.ts'
import { onBothDatabases } from '../../../test/database.ts'
import { openStore } from '../../../test/store.ts'
import type { TestStore } from '../../../test/store.ts'
import { refreshRadar } from './radar.jobs.ts'
import { radarBasis, radarOf, scoresOf } from './radar.ts'
import { axes, axisSql, figuresOf, figuresSql, storedAverages } from './radar.store.ts'
import { scoreAt } from './scale.ts'
import { radarShape } from './settings.ts'

const settings = radarShape.parse({})
const day = '2026-11-20'
const dayNo = dayNumber(day)

describe('a scale', () => {
  it('is monotone, whole, and stays between its ends', () => {
    const line = fc
      .uniqueArray(fc.integer({ min: 0, max: 100_000 }), { minLength: 2, maxLength: 8 })
      .chain((values) =>
        fc
          .array(fc.integer({ min: 0, max: 100 }), { minLength: values.length, maxLength: values.length })
          .map((scores) => {
            const rising = scores.toSorted((a, b) => a - b)
            return values
              .toSorted((a, b) => a - b)
              .map((value, i): [number, number] => [value, rising[i] ?? 0])
          }),
      )
    fc.assert(
      fc.property(line, fc.integer({ min: -10, max: 110_000 }), fc.nat(5_000), (points, value, more) => {
        const low = scoreAt(points, value)
        const high = scoreAt(points, value + more)
        expect(Number.isInteger(low)).toBe(true)
        expect(high).toBeGreaterThanOrEqual(low)
        expect(low).toBeGreaterThanOrEqual(points[0]?.[1] ?? 0)
        expect(high).toBeLessThanOrEqual(points.at(-1)?.[1] ?? 0)
      }),
    )
  })

  it('refuses lines that bend back', () => {
    const bad = radarShape.safeParse({
      recency: {
        points: [
          [0, 100],
          [5, 20],
          [9, 60],
        ],
      },
    })
    expect(bad.success).toBe(false)
    expect(
      radarShape.safeParse({
        recency: {
          points: [
            [5, 100],
            [5, 20],
          ],
        },
      }).success,
    ).toBe(false)
  })
})

onBothDatabases('the value radar', (open) => {
  let store: TestStore
  afterEach(() => store.drop())

  async function fill(): Promise<void> {
    store = await openStore(open, instantOf(day, '12:00'))
    let n = 0
    const said = (shopId: string, kind: string, on: string, detail: object = {}) => ({
      kind,
      at: instantOf(on, '10:00'),
      source: 'test',
      sourceKey: `k${String((n += 1))}`,
      who: { shopId, external: `wm-${shopId}` },
      detail: detail as Record<string, unknown>,
    })
    for (let i = 0; i < 25; i += 1)
      for (let order = 0; order <= i % 5; order += 1)
        await store.say(
          said(
            `s${String(i)}`,
            'order-placed',
            `2026-${String(1 + ((i + order * 2) % 10)).padStart(2, '0')}-11`,
            {
              orderId: `o${String(i)}-${String(order)}`,
              amountFen: 1000 * (i + 1),
              items: [],
            },
          ),
        )
    await store.say(said('s1', 'satisfaction-given', '2026-11-01', { score: 5 }))
    for (let i = 0; i < 4; i += 1) await store.say(said('s1', 'group-said', '2026-11-02'))
    await store.say(said('s2', 'complaint-opened', '2026-11-02'))
    await store.say(said('looker', 'contact-added', '2026-11-02'))
    await store.followers.catchUp()
  }

  it('scores in memory as in SQL, before and after the lines are frozen', async () => {
    await fill()
    for (let round = 0; round < 2; round += 1) {
      const basis = await radarBasis(store.db.reader, settings)
      const query = { dayNo, settings, leadTier: 'lead' }
      const sql = axisSql(settings, basis.scales)
      const inSql = await store.db.reader.rows<Record<string, number> & { customer: string }>(
        `select customer, ${axes.map((axis) => `cast(${sql[axis]} as bigint) as ${axis}`).join(', ')}
         from (${figuresSql({ ...query, whose: () => '' })}) figures`,
      )
      expect(inSql).toHaveLength(26)
      const figures = await figuresOf(
        store.db.reader,
        query,
        inSql.map(({ customer }) => customer),
      )
      for (const row of figures) {
        const { customer, ...scores } = inSql.find((one) => one.customer === row.customer) ?? {}
        expect({ customer, ...scores }).toEqual({
          customer: row.customer,
          ...scoresOf(row, settings, basis),
        })
      }
      await refreshRadar(store.db, { rules: store.rules, settings }, dayNo)
    }
  })

  it('ranks by the shop’s own buyers, keeps its lines for a week, and stands beside the tier', async () => {
    await fill()
    const first = await refreshRadar(store.db, { rules: store.rules, settings }, dayNo)
    expect(first).toMatchObject({ customers: 26, scalesRenewed: true })
    const again = await refreshRadar(store.db, { rules: store.rules, settings }, dayNo + 6)
    expect(again.scalesRenewed).toBe(false)
    expect((await refreshRadar(store.db, { rules: store.rules, settings }, dayNo + 7)).scalesRenewed).toBe(
      true,
    )
    const { scales } = await radarBasis(store.db.reader, settings)
    for (const points of [scales.frequency, scales.spend]) {
      expect(points.length).toBeGreaterThan(3)
      const sorted = points.toSorted((a, b) => a[0] - b[0])
      expect(points).toEqual(sorted)
      expect(points.map(([, score]) => score)).toEqual(
        points.map(([, score]) => score).toSorted((a, b) => a - b),
      )
    }
    const ids = await store.db.reader.rows<{ value: string; customer: string }>(
      `select value, customer from identity where kind = 'shop'`,
    )
    const idOf = (shop: string): string => ids.find(({ value }) => value === shop)?.customer ?? ''
    const radars = await radarOf(
      store.db.reader,
      { rules: store.rules, settings },
      [idOf('s1'), idOf('s2'), idOf('looker'), 'nobody'],
      dayNo,
    )
    expect(radars.size).toBe(3)
    const of = (shop: string, axis: string) => radars.get(idOf(shop))?.axes.find((one) => one.axis === axis)
    // 5 points of five, and four words in the group.
    expect(of('s1', 'advocacy')).toMatchObject({ score: 82 })
    expect(of('s1', 'advocacy')?.words).toContain('最近一次评价 5 分，180 天内群里发言 4 次')
    expect(of('s2', 'advocacy')).toMatchObject({ score: 0 })
    expect(of('s2', 'advocacy')?.words).toContain('有未解决的投诉')
    expect(of('looker', 'recency')).toMatchObject({ score: 0, average: 0 })
    expect(of('looker', 'recency')?.words).toContain('还没有购买过')
    const averages = await storedAverages(store.db.reader)
    const total = new Map(averages.map(({ tier, customers }) => [tier, customers]))
    expect([...total.values()].reduce((sum, n) => sum + n, 0)).toBe(26)
  })
})
