import { afterEach, describe, expect, it } from 'vitest'
import { dayNumber, instantOf } from '../../base/calendar.ts'
import { customerOf } from '../../customer/index.ts'
import { onBothDatabases } from '../../../test/database.ts'
import { openStore } from '../../../test/store.ts'
import type { TestStore } from '../../../test/store.ts'
import { saveProducts } from '../catalogue.ts'
import { cosineE6, liftE3 } from './affinity.ts'
import { refreshCoPurchase } from './co-purchase.ts'
import { pairsOf } from './co-purchase.store.ts'
import { evaluateRecommendations } from './evaluate.ts'
import { takeLines } from './evaluate.store.ts'
import type { Line } from './evaluate.store.ts'
import { bootstrap, wilson } from './intervals.ts'
import { recommendFor } from './recommend.ts'
import { recommendShape } from './settings.ts'

const day = '2026-11-20'
const settings = recommendShape.parse({ minSupport: 2, minTogether: 2 })

describe('affinity', () => {
  it('is one for what is always bought together, and counts a sample as its whole', () => {
    const figures = { units: 100, looked: 100, otherUnits: 100, together: 100, all: 1000 }
    expect(cosineE6(figures)).toBe(1_000_000)
    expect(liftE3(figures)).toBe(10_000)
    const sampled = { units: 100, looked: 10, otherUnits: 400, together: 5, all: 1000 }
    expect(cosineE6(sampled)).toBe(cosineE6({ ...sampled, looked: 100, together: 50 }))
    expect(liftE3(sampled)).toBe(1250)
  })
})

describe('intervals', () => {
  it('are the published ones', () => {
    // Wilson 1927 for 8 of 10: 0.4902 to 0.9433.
    const { low, high } = wilson(8, 10)
    expect([low.toFixed(4), high.toFixed(4)]).toEqual(['0.4902', '0.9433'])
    expect(wilson(0, 0)).toEqual({ value: 0, low: 0, high: 1 })
    const column = Array.from({ length: 400 }, (_, i) => (i % 4 === 0 ? 1 : 0))
    const [mean] = bootstrap([column], { seed: 3 })
    expect(mean?.value).toBe(0.25)
    // The normal approximation says 0.25 ± 0.0424.
    expect(Math.abs((mean?.low ?? 0) - 0.2076)).toBeLessThan(0.012)
    expect(Math.abs((mean?.high ?? 0) - 0.2924)).toBeLessThan(0.012)
  })
})

const order = (shopId: string, id: string, on: string, skus: readonly string[]) => ({
  kind: 'order-placed',
  at: instantOf(on, '10:00'),
  source: 'test',
  sourceKey: id,
  who: { shopId },
  detail: { orderId: id, amountFen: 1000, items: skus.map((sku) => ({ sku, quantity: 1 })) },
})

