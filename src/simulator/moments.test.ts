import { expect, test } from 'vitest'
import { createClient, type Client, type Json, type Receiver } from '../../test/simulator/bench.ts'
import { eachStage } from '../../test/simulator/stage.ts'
import type { Simulator } from './index.ts'
import { upload } from './upload.fixture.ts'

const start = 1_789_995_200_000
const dayMs = 86_400_000
let sim: Simulator
let client: Client
let receiver: Receiver

eachStage({ startAt: start, heard: true }, (stage) => {
  ;({ sim, client, receiver } = stage)
})

const add = (fields: Json = {}): Promise<Json> =>
  client.post('externalcontact/add_moment_task', {
    text: { content: '新品上架 https://shop.example/h5/l/m.abc' },
    ...fields,
  })
const result = (jobid: unknown): Promise<Json> =>
  client.get('externalcontact/get_moment_task_result', { jobid: String(jobid) })
const ask = (name: string, moment: unknown, fields: Json = {}): Promise<Json> =>
  client.post(`externalcontact/get_moment_${name}`, { moment_id: moment, ...fields })
const brief = (): string[] =>
  sim.ledger().map((row) => `${row.sender}>${row.recipient} ${row.status} ${row.resultStatus}`)

/** Makes a moment and waits until the staff have it. */
async function made(fields: Json = {}): Promise<string> {
  const { jobid } = await add(fields)
  await sim.advanceTo(sim.now() + 1_000)
  return String(((await result(jobid))['result'] as Json)['moment_id'])
}

test('a moment is a job first, then a task for each staff member, then seen by their friends', async () => {
  const heard: string[] = []
  sim.world.onStaffMessage((message) => heard.push(`${message.userid} ${message.kind}`))
  sim.world.onDelivered((row) => heard.push(row.recipient))
  const { jobid } = await add()
  expect(await result(jobid)).toMatchObject({ status: 1, type: 'add_moment_task' })
  await sim.advanceTo(start + 250)
  expect(await result(jobid)).toMatchObject({ status: 2 })
  await sim.advanceTo(start + 500)
  const done = await result(jobid)
  expect(done).toMatchObject({ status: 3, result: { errcode: 0, moment_id: expect.stringMatching(/^mom/) } })
  const id = String((done['result'] as Json)['moment_id'])
  expect(await ask('task', id)).toMatchObject({ errcode: 41079 })
  await sim.advanceTo(start + 1_000)
  expect(await ask('task', id)).toMatchObject({
    errcode: 0,
    task_list: [
      { userid: 'LiMei', publish_status: 0 },
      { userid: 'zhangwei', publish_status: 0 },
    ],
  })
  expect(brief()).toEqual(['LiMei>wmA accepted 0', 'LiMei>wmB accepted 0', 'zhangwei>wmB accepted 0'])
  expect(sim.ledger()[0]).toMatchObject({
    api: 'add_moment_task',
    via: 'api',
    msgid: id,
    links: ['https://shop.example/h5/l/m.abc'],
  })
  expect(await client.sim('GET', 'inbox/LiMei')).toMatchObject({
    tasks: [{ msgid: id, chatType: 'moment', status: 'unsent', recipients: ['wmA', 'wmB'] }],
  })
  expect(await ask('send_result', id, { userid: 'LiMei' })).toMatchObject({ customer_list: [] })

  sim.world.removeContact('LiMei', 'wmA', 'customer')
  await client.sim('POST', 'inbox/LiMei/confirm', { msgid: id })
  expect(brief()).toEqual(['LiMei>wmA failed 2', 'LiMei>wmB sent 1', 'zhangwei>wmB accepted 0'])
  expect(heard).toEqual(['LiMei task', 'zhangwei task', 'wmB'])
  expect(await ask('task', id)).toMatchObject({ task_list: [{ publish_status: 1 }, { publish_status: 0 }] })
  expect(await ask('customer_list', id, { userid: 'LiMei' })).toMatchObject({
    customer_list: [
      { userid: 'LiMei', external_userid: 'wmA' },
      { userid: 'LiMei', external_userid: 'wmB' },
    ],
  })
  expect(await ask('send_result', id, { userid: 'LiMei' })).toMatchObject({
    customer_list: [{ external_userid: 'wmB' }],
  })
  expect(await client.sim('POST', 'inbox/LiMei/confirm', { msgid: id })).toHaveProperty('error')
  await sim.idle()
  // Nothing but the customer's own leaving is called back.
  expect(receiver.seen).toHaveLength(1)
})

