import { expect, test } from 'vitest'
import type { Client, Json } from '../../test/simulator/bench.ts'
import { eachStage } from '../../test/simulator/stage.ts'
import type { Simulator } from './index.ts'
import { periodOf } from './quota.ts'
import type { LedgerRow } from './types.ts'

/** 2026-09-21 20:53:20 in Shanghai. */
const start = 1_789_995_200_000
const dayMs = 86_400_000
let sim: Simulator
let client: Client

eachStage({ startAt: start }, (stage) => {
  ;({ sim, client } = stage)
})

const broadcast = async (fields: Json = {}): Promise<Json> =>
  client.post('externalcontact/add_msg_template', {
    chat_type: 'single',
    external_userid: ['wmA', 'wmB'],
    sender: 'LiMei',
    text: { content: '今日小贴士 https://shop.example/h5/l/b.abc' },
    ...fields,
  })
const results = async (msgid: unknown, userid = 'LiMei'): Promise<unknown> =>
  (await client.post('externalcontact/get_groupmsg_send_result', { msgid, userid }))['send_list']
const brief = (rows: readonly LedgerRow[]): string[] =>
  rows.map((row) => `${row.sender}>${row.recipient} ${row.status} ${row.resultStatus}`)

test('a send is a task: rows wait until the staff member confirms, and listeners hear of each arrival', async () => {
  const heard: string[] = []
  sim.world.onDelivered((row) => heard.push(row.recipient))
  sim.world.onStaffMessage((message) => heard.push(`${message.userid} ${message.kind}`))
  const { msgid, fail_list: failed } = await broadcast({ external_userid: ['wmA', 'wmB', 'wmC', 'wmNobody'] })
  expect(failed).toEqual(['wmC', 'wmNobody'])
  expect(await client.post('externalcontact/get_groupmsg_task', { msgid })).toMatchObject({ errcode: 41063 })
  await sim.advanceTo(sim.now() + 500)
  const task = await client.post('externalcontact/get_groupmsg_task', { msgid })
  expect(task).toMatchObject({ errcode: 0, next_cursor: '', task_list: [{ userid: 'LiMei', status: 0 }] })
  expect(await client.sim('GET', 'inbox/limei')).toMatchObject({
    tasks: [{ msgid, status: 'unsent', recipients: ['wmA', 'wmB'] }],
  })

  await client.sim('POST', 'inbox/LiMei/confirm', { msgid })
  expect(brief(sim.ledger())).toEqual(['LiMei>wmA sent 1', 'LiMei>wmB sent 1'])
  const row = sim.ledger()[0]
  expect(row).toMatchObject({ seq: 1, api: 'add_msg_template', via: 'api', msgid, recipientKind: 'customer' })
  expect(row).toMatchObject({
    links: ['https://shop.example/h5/l/b.abc'],
    acceptedAt: start,
    statusAt: start + 500,
  })
  expect(row?.body).not.toHaveProperty('external_userid')
  expect(heard).toEqual(['LiMei task', 'wmA', 'wmB'])
  expect(await results(msgid)).toMatchObject([
    { external_userid: 'wmA', userid: 'LiMei', status: 1, send_time: 1_789_995_200 },
    { external_userid: 'wmB', status: 1 },
  ])
  expect(await client.sim('POST', 'inbox/LiMei/confirm', { msgid })).toHaveProperty('error')
})

test('staff confirm as they are: at once, hours late, or never', async () => {
  sim.world.setConfirm('LiMei', { mode: 'at-once' })
  sim.world.setConfirm('zhangwei', { mode: 'late', afterMs: 3 * 3_600_000 })
  await broadcast()
  await broadcast({ sender: 'zhangwei', external_userid: ['wmB'] })
  expect(sim.nextEventAt()).toBe(start)
  await sim.advanceTo(start)
  expect(brief(sim.ledger())).toEqual(['LiMei>wmA sent 1', 'LiMei>wmB sent 1', 'zhangwei>wmB accepted 0'])
  await sim.advanceTo(start + 4 * 3_600_000)
  expect(sim.ledger()[2]).toMatchObject({ status: 'sent', statusAt: start + 3 * 3_600_000 })
})

