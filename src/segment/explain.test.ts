/** One customer explained: every verdict in words, the same as everybody's; and what she is about to need. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Happening } from '../base/act.ts'
import { addDays, instantOf } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import { runSegmentExplain } from '../cli/segment-explain.ts'
import { explanationText, matrixText } from '../cli/segment-words.ts'
import { runSegment } from '../cli/segment.ts'
import { customerIdOf } from '../customer/index.ts'
import { saveProducts } from '../order/index.ts'
import { onBothDatabases } from '../../test/database.ts'
import { openStore } from '../../test/store.ts'
import type { TestStore } from '../../test/store.ts'
import { childrenOf, nextStageSignals } from './next-stage.ts'
import { standingsAsOf } from './standings.ts'

const today = '2026-05-20'
const ago = (days: number): Day => addDays(today, -days)
const idOf = (who: string): string => customerIdOf({ kind: 'shop', value: who })

let n = 0
const happening = (
  kind: string,
  who: string,
  days: number,
  detail: Record<string, unknown> = {},
): Happening => ({
  kind,
  at: instantOf(ago(days), '12:00'),
  source: 'test',
  sourceKey: `e${String((n += 1))}`,
  who: { shopId: who },
  detail,
})
const order = (who: string, days: number, fen: number, items: readonly object[] = []): Happening =>
  happening('order-placed', who, days, { orderId: `o${String((n += 1))}`, amountFen: fen, items })

describe('children told from what was bought', () => {
  const child = (age_range: string, first_no: number) => ({ age_range, first_no })

  it('are one as long as everything fits her age, and another when something is too small', () => {
    expect(childrenOf([])).toEqual([])
    expect(childrenOf([child('0-6月龄', 1000), child('12-24月龄', 1600)])).toEqual([1000])
    expect(childrenOf([child('3-6岁', 1000), child('0-6月龄', 1000)])).toEqual([1000 - 36 * 30, 1000])
    expect(childrenOf([child('没有', 1000)])).toEqual([])
  })
})

onBothDatabases('one customer', (open) => {
  let store: TestStore
  beforeEach(async () => {
    store = await openStore(open, instantOf(today, '10:00'))
  })
  afterEach(() => store.drop())

  const shop = (): Promise<void> =>
    store.say(
      ...[3, 20, 40, 88].map((days) => order('li', days, 61_200)),
      happening('poll-voted', 'li', 5, { game: 'g', choices: ['a'] }),
      happening('poll-voted', 'li', 9, { game: 'h', choices: ['a'] }),
      ...Array.from({ length: 12 }, (_, i) => order(`few${String(i)}`, 20 + i, 2_000 + i)),
      order('asleep', 200, 5_000),
      happening('complaint-opened', 'asleep', 199),
      happening('link-clicked', 'lead', 1),
    )

  it('is explained with every verdict, scores and edges, sleep, its cause and the next day', async () => {
    await shop()
    const li = await runSegmentExplain(store, 'li', { asOf: today })
    expect(li).toMatchObject({
      customer: idOf('li'),
      asOf: today,
      tier: 'high',
      why: `高价值：近90天购买4次（标准：至少3次）；近360天平均客单¥612.00，进入买家前20%（门槛¥20.11）；近90天有互动（最近${ago(5)}）`,
      tiers: [{ tier: 'high', matched: true, conditions: [{ met: true }, { met: true }, { met: true }] }],
      rfm: {
        recencyDays: 3,
        frequency: 4,
        monetaryYuan: 2448,
        scores: { r: 5, f: 5, m: 5 },
        type: '重要价值',
        class: '高价值忠诚',
        segment: 'Champions',
        segmentTitle: '冠军客户',
      },
      stage: { stage: 'growth' },
      dormancy: { byMonths: null, byRhythm: null, byValue: null },
      cause: null,
    })
    expect(li.rfm?.words[2]).toBe('M 5分：合计2,448元，分档 20.026 / 20.052 / 20.078 / 20.104元')
    const [standing] = await standingsAsOf(store.db.reader, store.rules, today, [idOf('li')])
    expect([li.nextDay, standing?.reason]).toEqual([standing?.nextDay, li.why.replace('高价值：', '')])

    const asleep = await runSegmentExplain(store, idOf('asleep'), {})
    expect(asleep).toMatchObject({
      tier: 'dormant',
      dormancy: { byMonths: 'medium', byRhythm: null, byValue: '低频低额' },
      cause: { cause: 'bad-experience', reason: `${ago(199)}投诉，之后没有再买` },
      nextDay: ago(200 - 360),
    })
    expect(asleep.tiers.map(({ tier, matched }) => [tier, matched])).toEqual([
      ['high', false],
      ['new', false],
      ['mid', false],
      ['dormant', true],
    ])
    expect(asleep.tiers[0]?.conditions.map(({ met }) => met)).toEqual([false, true, true])
    const text = explanationText(asleep)
    for (const words of [
      '✗ 高价值',
      '✓ 沉睡',
      '按价值：低频低额',
      '可能的原因：体验不佳',
      '建议：真人致歉并处理',
    ])
      expect(text).toContain(words)
  })

  it('may be a lead, unknown then, unknown at all, or somebody by another name', async () => {
    await shop()
    const lead = await runSegmentExplain(store, 'lead', {})
    expect(lead).toMatchObject({
      tier: 'lead',
      rfm: null,
      cause: null,
      nextDay: null,
      why: '潜在客户：还没有购买记录',
    })
    expect(explanationText(lead)).toContain('RFM：没有购买，没有得分')
    await expect(runSegmentExplain(store, 'nobody', {})).rejects.toThrow('Nobody is known as nobody')
    await expect(runSegmentExplain(store, 'li', { asOf: '2026-02-31' })).rejects.toThrow('is not a day')
    await expect(runSegmentExplain(store, 'li', { preset: 'nope' })).rejects.toThrow('There is no preset')
    const tea = await runSegmentExplain(store, 'li', { preset: 'tea-shop' })
    expect(tea).toMatchObject({ tier: 'diamond', actions: ['专属点单通道', '新品免费试饮', '会员日礼遇'] })
  })

  it('the matrix says where high begins, how many are what, and what to do', async () => {
    await shop()
    const text = matrixText(await runSegment(store, { asOf: today }))
    expect(text).toContain('买家 14 人')
    expect(text).toContain('高 高 高 重要价值       1  专属顾问一对一')
    expect(text).toContain('流失预警')
    expect(matrixText(await runSegment(store, { asOf: '2020-01-01' }))).toContain('还没有买家')
  })

  it('is about to need the next pack, or the next stage', async () => {
    await store.act({ kind: 'system', name: 'test' }, (ctx) =>
      saveProducts(
        ctx,
        [
          { sku: 'milk', name: '三段奶粉', priceFen: 1, ageRange: '12-36月龄', replenishDays: 20 },
          { sku: 'plain', name: '抱枕', priceFen: 1 },
        ],
        { source: 'test', sourceKey: 'products' },
      ),
    )
    const line = (sku: string, quantity = 1) => ({ sku, quantity })
    await store.say(
      order('due', 40, 1, [line('milk')]),
      order('due', 14, 1, [line('milk')]),
      order('not yet', 12, 1, [line('milk')]),
      order('two packs', 14, 1, [line('milk', 2)]),
      order('a thousand packs', 14, 1, [line('milk', 1_000_000)]),
      order('overdue', 50, 1, [line('milk')]),
      order('long gone', 51, 1, [line('milk')]),
      order('no such thing', 20, 1, [line('plain'), line('unknown')]),
      order('grown', 24 * 30 + 10, 1, [line('milk')]),
      order('told', 300, 1),
      happening('customer-described', 'told', 100, { attributes: { childBirthday: addDays(ago(1), -1096) } }),
      order('taken back', 20, 1, [line('milk')]),
    )
    const taken = `o${String(n)}`
    await store.say(happening('order-refunded', 'taken back', 1, { orderId: taken }))
    const whos = [
      'due',
      'not yet',
      'two packs',
      'a thousand packs',
      'overdue',
      'long gone',
      'no such thing',
      'grown',
      'told',
    ]
    const found = await nextStageSignals(store.db.reader, store.rules.nextStage, whos.map(idOf), today)
    expect(whos.map((who) => [who, found.get(idOf(who))?.map(({ words }) => words) ?? []])).toEqual([
      ['due', [`${ago(14)}买的三段奶粉约6天后用完`]],
      ['not yet', []],
      ['two packs', []],
      ['a thousand packs', []],
      ['overdue', [`${ago(50)}买的三段奶粉约30天前已用完`]],
      ['long gone', []],
      ['no such thing', []],
      ['grown', ['按买过的商品推算，孩子已满3岁']],
      ['told', ['孩子已满3岁']],
    ])
    // As of another day: the second pack was not bought yet.
    const before = await nextStageSignals(store.db.reader, store.rules.nextStage, [idOf('due')], ago(20))
    expect(before.get(idOf('due'))).toMatchObject([
      { signal: 'replenishment-due', boughtDay: ago(40), dueDay: ago(20) },
    ])
    expect((await runSegmentExplain(store, 'due', {})).nextStage).toHaveLength(1)
  })
})
