import { expect, test } from 'vitest'
import { field, type Client, type Json, type Receiver } from '../../test/simulator/bench.ts'
import { eachStage } from '../../test/simulator/stage.ts'
import type { Simulator } from './index.ts'
import { upload } from './upload.fixture.ts'

/** In seconds; midnight in Shanghai. */
const start = Date.parse('2026-09-21T00:00:00+08:00') / 1000
let sim: Simulator
let client: Client
let receiver: Receiver

eachStage({ startAt: start * 1000, heard: true }, (stage) => {
  ;({ sim, client, receiver } = stage)
})

const call = (name: string, fields: Json = {}): Promise<Json> =>
  client.post(`externalcontact/${name}`, fields)
const link = (name: string, fields: Json = {}): Promise<Json> => call(`customer_acquisition/${name}`, fields)
const create = (fields: Json = {}): Promise<Json> =>
  link('create_link', { link_name: '直播间', range: { user_list: ['LiMei'] }, ...fields })
const quota = (): Promise<Json> => client.get('externalcontact/customer_acquisition_quota')
const acquisition = (name: string, fields: Json): Promise<Json> =>
  client.sim('POST', `acquisition/${name}`, fields)
const idOf = (answer: Json): string => String((answer['link'] as Json)['link_id'])
const changes = async (): Promise<string[]> => {
  await sim.idle()
  return receiver.seen
    .filter((one) => field(one.xml, 'Event') === 'customer_acquisition')
    .map((one) => field(one.xml, 'ChangeType') ?? '')
}

test('who opens a link becomes a customer with the channel as state, and costs one use', async () => {
  const made = await create()
  const id = idOf(made)
  expect(made).toMatchObject({ link: { link_name: '直播间', create_time: start, skip_verify: true } })
  expect(await acquisition('open', { link_id: id })).toHaveProperty('error')
  expect(await quota()).toMatchObject({ total: 0, balance: 0, quota_list: [] })
  await acquisition('buy', { count: 2, expire_date: start + 864_000 })
  await acquisition('buy', { count: 1, expire_date: start + 86_400 })
  const added = await acquisition('open', { link_id: id, customer_channel: 'live-7' })
  expect(added).toMatchObject({ userid: 'LiMei' })
  const externalUserId = String(added['external_userid'])
  expect(await client.get('externalcontact/get', { external_userid: externalUserId })).toMatchObject({
    follow_user: [{ userid: 'LiMei', state: 'live-7', add_way: 16 }],
  })
  // What ends first is used first.
  expect(await quota()).toMatchObject({
    total: 3,
    balance: 2,
    quota_list: [
      { expire_date: start + 86_400, balance: 0 },
      { expire_date: start + 864_000, balance: 2 },
    ],
  })
  const customers = (fields: Json = {}): Promise<Json> => link('customer', { link_id: id, ...fields })
  expect(await customers()).toMatchObject({
    customer_list: [{ external_userid: externalUserId, userid: 'LiMei', chat_status: 0, state: 'live-7' }],
    next_cursor: '',
  })
  sim.world.customerSays(externalUserId, 'LiMei')
  sim.world.customerSays(externalUserId, 'LiMei')
  expect(await customers()).toMatchObject({ customer_list: [{ chat_status: 1 }] })
  const { chat_key: key } = await acquisition('chat-key', {
    userid: 'limei',
    external_userid: externalUserId,
  })
  const chat = (chatKey: unknown): Promise<Json> => link('get_chat_info', { chat_key: chatKey })
  expect(await chat(key)).toMatchObject({
    userid: 'LiMei',
    external_userid: externalUserId,
    chat_info: { recv_msg_cnt: 2, link_id: id, state: 'live-7' },
  })
  expect(await chat('none')).toMatchObject({ errcode: 40058 })
  await acquisition('open', { link_id: id })
  await acquisition('open', { link_id: id })
  expect(await acquisition('open', { link_id: id, external_userid: 'wmC' })).toHaveProperty('error')
  expect(await changes()).toEqual(['balance_increased', 'customer_start_chat', 'balance_exhausted'])
  const paged = await customers({ limit: 2 })
  expect((await customers({ limit: 2, cursor: paged['next_cursor'] }))['customer_list']).toHaveLength(1)
  expect(await customers({ limit: 1_001 })).toMatchObject({ errcode: 40058 })
  expect(await customers({ cursor: 'nonsense' })).toMatchObject({ errcode: 50100 })
  const days = { link_id: id, start_time: start, end_time: start }
  expect(await link('statistic', days)).toMatchObject({ click_link_customer_cnt: 5, new_customer_cnt: 3 })
  expect(
    await link('statistic', { ...days, start_time: start + 86_400, end_time: start + 86_400 }),
  ).toMatchObject({
    click_link_customer_cnt: 0,
  })
  expect(await link('statistic', { ...days, end_time: start - 86_400 })).toMatchObject({ errcode: 40058 })
  await sim.advanceTo(sim.now() + 30 * 60_000 + 1)
  expect(await chat(key)).toMatchObject({ errcode: 40058 })
})

