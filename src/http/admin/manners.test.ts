import { afterEach, beforeEach, expect, it } from 'vitest'
import { onBothDatabases } from '../../../test/database.ts'
import { openWorld } from '../../../test/outbox-world.ts'
import type { World } from '../../../test/outbox-world.ts'
import type { MannersView } from '../contract.ts'
import type { Call, Route } from '../route.ts'
import { mannersRoutes } from './manners.ts'
import { pauseRoutes } from './pause.ts'

onBothDatabases('rules and reasons in the console', (open) => {
  let world: World
  let routes: Route[]
  beforeEach(async () => {
    world = await openWorld(open)
    routes = [...mannersRoutes(world), ...pauseRoutes(world)]
  })
  afterEach(() => world.drop())

  const call = async (method: Route['method'], path: string, body: unknown = {}): Promise<unknown> => {
    const route = routes.find((one) => one.method === method && one.path === path)
    const given: Call = {
      params: {},
      query: {},
      body,
      staff: { userid: 'admin', name: '管理员', roles: ['admin'] },
      player: null,
      cookies: { get: () => undefined },
      requestId: 'r1',
      ip: '127.0.0.1',
      userAgent: '',
      now: world.clock.now(),
    }
    return (await route?.handle(given))?.json
  }
  const view = async (): Promise<MannersView> => (await call('GET', '/api/admin/manners')) as MannersView

  it('shows the legend, what is paused, who is away and the quota rule, and changes them', async () => {
    const before = await view()
    expect(before.reasons.find(({ code }) => code === 'gap')).toMatchObject({
      effects: ['delays', 'declines'],
    })
    expect(before.handles).toContainEqual({ scope: 'channel', name: 'sms', title: '短信' })
    expect(before.quota).toEqual({ written: 'month-days', inForce: 'month-days' })
    expect(before.staff.map(({ userid }) => userid).sort()).toEqual(['lin', 'wang'])

    const part = { reason: '核对价格', scope: 'channel', name: 'broadcast' }
    expect(await call('POST', '/api/admin/pause', part)).toMatchObject({ paused: true, by: 'admin' })
    await call('POST', '/api/admin/leaves', {
      staff: 'lin',
      from: '2026-05-19',
      to: '2026-05-21',
      deputy: 'wang',
    })
    const after = await view()
    expect(after.pauses).toMatchObject([{ title: '渠道：客户群发', reason: '核对价格', by: 'admin' }])
    expect(after.leaves).toEqual([
      { staff: 'lin', name: 'lin', from: '2026-05-19', to: '2026-05-21', deputy: 'wang', deputyName: 'wang' },
    ])

    await call('POST', '/api/admin/resume', part)
    await call('POST', '/api/admin/leaves/end', { staff: 'lin', from: '2026-05-19' })
    const at = await view()
    expect([at.pauses, at.leaves]).toEqual([[], []])
    expect(await call('POST', '/api/admin/quota/confirm')).toEqual({ confirmed: false })
    await expect(call('POST', '/api/admin/pause', { ...part, name: '' })).rejects.toMatchObject({
      code: 'invalid',
    })
    await expect(call('POST', '/api/admin/pause', { ...part, name: 'fax' })).rejects.toMatchObject({
      code: 'bad-pause',
    })
  })
})
