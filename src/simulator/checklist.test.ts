/**
 * What a stand-in for WeCom must be able to do (WECOM.md §10), each point with the tests that show it; below the table
 * stand those that belong to no family of calls.
 */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { field, type Client, type Json, type Receiver } from '../../test/simulator/bench.ts'
import { eachStage } from '../../test/simulator/stage.ts'
import type { Call } from './api/call.ts'
import { apis } from './api/index.ts'
import { createContext, type Context } from './context.ts'
import { ApiError } from './errors.ts'
import type { Simulator } from './index.ts'

const here = 'checklist.test.ts'
const points: Readonly<Record<string, readonly (readonly [file: string, title: string])[]>> = {
  'gettoken: the same token inside its life, apps with tokens of their own, early death': [
    ['token.test.ts', 'a token is repeated inside its validity'],
    ['token.test.ts', 'apps of one corp have tokens of their own'],
    [here, 'a repeated gettoken may rotate the token'],
  ],
  'gettoken: wrong secrets close the door for an hour': [
    ['token.test.ts', 'a flood of them closes the door for an hour'],
    [here, 'the door is shut for an hour from the last wrong secret'],
  ],
  'success without an errcode; errors with hint and address': [
    ['token.test.ts', 'success may come without an errcode'],
    ['token.test.ts', 'a wrong secret is 40001 with the usual noise'],
  ],
  '45009 by minute, hour, day and month, with their penalties': [
    ['faults.test.ts', 'the real ceilings: so many calls of one API a minute'],
    [here, 'who goes over a ceiling is shut out for its length'],
    ['appchat.test.ts', 'a thousand chats a day, a thousand changes an hour'],
  ],
  'silent drops beyond 30 a minute per member': [
    ['messages.test.ts', 'beyond 30 a minute a member’s messages'],
  ],
  '45033, -1 and any other errcode': [
    ['customers.test.ts', 'two calls that mark one customer at the same time collide'],
    [here, '-1 strikes as often as asked'],
    ['faults.test.ts', 'an errcode with a window refuses until the window ends'],
  ],
  'faults per route: refuse, reset before and after accepting, time-out, slow, broken, 502, truncated, token':
    [
      ['faults.test.ts', '%s breaks the connection with %d message accepted'],
      ['faults.test.ts', 'timeout-after accepts and stays silent'],
      ['faults.test.ts', 'broken JSON, an HTML 502 and slowness'],
      ['faults.test.ts', 'faults are listed with their strikes, can be aimed at one API'],
      ['faults.test.ts', 'an outage refuses connections until the port opens again'],
      [here, 'a token dies in the middle of a call'],
    ],
  'callbacks: handshake, deadline, three tries, each sealed anew, duplicates': [
    ['callbacks.test.ts', 'the address is saved only when the handshake succeeds'],
    ['callbacks.test.ts', 'comes three times, freshly sealed'],
    ['callbacks.test.ts', 'by the newer wording an answer of 500 is not tried again'],
    ['callbacks.test.ts', 'faults double and delay callbacks'],
    [here, 'events of one second may come out of order'],
  ],
  'both forms of MemChangeList; what the API does is not told': [
    ['callbacks.test.ts', 'people change groups and tags with an event, the API without'],
  ],
  'welcome codes: 20 s, once, 41050, 41051, 41096': [
    ['welcome.test.ts', 'a welcome works once, within 20 s'],
    ['welcome.test.ts', 'late or invented codes are 41050, and another app in the way is 41096'],
  ],
  'group sends: to be confirmed, quota modes, status 0 to 3, 41063, reminders, cancelling': [
    ['broadcast.test.ts', 'a send is a task: rows wait until the staff member confirms'],
    ['broadcast.test.ts', 'quota periods turn at midnight in Shanghai'],
    ['broadcast.test.ts', 'who deleted the advisor is status 2'],
    ['broadcast.test.ts', 'cancelling stops what is unsent; reminding is allowed three times a day'],
  ],
  'cursors: opaque, "" at the end, 50100': [
    ['customers.test.ts', 'relations come in pages with an opaque cursor'],
  ],
  '微信客服: 48 h and five, empty pages, three days, ten minutes, failing sends': [
    ['kf.test.ts', 'the words are pulled page by page, for three days'],
    ['kf.test.ts', 'five answers within 48 hours'],
    [here, 'a message the customer never got is told by msg_send_fail'],
  ],
  'cards: one use in 72 h, task_id once, selected items': [
    ['messages.test.ts', 'a card’s task_id is unique per app'],
    ['messages.test.ts', 'a click is told with a code that updates the card once, within 72 hours'],
  ],
  'media for three days': [['customers.test.ts', 'media expire after three days']],
  'one clock for all windows': [
    ['clock.test.ts', 'the agenda runs in order of time'],
    ['faults.test.ts', 'the clock, the state and a reset over HTTP'],
  ],
  'people by script and by seed': [
    ['broadcast.test.ts', 'staff confirm as they are: at once, hours late, or never'],
    ['population/population.test.ts', 'the same seed and the same answers give the same deeds'],
    ['shop/seed-shop.test.ts', 'the same seed and now give the same shop'],
  ],
  'sendChatMessage is a ledger row by the sidebar': [
    ['welcome.test.ts', 'the chat client writes the ledger'],
  ],
}