test('without a sender each customer hears from whoever chatted last', async () => {
  await sim.advanceTo(start + 1000)
  sim.world.customerSays('wmB', 'LiMei')
  const { msgid } = await broadcast({ sender: undefined })
  await broadcast({ sender: undefined, external_userid: ['wmB'] })
  sim.world.sendChatMessage({
    userid: 'zhangwei',
    external_userid: 'wmB',
    msgtype: 'text',
    text: { content: '您好' },
  })
  await sim.advanceTo(start + 2000)
  sim.world.sendChatMessage({
    userid: 'zhangwei',
    external_userid: 'wmB',
    msgtype: 'text',
    text: { content: '在吗' },
  })
  await broadcast({ sender: undefined, external_userid: ['wmB'] })
  expect(msgid).toMatch(/^msg/)
  const accepted = sim.ledger().filter((row) => row.api === 'add_msg_template')
  expect(brief(accepted)).toEqual([
    'LiMei>wmA accepted 0',
    'LiMei>wmB accepted 0',
    'LiMei>wmB accepted 0',
    'zhangwei>wmB accepted 0',
  ])
})

test('who deleted the advisor is status 2; who left the list altogether fails at once', async () => {
  sim.world.removeContact('LiMei', 'wmA', 'customer')
  const { msgid } = await broadcast()
  sim.world.confirm('LiMei', String(msgid))
  await sim.advanceTo(start + 1000)
  expect(await results(msgid)).toMatchObject([
    { external_userid: 'wmA', status: 2 },
    { external_userid: 'wmB', status: 1 },
  ])
  expect(brief(sim.ledger())).toEqual(['LiMei>wmA failed 2', 'LiMei>wmB sent 1'])
  sim.world.removeContact('LiMei', 'wmA', 'staff')
  expect(await broadcast({ external_userid: ['wmA'] })).toMatchObject({ errcode: 41048 })
})

test('groups are sent to by their owner, and only sent groups show in the result', async () => {
  expect(await broadcast({ chat_type: 'group', sender: undefined })).toMatchObject({ errcode: 40063 })
  expect(await broadcast({ chat_type: 'group', sender: 'zhangwei', chat_id_list: ['wrG'] })).toMatchObject({
    errcode: 41048,
  })
  const { msgid } = await broadcast({ chat_type: 'group', chat_id_list: ['wrG', 'wrOther'] })
  await sim.advanceTo(start + 1000)
  expect(await results(msgid)).toEqual([])
  sim.world.confirm('LiMei', String(msgid))
  expect(await results(msgid)).toMatchObject([{ chat_id: 'wrG', status: 1 }])
  expect(sim.ledger()[0]).toMatchObject({ recipientKind: 'group', recipient: 'wrG', status: 'sent' })
})

test('cancelling stops what is unsent; reminding is allowed three times a day', async () => {
  const { msgid } = await broadcast({ sender: undefined, external_userid: ['wmA', 'wmB'] })
  sim.world.confirm('LiMei', String(msgid))
  for (let i = 0; i < 3; i++) {
    expect(await client.post('externalcontact/remind_groupmsg_send', { msgid })).toMatchObject({ errcode: 0 })
  }
  expect(await client.post('externalcontact/remind_groupmsg_send', { msgid })).toMatchObject({
    errcode: 41094,
  })
  await sim.advanceTo(start + dayMs + 1)
  expect(await client.post('externalcontact/remind_groupmsg_send', { msgid })).toMatchObject({ errcode: 0 })
  expect(await client.post('externalcontact/cancel_groupmsg_send', { msgid })).toMatchObject({ errcode: 0 })
  expect(await client.post('externalcontact/cancel_groupmsg_send', { msgid })).toMatchObject({
    errcode: 41093,
  })
  expect(brief(sim.ledger())).toEqual(['LiMei>wmA sent 1', 'zhangwei>wmB cancelled 0'])
  expect(() => sim.world.confirm('zhangwei', String(msgid))).toThrow('cancelled')
})

test('sends can be found again by time and text', async () => {
  const first = await broadcast()
  await sim.advanceTo(start + 5000)
  await broadcast({ text: { content: '第二条' } })
  const list = async (fields: Json): Promise<Json> =>
    client.post('externalcontact/get_groupmsg_list_v2', {
      chat_type: 'single',
      start_time: 1_789_995_200,
      end_time: 1_789_995_300,
      ...fields,
    })
  const all = await list({})
  expect(all).toMatchObject({
    group_msg_list: [{ msgid: first['msgid'], create_type: 0 }, { text: { content: '第二条' } }],
  })
  const paged = await list({ limit: 1 })
  expect((paged['group_msg_list'] as Json[]).map((one) => one['msgid'])).toEqual([first['msgid']])
  expect(await list({ limit: 1, cursor: paged['next_cursor'] })).toMatchObject({
    next_cursor: '',
    group_msg_list: [{ text: { content: '第二条' } }],
  })
  expect(await list({ cursor: 'nonsense' })).toMatchObject({ errcode: 50100 })
  expect(await list({ end_time: 1_789_995_200 + 32 * 86_400 })).toMatchObject({ errcode: 40058 })
  expect(await list({ filter_type: 1 })).toMatchObject({ group_msg_list: [] })
})

