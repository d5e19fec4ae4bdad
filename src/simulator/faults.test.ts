import { expect, test } from 'vitest'
import { smallShop, type Client, type Json } from '../../test/simulator/bench.ts'
import { eachStage } from '../../test/simulator/stage.ts'
import { startSimulator, type Simulator } from './index.ts'
import type { FaultKind } from './types.ts'

let sim: Simulator
let client: Client
let token: string

eachStage({}, async (stage) => {
  ;({ sim, client } = stage)
  const { corpId, agentSecret } = sim.credentials
  const answer = await fetch(`${sim.url}/cgi-bin/gettoken?corpid=${corpId}&corpsecret=${agentSecret}`)
  token = String(((await answer.json()) as Json)['access_token'])
})

const send = (signal?: AbortSignal): Promise<Response> =>
  fetch(`${sim.url}/cgi-bin/message/send?access_token=${token}`, {
    method: 'POST',
    body: JSON.stringify({ touser: 'LiMei', agentid: 1000002, msgtype: 'text', text: { content: 'x' } }),
    ...(signal ? { signal } : {}),
  })
const strike = (kind: FaultKind, more: Json = {}): Promise<Json> =>
  client.sim('POST', 'faults', { api: 'message/send', kind, times: 1, ...more })

test.each([
  ['refuse', 0],
  ['reset-before', 0],
  ['reset-after', 1],
  ['truncate', 1],
] as const)('%s breaks the connection with %d message accepted', async (kind, accepted) => {
  await strike(kind)
  await expect(send().then((answer) => answer.text())).rejects.toThrow()
  expect(sim.ledger()).toHaveLength(accepted)
  expect((await send()).status).toBe(200)
  expect(sim.ledger()).toHaveLength(accepted + 1)
})

test('timeout-after accepts and stays silent', async () => {
  await strike('timeout-after', { ms: 5_000 })
  await expect(send(AbortSignal.timeout(80))).rejects.toThrow('timeout')
  expect(sim.ledger()).toHaveLength(1)
})

test('broken JSON, an HTML 502 and slowness', async () => {
  await strike('bad-json')
  const broken = await send()
  expect(broken.status).toBe(200)
  await expect(broken.json()).rejects.toThrow(SyntaxError)
  expect(sim.ledger()).toHaveLength(1)
  await strike('http-502-html')
  const gateway = await send()
  expect([gateway.status, gateway.headers.get('content-type')]).toEqual([502, 'text/html'])
  expect(sim.ledger()).toHaveLength(1)
  await strike('slow', { ms: 60 })
  const begun = performance.now()
  await send()
  expect(performance.now() - begun).toBeGreaterThanOrEqual(55)
  expect(sim.ledger()).toHaveLength(2)
})

test('an errcode with a window refuses until the window ends, and every probe is counted', async () => {
  await client.sim('POST', 'faults', { api: 'message/send', kind: 'errcode', errcode: 45009, ms: 60_000 })
  expect(await (await send()).json()).toMatchObject({ errcode: 45009 })
  await sim.advanceTo(sim.now() + 59_999)
  expect(await (await send()).json()).toMatchObject({ errcode: 45009 })
  await sim.advanceTo(sim.now() + 1)
  expect(await (await send()).json()).toMatchObject({ errcode: 0 })
  expect(
    sim
      .calls()
      .filter((call) => call.api === 'message/send')
      .map((call) => call.errcode),
  ).toEqual([45009, 45009, 0])
})

test('faults are listed with their strikes, can be aimed at one API, and cleared', async () => {
  const made = (await strike('errcode', { errcode: -1, times: 2 }))['fault'] as Json
  await send()
  expect(await client.sim('GET', 'faults')).toMatchObject({
    faults: [{ id: made['id'], struck: 1, errcode: -1 }],
  })
  expect(await client.get('externalcontact/get_follow_user_list')).toMatchObject({ errcode: 0 })
  await client.sim('DELETE', `faults/${String(made['id'])}`)
  expect(await client.sim('GET', 'faults')).toEqual({ faults: [] })
  expect(await strike('errcode')).toHaveProperty('error')
  expect(await client.sim('POST', 'faults', { kind: 'gremlin' })).toHaveProperty('error')
})

