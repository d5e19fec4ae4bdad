import { expect, test } from 'vitest'
import { createClient, field, type Client, type Json, type Receiver } from '../../test/simulator/bench.ts'
import { eachStage } from '../../test/simulator/stage.ts'
import type { Simulator } from './index.ts'

let sim: Simulator
let client: Client
let receiver: Receiver

eachStage({ heard: true }, (stage) => {
  ;({ sim, client, receiver } = stage)
})

const way = (name: string, fields: Json): Promise<Json> =>
  client.post(`externalcontact/groupchat/${name}_join_way`, fields)
const add = (fields: Json = {}): Promise<Json> => way('add', { scene: 2, chat_id_list: ['wrG'], ...fields })
const scan = (id: unknown, who?: string): Promise<Json> =>
  client.sim('POST', `qr/${String(id)}`, who === undefined ? {} : { external_userid: who })
const template = (name: string, fields: Json): Promise<Json> =>
  client.post(`externalcontact/group_welcome_template/${name}`, fields)

test('who scans a join way is in the group by QR code, with the state of the way', async () => {
  const { config_id: id } = await add({ state: 'door', remark: '字'.repeat(31) })
  await sim.idle()
  expect(receiver.seen).toHaveLength(0)
  expect(await way('get', { config_id: id })).toMatchObject({
    join_way: {
      config_id: id,
      scene: 2,
      remark: '字'.repeat(30),
      auto_create_room: 1,
      chat_id_list: ['wrG'],
      qr_code: `${sim.url}/sim/qr/${String(id)}`,
      state: 'door',
    },
  })
  expect(await scan(id, 'wmC')).toEqual({ external_userid: 'wmC', chat_id: 'wrG' })
  expect(await scan(id, 'wmC')).toHaveProperty('error')
  expect(await client.post('externalcontact/groupchat/get', { chat_id: 'wrG' })).toMatchObject({
    group_chat: { member_list: [{}, {}, { userid: 'wmC', join_scene: 3, state: 'door' }] },
  })
  await sim.idle()
  expect(receiver.seen.map((one) => field(one.xml, 'JoinScene'))).toEqual(['3'])
})

test('a full group gives way to the next, and then to a new one', async () => {
  sim.settings.mostGroupMembers = 3
  const second = sim.world.createGroup({ owner: 'zhangwei', name: '二群', members: ['wmB', 'wmC'] })
  const { config_id: id } = await add({
    chat_id_list: [second.chatId, 'wrG'],
    room_base_name: '辅食群',
    room_base_id: 7,
  })
  expect(await scan(id)).toMatchObject({ chat_id: 'wrG' })
  const made = String((await scan(id))['chat_id'])
  expect(sim.world.group(made)).toMatchObject({ name: '辅食群7', owner: 'LiMei' })
  await scan(id)
  const next = String((await scan(id))['chat_id'])
  expect(sim.world.group(next)).toMatchObject({ name: '辅食群8' })

  const { config_id: closed } = await add({ auto_create_room: 0 })
  expect(await scan(closed)).toHaveProperty('error')
})

test('limits of join ways; an update overwrites, a deleted one leads nowhere', async () => {
  const refused: [Json, number][] = [
    [{ scene: undefined }, 40063],
    [{ scene: 3 }, 40058],
    [{ chat_id_list: undefined }, 40063],
    [{ chat_id_list: ['wrNone'] }, 40058],
    [{ chat_id_list: Array.from({ length: 6 }, () => 'wrG') }, 40058],
    [{ state: 'x'.repeat(31) }, 40058],
    [{ room_base_name: '字'.repeat(41) }, 40058],
    [{ auto_create_room: 2 }, 40058],
  ]
  for (const [fields, code] of refused)
    expect((await add(fields))['errcode'], JSON.stringify(fields).slice(0, 80)).toBe(code)
  const { config_id: id } = await add({ state: 'door', remark: '门口' })
  expect(await way('update', { config_id: id, scene: 1, chat_id_list: ['wrG'] })).toMatchObject({
    errcode: 0,
  })
  expect(await way('get', { config_id: id })).toMatchObject({ join_way: { scene: 1, state: '', remark: '' } })
  expect(await way('del', { config_id: id })).toMatchObject({ errcode: 0 })
  for (const name of ['get', 'update', 'del'])
    expect(await way(name, { config_id: id })).toMatchObject({ errcode: 40058 })
  expect(await scan(id)).toHaveProperty('error')
})