test('staff publish as they are: at once, hours late, or never', async () => {
  sim.world.setConfirm('LiMei', { mode: 'at-once' })
  sim.world.setConfirm('zhangwei', { mode: 'late', afterMs: 3 * 3_600_000 })
  await made()
  expect(brief()).toEqual(['LiMei>wmA sent 1', 'LiMei>wmB sent 1', 'zhangwei>wmB accepted 0'])
  await sim.advanceTo(start + 4 * 3_600_000)
  expect(sim.ledger()[2]).toMatchObject({ status: 'sent', statusAt: start + 500 + 3 * 3_600_000 })
})

test('the visible range: senders, tags, both, and what of it is unknown', async () => {
  const tag = sim.world.tagGroups()[0]?.tags[0]?.id ?? ''
  sim.world.markByHand('zhangwei', 'wmB', { add: [tag] })
  const range = (users: string[], tags: string[], departments: number[] = []): Json => ({
    visible_range: {
      sender_list: { user_list: users, department_list: departments },
      external_contact_list: { tag_list: tags },
    },
  })
  await made(range(['LiMei'], []))
  expect(brief().splice(0)).toEqual(['LiMei>wmA accepted 0', 'LiMei>wmB accepted 0'])
  await made(range([], [tag]))
  expect(brief().slice(2)).toEqual(['zhangwei>wmB accepted 0'])
  await made(range([], [tag], [1]))
  expect(brief().slice(3)).toEqual(['zhangwei>wmB accepted 0'])

  const none = await add(range(['LiMei', 'nobody'], [tag, 'etNone'], [7]))
  await sim.advanceTo(sim.now() + 1_000)
  expect(await result(none['jobid'])).toMatchObject({
    status: 3,
    result: {
      errcode: 41048,
      invalid_sender_list: { user_list: ['nobody'], department_list: [7] },
      invalid_external_contact_list: { tag_list: ['etNone'] },
    },
  })
  const listed = await client.post('externalcontact/get_moment_list', {
    start_time: 1_789_995_200,
    end_time: 1_789_995_300,
  })
  expect(listed).toMatchObject({
    moment_list: [{ visible_type: 1 }, { visible_type: 0 }, { visible_type: 0 }],
  })
})