test('limits of content and recipients', async () => {
  const refused: [Json, number][] = [
    [{ text: { content: '字'.repeat(1334) } }, 45002],
    [{ text: undefined }, 40063],
    [{ external_userid: undefined, sender: undefined }, 40063],
    [{ external_userid: Array.from({ length: 10_001 }, () => 'wmA') }, 40058],
    [{ chat_type: 'group', chat_id_list: Array.from({ length: 2_001 }, () => 'wrG') }, 40058],
    [{ attachments: Array.from({ length: 10 }, () => ({})) }, 41064],
    [{ attachments: [{ msgtype: 'poem' }] }, 41065],
    [{ attachments: [{ msgtype: 'image', image: { media_id: 'gone' } }] }, 40007],
    [
      { attachments: [{ msgtype: 'link', link: { title: 'x'.repeat(129), url: 'https://a.example' } }] },
      40058,
    ],
    [{ attachments: [{ msgtype: 'link', link: { title: 'x' } }] }, 40063],
    [{ sender: 'nobody' }, 40003],
    [{ chat_type: 'crowd' }, 40058],
  ]
  for (const [fields, code] of refused)
    expect((await broadcast(fields))['errcode'], JSON.stringify(fields).slice(0, 80)).toBe(code)
  expect(sim.ledger()).toEqual([])
  expect(await broadcast({ text: { content: '字'.repeat(1333) } })).toMatchObject({ errcode: 0 })
  expect(await client.post('externalcontact/get_groupmsg_task', { msgid: 'msgNone' })).toMatchObject({
    errcode: 41047,
  })
  expect(await client.post('externalcontact/get_groupmsg_task', {})).toMatchObject({ errcode: 41046 })
})

test('a tag filter reaches who wears one tag of every list', async () => {
  const groups = (await client.post('externalcontact/get_corp_tag_list', {}))['tag_group'] as {
    tag: { id: string }[]
  }[]
  const [early, late] = groups[0]?.tag.map((tag) => tag.id) ?? []
  sim.world.markByHand('LiMei', 'wmA', { add: [early ?? ''] })
  const filtered = { external_userid: undefined, tag_filter: { group_list: [{ tag_list: [early, late] }] } }
  await broadcast(filtered)
  expect(brief(sim.ledger())).toEqual(['LiMei>wmA accepted 0'])
  expect(await broadcast({ ...filtered, tag_filter: { group_list: [{ tag_list: [late] }] } })).toMatchObject({
    errcode: 41048,
  })
})

test.each([
  ['1-per-day', 1, dayMs],
  ['7-per-week', 7, 7 * dayMs],
  ['month-days', 30, 30 * dayMs],
] as const)(
  'quota %s: %d per customer, counted together with what staff send alone',
  async (quotaMode, limit, later) => {
    sim.settings.quotaMode = quotaMode
    sim.world.staffBroadcast('zhangwei', ['wmB'])
    for (let i = 0; i < limit; i++) {
      const { msgid } = await broadcast()
      sim.world.confirm('LiMei', String(msgid))
    }
    const last = sim.ledger().slice(-2)
    expect(brief(last)).toEqual(['LiMei>wmA sent 1', 'LiMei>wmB failed 3'])
    await sim.advanceTo(start + later)
    const { msgid } = await broadcast()
    sim.world.confirm('LiMei', String(msgid))
    expect(brief(sim.ledger().slice(-2))).toEqual(['LiMei>wmA sent 1', 'LiMei>wmB sent 1'])
  },
)

test('quota periods turn at midnight in Shanghai, weeks on Monday', () => {
  const at = (iso: string): number => Date.parse(`${iso}+08:00`)
  const key = (mode: Parameters<typeof periodOf>[0], iso: string): string => periodOf(mode, at(iso)).key
  expect(key('1-per-day', '2026-09-21T23:59:59')).not.toBe(key('1-per-day', '2026-09-22T00:00:00'))
  expect(key('1-per-day', '2026-09-21T00:00:00')).toBe(key('1-per-day', '2026-09-21T23:59:59'))
  expect(key('7-per-week', '2026-09-20T23:59:59')).not.toBe(key('7-per-week', '2026-09-21T00:00:00'))
  expect(key('7-per-week', '2026-09-21T00:00:00')).toBe(key('7-per-week', '2026-09-27T23:59:59'))
  expect(key('month-days', '2026-09-30T23:59:59')).not.toBe(key('month-days', '2026-10-01T00:00:00'))
  expect(periodOf('month-days', at('2028-02-29T12:00:00')).limit).toBe(29)
  expect(periodOf('month-days', at('2026-02-01T00:00:00')).limit).toBe(28)
})
