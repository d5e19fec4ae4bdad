/** The callback door over HTTP, with the keys of an app, on both databases. */
import { request } from 'node:http'
import { encrypt as seal, getSignature } from '@wecom/crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createAct } from '../base/act.ts'
import { days, hours, minutes, virtualClock } from '../base/clock.ts'
import type { VirtualClock } from '../base/clock.ts'
import { OutsideFailure } from '../base/errors.ts'
import { createLog } from '../base/log.ts'
import { createFlush, createRecorder, readLog, readWords, nobody } from '../interaction/index.ts'
import type { LogRow, Recorder } from '../interaction/index.ts'
import { createCodec } from '../wecom/index.ts'
import { onBothDatabases } from '../../test/database.ts'
import type { TestDatabase } from '../../test/database.ts'
import { createCallbackDoor } from './callback.ts'
import { createMetrics } from './metrics.ts'
import { createHttp } from './server.ts'
import type { HttpServer } from './server.ts'

const corpId = 'wwtest0123456789'
const token = 'spamtest'
const aesKey = 'kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR'
const startAt = days(20_400)

const inner = (more: string, at: number, corp = corpId): string =>
  `<xml><ToUserName><![CDATA[${corp}]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName><CreateTime>${String(Math.floor(at / 1000))}</CreateTime><MsgType><![CDATA[event]]></MsgType>${more}</xml>`
const added = (external: string, at: number): string =>
  inner(
    `<Event><![CDATA[change_external_contact]]></Event><ChangeType><![CDATA[add_external_contact]]></ChangeType><UserID><![CDATA[lin]]></UserID><ExternalUserID><![CDATA[${external}]]></ExternalUserID>`,
    at,
  )
const envelope = (encrypted: string): string =>
  `<xml><ToUserName><![CDATA[${corpId}]]></ToUserName><Encrypt><![CDATA[${encrypted}]]></Encrypt><AgentID><![CDATA[1000002]]></AgentID></xml>`

function query(encrypted: string, by = token): string {
  const timestamp = '1763700000'
  const nonce = 'n0nce7'
  return new URLSearchParams({
    msg_signature: getSignature(by, timestamp, nonce, encrypted),
    timestamp,
    nonce,
  }).toString()
}