test('limits of content, and of how often moments are made', async () => {
  const attachment = (query: Record<string, string>): Promise<Json> =>
    upload(sim, 'media/upload_attachment', query)
  const image = (await attachment({ media_type: 'image', attachment_type: '1' }))['media_id']
  const video = (await attachment({ media_type: 'video', attachment_type: '1' }))['media_id']
  const album = (await attachment({ media_type: 'image', attachment_type: '2' }))['media_id']
  expect(await attachment({ media_type: 'image' })).toMatchObject({ errcode: 40063 })
  expect(await attachment({ media_type: 'voice', attachment_type: '1' })).toMatchObject({ errcode: 40058 })
  expect(await attachment({ media_type: 'video', attachment_type: '2' })).toMatchObject({ errcode: 41065 })
  const other = (await upload(sim, 'media/upload', { type: 'image' }))['media_id']
  const images = (count: number, id = image): Json => ({
    attachments: Array.from({ length: count }, () => ({ msgtype: 'image', image: { media_id: id } })),
  })
  const link = (fields: Json): Json => ({
    attachments: [{ msgtype: 'link', link: { url: 'https://a.example', media_id: image, ...fields } }],
  })
  const refused: [Json, number][] = [
    [{ text: { content: '字'.repeat(2_001) } }, 45002],
    [{ text: undefined }, 40063],
    [images(10), 41064],
    [{ attachments: [0, 0].map(() => ({ msgtype: 'video', video: { media_id: video } })) }, 41064],
    [{ attachments: [{ msgtype: 'video', video: { media_id: image } }] }, 40007],
    [{ attachments: [{ msgtype: 'image', image: { media_id: image } }, { msgtype: 'video' }] }, 41065],
    [{ attachments: [{ msgtype: 'file', file: { media_id: image } }] }, 41065],
    [images(1, album), 41072],
    [images(1, other), 41072],
    [images(1, 'gone'), 40007],
    [link({ title: '字'.repeat(22) }), 40058],
    [link({ url: undefined }), 40063],
    [link({ media_id: undefined }), 40063],
    [{ visible_range: { sender_list: { department_list: ['1'] } } }, 40058],
    [{ visible_range: { sender_list: { user_list: Array.from({ length: 100_001 }, () => 'x') } } }, 40058],
  ]
  for (const [fields, code] of refused)
    expect((await add(fields))['errcode'], JSON.stringify(fields).slice(0, 80)).toBe(code)
  expect(await add(images(9))).toMatchObject({ errcode: 0 })
  expect(await add({ text: undefined, ...link({ title: '好物' }) })).toMatchObject({ errcode: 0 })
  for (let i = 2; i < 10; i++) expect(await add()).toMatchObject({ errcode: 0 })
  expect(await add()).toMatchObject({ errcode: 45009 })
  await sim.advanceTo(sim.now() + 60_000)
  expect(await add({ text: { content: '字'.repeat(2_000) } })).toMatchObject({ errcode: 0 })

  sim.settings.mostRunningMoments = 10
  expect(await add()).toMatchObject({ errcode: 41078 })
  const between = { start_time: 1_789_995_200, end_time: 1_789_995_300 }
  const listed = (await client.post('externalcontact/get_moment_list', between))['moment_list'] as Json[]
  expect(listed[0]).toMatchObject({ image: Array.from({ length: 9 }, () => ({ media_id: image })) })
  expect(listed[1]).toMatchObject({ link: { title: '好物', url: 'https://a.example' } })
  expect(listed[1]).not.toHaveProperty('text')
})

test('cancelling stops who has not published; twice, late and unknown are refused', async () => {
  const cancel = (id: unknown): Promise<Json> =>
    client.post('externalcontact/cancel_moment_task', { moment_id: id })
  const { jobid } = await add()
  await sim.advanceTo(start + 500)
  const id = String(((await result(jobid))['result'] as Json)['moment_id'])
  expect(await cancel(id)).toMatchObject({ errcode: 41079 })
  await sim.advanceTo(start + 1_000)
  sim.world.confirm('LiMei', id)
  expect(await cancel(id)).toMatchObject({ errcode: 0 })
  expect(await cancel(id)).toMatchObject({ errcode: 41093 })
  expect(await cancel('momNone')).toMatchObject({ errcode: 40058 })
  expect(await cancel(undefined)).toMatchObject({ errcode: 40063 })
  expect(brief()).toEqual(['LiMei>wmA sent 1', 'LiMei>wmB sent 1', 'zhangwei>wmB cancelled 0'])
  expect(() => sim.world.confirm('zhangwei', id)).toThrow('cancelled')
  expect(await client.sim('GET', 'inbox/zhangwei')).toMatchObject({ tasks: [{ status: 'cancelled' }] })
  await sim.advanceTo(start + dayMs + 1)
  expect(await result(jobid)).toMatchObject({ errcode: 40058 })
  expect(await result('jobNone')).toMatchObject({ errcode: 40058 })
  expect(await client.get('externalcontact/get_moment_task_result')).toMatchObject({ errcode: 40063 })
})