test('a low balance is told once, unused uses are lost in time', async () => {
  const id = idOf(await create())
  await acquisition('buy', { count: 21, expire_date: start + 86_400 })
  for (let i = 0; i < 3; i++) await acquisition('open', { link_id: id })
  expect(await changes()).toEqual(['balance_increased', 'balance_low'])
  await sim.advanceTo((start + 86_400) * 1000)
  expect(await quota()).toMatchObject({ total: 0, balance: 0 })
  expect(await acquisition('open', { link_id: id })).toHaveProperty('error')
})

test('links are read, changed, listed and deleted; what the API does is not told', async () => {
  const first = idOf(await create())
  const second = idOf(await create({ range: { department_list: [1] }, skip_verify: false }))
  expect(await link('get', { link_id: second })).toMatchObject({
    link: { link_id: second, skip_verify: false },
    range: { user_list: [], department_list: [1] },
  })
  expect(await link('update_link', { link_id: second, link_name: '门店' })).toMatchObject({ errcode: 0 })
  expect(await link('get', { link_id: second })).toMatchObject({
    link: { link_name: '门店', skip_verify: false },
    range: { department_list: [1] },
  })
  const paged = await link('list_link', { limit: 1 })
  expect(paged).toMatchObject({ link_id_list: [first] })
  expect(await link('list_link', { limit: 1, cursor: paged['next_cursor'] })).toMatchObject({
    link_id_list: [second],
    next_cursor: '',
  })
  expect(await link('list_link', { limit: 101 })).toMatchObject({ errcode: 40058 })
  expect(await link('delete_link', { link_id: first })).toMatchObject({ errcode: 0 })
  expect(await link('delete_link', { link_id: first })).toMatchObject({ errcode: 40058 })
  expect(await link('get', {})).toMatchObject({ errcode: 40063 })
  expect(await changes()).toEqual([])
  await acquisition('delete', { link_id: second })
  const third = idOf(await create({ range: { user_list: ['zhangwei'] } }))
  sim.world.removeStaff('zhangwei')
  expect(await changes()).toEqual(['delete_link', 'link_unavailable'])
  expect(field(receiver.seen.at(-1)?.xml ?? '', 'LinkId')).toBe(third)
})

test('limits of links', async () => {
  const refused: [Json, number][] = [
    [{ link_name: '字'.repeat(31) }, 40058],
    [{ link_name: undefined }, 40063],
    [{ range: undefined }, 40063],
    [{ range: {} }, 40063],
    [{ range: { user_list: ['nobody'] } }, 40003],
    [{ range: { department_list: [9] } }, 60123],
    [{ range: { user_list: Array.from({ length: 501 }, () => 'LiMei') } }, 40058],
    [{ skip_verify: 'yes' }, 40058],
  ]
  for (const [fields, code] of refused)
    expect((await create(fields))['errcode'], JSON.stringify(fields).slice(0, 80)).toBe(code)
  sim.settings.mostAcquisitionLinks = 1
  const id = idOf(await create({ link_name: '字'.repeat(30) }))
  expect(await create()).toMatchObject({ errcode: 41095 })
  expect(await link('update_link', { link_id: id, range: {} })).toMatchObject({ errcode: 40063 })
  expect(await acquisition('open', { link_id: id, customer_channel: 'x'.repeat(65) })).toHaveProperty('error')
})

