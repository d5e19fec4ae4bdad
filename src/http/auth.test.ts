/** Signing in through the simulator's OAuth pages, as a browser with a cookie jar does it. */
import { getJsApiSignature } from '@wecom/crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createAct } from '../base/act.ts'
import { days, hours, minutes, virtualClock } from '../base/clock.ts'
import type { VirtualClock } from '../base/clock.ts'
import { createLog } from '../base/log.ts'
import type { Member } from '../access/index.ts'
import { createFlush, nobody } from '../interaction/index.ts'
import { startSimulator } from '../simulator/index.ts'
import type { Simulator } from '../simulator/index.ts'
import { createApi, createClient } from '../wecom/index.ts'
import type { WecomClient } from '../wecom/index.ts'
import { onBothDatabases } from '../../test/database.ts'
import type { TestDatabase } from '../../test/database.ts'
import { authRoutes, createIdentities } from './auth.ts'
import type { JssdkConfig, Me, Problem } from './contract.ts'
import { createMetrics } from './metrics.ts'
import type { Route } from './route.ts'
import { createHttp } from './server.ts'
import type { HttpServer } from './server.ts'
import { jssdkRoutes } from './sidebar/jssdk.ts'

const wecomPhone = 'Mozilla/5.0 (iPhone) MicroMessenger/8.0 wxwork/4.1.36'

/** A jar of cookies, and redirects followed by hand. */
function browser(base: string, userAgent = 'Mozilla/5.0') {
  const jar = new Map<string, string>()
  return {
    jar,
    async get(url: string, more: RequestInit = {}): Promise<Response> {
      const answer = await fetch(new URL(url, base), {
        ...more,
        redirect: 'manual',
        headers: {
          'user-agent': userAgent,
          cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
          ...(more.headers as Record<string, string> | undefined),
        },
      })
      for (const cookie of answer.headers.getSetCookie()) {
        const [name = '', value = ''] = (cookie.split(';')[0] ?? '').split('=')
        if (value === '') jar.delete(name)
        else jar.set(name, value)
      }
      return answer
    },
  }
}
type Browser = ReturnType<typeof browser>
const locationOf = (answer: Response): string => answer.headers.get('location') ?? ''

