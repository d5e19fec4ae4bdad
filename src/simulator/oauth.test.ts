import { expect, test } from 'vitest'
import type { Client, Json } from '../../test/simulator/bench.ts'
import { eachStage } from '../../test/simulator/stage.ts'
import type { Simulator } from './index.ts'

let sim: Simulator
let client: Client
const back = 'http://127.0.0.1:9/api/auth/callback'

eachStage({}, (stage) => {
  ;({ sim, client } = stage)
})

const visit = (fields: Record<string, string> = {}, init: RequestInit = {}): Promise<Response> => {
  const query = new URLSearchParams({
    appid: sim.credentials.corpId,
    redirect_uri: back,
    response_type: 'code',
    scope: 'snsapi_base',
    state: 'st4te',
    agentid: '1000002',
    ...fields,
  })
  return fetch(`${sim.url}/connect/oauth2/authorize?${query.toString()}`, { redirect: 'manual', ...init })
}
const codeOf = (answer: Response): string =>
  new URL(answer.headers.get('location') ?? '').searchParams.get('code') ?? ''
const whoIs = (code: string): Promise<Json> => client.get('auth/getuserinfo', { code })

test('staff, customers and strangers come back with a code that works once, for five minutes', async () => {
  const answer = await visit({ as: 'limei' })
  expect(answer.status).toBe(302)
  expect(answer.headers.get('location')).toMatch(
    /^http:\/\/127\.0\.0\.1:9\/api\/auth\/callback\?code=\w{43}&state=st4te$/,
  )
  expect(answer.headers.get('set-cookie')).toContain('sim_as=limei')
  const code = codeOf(answer)
  expect(await whoIs(code)).toMatchObject({ errcode: 0, userid: 'LiMei' })
  expect(await whoIs(code)).toMatchObject({ errcode: 42022 })
  expect(await whoIs('invented')).toMatchObject({ errcode: 40029 })
  expect(await whoIs(codeOf(await visit({ as: 'wmA' })))).toMatchObject({
    openid: 'oAAAAAA',
    external_userid: 'wmA',
  })
  const stranger = await whoIs(codeOf(await visit({ as: 'oStranger' })))
  expect(stranger).toMatchObject({ openid: 'oStranger' })
  expect(stranger).not.toHaveProperty('external_userid')
  expect(await whoIs(codeOf(await visit({ as: 'oCCCCCC' })))).not.toHaveProperty('external_userid')
  const late = codeOf(await visit({ as: 'wmA' }))
  await sim.advanceTo(sim.now() + 300_001)
  expect(await whoIs(late)).toMatchObject({ errcode: 42003 })
})

test('the cookie speaks when nobody is named, and otherwise a page asks in Chinese', async () => {
  const remembered = await visit({}, { headers: { cookie: 'other=1; sim_as=wmB' } })
  expect(await whoIs(codeOf(remembered))).toMatchObject({ external_userid: 'wmB' })
  const page = await visit()
  expect(page.headers.get('content-type')).toContain('text/html')
  const html = await page.text()
  expect(html).toContain('您是谁')
  expect(html).toContain('李梅')
  expect(html).toContain('as=wmA')
  expect(await (await visit({ as: '<b>' })).text()).toContain('没有找到“&#60;b&#62;”')
})

test('a wrong appid, scope, state or untrusted host is refused with a page', async () => {
  expect((await visit({ appid: 'wwother' })).status).toBe(400)
  expect((await visit({ scope: 'all' })).status).toBe(400)
  expect((await visit({ state: 'a b' })).status).toBe(400)
  expect((await visit({ redirect_uri: 'javascript:alert(1)' })).status).toBe(400)
  sim.settings.trustedHosts = ['shop.example']
  expect(await (await visit({ as: 'LiMei' })).text()).toContain('50001')
})

test('the desktop door knows staff only', async () => {
  const query = (as: string): string =>
    `${sim.url}/wwlogin/sso/login?login_type=CorpApp&appid=${sim.credentials.corpId}&agentid=1000002&redirect_uri=${encodeURIComponent(back)}&state=x&as=${as}`
  const staff = await fetch(query('zhangwei'), { redirect: 'manual' })
  expect(await whoIs(codeOf(staff))).toMatchObject({ userid: 'zhangwei' })
  expect((await fetch(query('wmA'), { redirect: 'manual' })).status).toBe(200)
})

test('tickets of both kinds are stable inside their validity and capped per hour', async () => {
  const corp = await client.get('get_jsapi_ticket')
  const app = await client.get('ticket/get', { type: 'agent_config' })
  expect(corp).toMatchObject({ errcode: 0, expires_in: 7200 })
  expect(app['ticket']).not.toBe(corp['ticket'])
  expect((await client.get('get_jsapi_ticket'))['ticket']).toBe(corp['ticket'])
  expect(await client.get('ticket/get', { type: 'other' })).toMatchObject({ errcode: 91040 })
  for (let i = 0; i < 99; i++) await client.get('ticket/get', { type: 'agent_config' })
  expect(await client.get('ticket/get', { type: 'agent_config' })).toMatchObject({ errcode: 45009 })
})