test('a rule blocks words and meanings in the chat; a warning lets them pass', async () => {
  const add = (fields: Json = {}): Promise<Json> =>
    call('add_intercept_rule', {
      rule_name: '不谈价格',
      word_list: ['返现'],
      semantics_list: [1],
      intercept_type: 1,
      applicable_range: { user_list: ['LiMei'] },
      ...fields,
    })
  const { rule_id: id } = await add()
  const say = (userid: string, content: string): Promise<Json> =>
    client.sim('POST', 'chat/send', { userid, external_userid: 'wmB', msgtype: 'text', text: { content } })
  expect(await say('LiMei', '给您返现')).toMatchObject({ ok: false })
  expect(await say('LiMei', '打我电话13800000000')).toMatchObject({ ok: false })
  expect(await say('LiMei', '写信 a@b.example')).toMatchObject({ ok: true })
  expect(await say('zhangwei', '给您返现')).toMatchObject({ ok: true })
  expect(sim.ledger().map((row) => row.status)).toEqual(['failed', 'failed', 'sent', 'sent'])
  const get = async (ruleId: unknown): Promise<Json> => call('get_intercept_rule', { rule_id: ruleId })
  expect(await get(Number(id))).toMatchObject({
    rule: {
      rule_id: Number(id),
      rule_name: '不谈价格',
      word_list: ['返现'],
      extra_rule: { semantics_list: [1] },
      intercept_type: 1,
      applicable_range: { user_list: ['LiMei'], department_list: [] },
    },
  })
  const change = (fields: Json): Promise<Json> => call('update_intercept_rule', { rule_id: id, ...fields })
  expect(
    await change({ extra_rule: { semantics_list: [2] }, add_applicable_range: { user_list: ['zhangwei'] } }),
  ).toMatchObject({
    errcode: 0,
  })
  expect(await say('zhangwei', '写信 a@b.example')).toMatchObject({ ok: false })
  expect(
    await change({ remove_applicable_range: { user_list: ['zhangwei'] }, intercept_type: 2 }),
  ).toMatchObject({
    errcode: 0,
  })
  expect(await say('LiMei', '给您返现')).toMatchObject({ ok: true })
  expect(await change({ word_list: [], extra_rule: { semantics_list: [] } })).toMatchObject({
    errcode: 40063,
  })
  expect(await client.get('externalcontact/get_intercept_rule_list')).toMatchObject({
    rule_list: [{ rule_id: id, rule_name: '不谈价格', create_time: start }],
  })
  const refused: [Json, number][] = [
    [{ rule_name: undefined }, 40063],
    [{ rule_name: '字'.repeat(21) }, 40058],
    [{ word_list: Array.from({ length: 301 }, () => 'x') }, 40058],
    [{ word_list: ['字'.repeat(33)] }, 40058],
    [{ word_list: [], semantics_list: [] }, 40063],
    [{ semantics_list: [4] }, 40058],
    [{ intercept_type: 3 }, 40058],
    [{ applicable_range: {} }, 40063],
    [{ applicable_range: { user_list: ['nobody'] } }, 40003],
    [{ applicable_range: { department_list: [9] } }, 60123],
  ]
  for (const [fields, code] of refused)
    expect((await add(fields))['errcode'], JSON.stringify(fields).slice(0, 80)).toBe(code)
  for (let i = 1; i < 100; i++) await add()
  expect(await add()).toMatchObject({ errcode: 40058 })
  expect(await call('del_intercept_rule', { rule_id: id })).toMatchObject({ errcode: 0 })
  expect(await call('del_intercept_rule', { rule_id: id })).toMatchObject({ errcode: 40058 })
  expect(await get(id)).toMatchObject({ errcode: 40058 })
  expect(await add()).toMatchObject({ errcode: 0 })
})

test('the product album and its limits', async () => {
  const query = { media_type: 'image', attachment_type: '2' }
  const media = (await upload(sim, 'media/upload_attachment', query))['media_id']
  const moment = (await upload(sim, 'media/upload_attachment', { ...query, attachment_type: '1' }))[
    'media_id'
  ]
  const images = (count: number, id: unknown = media): Json[] =>
    Array.from({ length: count }, () => ({ type: 'image', image: { media_id: id } }))
  const add = (fields: Json = {}): Promise<Json> =>
    call('add_product_album', {
      description: '米粉',
      price: 3990,
      product_sn: 'MF01',
      attachments: images(1),
      ...fields,
    })
  const refused: [Json, number][] = [
    [{ description: undefined }, 40063],
    [{ description: '字'.repeat(301) }, 40058],
    [{ price: undefined }, 40063],
    [{ price: 5_000_001 }, 40058],
    [{ product_sn: 'x'.repeat(129) }, 40058],
    [{ product_sn: '米粉' }, 40058],
    [{ attachments: [] }, 40063],
    [{ attachments: images(10) }, 41064],
    [{ attachments: [{ type: 'video' }] }, 41065],
    [{ attachments: images(1, moment) }, 41072],
    [{ attachments: images(1, 'gone') }, 40007],
  ]
  for (const [fields, code] of refused)
    expect((await add(fields))['errcode'], JSON.stringify(fields).slice(0, 80)).toBe(code)
  const { product_id: id } = await add()
  const { product_id: other } = await add({ price: 5_000_000, attachments: images(9), product_sn: undefined })
  expect(await call('get_product_album', { product_id: id })).toMatchObject({
    product: { product_id: id, description: '米粉', price: 3990, product_sn: 'MF01', create_time: start },
  })
  expect(await call('update_product_album', { product_id: id, price: 2990 })).toMatchObject({ errcode: 0 })
  expect(await call('get_product_album', { product_id: id })).toMatchObject({
    product: { price: 2990, description: '米粉' },
  })
  expect(await call('update_product_album', { product_id: id, price: -1 })).toMatchObject({ errcode: 40058 })
  const paged = await call('get_product_album_list', { limit: 1 })
  expect(await call('get_product_album_list', { limit: 1, cursor: paged['next_cursor'] })).toMatchObject({
    next_cursor: '',
    product_list: [{ product_id: other }],
  })
  expect(await call('get_product_album_list', { limit: 101 })).toMatchObject({ errcode: 40058 })
  expect(await call('delete_product_album', { product_id: id })).toMatchObject({ errcode: 0 })
  for (const name of ['get', 'update', 'delete'])
    expect(await call(`${name}_product_album`, { product_id: id })).toMatchObject({ errcode: 40058 })
})
