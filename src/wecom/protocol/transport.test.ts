/** How calls travel: files, keys in place of tokens, limits that refuse before anything leaves, and crowds. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { instantOf } from '../../base/calendar.ts'
import { hours, minutes, virtualClock } from '../../base/clock.ts'
import type { VirtualClock } from '../../base/clock.ts'
import type { WecomApi } from './api.ts'
import { startTinyWecom } from './calls/tiny-wecom.ts'
import type { TinyWecom } from './calls/tiny-wecom.ts'
import { amr, png } from '../../content/media-samples.ts'
import type { Result } from './result.ts'

let clock: VirtualClock
let wecom: TinyWecom
let api: WecomApi
beforeEach(async () => {
  clock = virtualClock(instantOf('2026-05-20', '12:00'))
  wecom = await startTinyWecom(clock)
  api = wecom.api
})
afterEach(() => wecom.close())

const file = (bytes: Buffer) => ({ name: 'a', bytes })

describe('a file that comes', () => {
  const bytes = Buffer.from([0, 255, 13, 10, 200])
  it('is its bytes, its type and its name', async () => {
    const disposition = 'attachment; filename="' + Buffer.from('春茶.png').toString('latin1') + '"'
    wecom.tell('media/get', {
      headers: { 'content-type': 'image/png', 'content-disposition': disposition },
      body: bytes,
    })
    const read = await api.media('m1')
    expect(read).toMatchObject({ kind: 'ok', value: { type: 'image/png', name: '春茶.png' } })
    expect(read.kind === 'ok' && Buffer.from(read.value.bytes).equals(bytes)).toBe(true)
  })

  it('may come in parts', async () => {
    wecom.tell('media/get/jssdk', { status: 206, headers: { 'content-type': 'voice/speex' }, body: bytes })
    expect((await api.mediaOfPage('m1', [0, 4])).kind).toBe('ok')
    expect(wecom.came[0]?.range).toBe('bytes=0-4')
  })

  it('may itself be JSON or text, when it has a name', async () => {
    const headers = {
      'content-type': 'application/json',
      'content-disposition': 'attachment; filename=a.json',
    }
    wecom.tell('media/get', { headers, body: '{"errcode":40007}' })
    expect(await api.media('m1')).toMatchObject({ kind: 'ok', value: { name: 'a.json' } })
  })

  it('is none when a document comes in its place', async () => {
    const json = { 'content-type': 'application/json; charset=UTF-8' }
    wecom.tell('media/get', { headers: json, body: { errcode: 40007, errmsg: 'invalid media_id' } })
    expect(await api.media('m1')).toMatchObject({ kind: 'error', code: 40007, name: 'media-expired' })
    wecom.tell('media/get', { headers: { 'content-type': 'text/plain' }, body: { errcode: 40007 } })
    expect(await api.media('m1')).toMatchObject({ kind: 'error', code: 40007 })
    // Without a word of what it is.
    wecom.tell('media/get', { body: '{"errcode":40007,"errmsg":"invalid media_id"}' })
    expect(await api.media('m1')).toMatchObject({ kind: 'error', code: 40007 })
    wecom.tell('media/get', { headers: json, body: { errcode: 0 } })
    expect((await api.media('m1')).kind).toBe('unknown')
    wecom.tell('media/get', { status: 502, headers: { 'content-type': 'image/png' }, body: bytes })
    expect((await api.media('m1')).kind).toBe('unknown')
    wecom.tell('media/get', { status: 502, headers: { 'content-type': 'text/html' }, body: '<html>' })
    expect((await api.media('m1')).kind).toBe('unknown')
  })

  it('is asked for with a new token when the old one died', async () => {
    const json = { 'content-type': 'application/json' }
    wecom.tell('media/get', { headers: json, body: { errcode: 42001 } }, { body: bytes })
    expect((await api.media('m1')).kind).toBe('ok')
  })
})

describe('a file that would be refused', () => {
  const uploads: Readonly<Record<string, (of: WecomApi) => Promise<Result<unknown>>>> = {
    uploadMedia: (of) => of.uploadMedia('image', file(amr(1))),
    uploadPicture: (of) => of.uploadPicture(file(Buffer.alloc(3))),
    uploadAttachment: (of) => of.uploadAttachment('moment', 'image', file(png(2_000, 2_000))),
    uploadForRobot: (of) => of.uploadForRobot('k', 'voice', file(amr(61))),
    sendImageByRobot: (of) => of.sendImageByRobot('k', file(amr(1))),
  }
  it.each(Object.entries(uploads))('%s: never leaves', async (_, upload) => {
    expect(await upload(api)).toMatchObject({ kind: 'error', reaction: 'bug' })
    expect(wecom.came).toHaveLength(0)
  })
})

describe('a full limit refuses here, and nothing leaves', () => {
  const moment = { text: { content: '春茶' } }
  const chat = { userlist: ['lin', 'wang'] }
  const hello = { msgtype: 'text', text: { content: '早' } } as const
  const rows: readonly (readonly [
    string,
    number,
    number,
    (of: WecomApi) => Promise<Result<unknown>>,
    object,
  ])[] = [
    ['moments', 10, minutes(1), (of) => of.addMoment(moment), { jobid: 'j' }],
    ['robots', 20, minutes(1), (of) => of.sendByRobot('k1', hello), {}],
    ['tickets of the corp', 100, hours(1), (of) => of.corpTicket(), { ticket: 't', expires_in: 1 }],
    ['tickets of the app', 100, hours(1), (of) => of.agentTicket(), { ticket: 't', expires_in: 1 }],
    ['internal groups', 1_000, hours(12), (of) => of.createChat(chat), { chatid: 'c' }],
    ['changes of them', 1_000, hours(1), (of) => of.updateChat({ chatid: 'c', name: 'n' }), {}],
    ['pictures', 1_000, hours(12), (of) => of.uploadPicture(file(png(1, 1))), { url: 'u' }],
  ]
  it.each(rows)('%s: %d', async (_, most, waitMs, call, answer) => {
    wecom.tell('*', { body: answer })
    const all = await Promise.all(Array.from({ length: most }, () => call(api)))
    expect(all.filter(({ kind }) => kind === 'ok')).toHaveLength(most)
    const left = wecom.came.length
    const full = await call(api)
    expect(full).toMatchObject({ kind: 'error', code: 45009, name: 'rate-limit', reaction: 'wait' })
    const retryAfterMs = full.kind === 'error' ? (full.retryAfterMs ?? 0) : 0
    expect(retryAfterMs).toBeGreaterThan(waitMs * 0.98)
    expect(wecom.came).toHaveLength(left)
    clock.advance(retryAfterMs)
    expect((await call(api)).kind).toBe('ok')
  })

  it('reminders: three a day for each broadcast, and only those that were given', async () => {
    wecom.tell('externalcontact/remind_groupmsg_send', { body: { errcode: 41063 } }, { body: { errcode: 0 } })
    expect(await api.remindBroadcast('msg1')).toMatchObject({ code: 41063 })
    for (let n = 0; n < 3; n += 1) expect((await api.remindBroadcast('msg1')).kind).toBe('ok')
    expect(await api.remindBroadcast('msg1')).toMatchObject({
      kind: 'error',
      code: 41094,
      name: 'reminded-too-often',
      reaction: 'wait',
    })
    expect(wecom.came).toHaveLength(4)
    expect((await api.remindBroadcast('msg2')).kind).toBe('ok')
  })

  it('one robot over its limit silences no other', async () => {
    wecom.tell('webhook/send', { body: { errcode: 45009 } }, { body: { errcode: 0 } })
    expect(await api.sendByRobot('k1', hello)).toMatchObject({ code: 45009, retryAfterMs: minutes(1) })
    expect(await api.sendByRobot('k1', hello)).toMatchObject({ code: 45009 })
    expect((await api.sendByRobot('k2', hello)).kind).toBe('ok')
    expect(wecom.came.map(({ query, token }) => [query['key'], token])).toEqual([
      ['k1', null],
      ['k2', null],
    ])
  })
})

describe('too many at once', () => {
  const api = 'externalcontact/convert_to_openid'
  const openids = (of: TinyWecom): Promise<Result<unknown>[]> =>
    Promise.all(Array.from({ length: 12 }, (_, n) => of.api.openidOf(`wm${String(n)}`)))
  const slow = { body: { errcode: 0, openid: 'o' }, afterMs: 20 }
  const crowd = Array.from({ length: 3 }, () => ({ body: { errcode: 45033 } }))

  it('means another try, and fewer at once for a while', async () => {
    let at = 0
    const other = await startTinyWecom({ ...clock, steady: () => at })
    other.tell(api, ...crowd, slow)
    expect((await other.api.openidOf('wm0')).kind).toBe('ok')
    expect(other.came).toHaveLength(4)
    expect((await openids(other)).every(({ kind }) => kind === 'ok')).toBe(true)
    expect(other.most()).toBeLessThanOrEqual(4)
    at += minutes(2)
    await openids(other)
    expect(other.most()).toBeGreaterThan(4)
    expect(other.most()).toBeLessThanOrEqual(8)
    await other.close()
  })

  it('waits one to three seconds, as it is set', async () => {
    const patient = await startTinyWecom(clock, { retryBaseMs: 20 })
    patient.tell(api, { body: { errcode: 45033 } }, { body: { openid: 'o' } })
    const began = clock.steady()
    expect((await patient.api.openidOf('wm1')).kind).toBe('ok')
    expect(clock.steady() - began).toBeGreaterThanOrEqual(39)
    await patient.close()
  })
})

it('writes of one customer never meet, whichever they are', async () => {
  const of = (external: string): Promise<Result<unknown>>[] => [
    api.markTags({ staff: 'lin', external }, ['et1'], []),
    api.markTags({ staff: 'wang', external }, [], ['et1']),
    api.remark({ userid: 'lin', external_userid: external, remark: 'x' }),
    api.sendKf({ touser: external, open_kfid: 'wk1', msgtype: 'text', text: { content: '好' } }),
    api.upgradeService({ open_kfid: 'wk1', external_userid: external, type: 1 }),
  ]
  wecom.tell('*', { body: { errcode: 0, msgid: 'm' }, afterMs: 5 })
  await Promise.all(of('wm1'))
  expect(wecom.most()).toBe(1)
  wecom.tell('*', { body: { errcode: 0, msgid: 'm' }, afterMs: 100 })
  await Promise.all(['wm1', 'wm2', 'wm3'].flatMap((external) => of(external).slice(0, 2)))
  expect(wecom.most()).toBeGreaterThan(1)
  expect(wecom.most()).toBeLessThanOrEqual(3)
})

it('a cursor that is refused is not tried again', async () => {
  wecom.tell('externalcontact/contact_list', { body: { errcode: 50100 } })
  expect(await api.servedContacts('old')).toMatchObject({ code: 50100, name: 'bad-cursor' })
  expect(wecom.came).toHaveLength(1)
})
