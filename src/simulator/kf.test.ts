import { expect, test } from 'vitest'
import { field, type Client, type Json, type Receiver } from '../../test/simulator/bench.ts'
import { eachStage } from '../../test/simulator/stage.ts'
import type { Simulator } from './index.ts'

const hourMs = 3_600_000
let sim: Simulator
let receiver: Receiver
let client: Client
let kf: string

eachStage({ heard: true }, async (stage) => {
  ;({ sim, client, receiver } = stage)
  kf = String((await client.post('kf/account/add', { name: '小店客服' }))['open_kfid'])
})

const send = (fields: Json = {}): Promise<Json> =>
  client.post('kf/send_msg', {
    touser: 'wmA',
    open_kfid: kf,
    msgtype: 'text',
    text: { content: '您好' },
    ...fields,
  })
/** Pulls until has_more is 0, as the documentation asks. */
const pull = async (more: Json = {}): Promise<Json[]> => {
  const found: Json[] = []
  for (let cursor: unknown = undefined; ;) {
    const page = await client.post('kf/sync_msg', { open_kfid: kf, limit: 2, cursor, ...more })
    if (page['errcode'] !== 0) return [page]
    found.push(...(page['msg_list'] as Json[]))
    if (page['has_more'] === 0) return found
    cursor = page['next_cursor']
  }
}

test('the callback has a token and no words; the words are pulled page by page, for three days', async () => {
  sim.world.kfEnter(kf, 'wmA', 'poster')
  for (const words of ['在吗', '奶粉多少钱', '退订']) sim.world.kfSays(kf, 'wmA', words)
  await sim.idle()
  expect(receiver.seen).toHaveLength(4)
  const event = receiver.seen[0]?.xml ?? ''
  expect([field(event, 'Event'), field(event, 'OpenKfId'), field(event, 'FromUserName')]).toEqual([
    'kf_msg_or_event',
    kf,
    undefined,
  ])
  const token = field(event, 'Token')
  const got = await pull({ token })
  expect(got.map((one) => one['msgtype'])).toEqual(['event', 'text', 'text', 'text'])
  expect(got[0]).toMatchObject({ origin: 4, event: { event_type: 'enter_session', scene_param: 'poster' } })
  await send()
  expect(await pull()).toHaveLength(4)
  await sim.advanceTo(sim.now() + 11 * 60_000)
  expect(await pull({ token })).toMatchObject([{ errcode: 95007 }])
  await sim.advanceTo(sim.now() + 73 * hourMs)
  expect(await pull()).toEqual([])
})

test('five answers within 48 hours of the customer’s last words', async () => {
  expect(await send()).toMatchObject({ errcode: 95002 })
  sim.world.kfSays(kf, 'wmA', '在吗')
  for (let i = 0; i < 5; i++)
    expect(await send({ msgid: `m${i}` })).toMatchObject({ errcode: 0, msgid: `m${i}` })
  expect(await send()).toMatchObject({ errcode: 95001 })
  sim.world.kfSays(kf, 'wmA', '还有吗')
  await sim.advanceTo(sim.now() + 48 * hourMs)
  expect(await send()).toMatchObject({ errcode: 0 })
  await sim.advanceTo(sim.now() + 1)
  expect(await send()).toMatchObject({ errcode: 95002 })
  expect(await send({ open_kfid: 'wkNone' })).toMatchObject({ errcode: 95000 })
  expect(sim.ledger()).toHaveLength(6)
  expect(sim.ledger()[0]).toMatchObject({ api: 'kf/send_msg', sender: kf, recipient: 'wmA', msgid: 'm0' })
})

test('the welcome of a chat works once within 20 s, and not again within 48 hours of talk', async () => {
  const { welcomeCode } = sim.world.kfEnter(kf, 'wmA')
  const menu = {
    code: welcomeCode,
    msgtype: 'msgmenu',
    msgmenu: { head_content: '请选择', list: [{ type: 'click', click: { content: '订单' } }] },
  }
  expect(await client.post('kf/send_msg_on_event', menu)).toMatchObject({ errcode: 0 })
  expect(await client.post('kf/send_msg_on_event', menu)).toMatchObject({ errcode: 40058 })
  expect(sim.world.kfEnter(kf, 'wmA').welcomeCode).toBeNull()
  const late = sim.world.kfEnter(kf, 'wmB').welcomeCode
  await sim.advanceTo(sim.now() + 20_001)
  expect(await client.post('kf/send_msg_on_event', { ...menu, code: late })).toMatchObject({ errcode: 40058 })
})

test('while a human is in charge the API is silent; an ended chat reopens when the customer writes', async () => {
  sim.world.kfSays(kf, 'wmA', '找人工')
  await client.post('kf/servicer/add', { open_kfid: kf, userid_list: ['LiMei'] })
  const to = (state: number): Promise<Json> =>
    client.post('kf/service_state/trans', {
      open_kfid: kf,
      external_userid: 'wmA',
      service_state: state,
      servicer_userid: 'LiMei',
    })
  expect(await to(3)).toMatchObject({ errcode: 0 })
  expect(await send()).toMatchObject({ errcode: 95018 })
  expect(await to(4)).toMatchObject({ errcode: 0 })
  expect(await to(3)).toMatchObject({ errcode: 95016 })
  sim.world.kfSays(kf, 'wmA', '还在吗')
  expect(await client.post('kf/service_state/get', { open_kfid: kf, external_userid: 'wmA' })).toMatchObject({
    service_state: 0,
  })
  const known = await client.post('kf/customer/batchget', { external_userid_list: ['wmA', 'wmB'] })
  expect(known).toMatchObject({ customer_list: [{ nickname: '王静' }], invalid_external_userid: ['wmB'] })
})
