/** The client against the simulator of the protocol and its faults; nothing here is mocked. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { days, hours, minutes, seconds, virtualClock } from '../../base/clock.ts'
import type { VirtualClock } from '../../base/clock.ts'
import { startSimulator } from '../../simulator/index.ts'
import type { Simulator } from '../../simulator/index.ts'
import { createApi } from './api.ts'
import type { WecomApi } from './api.ts'
import { createClient } from './client.ts'
import type { WecomClient } from './client.ts'
import { meaningOf } from './errors.ts'
import { createCircuit, createLanes, createSemaphore } from './limits.ts'
import { createTokenSource } from './token.ts'
import type { Issued } from './token.ts'
import type { Result } from './result.ts'

describe('the table of codes', () => {
  const check = (codes: readonly number[], reaction: string): void =>
    expect(codes.map((code) => meaningOf(code).reaction)).toEqual(codes.map(() => reaction))
  it('says for every code of the reference what to do', () => {
    check([-1, 6000, 41096, 45033, 50100, 95007], 'retry')
    check([40014, 42001, 42012], 'refresh')
    check([45009, 41078, 41094, 95001], 'wait')
    check([41063, 41079], 'later')
    check([41051, 41093], 'done')
    check([40003, 60111, 40068, 40096, 41048, 41050, 81013, 84061, 85002, 90507, 60011, 40100], 'drop')
    check([40001, 40013, 48002, 60020, 50001, 40126, 43012, 93004, 84074], 'alert')
    check([40058, 41001, 45002, 42015, 42040, 81017, 82004], 'bug')
    check([40029, 42003, 42022], 'again')
    check([123_456], 'alert')
  })
})

describe('the token', () => {
  const ok = (token: string): Result<Issued> => ({ kind: 'ok', value: { token, expiresInMs: 7_200_000 } })
  it('R10: is fetched once for five hundred callers, at first and at its end, and no call is lost', async () => {
    const clock = virtualClock(0)
    let issued = 0
    const source = createTokenSource(clock, async () => {
      issued += 1
      const mine = issued
      await new Promise((go) => setImmediate(go))
      return ok(`t${String(mine)}`)
    })
    const all = (): Promise<Result<string>[]> => Promise.all(Array.from({ length: 500 }, () => source.get()))
    expect(new Set((await all()).map((r) => (r.kind === 'ok' ? r.value : r.kind)))).toEqual(new Set(['t1']))
    clock.advance(minutes(107))
    expect(await source.get()).toEqual({ kind: 'ok', value: 't1' })
    clock.advance(minutes(1))
    expect(new Set((await all()).map((r) => (r.kind === 'ok' ? r.value : r.kind)))).toEqual(new Set(['t2']))
    expect(issued).toBe(2)
  })

  it('is dropped only by who saw this very one fail', async () => {
    let issued = 0
    const source = createTokenSource(virtualClock(0), () => Promise.resolve(ok(`t${String((issued += 1))}`)))
    await source.get()
    source.drop('an older one')
    expect(await source.get()).toEqual({ kind: 'ok', value: 't1' })
    source.drop('t1')
    source.drop('t1')
    expect(await source.get()).toEqual({ kind: 'ok', value: 't2' })
  })

  it('is not asked for again and again with a wrong secret', async () => {
    let asked = 0
    const source = createTokenSource(virtualClock(0), () => {
      asked += 1
      return Promise.resolve({ kind: 'error', code: 40001, ...meaningOf(40001) })
    })
    for (let n = 0; n < 50; n += 1) expect((await source.get()).kind).toBe('error')
    expect(asked).toBe(1)
    expect(source.state().missing).toContain('40001')
  })
})

describe('limits', () => {
  it('let so many work at once, and one at a time per key', async () => {
    const semaphore = createSemaphore(3)
    const lanes = createLanes()
    let now = 0
    let most = 0
    const order: string[] = []
    const work = async (): Promise<void> => {
      most = Math.max(most, (now += 1))
      await new Promise((go) => setImmediate(go))
      now -= 1
    }
    await Promise.all(Array.from({ length: 20 }, () => semaphore(work)))
    expect(most).toBe(3)
    const note = (name: string) => async (): Promise<void> => {
      order.push(`${name}+`)
      await new Promise((go) => setImmediate(go))
      order.push(`${name}-`)
    }
    await Promise.all([
      lanes('x', note('a')),
      lanes('x', () => Promise.reject(new Error('b'))).catch(String),
      lanes('x', note('c')),
    ])
    expect(order).toEqual(['a+', 'a-', 'c+', 'c-'])
  })

  it('stay silent for a minute, then an hour, then the day, with one probe between', () => {
    const clock = virtualClock(days(20_000))
    const circuit = createCircuit(clock)
    expect(circuit.wait()).toBe(0)
    expect(circuit.blocked()).toBe(minutes(1))
    expect(circuit.blocked()).toBe(minutes(1))
    clock.advance(seconds(59))
    expect(circuit.wait()).toBe(seconds(1))
    clock.advance(seconds(1))
    expect(circuit.wait()).toBe(0)
    expect(circuit.wait()).toBeGreaterThan(0)
    expect(circuit.blocked()).toBe(hours(1))
    clock.advance(hours(1))
    expect(circuit.wait()).toBe(0)
    expect(circuit.blocked()).toBeGreaterThan(hours(6))
    clock.advance(days(1))
    expect(circuit.wait()).toBe(0)
    circuit.passed(circuit.round())
    expect([circuit.wait(), circuit.wait()]).toEqual([0, 0])
  })

  it('are not ended by an answer to what left before them: one probe goes first all the same', () => {
    const clock = virtualClock(days(20_000))
    const circuit = createCircuit(clock)
    const before = circuit.round()
    circuit.blocked()
    circuit.passed(before)
    clock.advance(minutes(1))
    expect(circuit.wait()).toBe(0)
    circuit.undecided(before)
    expect(circuit.wait()).toBeGreaterThan(0)
    circuit.passed(circuit.round())
    expect([circuit.wait(), circuit.wait()]).toEqual([0, 0])
  })
})

describe('calls', () => {
  let simulator: Simulator
  let clock: VirtualClock
  let client: WecomClient
  let api: WecomApi
  const settings = (more: object = {}) => ({
    apiUrl: simulator.url,
    corpId: simulator.credentials.corpId,
    agentSecret: simulator.credentials.agentSecret,
    retryBaseMs: 5,
    timeoutMs: 400,
    ...more,
  })
  beforeEach(async () => {
    clock = virtualClock(days(20_400))
    simulator = await startSimulator({ clock: 'virtual', startAt: clock.now(), empty: true })
    simulator.world.addStaff({ userid: 'lin', name: '林', confirm: { mode: 'never' } })
    client = createClient(settings(), { clock })
    api = createApi(client)
  })
  afterEach(async () => {
    await client.close()
    await simulator.close()
  })
  const counted = (name: string): number => simulator.calls().filter((call) => call.api === name).length
  const list = 'externalcontact/get_follow_user_list'

  it('answer values, and replace a token that died early exactly once', async () => {
    expect(await api.followUserList()).toEqual({ kind: 'ok', value: { follow_user: ['lin'] } })
    for (const kind of ['invalidate-token', 'expire-token'] as const) {
      simulator.addFault({ api: list, kind, times: 1 })
      expect((await api.followUserList()).kind).toBe('ok')
    }
    expect(counted('gettoken')).toBe(3)
    simulator.addFault({ api: list, kind: 'errcode', errcode: 42001, times: 2 })
    expect(await api.followUserList()).toMatchObject({ kind: 'error', code: 42001 })
  })

  it('take an answer without errcode as success, and one that is no document as unknown', async () => {
    simulator.addFault({ api: list, kind: 'missing-errcode', times: 1 })
    expect((await api.followUserList()).kind).toBe('ok')
    for (const kind of [
      'bad-json',
      'http-502-html',
      'truncate',
      'reset-after',
      'reset-before',
      'refuse',
    ] as const) {
      simulator.addFault({ api: 'message/send', kind, times: 1 })
      const result = await api.sendMessage('{}')
      expect([kind, result.kind]).toEqual([kind, 'unknown'])
      expect(counted('message/send')).toBe(1)
      simulator.reset()
      simulator.world.addStaff({ userid: 'lin', name: '林', confirm: { mode: 'never' } })
    }
  })

  it('repeat what only reads, and never what might have been done', async () => {
    simulator.addFault({ api: list, kind: 'reset-after', times: 2 })
    expect((await api.followUserList()).kind).toBe('ok')
    expect(counted(list)).toBe(3)
    simulator.addFault({ api: 'message/send', kind: 'timeout-after', times: 1, ms: 2_000 })
    expect((await api.sendMessage('{}')).kind).toBe('unknown')
    expect(counted('message/send')).toBe(1)
  })

  it('repeat “busy” at most three times', async () => {
    simulator.addFault({ api: list, kind: 'errcode', errcode: -1 })
    expect(await api.followUserList()).toMatchObject({ kind: 'error', code: -1, reaction: 'retry' })
    expect(counted(list)).toBe(4)
  })

  it('stop at a full limit without another call, and probe once when the window ends', async () => {
    simulator.addFault({ api: list, kind: 'errcode', errcode: 45009, times: 1 })
    expect(await api.followUserList()).toMatchObject({ kind: 'error', code: 45009, retryAfterMs: minutes(1) })
    const blocked = await Promise.all(Array.from({ length: 20 }, () => api.followUserList()))
    expect(new Set(blocked.map((r) => (r.kind === 'error' ? r.code : r.kind)))).toEqual(new Set([45009]))
    expect(counted(list)).toBe(1)
    clock.advance(minutes(1))
    const after = await Promise.all(Array.from({ length: 20 }, () => api.followUserList()))
    expect(after.filter(({ kind }) => kind === 'ok').length).toBeGreaterThanOrEqual(1)
    expect((await api.followUserList()).kind).toBe('ok')
  })

  it('know that nothing left when nobody listens or there is no token', async () => {
    const gone = createClient(settings({ apiUrl: 'http://127.0.0.1:9' }), { clock })
    expect((await createApi(gone).sendMessage('{}')).kind).toBe('notSent')
    expect(gone.tokenState().missing).not.toBeNull()
    await gone.close()
    simulator.addFault({ api: 'gettoken', kind: 'reset-after', times: 5 })
    const fresh = createClient(settings(), { clock })
    expect((await createApi(fresh).sendMessage('{}')).kind).toBe('notSent')
    await fresh.close()
    simulator.clearFaults()
    const wrong = createClient(settings({ agentSecret: 'a-wrong-secret-of-this-app' }), { clock })
    expect(await createApi(wrong).sendMessage('{}')).toMatchObject({
      kind: 'error',
      code: 40001,
      reaction: 'alert',
    })
    await wrong.close()
    const aborted = AbortSignal.abort()
    expect((await api.sendMessage('{}', aborted)).kind).toBe('notSent')
  })

  it('send the bytes they are given, and never more than six at once per API', async () => {
    let now = 0
    let most = 0
    const bodies: string[] = []
    const server = createServer((req, res) => {
      if (req.url?.includes('gettoken')) return void res.end('{"access_token":"t","expires_in":7200}')
      most = Math.max(most, (now += 1))
      let body = ''
      req.on('data', (part: Buffer) => (body += part.toString()))
      req.on('end', () => {
        bodies.push(body)
        setImmediate(() => {
          now -= 1
          res.end('{"msgid":"m","errcode":0}')
        })
      })
      return undefined
    })
    await new Promise<void>((go) => server.listen(0, '127.0.0.1', go))
    const { port } = server.address() as AddressInfo
    const other = createClient(settings({ apiUrl: `http://127.0.0.1:${String(port)}`, timeoutMs: 5_000 }), {
      clock,
    })
    const raw = '{ "touser" :"lin",  "text":{"content":"你好"} }'
    const results = await Promise.all(Array.from({ length: 30 }, () => createApi(other).sendMessage(raw)))
    expect(results.every(({ kind }) => kind === 'ok')).toBe(true)
    expect(new Set(bodies)).toEqual(new Set([raw]))
    expect(most).toBeLessThanOrEqual(6)
    expect(
      (await other.call('message/send', { body: '{}', answer: z.object({ nothing: z.string() }) })).kind,
    ).toBe('unknown')
    await other.close()
    await new Promise((go) => server.close(go))
  })
})
