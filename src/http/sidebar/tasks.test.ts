import { afterEach, beforeEach, expect, it } from 'vitest'
import { onBothDatabases } from '../../../test/database.ts'
import { fakeChannel } from '../../../test/fake-channel.ts'
import { customerOfNumber, externalOf, openWorld } from '../../../test/outbox-world.ts'
import type { World } from '../../../test/outbox-world.ts'
import { hours } from '../../base/clock.ts'
import { createLog } from '../../base/log.ts'
import { linkKey } from '../../content/index.ts'
import { createDelivery } from '../../delivery/index.ts'
import type { Delivery } from '../../delivery/index.ts'
import { enqueue, pausedNow } from '../../outbox/index.ts'
import { deliveryRoutes } from '../admin/deliveries.ts'
import { pauseRoutes } from '../admin/pause.ts'
import type { CustomerCard } from '../contract.ts'
import type { Call, Route } from '../route.ts'
import { sidebarTaskRoutes } from './tasks.ts'

onBothDatabases('the routes of desk and outbox', (open) => {
  let world: World
  let delivery: Delivery
  let routes: Route[]
  beforeEach(async () => {
    world = await openWorld(open)
    const links = { publicUrl: 'https://shop.example', key: linkKey(Buffer.alloc(32, 1)) }
    const { db, act, clock } = world
    const channels = [fakeChannel('advisor-task', { resendWithinMs: hours(4) }), fakeChannel('broadcast')]
    delivery = createDelivery({
      db,
      act,
      clock,
      log: createLog('silent'),
      channels,
      links,
      reconcileDelaysMs: [300],
    })
    const card = (id: string) => Promise.resolve({ id, points: 7 } as CustomerCard)
    routes = [
      ...sidebarTaskRoutes({
        act,
        db,
        links,
        tierTitle: (tier) => tier,
        card,
        messages: () => Promise.resolve([]),
      }),
      ...deliveryRoutes({ db, act }),
      ...pauseRoutes({ act }),
    ]
    await world.as((ctx) =>
      enqueue(ctx, [
        world.candidate(1, { channel: 'advisor-task' }),
        world.candidate(2, { channel: 'advisor-task' }),
        world.candidate(3, { skip: { code: 'holdout', words: '对照组' } }),
      ]),
    )
    await delivery.drainOnce(clock.now())
  })
  afterEach(async () => {
    await delivery.stop()
    await world.drop()
  })

  async function call(
    staff: string,
    method: string,
    path: string,
    input: Partial<Call> = {},
  ): Promise<unknown> {
    const route = routes.find((one) => one.method === method && one.path === path)
    if (!route) throw new Error(`no route ${method} ${path}`)
    const answer = await route.handle({
      params: {},
      query: {},
      body: {},
      staff: { userid: staff, name: staff, roles: ['advisor'] },
      player: null,
      cookies: { get: () => undefined },
      requestId: 'r1',
      ip: '127.0.0.1',
      userAgent: 'test',
      now: world.clock.now(),
      ...input,
    })
    return answer.json
  }
  const idOf = async (n: number) =>
    (await world.promises()).find(({ subject }) => subject === externalOf(n))?.id ?? ''

  it('take an advisor from today’s list over intent to sent', async () => {
    const id = await idOf(1)
    expect(await call('lin', 'GET', '/api/sidebar/today')).toMatchObject({
      total: 1,
      items: [
        {
          promiseId: id,
          externalUserId: externalOf(1),
          state: 'waiting',
          dueAt: '2026-05-19T10:00:00+08:00',
        },
      ],
    })
    const params = { id }
    expect(
      await call('lin', 'POST', '/api/sidebar/promises/:id/intent', { params, body: { text: '好' } }),
    ).toMatchObject({ state: 'intent' })
    expect(
      await call('lin', 'POST', '/api/sidebar/promises/:id/settle', { params, body: { result: 'sent' } }),
    ).toMatchObject({ state: 'sent' })
    await expect(
      call('lin', 'POST', '/api/sidebar/promises/:id/settle', { params, body: { result: 'perhaps' } }),
    ).rejects.toMatchObject({ code: 'invalid', status: 400 })
  })

  it('show an advisor her own customer, and answer 404 for everybody else’s', async () => {
    const mine = { params: { external: externalOf(1) } }
    expect(await call('lin', 'GET', '/api/sidebar/customers/:external', mine)).toMatchObject({
      customer: { id: customerOfNumber(1) },
      tasks: [{ externalUserId: externalOf(1) }],
    })
    const notHers = { code: 'not-found', status: 404 }
    const params = { external: externalOf(2), id: await idOf(2) }
    const tries: [string, string, unknown][] = [
      ['GET', '/api/sidebar/customers/:external', {}],
      ['POST', '/api/sidebar/customers/:external/opt-out', {}],
      ['POST', '/api/sidebar/customers/:external/opt-in', {}],
      ['POST', '/api/sidebar/promises/:id/intent', { text: 'x' }],
      ['POST', '/api/sidebar/promises/:id/settle', { result: 'sent' }],
      ['POST', '/api/sidebar/promises/:id/skip', { reason: 'x' }],
    ]
    for (const [method, path, body] of tries)
      await expect(call('lin', method, path, { params, body }), path).rejects.toMatchObject(notHers)
    // The same calls by her own advisor go through; only a task that was sent cannot be passed over any more.
    const [skip] = tries.splice(-1)
    for (const [method, path, body] of tries)
      await expect(call('wang', method, path, { params, body }), path).resolves.toBeDefined()
    await expect(call('wang', 'POST', skip?.[1] ?? '', { params, body: skip?.[2] })).rejects.toMatchObject({
      code: 'task-over',
      status: 409,
    })
  })

  it('list deliveries with their why, and stop and start all sending', async () => {
    const all = await call('admin', 'GET', '/api/admin/deliveries')
    expect(all).toMatchObject({ total: 3 })
    expect(
      await call('admin', 'GET', '/api/admin/deliveries', { query: { decision: 'declined' } }),
    ).toMatchObject({
      total: 1,
      items: [{ name: '客户3', reason: { code: 'holdout', words: '对照组' } }],
    })
    expect(await call('admin', 'GET', '/api/admin/deliveries', { query: { query: '客户2' } })).toMatchObject({
      total: 1,
      items: [{ channelTitle: '顾问任务', state: 'waiting' }],
    })
    expect(await call('admin', 'GET', '/api/admin/deliveries', { query: { query: '%' } })).toMatchObject({
      total: 0,
    })
    await call('admin', 'POST', '/api/admin/pause', { body: { reason: '文案有误' } })
    expect(await pausedNow(world.db.reader)).toMatchObject({ by: 'admin', reason: '文案有误' })
    await call('admin', 'POST', '/api/admin/resume', { body: { reason: '好了' } })
    expect(await pausedNow(world.db.reader)).toBeNull()
  })
})