test('who sees a moment may like it once and comment', async () => {
  const id = await made()
  const react = (kind: string, fields: Json): Promise<Json> =>
    client.sim('POST', `moments/${kind}`, { moment_id: id, userid: 'LiMei', ...fields })
  expect(await react('like', { external_userid: 'wmA' })).toHaveProperty('error')
  sim.world.confirm('LiMei', id)
  expect(await react('like', { external_userid: 'wmA' })).toEqual({ ok: true })
  expect(await react('like', { external_userid: 'wmA' })).toHaveProperty('error')
  expect(await react('like', { external_userid: 'wmC' })).toHaveProperty('error')
  expect(await react('comment', { external_userid: 'wmB' })).toEqual({ ok: true })
  expect(await react('comment', {})).toEqual({ ok: true })
  expect(await ask('comments', id, { userid: 'LiMei' })).toMatchObject({
    comment_list: [{ external_userid: 'wmB', create_time: 1_789_995_201 }, { userid: 'LiMei' }],
    like_list: [{ external_userid: 'wmA' }],
  })
  expect(await ask('comments', id, { userid: 'zhangwei' })).toMatchObject({ comment_list: [], like_list: [] })
  expect(await ask('comments', id, { userid: 'nobody' })).toMatchObject({ errcode: 40003 })
  expect(await ask('comments', 'momNone', { userid: 'LiMei' })).toMatchObject({ errcode: 40058 })
})

test('moments are listed by time, maker and page', async () => {
  await made()
  await client.sim('POST', 'staff/moment', { userid: 'zhangwei', text: '下午茶' })
  await made({ text: { content: '第三条' } })
  const list = (fields: Json = {}): Promise<Json> =>
    client.post('externalcontact/get_moment_list', {
      start_time: 1_789_995_200,
      end_time: 1_789_995_300,
      ...fields,
    })
  const texts = async (fields: Json): Promise<unknown[]> =>
    ((await list(fields))['moment_list'] as Json[]).map((one) => (one['text'] as Json)['content'])
  expect(await list()).toMatchObject({
    next_cursor: '',
    moment_list: [{ create_type: 0 }, { create_type: 1, creator: 'zhangwei' }, { create_type: 0 }],
  })
  expect(((await list())['moment_list'] as Json[])[0]).not.toHaveProperty('creator')
  expect(await texts({ filter_type: 1 })).toEqual(['下午茶'])
  expect(await texts({ filter_type: 0 })).toHaveLength(2)
  expect(await texts({ creator: 'ZHANGWEI' })).toEqual(['下午茶'])
  expect(await texts({ creator: 'LiMei' })).toEqual([])
  const first = await list({ limit: 2 })
  expect(await texts({ limit: 2, cursor: first['next_cursor'] })).toEqual(['第三条'])
  expect(await list({ cursor: 'nonsense' })).toMatchObject({ errcode: 50100 })
  expect(await list({ limit: 21 })).toMatchObject({ errcode: 40058 })
  expect(await list({ end_time: 1_789_995_200 + 30 * 86_400 + 1 })).toMatchObject({ errcode: 40058 })
  expect(await list({ end_time: undefined })).toMatchObject({ errcode: 40063 })
  const id = ((await list())['moment_list'] as Json[])[0]?.['moment_id']
  const tasks = await ask('task', id, { limit: 1 })
  expect(tasks).toMatchObject({ task_list: [{ userid: 'LiMei' }] })
  expect(await ask('task', id, { limit: 1, cursor: tasks['next_cursor'] })).toMatchObject({
    next_cursor: '',
    task_list: [{ userid: 'zhangwei' }],
  })
  const customers = await ask('customer_list', id, { userid: 'LiMei', limit: 1 })
  expect(
    await ask('customer_list', id, { userid: 'LiMei', limit: 1, cursor: customers['next_cursor'] }),
  ).toMatchObject({ next_cursor: '', customer_list: [{ external_userid: 'wmB' }] })
  // A cursor belongs to its list.
  expect(await ask('task', id, { cursor: customers['next_cursor'] })).toMatchObject({ errcode: 50100 })
  expect(await ask('task', id, { limit: 1_001 })).toMatchObject({ errcode: 40058 })
  const alone = ((await list({ filter_type: 1 }))['moment_list'] as Json[])[0]?.['moment_id']
  expect(await ask('task', alone)).toMatchObject({ errcode: 40058 })
  expect(await ask('send_result', alone, { userid: 'zhangwei', limit: 5_001 })).toMatchObject({
    errcode: 40058,
  })
  expect(await ask('send_result', alone, { userid: 'zhangwei' })).toMatchObject({
    customer_list: [{ external_userid: 'wmB' }],
  })
  sim.reset()
  client = createClient(sim)
  expect(await texts({})).toEqual([])
})
