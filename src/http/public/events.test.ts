import { afterEach, beforeEach, expect, it } from 'vitest'
import { instantOf } from '../../base/calendar.ts'
import { attributesOf, customerOf, phoneHasher, usualAttributes } from '../../customer/index.ts'
import { createRecorder } from '../../interaction/index.ts'
import { onBothDatabases } from '../../../test/database.ts'
import { configDir, openStore } from '../../../test/store.ts'
import type { TestStore } from '../../../test/store.ts'
import { adminCustomerRoutes } from '../admin/customers.ts'
import type { CustomerCard, CustomerRow, EventsAnswer, Overview, Paged } from '../contract.ts'
import type { Call, Route } from '../route.ts'
import { loadRecommendSettings } from '../../order/index.ts'
import { createCards, loadRadarSettings } from '../../report/index.ts'
import { loadLevelRules } from '../../reward/index.ts'
import { shopEventNames } from '../../files/index.ts'
import { eventNames } from '../contract.ts'
import { eventKinds } from '../openapi/event-kinds.ts'
import { loadTagRules } from '../../segment/index.ts'
import { eventRoutes } from './events.ts'

onBothDatabases('events in, customers out', (open) => {
  let store: TestStore
  let routes: Route[]
  beforeEach(async () => {
    store = await openStore(open, instantOf('2026-05-20', '10:00'))
    const recorder = createRecorder(store.db, store.act, store.flush)
    routes = [
      ...eventRoutes({ recorder, hashPhone: phoneHasher(Buffer.alloc(32, 7)) }),
      ...adminCustomerRoutes({
        reader: store.db.reader,
        db: store.db,
        rules: store.rules,
        card: createCards({
          reader: store.db.reader,
          clock: store.clock,
          rules: store.rules,
          radar: loadRadarSettings(configDir),
          recommend: loadRecommendSettings(configDir),
          attributes: usualAttributes,
          tagRules: loadTagRules(configDir, store.rules.tagGroup),
          levels: loadLevelRules(configDir),
        }),
        promisesOf: () => Promise.resolve([]),
      }),
    ]
  })
  afterEach(() => store.drop())

  async function ask<T>(method: string, path: string, more: Partial<Call> = {}): Promise<T> {
    const route = routes.find((one) => one.method === method && one.path === path)
    if (!route) throw new Error(`no route ${path}`)
    const answer = await route.handle({
      params: {},
      query: {},
      body: null,
      staff: null,
      player: null,
      cookies: { get: () => undefined },
      requestId: 'r1',
      ip: '127.0.0.1',
      userAgent: 'test',
      now: store.clock.now(),
      ...more,
    })
    return answer.json as T
  }
  const post = (...events: object[]) => ask<EventsAnswer>('POST', '/api/v1/events', { body: { events } })
  const order = {
    id: 'e1',
    kind: 'order',
    at: '2026-05-19T20:00:00+08:00',
    customer: { external: 'wm1', shopId: 's1' },
    orderId: 'A1',
    amountFen: 12_900,
    items: [{ sku: 'S1', quantity: 2 }],
  }
  const complaint = {
    id: 'e2',
    kind: 'complaint',
    at: '2026-05-20T09:00:00+08:00',
    customer: { external: 'wm1' },
    detail: { text: '漏发了', score: 1 },
  }

  it('are recorded once each, their words beside the log', async () => {
    expect(await post(order, complaint)).toEqual({ recorded: 2, known: 0 })
    expect(await post(order, complaint, { ...order, id: 'e3', orderId: 'A2' })).toEqual({
      recorded: 1,
      known: 2,
    })
    expect(await store.db.reader.rows('select words from log_words')).toEqual([{ words: '漏发了' }])
    const [row] = await store.db.reader.rows(`select detail from log where kind = 'complaint-opened'`)
    expect(row).toEqual({ detail: '{"score":1}' })
  })

  it('with a mistake refuse the batch and name the event', async () => {
    const bad = { ...order, id: 'e4', amountFen: undefined }
    await expect(post(order, bad)).rejects.toMatchObject({ code: 'invalid', status: 400 })
    await expect(post({ ...order, at: '2027-05-19T20:00:00+08:00' })).rejects.toThrow('第 1 个事件')
    await expect(post({ ...order, kind: 'refund', orderId: undefined })).rejects.toThrow('订单号')
    await expect(post({ ...order, customer: {} })).rejects.toMatchObject({ code: 'invalid' })
    expect(await store.db.reader.rows('select seq from log')).toEqual([])
  })

  it('know every name that files know, and hash phones at the door', async () => {
    expect([...eventNames].sort()).toEqual(['order', 'customer', ...shopEventNames].sort())
    const names = shopEventNames.filter((name) => name !== 'refund' && name !== 'delivered')
    const events = names.map((kind, i) => ({
      id: `k${String(i)}`,
      kind,
      at: '2026-05-19T20:00:00+08:00',
      customer: { phone: '138 0013 8000', unionid: 'u1' },
      detail: { campaign: 'c1', sku: 'S1' },
    }))
    const trade = { at: '2026-05-19T20:00:00+08:00', customer: { external: 'wm1' }, orderId: 'A1' }
    expect(
      await post(
        ...events,
        order,
        { ...trade, id: 'r1', kind: 'refund' },
        { ...trade, id: 'd1', kind: 'delivered' },
      ),
    ).toEqual({ recorded: names.length + 3, known: 0 })
    expect(JSON.stringify(await store.db.reader.rows('select * from log'))).not.toMatch(/138 ?0013 ?8000/)
    await expect(post({ ...order, id: 'x', customer: { phone: '12' } })).rejects.toThrow('手机号')
    await expect(post({ ...order, id: 'x\u0000' })).rejects.toMatchObject({ code: 'invalid' })
    await expect(post({ ...trade, id: 'd2', kind: 'delivered', orderId: undefined })).rejects.toThrow(
      '订单号',
    )
  })

  it('are taken as the documentation shows them, of every kind', async () => {
    const shown = eventKinds.map(({ example }) => example)
    expect(await post(...shown)).toEqual({ recorded: shown.length, known: 0 })
    expect(await post(...shown)).toEqual({ recorded: 0, known: shown.length })
  })

  it('describe a customer by declared attributes, a child only with the guardian', async () => {
    const about = (id: string, at: string, attributes: object) => ({
      id,
      kind: 'customer',
      at,
      customer: { shopId: 's1' },
      attributes,
    })
    await post(about('a1', '2026-05-19T20:00:00+08:00', { name: '王芳', level: '金卡', tags: ['b', 'a'] }))
    await post(about('a2', '2026-05-18T20:00:00+08:00', { level: '银卡' }))
    await post(about('a3', '2026-05-20T08:00:00+08:00', { tags: null }))
    const id = (await customerOf(store.db.reader, { kind: 'shop', value: 's1' })) ?? ''
    const known = (await attributesOf(store.db.reader, [id])).get(id) ?? []
    expect(known.map(({ name, value }) => [name, value])).toEqual([
      ['level', '金卡'],
      ['name', '王芳'],
      ['tags', null],
    ])
    const child = { childBirthday: '2024-01-02' }
    await expect(post(about('a4', '2026-05-20T08:00:00+08:00', child))).rejects.toThrow('guardianConsent')
    expect(await post(about('a4', '2026-05-20T08:00:00+08:00', { ...child, guardianConsent: '是' }))).toEqual(
      {
        recorded: 1,
        known: 0,
      },
    )
    await expect(post(about('a5', '2026-05-20T08:00:00+08:00', { shoe: 38 }))).rejects.toThrow(
      '没有名为 shoe',
    )
    await expect(post({ ...order, attributes: { level: 'x' } })).rejects.toThrow('只有 customer')
  })

  it('show in the list, on the card and in the overview', async () => {
    await post(order, complaint, {
      ...order,
      id: 'e5',
      orderId: 'B1',
      customer: { shopId: '100%' },
      amountFen: 5,
    })
    await store.followers.catchUp()
    const list = (query: Record<string, string>) =>
      ask<Paged<CustomerRow>>('GET', '/api/admin/customers', { query })
    const all = await list({})
    expect(all.total).toBe(2)
    expect(all.items[0]).toMatchObject({
      name: '客户 s1',
      tier: 'new',
      tierTitle: '新客户',
      spentFen: 12_900,
    })
    expect((await list({ query: '100%' })).items.map(({ name }) => name)).toEqual(['客户 100%'])
    expect((await list({ query: 's1', tier: 'dormant' })).total).toBe(0)
    expect((await list({ query: 'wm1', tier: 'new' })).total).toBe(1)

    const id = (await customerOf(store.db.reader, { kind: 'external', value: 'wm1' })) ?? ''
    const card = await ask<CustomerCard>('GET', '/api/admin/customers/:id', { params: { id } })
    expect(card).toMatchObject({
      externalUserId: 'wm1',
      stage: '转化期',
      averageFen: 12_900,
      tags: ['新客户'],
      orders: [{ amountFen: 12_900, items: ['S1 ×2'] }],
      points: 0,
    })
    expect(card.timeline.map(({ words }) => words)).toEqual([
      '分层变更：潜在客户 → 新客户',
      '投诉',
      '下单 ¥129.00',
    ])
    expect(card.tierMoves).toMatchObject([
      { from: 'lead', fromTitle: '潜在客户', to: 'new', toTitle: '新客户' },
    ])
    await expect(ask('GET', '/api/admin/customers/:id', { params: { id: 'c0' } })).rejects.toMatchObject({
      code: 'not-found',
      status: 404,
    })

    const glance = await ask<Overview>('GET', '/api/admin/overview')
    expect(glance).toMatchObject({
      customers: 2,
      last7Days: { orders: 2, orderFen: 12_905, tierMoves: 2, sent: 0 },
      paused: false,
      cadenceVersion: 0,
    })
    expect(glance.tiers.find(({ tier }) => tier === 'new')).toEqual({
      tier: 'new',
      title: '新客户',
      count: 2,
    })
  })
})
