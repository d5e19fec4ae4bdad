import { expect, test } from 'vitest'
import type { Client, Json } from '../../test/simulator/bench.ts'
import { eachStage } from '../../test/simulator/stage.ts'
import type { Simulator } from './index.ts'

let sim: Simulator
let client: Client

eachStage({}, (stage) => {
  ;({ sim, client } = stage)
})

const welcome = (code: string | null, fields: Json = { text: { content: '欢迎' } }): Promise<Json> =>
  client.post('externalcontact/send_welcome_msg', { welcome_code: code, ...fields })

test('a welcome works once, within 20 s of simulator time', async () => {
  const { welcomeCode } = sim.world.addContact({ userid: 'LiMei', external_userid: 'wmC' })
  await sim.advanceTo(sim.now() + 20_000)
  expect(await welcome(welcomeCode, {})).toMatchObject({ errcode: 40063 })
  expect(await welcome(welcomeCode)).toMatchObject({ errcode: 0 })
  expect(await welcome(welcomeCode)).toMatchObject({ errcode: 41051 })
  expect(sim.ledger()).toMatchObject([
    {
      api: 'send_welcome_msg',
      sender: 'LiMei',
      recipient: 'wmC',
      text: '欢迎',
      status: 'sent',
      resultStatus: 1,
      msgid: welcomeCode,
    },
  ])
})

test('late or invented codes are 41050, and another app in the way is 41096', async () => {
  const { welcomeCode } = sim.world.addContact({ userid: 'LiMei' })
  sim.addFault({ api: 'send_welcome_msg', kind: 'errcode', errcode: 41096, times: 1 })
  expect(await welcome(welcomeCode)).toMatchObject({ errcode: 41096 })
  await sim.advanceTo(sim.now() + 20_001)
  expect(await welcome(welcomeCode)).toMatchObject({ errcode: 41050 })
  expect(await welcome('CALLBACK_invented')).toMatchObject({ errcode: 41050 })
  expect(sim.ledger()).toEqual([])
})

test('no code when the console greets by itself or the two already chatted', () => {
  expect(sim.world.addContact({ userid: 'LiMei', welcome: false }).welcomeCode).toBeNull()
  sim.world.customerSays('wmA', 'LiMei')
  sim.world.removeContact('LiMei', 'wmA', 'customer')
  expect(sim.world.addContact({ userid: 'LiMei', external_userid: 'wmA' }).welcomeCode).toBeNull()
  expect(() => sim.world.addContact({ userid: 'LiMei', external_userid: 'wmA' })).toThrow('already')
})

test('a contact way carries its state into the relation', async () => {
  const way = await client.post('externalcontact/add_contact_way', {
    type: 1,
    scene: 2,
    state: 'poster7',
    user: ['LiMei'],
  })
  const scanned = await client.sim('POST', `qr/${String(way['config_id'])}`, {})
  const got = await client.get('externalcontact/get', { external_userid: String(scanned['external_userid']) })
  expect(got).toMatchObject({ follow_user: [{ userid: 'LiMei', state: 'poster7', add_way: 1 }] })
})

test('the chat client writes the ledger and fails for who deleted the staff member', async () => {
  const send = (id: string): Promise<Json> =>
    client.sim('POST', 'chat/send', {
      userid: 'LiMei',
      external_userid: id,
      msgtype: 'text',
      text: { content: '您好 https://a.example/x' },
    })
  expect(await send('wmA')).toMatchObject({ ok: true, errMsg: 'sendChatMessage:ok' })
  sim.world.removeContact('LiMei', 'wmA', 'customer')
  expect(await send('wmA')).toMatchObject({ ok: false })
  const rows = (await client.sim('GET', 'ledger?since=0'))['rows']
  expect(rows).toMatchObject([
    { seq: 1, api: 'sendChatMessage', via: 'sidebar', status: 'sent', links: ['https://a.example/x'] },
    { seq: 2, via: 'sidebar', status: 'failed', resultStatus: 2 },
  ])
  expect((await client.sim('GET', 'ledger?since=1'))['rows']).toHaveLength(1)
})
