import { afterEach, expect, test } from 'vitest'
import { startSimulator, type Simulator } from './index.ts'

let sim: Simulator

afterEach(() => sim.close())

const getToken = async (secret = sim.credentials.agentSecret): Promise<Record<string, unknown>> => {
  const answer = await fetch(
    `${sim.url}/cgi-bin/gettoken?corpid=${sim.credentials.corpId}&corpsecret=${secret}`,
  )
  return (await answer.json()) as Record<string, unknown>
}
const callbackIps = async (token: unknown): Promise<unknown> => {
  const answer = await fetch(`${sim.url}/cgi-bin/getcallbackip?access_token=${String(token)}`)
  return ((await answer.json()) as { errcode: number }).errcode
}

test('a token is repeated inside its validity, expires after 7200 s of simulator time, and may die early', async () => {
  sim = await startSimulator({ empty: true, clock: 'virtual', startAt: 1_790_000_000_000 })
  const first = await getToken()
  expect(first).toMatchObject({ errcode: 0, errmsg: 'ok', expires_in: 7200 })
  await sim.advanceTo(sim.now() + 7_000_000)
  expect(await getToken()).toMatchObject({ access_token: first['access_token'], expires_in: 200 })
  expect(await callbackIps(first['access_token'])).toBe(0)
  await sim.advanceTo(sim.now() + 200_000)
  expect(await callbackIps(first['access_token'])).toBe(42001)
  const second = await getToken()
  expect(second['access_token']).not.toBe(first['access_token'])
  sim.addFault({ kind: 'invalidate-token' })
  expect(await callbackIps(second['access_token'])).toBe(40014)
  expect(await callbackIps('')).toBe(41001)
})

test('a wrong secret is 40001 with the usual noise, and a flood of them closes the door for an hour', async () => {
  sim = await startSimulator({ empty: true, clock: 'virtual' })
  const wrong = await getToken('nonsense')
  expect(wrong['errcode']).toBe(40001)
  expect(wrong['errmsg']).toMatch(
    /hint: \[.+\], from ip: 127\.0\.0\.1, more info at https:\/\/open\.work\..*e=40001$/,
  )
  for (let i = 0; i < 20; i++) await Promise.all(Array.from({ length: 100 }, () => getToken('nonsense')))
  expect((await getToken())['errcode']).toBe(45009)
  await sim.advanceTo(sim.now() + 3_600_001)
  expect((await getToken())['errcode']).toBe(0)
})

test('apps of one corp have tokens of their own, and success may come without an errcode', async () => {
  sim = await startSimulator({ empty: true, apps: [{ agentId: 1000009, secret: 'other' }] })
  sim.addFault({ api: 'gettoken', kind: 'missing-errcode', times: 1 })
  const bare = await getToken()
  expect(bare).not.toHaveProperty('errcode')
  expect((await getToken('other'))['access_token']).not.toBe(bare['access_token'])
})