test('a mini program’s group id leads to the chat id', async () => {
  const { opengid } = await client.sim('POST', 'groups/opengid', { chat_id: 'wrG' })
  expect(await client.sim('POST', 'groups/opengid', { chat_id: 'wrG' })).toEqual({ opengid })
  const ask = (id: unknown): Promise<Json> =>
    client.post('externalcontact/opengid_to_chatid', { opengid: id })
  expect(await ask(opengid)).toMatchObject({ errcode: 0, chat_id: 'wrG' })
  expect(await ask('oNone')).toMatchObject({ errcode: 90511 })
  expect(await ask(undefined)).toMatchObject({ errcode: 40063 })
  sim.world.dismissGroup('wrG')
  expect(await ask(opengid)).toMatchObject({ errcode: 90511 })
})

test('a welcome template greets who joins, once the owner has picked it', async () => {
  const told: string[] = []
  sim.world.onStaffMessage((message) => told.push(`${message.userid} ${message.kind}`))
  const link = { title: '群规', url: 'https://shop.example/rules' }
  const { template_id: id } = await template('add', {
    text: { content: '欢迎 %NICKNAME%' },
    link,
    video: { media_id: 'ignored' },
  })
  expect(told).toEqual(['LiMei other'])
  expect(await template('get', { template_id: id })).toMatchObject({
    text: { content: '欢迎 %NICKNAME%' },
    link,
  })
  expect(await template('get', { template_id: id })).not.toHaveProperty('video')
  sim.world.joinGroup('wrG', ['wmB'])
  expect(sim.ledger()).toEqual([])
  expect(await client.sim('POST', 'groups/welcome', { chat_id: 'wrG', template_id: id })).toEqual({
    ok: true,
  })
  sim.world.joinGroup('wrG', ['wmC', 'zhangwei'])
  expect(sim.ledger()).toMatchObject([
    {
      api: 'group_welcome_template',
      sender: 'LiMei',
      recipientKind: 'group',
      recipient: 'wrG',
      text: '欢迎 刘洋',
      links: ['https://shop.example/rules'],
      status: 'sent',
    },
  ])
  expect(await template('edit', { template_id: id, text: { content: '您好' } })).toMatchObject({ errcode: 0 })
  expect(await template('get', { template_id: id })).not.toHaveProperty('link')
  expect(await template('del', { template_id: id })).toMatchObject({ errcode: 0 })
  for (const name of ['get', 'edit', 'del'])
    expect(await template(name, { template_id: id, text: { content: 'x' } })).toMatchObject({
      errcode: 40058,
    })
  sim.world.leaveGroup('wrG', ['wmC'])
  sim.world.joinGroup('wrG', ['wmC'])
  expect(sim.ledger()).toHaveLength(1)
})

test('limits of welcome templates', async () => {
  const refused: [Json, number][] = [
    [{}, 40063],
    [{ text: { content: '字'.repeat(1_001) } }, 45002],
    [{ image: { media_id: 'gone' } }, 40007],
    [{ link: { url: 'https://a.example' } }, 40063],
    [{ text: { content: 'x' }, notify: 2 }, 40058],
    [{ text: { content: 'x' }, agentid: 99 }, 40056],
  ]
  for (const [fields, code] of refused)
    expect((await template('add', fields))['errcode'], JSON.stringify(fields).slice(0, 80)).toBe(code)
  for (let i = 0; i < 100; i++)
    expect(await template('add', { text: { content: '字'.repeat(1_000) }, notify: 0 })).toMatchObject({
      errcode: 0,
    })
  expect(await template('add', { text: { content: 'x' } })).toMatchObject({ errcode: 40058 })
  sim.reset()
  client = createClient(sim)
  expect(await template('add', { text: { content: 'x' } })).toMatchObject({ errcode: 0 })
})