onBothDatabases('recommendations', (open) => {
  let store: TestStore
  afterEach(() => store.drop())

  it('counts as a nested loop does, whatever the batches, and the same twice', async () => {
    store = await openStore(open, instantOf(day, '12:00'))
    const baskets = Array.from({ length: 120 }, (_, i) => ({
      who: `s${String(i % 30)}`,
      skus: ['A', 'B', 'C', 'D', 'E', 'F'].filter((_, s) => (i * 7 + s * s * 3) % (s + 2) === 0),
    }))
    for (const [i, { who, skus }] of baskets.entries())
      await store.say(order(who, `o${String(i)}`, '2026-10-01', skus))
    const unit = 'customer' as const
    await refreshCoPurchase(store.db, { ...settings, unit }, dayNumber(day))
    const stored = await pairsOf(store.db.reader, ['A', 'B', 'C', 'D', 'E', 'F'])
    const bought = new Map<string, Set<string>>()
    for (const { who, skus } of baskets) bought.set(who, new Set([...(bought.get(who) ?? []), ...skus]))
    const having = (...skus: string[]): number =>
      [...bought.values()].filter((own) => skus.every((sku) => own.has(sku))).length
    const units = [...bought.values()].filter((own) => own.size > 0).length
    let pairs = 0
    for (const sku of 'ABCDEF')
      for (const other of 'ABCDEF') {
        const together = having(sku, other)
        if (sku === other || together < 2) continue
        pairs += 1
        const row = stored.find((one) => one.sku === sku && one.other === other)
        expect(row).toMatchObject({
          together,
          units: having(sku),
          cosine_e6: Math.round((together / Math.sqrt(having(sku) * having(other))) * 1e6),
          lift_e3: Math.round(((together * units) / (having(sku) * having(other))) * 1e3),
        })
      }
    expect(pairs).toBeGreaterThan(6)
    expect(stored).toHaveLength(pairs)
    for (const sku of 'ABCDEF') {
      const own = stored.filter((row) => row.sku === sku)
      expect(own.map(({ rank }) => rank)).toEqual(own.map((_, i) => i + 1))
      expect(own.map(({ cosine_e6 }) => cosine_e6)).toEqual(
        own.map(({ cosine_e6 }) => cosine_e6).toSorted((a, b) => b - a),
      )
    }
    await refreshCoPurchase(store.db, { ...settings, unit }, dayNumber(day))
    expect(await pairsOf(store.db.reader, ['A', 'B', 'C', 'D', 'E', 'F'])).toEqual(stored)
    // Out of the window, everything is forgotten.
    await refreshCoPurchase(store.db, { ...settings, windowDays: 7 }, dayNumber(day))
    expect(await pairsOf(store.db.reader, ['', 'A', 'B'])).toEqual([])
  })

  it('offers what goes with her things, not what she has, nor what is sold out; and says why', async () => {
    store = await openStore(open, instantOf(day, '12:00'))
    const product = (sku: string, name: string, more: object = {}) => ({ sku, name, priceFen: 9900, ...more })
    await store.act({ kind: 'system', name: 'test' }, (ctx) =>
      saveProducts(
        ctx,
        [
          product('milk', '羊奶粉', { replenishDays: 30, stock: 5 }),
          product('bib', '围兜'),
          product('spoon', '软勺', { stock: 3 }),
          product('bowl', '吸盘碗', { stock: 0 }),
        ],
        { source: 'test', sourceKey: 'products' },
      ),
    )
    for (let i = 0; i < 6; i += 1)
      await store.say(order(`s${String(i)}`, `o${String(i)}`, '2026-10-01', ['milk', 'spoon', 'bowl', 'old']))
    await store.say(order('her', 'h1', '2026-10-20', ['milk', 'bib']))
    await store.say(order('fresh', 'h2', '2026-11-19', ['milk']))
    await refreshCoPurchase(store.db, settings, dayNumber(day))
    const her = await customerOf(store.db.reader, { kind: 'shop', value: 'her' })
    const fresh = await customerOf(store.db.reader, { kind: 'shop', value: 'fresh' })
    if (her === null || fresh === null) throw new Error('no customer')
    const shown = await recommendFor(store.db.reader, settings, [her, fresh, 'nobody'], {
      dayNo: dayNumber(day),
      most: 5,
    })
    expect(shown.get(her)?.map(({ sku, kind }) => [sku, kind])).toEqual([
      ['milk', 'replenish'],
      ['spoon', 'together'],
    ])
    expect(shown.get(her)?.[0]?.reason).toBe('上次购买已过 31 天，通常约 30 天用完，可以提醒补货')
    expect(shown.get(her)?.[1]?.reason).toBe('买过「羊奶粉」的人常一起买「软勺」（8 位中有 6 位）')
    // Bought yesterday: nothing to replenish; sold out and unknown to the catalogue: never.
    expect(shown.get(fresh)?.map(({ sku }) => sku)).toEqual(['spoon'])
    // Nobody's history: what is popular.
    expect(shown.get('nobody')?.map(({ kind }) => kind)).toEqual(['popular', 'popular'])
  })

  it('evaluates on what came after: a pattern is found, and nothing of the future is learnt', async () => {
    store = await openStore(open, instantOf(day, '12:00'))
    // Whoever bought x(i) buys y(i) four weeks later; z is bought by everybody at first.
    const lines: Line[] = []
    for (let c = 0; c < 300; c += 1) {
      const customer = `c${String(c).padStart(3, '0')}`
      const late = c % 3 === 0
      const add = (sku: string, day_no: number): void =>
        void lines.push({ customer, order_key: `${customer}/${String(day_no)}`, sku, day_no })
      add(`x${String(c % 10)}`, 1000)
      add('z', 1000)
      add(`y${String(c % 10)}`, late ? 1080 : 1030)
    }
    async function* batches(): AsyncGenerator<readonly Line[]> {
      await Promise.resolve()
      yield lines
    }
    const answer = await store.db.aside(async (scratch) =>
      evaluateRecommendations(scratch, await takeLines(scratch, batches()), {
        settings,
        k: 1,
        most: 1000,
        holdoutDays: 28,
        seed: 1,
      }),
    )
    const [split] = answer.protocols
    expect(split).toMatchObject({ protocol: 'time-split', eligible: 100, trials: 100, targets: 100 })
    const hits = new Map(split?.arms.map(({ arm, hitRate }) => [arm, hitRate.value]))
    expect(hits.get('cosine')).toBe(1)
    expect(hits.get('popularity')).toBeLessThan(0.2)
    const [cosine] = split?.arms ?? []
    expect(cosine?.overPopularity?.low).toBeGreaterThan(0.7)
    expect(answer.protocols[1]?.trials).toBe(300)
  })
})