test('half of the calls by probability, the same half for the same seed', async () => {
  const run = async (): Promise<string> => {
    const other = await startSimulator({ shop: smallShop, seed: 7 })
    other.addFault({ api: 'gettoken', kind: 'errcode', errcode: -1, probability: 0.5 })
    const { corpId, agentSecret } = other.credentials
    let pattern = ''
    for (let i = 0; i < 40; i++) {
      const answer = await fetch(`${other.url}/cgi-bin/gettoken?corpid=${corpId}&corpsecret=${agentSecret}`)
      pattern += ((await answer.json()) as Json)['errcode'] === 0 ? '.' : 'x'
    }
    await other.close()
    return pattern
  }
  const first = await run()
  expect(first).toMatch(/x.*\.|\..*x/)
  expect(await run()).toBe(first)
})

test('the real ceilings: so many calls of one API a minute, then 45009 for a minute', async () => {
  sim.settings.rateLimits = { perMinute: 3, perHour: 100 }
  const read = async (): Promise<unknown> =>
    (await client.get('externalcontact/get_follow_user_list'))['errcode']
  expect([await read(), await read(), await read(), await read(), await read()]).toEqual([
    0, 0, 0, 45009, 45009,
  ])
  await sim.advanceTo(sim.now() + 60_000)
  expect(await read()).toBe(0)
})

test('latency is split around the deed, and a caller that hung up was still heard', async () => {
  sim.settings.latencyMs = 80
  await expect(send(AbortSignal.timeout(20))).rejects.toThrow('timeout')
  expect((await send()).status).toBe(200)
  expect(sim.ledger()).toHaveLength(2)
})

test('unknown paths, wrong JSON and control mistakes are answered, not thrown', async () => {
  expect((await fetch(`${sim.url}/cgi-bin/nothing?access_token=${token}`)).status).toBe(404)
  const broken = await fetch(`${sim.url}/cgi-bin/message/send?access_token=${token}`, {
    method: 'POST',
    body: '{',
  })
  expect(((await broken.json()) as Json)['errmsg']).toContain('Warning: wrong json format.')
  expect((await fetch(`${sim.url}/sim/nothing`)).status).toBe(404)
  expect(await client.sim('POST', 'clock', { to: 1 })).toHaveProperty('error')
  expect(await client.sim('POST', 'settings', { quotaMode: 'always' })).toHaveProperty('error')
  expect(await client.sim('POST', 'contacts/add', { userid: 'nobody' })).toHaveProperty('error')
})

test('the clock, the state and a reset over HTTP', async () => {
  await send()
  sim.world.addContact({ userid: 'LiMei' })
  expect(await client.sim('POST', 'clock', { advanceMs: 1_500 })).toMatchObject({
    now: 1_790_000_001_500,
    mode: 'virtual',
    busy: false,
  })
  expect(await client.sim('GET', 'state')).toMatchObject({
    shop: '小店',
    customers: 4,
    ledger: { rows: 1, sent: 1 },
  })
  expect(await client.sim('POST', 'reset', {})).toMatchObject({
    customers: 3,
    ledger: { rows: 0 },
    clock: { now: 1_790_000_001_500 },
  })
  expect(await (await send()).json()).toMatchObject({ errcode: 40014 })
})

test('an outage refuses connections until the port opens again', async () => {
  expect(await client.sim('POST', 'faults', { kind: 'refuse', ms: 150 })).toMatchObject({
    fault: { struck: 1 },
  })
  const codes: unknown[] = []
  const answered = async (): Promise<boolean> => {
    try {
      return (await send()).status === 200
    } catch (error) {
      codes.push((error as { cause?: { code?: string } }).cause?.code)
      return false
    }
  }
  await expect.poll(answered, { timeout: 5_000, interval: 20 }).toBe(true)
  expect(codes).toContain('ECONNREFUSED')
  expect(sim.ledger()).toHaveLength(1)
})