onBothDatabases('the callback door', (open) => {
  let opened: TestDatabase
  let server: HttpServer
  let url: string
  let clock: VirtualClock
  let recorder: Pick<Recorder, 'submit' | 'full'>
  let codec = createCodec({ corpId, tokens: [token], aesKeys: [aesKey] })
  const lines: string[] = []

  beforeAll(async () => {
    opened = await open()
    clock = virtualClock(startAt)
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
    const real = createRecorder(opened.db, act, flush)
    recorder = real
    const metrics = createMetrics()
    server = createHttp({
      clock,
      log: createLog('silent'),
      routes: [],
      identities: { staff: () => Promise.resolve(null), player: () => null },
      checks: [],
      metrics,
      pages: '/nowhere',
      publicUrl: 'http://127.0.0.1',
      trustProxy: false,
      eventsKey: undefined,
      callback: createCallbackDoor({
        inbox: { corpId, agentId: '1000002' },
        codec: {
          open: (...given) => codec.open(...given),
          openForOthers: (...given) => codec.openForOthers(...given),
        },
        recorder: { submit: (happening) => recorder.submit(happening), full: () => recorder.full() },
        reader: opened.db.reader,
        clock: { now: () => clock.now(), steady: () => clock.now() },
        log: createLog('info', { write: (line) => void lines.push(line) }),
        metrics,
      }),
    })
    url = (await server.listen(0, '127.0.0.1')).url
    return () => undefined
  })
  afterAll(async () => {
    await server.stop(100)
    await opened.drop()
  })
  let head = 0
  beforeEach(async () => {
    head = (await readLog(opened.db.reader, { limit: 1, newestFirst: true }))[0]?.seq ?? 0
  })

  const post = (
    encrypted: string,
    more: { path?: string; body?: string; query?: string } = {},
  ): Promise<Response> =>
    fetch(`${url}${more.path ?? '/wecom/callback'}?${more.query ?? query(encrypted)}`, {
      method: 'POST',
      body: more.body ?? envelope(encrypted),
      headers: { 'content-type': 'text/xml' },
    })
  const send = (body: string): Promise<Response> => post(seal(aesKey, body, corpId))
  const fresh = (): Promise<LogRow[]> => readLog(opened.db.reader, { after: head, limit: 5_000 })

  it('knows its address in the form in which a proxy may ask for it', async () => {
    const encrypted = seal(aesKey, added('wmByProxy', clock.now()), corpId)
    const body = envelope(encrypted)
    const { port } = new URL(url)
    const status = await new Promise<number | undefined>((ok, fail) => {
      const path = `http://shop.example/wecom/callback?${query(encrypted)}`
      const asked = request({ host: '127.0.0.1', port, method: 'POST', path }, (answer) => {
        answer.resume()
        ok(answer.statusCode)
      })
      asked.once('error', fail)
      asked.end(body)
    })
    expect(status).toBe(200)
    expect((await fresh()).map(({ who }) => who.external)).toEqual(['wmByProxy'])
  })

  describe('the console’s test of the address', () => {
    const get = async (
      echostr: string,
      signed = echostr,
      path = '/wecom/callback',
    ): Promise<[number, string]> => {
      const answer = await fetch(`${url}${path}?${query(signed)}&echostr=${encodeURIComponent(echostr)}`)
      return [answer.status, await answer.text()]
    }
    it('gets the decrypted text back, byte for byte and soon, on both addresses', async () => {
      const echostr = seal(aesKey, '1616140317555161061', corpId)
      const startedAt = performance.now()
      expect(await get(echostr)).toEqual([200, '1616140317555161061'])
      expect(performance.now() - startedAt).toBeLessThan(500)
      expect(await get(echostr, echostr, '/wecom/callback/1000002')).toEqual([200, '1616140317555161061'])
    })
    it('works when a plus sign arrived as a blank, and refuses a forged one', async () => {
      let echostr = ''
      while (!echostr.includes('+')) echostr = seal(aesKey, 'plus', corpId)
      expect(await get(echostr.replaceAll('+', ' '), echostr)).toEqual([200, 'plus'])
      expect(await get(seal(aesKey, 'plus', 'wwother'))).toEqual([403, 'refused'])
      expect((await fetch(`${url}/wecom/callback`)).status).toBe(403)
    })
  })

  it('takes both keys while they are changed, and the old ones no longer afterwards', async () => {
    const next = { token: 'nexttoken7', aesKey: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG' }
    const sealedBy = (keys: { token: string; aesKey: string }, name: string) => {
      const encrypted = seal(keys.aesKey, added(name, clock.now()), corpId)
      return { encrypted, query: query(encrypted, keys.token) }
    }
    const old = { token, aesKey }
    const statusOf = async (keys: { token: string; aesKey: string }, name: string): Promise<number> => {
      const { encrypted, query: signed } = sealedBy(keys, name)
      return (await post(encrypted, { query: signed })).status
    }
    expect(await statusOf(next, 'wmTooSoon')).toBe(403)
    codec = createCodec({ corpId, tokens: [next.token, token], aesKeys: [next.aesKey, aesKey] })
    expect(await statusOf(old, 'wmLate')).toBe(200)
    expect(await statusOf(next, 'wmNew')).toBe(200)
    // One changed in the console before the other: still ours.
    expect(await statusOf({ token, aesKey: next.aesKey }, 'wmMixed')).toBe(200)
    // The same event is sealed anew when it is sent again: what is inside is known.
    const event = added('wmTwice', clock.now())
    for (const keys of [old, next]) {
      const encrypted = seal(keys.aesKey, event, corpId)
      expect((await post(encrypted, { query: query(encrypted, keys.token) })).status).toBe(200)
    }
    expect((await fresh()).map(({ who }) => who.external)).toEqual(['wmLate', 'wmNew', 'wmMixed', 'wmTwice'])
    codec = createCodec({ corpId, tokens: [next.token], aesKeys: [next.aesKey] })
    expect(await statusOf(old, 'wmOver')).toBe(403)
    expect(await statusOf(next, 'wmAfter')).toBe(200)
    codec = createCodec({ corpId, tokens: [token], aesKeys: [aesKey] })
  })

  it('knows the envelope of a third-party app, refuses it like everything else, and says so in its log', async () => {
    const suite = (at: number): string =>
      `<xml><SuiteId><![CDATA[ww4asffe99e54c0f4c]]></SuiteId><AuthCorpId><![CDATA[${corpId}]]></AuthCorpId><InfoType><![CDATA[change_external_contact]]></InfoType><TimeStamp>${String(Math.floor(at / 1000))}</TimeStamp><ChangeType><![CDATA[add_external_contact]]></ChangeType><UserID>lin</UserID></xml>`
    lines.length = 0
    for (const receiver of ['ww4asffe99e54c0f4c', corpId]) {
      const answer = await post(seal(aesKey, suite(clock.now()), receiver))
      expect([answer.status, await answer.text()]).toEqual([403, 'refused'])
    }
    const other = await post(seal(aesKey, added('wmOther', clock.now()), 'wwother'))
    expect([other.status, await other.text()]).toEqual([403, 'refused'])
    // Whoever does not hold the keys makes us say nothing.
    const forged = seal(aesKey, suite(clock.now()), 'ww4asffe99e54c0f4c')
    expect((await post(forged, { query: query(forged, 'wrongtoken') })).status).toBe(403)
    expect(await fresh()).toEqual([])
    const whys = lines.map((line) => (JSON.parse(line) as { why: string }).why)
    expect(whys).toEqual([
      expect.stringMatching(/^change_external_contact of the third-party app ww4asffe99e54c0f4c: /),
      expect.stringMatching(/^change_external_contact of the third-party app ww4asffe99e54c0f4c: /),
      'sealed for another corp',
      'not authentic',
    ])
  })

  it('answers success after the commit; the same event three times is one row', async () => {
    const encrypted = seal(aesKey, added('wmThrice', clock.now()), corpId)
    for (const path of ['/wecom/callback', '/wecom/callback/1000002', '/wecom/callback']) {
      const answer = await post(encrypted, { path })
      expect([answer.status, await answer.text()]).toEqual([200, 'success'])
    }
    // WeCom encrypts each try anew: other random bytes, the same body.
    await send(added('wmThrice', clock.now()))
    expect(await fresh()).toMatchObject([
      {
        kind: 'contact-added',
        source: `wecom:${corpId}:1000002`,
        who: { external: 'wmThrice', staff: 'lin' },
      },
    ])
  })

  it('takes a member’s text that quotes a DOCTYPE, and keeps the words beside the log', async () => {
    const said = '看 <!DOCTYPE html><xml>&xxe;</xml>'
    const body = inner('', clock.now())
      .replace('[sys]', '[lin]')
      .replace('[event]', '[text]')
      .replace('</xml>', `<Content><![CDATA[${said}]]></Content><MsgId>1</MsgId></xml>`)
    expect((await send(body)).status).toBe(200)
    const [row] = await fresh()
    expect(row).toMatchObject({ kind: 'staff-said', who: { staff: 'lin' } })
    expect((await readWords(opened.db.reader, [row?.id ?? ''])).get(row?.id ?? '')).toBe(said)
  })

  it('refuses with one and the same answer what is forged, cut, foreign, or bears entities; nothing is recorded', async () => {
    const good = seal(aesKey, added('wmEvil', clock.now()), corpId)
    const bomb = `<!DOCTYPE xml [<!ENTITY a "aaaa">]>`
    const answers = [
      await post(good, { query: query(good, 'guessed') }),
      await post(good, { query: '' }),
      await post(good.slice(0, -8)),
      await post(good, { body: envelope(good).slice(0, 100) }),
      await post(good, { body: bomb + envelope(good) }),
      await post(good, { body: 'x=1' }),
      await post(good, { body: '' }),
      await post(seal(aesKey, added('wmEvil', clock.now()), 'wwforeign')),
      await send(inner('', clock.now(), 'wwforeign')),
      await send(bomb + added('wmEvil', clock.now())),
      await send(added('wmEvil', clock.now()).replace('<MsgType>', '<!ENTITY a "b"><MsgType>')),
      await send(added('wmEvil', clock.now()).slice(0, -6)),
    ]
    for (const answer of answers) expect([answer.status, await answer.text()]).toEqual([403, 'refused'])
    const large = await post(good, { body: envelope(`${'A'.repeat(70_000)}`) })
    expect(large.status).toBe(413)
    const chunked = await fetch(`${url}/wecom/callback?${query(good)}`, {
      method: 'POST',
      body: new Blob(['A'.repeat(200_000)]).stream(),
      duplex: 'half',
    } as RequestInit)
    expect(chunked.status).toBe(413)
    expect((await fetch(`${url}/wecom/callback`, { method: 'PUT' })).status).toBe(405)
    expect(await fresh()).toEqual([])
  })

  it('refuses an unknown body two days old, answers success to a known one however old, and flags odd times', async () => {
    expect((await send(added('wmOld', clock.now() - days(2)))).status).toBe(403)
    const body = added('wmKnown', clock.now())
    expect((await send(body)).status).toBe(200)
    clock.advance(hours(48))
    expect((await send(body)).status).toBe(200)
    expect((await send(added('wmLate', clock.now() - minutes(30)))).status).toBe(200)
    expect((await send(added('wmAhead', clock.now() + hours(2)))).status).toBe(200)
    const rows = await fresh()
    expect(rows.map(({ who }) => who.external)).toEqual(['wmKnown', 'wmLate', 'wmAhead'])
    expect(rows.map(({ detail }) => detail['offSeconds'])).toEqual([undefined, 1_800, -7_200])
  })

  it('answers 503 while the database is in trouble, so that WeCom tries again', async () => {
    const real = recorder
    recorder = { full: () => false, submit: () => Promise.reject(new OutsideFailure('disk full')) }
    const answer = await send(added('wmBusy', clock.now()))
    recorder = real
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2'])
    expect(await fresh()).toEqual([])
  })

  it('answers 503 before it looks inside while more wait than can be written, and says so once', async () => {
    const [real, honest] = [recorder, codec]
    recorder = { full: () => true, submit: () => Promise.reject(new Error('asked all the same')) }
    codec = { open: () => expect.fail('decrypted'), openForOthers: () => expect.fail('decrypted') }
    const body = added('wmFull', clock.now())
    clock.advance(minutes(1))
    lines.length = 0
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(body)))
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 503))
    expect(lines.filter((line) => line.includes('could not be recorded'))).toHaveLength(1)
    clock.advance(minutes(1))
    await send(body)
    expect(lines.at(-1)).toContain('"more":19')
    ;[recorder, codec] = [real, honest]
    expect(await fresh()).toEqual([])
    expect((await send(body)).status).toBe(200)
    expect(await fresh()).toHaveLength(1)
  })

  it('lets go of a caller who hangs up before the commit, and keeps what it brought', async () => {
    const real = recorder
    const held: (() => void)[] = []
    recorder = {
      full: () => false,
      submit: async (happening) => {
        await new Promise<void>((ok) => held.push(ok))
        return real.submit(happening)
      },
    }
    const encrypted = seal(aesKey, added('wmHungUp', clock.now()), corpId)
    const gone = new AbortController()
    const asked = fetch(`${url}/wecom/callback?${query(encrypted)}`, {
      method: 'POST',
      body: envelope(encrypted),
      signal: gone.signal,
    })
    await expect.poll(() => held.length).toBe(1)
    gone.abort()
    await expect(asked).rejects.toThrow()
    await expect.poll(() => server.busy()).toBe(false)
    for (const go of held) go()
    recorder = real
    await expect.poll(async () => (await fresh()).length).toBe(1)
    expect((await send(added('wmNext', clock.now()))).status).toBe(200)
  })

  it('R9: a thousand events of one second, each sent three times in a shuffled order, are a thousand rows', async () => {
    const second = clock.now()
    const bodies = Array.from({ length: 1_000 }, (_, i) => added(`wmR9-${String(i)}`, second))
    const tries = [...bodies, ...bodies, ...bodies]
    // A fixed shuffle: reproducible, and far from the order of sending.
    let seed = 7
    for (let i = tries.length - 1; i > 0; i -= 1) {
      seed = (seed * 48_271) % 2_147_483_647
      const j = seed % (i + 1)
      const [a, b] = [tries[i], tries[j]]
      if (a !== undefined && b !== undefined) [tries[i], tries[j]] = [b, a]
    }
    const statuses = new Set<number>()
    for (let from = 0; from < tries.length; from += 500)
      for (const answer of await Promise.all(tries.slice(from, from + 500).map(send)))
        statuses.add(answer.status)
    expect([...statuses]).toEqual([200])
    const rows = await fresh()
    expect(new Set(rows.map(({ who }) => who.external)).size).toBe(1_000)
    expect(rows).toHaveLength(1_000)
  }, 60_000)
})