test.each(Object.entries(points))('%s', (_point, shown) => {
  for (const [file, title] of shown) {
    const text = readFileSync(new URL(file, import.meta.url), 'utf8')
    const tests = [...text.matchAll(/\b(?:test|it)(?:\.each\([\s\S]*?\)\(|\()\s*['"`](.*?)['"`],/g)]
    expect(
      tests.map(([, name]) => name).some((name) => name?.includes(title)),
      `${file}: ${title}`,
    ).toBe(true)
  }
})

let sim: Simulator
let receiver: Receiver
let client: Client
const startAt = Date.parse('2026-05-20T09:00:00+08:00')
const minute = 60_000
const hour = 60 * minute
const later = (ms: number): Promise<void> => sim.advanceTo(sim.now() + ms)

eachStage({ startAt, heard: true }, (stage) => {
  ;({ sim, client, receiver } = stage)
})

async function getToken(secret = sim.credentials.agentSecret): Promise<Json> {
  const query = `corpid=${sim.credentials.corpId}&corpsecret=${secret}`
  return (await (await fetch(`${sim.url}/cgi-bin/gettoken?${query}`)).json()) as Json
}
const withToken = async (token: unknown): Promise<unknown> =>
  ((await (await fetch(`${sim.url}/cgi-bin/getcallbackip?access_token=${String(token)}`)).json()) as Json)[
    'errcode'
  ]

test('a repeated gettoken may rotate the token and kill the old one', async () => {
  sim.settings.rotateTokens = true
  const [first, second] = [await getToken(), await getToken()]
  expect(second).toMatchObject({ errcode: 0, expires_in: 7_200 })
  expect([await withToken(first['access_token']), await withToken(second['access_token'])]).toEqual([
    40014, 0,
  ])
})

/** Calls by the thousand: the API itself, without the network before it. */
function caller(): { ctx: Context; call(path: string, fields?: Partial<Call>): number } {
  const ctx = createContext({ clock: 'virtual', startAt, empty: true })
  const base = { ctx, agentId: 1, query: new URLSearchParams(), body: {}, raw: Buffer.alloc(0), headers: {} }
  return {
    ctx,
    call(path, fields) {
      try {
        apis.get(path)?.run({ ...base, ip: '127.0.0.1', ...fields })
        return 0
      } catch (error) {
        if (error instanceof ApiError) return error.code
        throw error
      }
    },
  }
}

test('the door is shut for an hour from the last wrong secret, also for the right one', async () => {
  const { ctx, call } = caller()
  const { corpId, agentSecret } = ctx.credentials
  const ask = (corpsecret: string): number =>
    call('gettoken', { query: new URLSearchParams({ corpid: corpId, corpsecret }) })
  for (let i = 0; i < 1_999; i++) ask('nonsense')
  await ctx.clock.advanceTo(startAt + 50 * minute)
  expect([ask(agentSecret), ask('nonsense')]).toEqual([0, 40001])
  // The first ones are over an hour old by then; the penalty is not.
  await ctx.clock.advanceTo(startAt + 109 * minute)
  expect(ask(agentSecret)).toBe(45009)
  await ctx.clock.advanceTo(startAt + 110 * minute)
  expect(ask(agentSecret)).toBe(0)
})

test('who goes over a ceiling is shut out for its length: a minute, an hour, the rest of the day, a month', async () => {
  const list = async (): Promise<unknown> =>
    (await client.get('externalcontact/get_follow_user_list'))['errcode']
  sim.settings.rateLimits = { perMinute: 1_000, perHour: 2 }
  expect([await list(), await list(), await list()]).toEqual([0, 0, 45009])
  await later(59 * minute)
  expect(await list()).toBe(45009)
  await later(minute)
  expect(await list()).toBe(0)

  const { ctx, call } = caller()
  const raw = Buffer.from(
    [
      '--b',
      'Content-Disposition: form-data; name="media"; filename="a.png"',
      'Content-Type: image/png',
      '',
      'picture',
      '--b--',
      '',
    ].join('\r\n'),
  )
  const picture = (): number =>
    call('media/uploadimg', { raw, headers: { 'content-type': 'multipart/form-data; boundary=b' } })
  const pictures = (count: number): number[] => [...new Set(Array.from({ length: count }, picture))]
  expect([pictures(1_000), pictures(1)]).toEqual([[0], [45009]])
  await ctx.clock.advanceTo(Date.parse('2026-05-20T23:59:59.999+08:00'))
  expect(pictures(1)).toEqual([45009])
  await ctx.clock.advanceTo(ctx.clock.now() + 1)
  expect(pictures(1_000)).toEqual([0])
  await ctx.clock.advanceTo(ctx.clock.now() + 24 * hour)
  expect([pictures(1_000), pictures(1)]).toEqual([[0], [45009]])
  await ctx.clock.advanceTo(ctx.clock.now() + 24 * hour)
  expect(pictures(1)).toEqual([45009])
  const month = 30 * 24 * hour
  await ctx.clock.advanceTo(ctx.clock.now() + month - 1)
  expect(pictures(1)).toEqual([45009])
  await ctx.clock.advanceTo(ctx.clock.now() + 1)
  expect(pictures(1)).toEqual([0])
})

test('-1 strikes as often as asked, at the named call only', async () => {
  sim.addFault({ api: 'get_follow_user_list', kind: 'errcode', errcode: -1, times: 2 })
  expect((await client.get('getcallbackip'))['errcode']).toBe(0)
  const codes = []
  for (let i = 0; i < 3; i++)
    codes.push((await client.get('externalcontact/get_follow_user_list'))['errcode'])
  expect(codes).toEqual([-1, -1, 0])
})

test('a token dies in the middle of a call, as invalid or as expired', async () => {
  const { access_token: token } = await getToken()
  sim.addFault({ api: 'getcallbackip', kind: 'invalidate-token', times: 1 })
  expect(await withToken(token)).toBe(40014)
  const { access_token: next } = await getToken()
  sim.addFault({ api: 'getcallbackip', kind: 'expire-token', times: 1 })
  expect(await withToken(next)).toBe(42001)
})

test('events of one second may come out of order, and look alike but for what they tell', async () => {
  sim.addFault({ api: 'callback', kind: 'slow', ms: 120, times: 1 })
  sim.world.joinGroup('wrG', ['wmB'])
  sim.world.leaveGroup('wrG', ['wmB'])
  await sim.idle()
  const told = receiver.seen.map(({ xml }) => [field(xml, 'UpdateDetail'), field(xml, 'CreateTime')])
  expect(told).toEqual([
    ['del_member', String(startAt / 1_000)],
    ['add_member', String(startAt / 1_000)],
  ])
})

test('a message the customer never got is told by msg_send_fail, after the API had said ok', async () => {
  const { open_kfid: kf } = await client.post('kf/account/add', { name: '小思' })
  sim.world.kfSays(String(kf), 'wmA', '在吗')
  const chat = { open_kfid: kf, external_userid: 'wmA' }
  await client.sim('POST', 'kf/fails', { ...chat, fail_type: 10 })
  const words = { touser: 'wmA', open_kfid: kf, msgid: 'ours1', msgtype: 'text', text: { content: '在' } }
  expect(await client.post('kf/send_msg', words)).toMatchObject({ errcode: 0, msgid: 'ours1' })
  expect(sim.ledger().at(-1)).toMatchObject({ status: 'failed', resultStatus: 2 })
  const seen: Json[] = []
  for (let cursor = '', more = true; more;) {
    const page = await client.post('kf/sync_msg', { open_kfid: kf, cursor })
    seen.push(...(page['msg_list'] as Json[]))
    cursor = String(page['next_cursor'])
    more = page['has_more'] === 1
  }
  expect(seen.at(-1)?.['event']).toMatchObject({
    event_type: 'msg_send_fail',
    external_userid: 'wmA',
    fail_msgid: 'ours1',
    fail_type: 10,
  })
  await client.sim('POST', 'kf/fails', chat)
  await client.post('kf/send_msg', { ...words, msgid: 'ours2' })
  expect(sim.ledger().at(-1)).toMatchObject({ status: 'sent' })
})