onBothDatabases('signing in', (open) => {
  let opened: TestDatabase
  let simulator: Simulator
  let client: WecomClient
  let server: HttpServer
  let clock: VirtualClock
  let url: string
  const members = new Map<string, Member>()
  let asked = 0

  beforeAll(async () => {
    opened = await open()
    clock = virtualClock(days(20_400))
    simulator = await startSimulator({ clock: 'virtual', startAt: clock.now(), empty: true })
    for (const userid of ['boss', 'lin', 'guest', 'late'])
      simulator.world.addStaff({ userid, name: userid, confirm: { mode: 'never' } })
    simulator.world.addContact({ userid: 'lin', external_userid: 'wmFriend', silent: true })
    members.set('lin', { name: '林', active: true, contact: true })
    const { corpId, agentId, agentSecret } = simulator.credentials
    client = createClient({ apiUrl: simulator.url, corpId, agentSecret, retryBaseMs: 5 }, { clock })
    const api = createApi(client)
    const flush = createFlush({
      people: nobody,
      projections: [],
      wake: () => undefined,
    })
    const act = createAct({
      db: opened.db,
      clock,
      flush: async (ctx, happenings) => void (await flush(ctx, happenings)),
    })
    // The address is known only once it listens, and the routes need it before.
    const holder: { publicUrl: string } = { publicUrl: '' }
    const wecom = {
      corpId,
      agentId: String(agentId),
      oauthUrl: `${simulator.url}/connect/oauth2/authorize`,
      loginUrl: `${simulator.url}/wwlogin/sso/login`,
    }
    const env = {
      get publicUrl() {
        return holder.publicUrl
      },
      admins: ['boss'],
      masterKey: Buffer.alloc(32, 3),
      simulated: true,
      wecom,
    }
    const parts = {
      env,
      act,
      reader: opened.db.reader,
      api,
      memberOf: (userid: string) => Promise.resolve(members.get(userid) ?? null),
      learnMember(userid: string) {
        asked += 1
        if (userid === 'late') members.set('late', { name: '迟', active: true, contact: true })
        return Promise.resolve(members.get(userid) ?? null)
      },
      shop: () => Promise.resolve('测试店'),
    }
    const whoami: Route = {
      method: 'GET',
      path: '/api/public/whoami',
      access: { kind: 'player' },
      handle: (call) => Promise.resolve({ json: { player: call.player } }),
    }
    const jssdk = (): Route[] => jssdkRoutes({ api, clock, publicUrl: env.publicUrl, wecom })
    server = createHttp({
      clock,
      log: createLog('silent'),
      routes: [...authRoutes(parts), ...lazily(jssdk), whoami],
      identities: createIdentities(parts),
      checks: [],
      metrics: createMetrics(),
      pages: '/nowhere',
      publicUrl: 'http://127.0.0.1',
      trustProxy: false,
      eventsKey: undefined,
    })
    url = (await server.listen(0, '127.0.0.1')).url
    holder.publicUrl = url
  })
  afterAll(async () => {
    await server.stop(100)
    await client.close()
    await simulator.close()
    await opened.drop()
  })

  /** Goes from our login to the last redirect of ours. */
  async function signIn(who: Browser, as: string, login: string): Promise<Response> {
    const away = await who.get(login)
    expect(away.status).toBe(302)
    const authorize = new URL(locationOf(away))
    authorize.searchParams.set('as', as)
    return who.get(locationOf(await who.get(authorize.href)))
  }

  it('brings an admin in a desktop browser back where she wanted to go, with a session', async () => {
    const boss = browser(url)
    const away = new URL(locationOf(await boss.get('/api/auth/login?to=/admin/customers')))
    expect(away.pathname).toBe('/wwlogin/sso/login')
    expect(away.searchParams.get('login_type')).toBe('CorpApp')
    const back = await signIn(boss, 'boss', '/api/auth/login?to=/admin/customers')
    expect([back.status, locationOf(back)]).toEqual([302, '/admin/customers'])
    const me = (await (await boss.get('/api/admin/me')).json()) as Me
    expect(me).toMatchObject({ userid: 'boss', simulated: true, shop: '测试店' })
    expect(me.roles).toContain('admin')
    expect(me.now).toMatch(/\+08:00$/)
  })

  it('takes an advisor from WeCom’s web view through OAuth; she sees the sidebar and not the console', async () => {
    const lin = browser(url, wecomPhone)
    const away = locationOf(await lin.get('/api/auth/login?to=/sidebar/'))
    expect(away).toContain('/connect/oauth2/authorize?')
    expect(away).toMatch(/&agentid=\d+#wechat_redirect$/)
    expect(locationOf(await signIn(lin, 'lin', '/api/auth/login?to=/sidebar/'))).toBe('/sidebar/')
    expect(await (await lin.get('/api/sidebar/me')).json()).toMatchObject({ name: '林', roles: ['advisor'] })
    expect((await lin.get('/api/admin/me')).status).toBe(403)
  })

  it('refuses a colleague without a role and a customer at the staff door, and asks about a new colleague first', async () => {
    const guest = browser(url)
    expect((await signIn(guest, 'guest', '/api/auth/login')).status).toBe(403)
    expect(guest.jar.has('siyu_session')).toBe(false)
    const customer = browser(url, wecomPhone)
    expect((await signIn(customer, 'wmFriend', '/api/auth/login')).status).toBe(403)
    const before = asked
    const late = browser(url, wecomPhone)
    expect((await signIn(late, 'late', '/api/auth/login?to=/sidebar/')).status).toBe(302)
    expect(asked).toBe(before + 1)
  })

  it('knows a player by external_userid, a stranger by openid, and leads players only to their pages', async () => {
    const who = async (player: Browser): Promise<unknown> => (await player.get('/api/public/whoami')).json()
    const friend = browser(url, wecomPhone)
    const back = await signIn(friend, 'wmFriend', '/api/public/login?to=/h5/l/b.abc.game~7')
    expect([back.status, locationOf(back)]).toEqual([302, '/h5/l/b.abc.game~7'])
    expect(await who(friend)).toEqual({ player: 'wmFriend' })
    const stranger = browser(url, wecomPhone)
    expect(locationOf(await signIn(stranger, 'oStranger1', '/api/public/login?to=/admin/'))).toBe('/h5/')
    expect(await who(stranger)).toEqual({ player: 'openid:oStranger1' })
    expect((await stranger.get('/api/admin/me')).status).toBe(401)
  })

  it('never leads away from here, whatever `to` says', async () => {
    for (const to of [
      'https://evil.example/',
      '//evil.example',
      '/\\evil.example',
      '/%09/evil',
      'javascript:1',
    ]) {
      const boss = browser(url)
      const back = await signIn(boss, 'boss', `/api/auth/login?to=${encodeURIComponent(to)}`)
      expect(new URL(locationOf(back), url).origin).toBe(url)
    }
  })

  it('works once: not with a used state, not in another browser, not with an old or a used code', async () => {
    const boss = browser(url)
    const away = new URL(locationOf(await boss.get('/api/auth/login')))
    away.searchParams.set('as', 'boss')
    const back = locationOf(await boss.get(away.href))
    expect((await browser(url).get(back)).status).toBe(400)
    expect((await boss.get(back)).status).toBe(302)
    const again = await boss.get(back)
    expect([again.status, ((await again.json()) as Problem).code]).toEqual([400, 'sign-in-expired'])
    const next = new URL(locationOf(await boss.get('/api/auth/login')))
    const used = new URL(back)
    used.searchParams.set('state', next.searchParams.get('state') ?? '')
    expect((await boss.get(used.href)).status).toBe(400)
    for (const query of [
      '',
      '?code=x',
      '?state=x',
      '?code=a&code=b&state=c',
      `?code=x&state=${'a'.repeat(64)}`,
    ])
      expect((await boss.get(`/api/auth/callback${query}`)).status).toBe(400)
  })

  it('says to try later when WeCom does not answer, without letting anybody in', async () => {
    const boss = browser(url)
    simulator.addFault({ api: 'auth/getuserinfo', kind: 'http-502-html', times: 1 })
    const back = await signIn(boss, 'boss', '/api/auth/login')
    expect(back.status).toBe(503)
    expect(boss.jar.has('siyu_session')).toBe(false)
  })

  it('ends by signing out, by time, and at once when the member leaves', async () => {
    const lin = browser(url, wecomPhone)
    await signIn(lin, 'lin', '/api/auth/login?to=/sidebar/')
    const stolen = lin.jar.get('siyu_session') ?? ''
    expect((await lin.get('/api/auth/logout', { method: 'POST' })).status).toBe(403)
    await lin.get('/api/auth/logout', { method: 'POST', headers: { 'x-requested-with': 'siyu' } })
    expect(lin.jar.has('siyu_session')).toBe(false)
    lin.jar.set('siyu_session', stolen)
    expect((await lin.get('/api/sidebar/me')).status).toBe(401)
    await signIn(lin, 'lin', '/api/auth/login?to=/sidebar/')
    members.set('lin', { name: '林', active: false, contact: true })
    expect((await lin.get('/api/sidebar/me')).status).toBe(401)
    members.set('lin', { name: '林', active: true, contact: true })
    expect((await lin.get('/api/sidebar/me')).status).toBe(200)
    clock.advance(minutes(20))
    expect((await lin.get('/api/sidebar/me')).status).toBe(200)
    clock.advance(minutes(20))
    expect((await lin.get('/api/sidebar/me')).status).toBe(200)
    clock.advance(hours(1))
    expect((await lin.get('/api/sidebar/me')).status).toBe(401)
  })

  it('signs the sidebar’s address with the two tickets, fetched once, and no foreign address', async () => {
    const lin = browser(url, wecomPhone)
    await simulator.advanceTo(clock.now())
    await signIn(lin, 'lin', '/api/auth/login?to=/sidebar/')
    const page = `${url}/sidebar/?from=chat#/customer/wm1`
    const sign = (address: string): Promise<Response> =>
      lin.get(`/api/sidebar/jssdk?url=${encodeURIComponent(address)}`)
    const signed = (await (await sign(page)).json()) as JssdkConfig
    const again = (await (await sign(page)).json()) as JssdkConfig
    expect(again.config.nonceStr).not.toBe(signed.config.nonceStr)
    const tickets = simulator.calls().filter(({ api }) => api === 'get_jsapi_ticket' || api === 'ticket/get')
    expect(tickets).toHaveLength(2)
    const corp = await createApi(client).corpTicket()
    const agent = await createApi(client).agentTicket()
    if (corp.kind !== 'ok' || agent.kind !== 'ok') throw new Error('no tickets')
    for (const [mine, ticket] of [
      [signed.config, corp.value.ticket],
      [signed.agentConfig, agent.value.ticket],
    ] as const) {
      const { timestamp, nonceStr } = mine
      const right = getJsApiSignature({ ticket, timestamp, nonceStr, url: `${url}/sidebar/?from=chat` })
      expect(mine.signature).toBe(right.signature)
    }
    expect((await sign('https://evil.example/sidebar/')).status).toBe(400)
  })
})

/** Builds the routes at the first request: they need the address the server got. */
function lazily(make: () => Route[]): Route[] {
  let routes: Route[] | null = null
  const shape = (): Route => {
    routes ??= make()
    const [route] = routes
    if (!route) throw new Error('no route')
    return route
  }
  return [
    {
      method: 'GET',
      path: '/api/sidebar/jssdk',
      access: { kind: 'staff' },
      handle: (call) => shape().handle(call),
    },
  ]
}
