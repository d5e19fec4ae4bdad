import { expect, test } from 'vitest'
import { field, type Client, type Receiver } from '../../test/simulator/bench.ts'
import { eachStage } from '../../test/simulator/stage.ts'
import type { Simulator } from './index.ts'

let sim: Simulator
let receiver: Receiver
let client: Client

eachStage({ heard: true }, (stage) => {
  ;({ sim, client, receiver } = stage)
})

test('whoever has a seat greets only those who agreed, with the code that agreeing brings', async () => {
  await client.sim('POST', 'archive/seats', { userid_list: ['limei'], type: 3 })
  const greet = (code: unknown) =>
    client.post('externalcontact/send_welcome_msg', { welcome_code: code, text: { content: '您好' } })
  const { welcomeCode } = await client.sim('POST', 'contacts/add', {
    userid: 'LiMei',
    external_userid: 'wmC',
  })
  expect(await greet(welcomeCode)).toMatchObject({ errcode: 41053 })
  const agreed = await client.sim('POST', 'archive/answer', { userid: 'limei', external_userid: 'wmC' })
  await sim.idle()
  const event = receiver.seen.find((one) => one.xml.includes('msg_audit_approved'))?.xml ?? ''
  expect(['UserID', 'ExternalUserID', 'WelcomeCode'].map((name) => field(event, name))).toEqual([
    'LiMei',
    'wmC',
    agreed['welcomeCode'],
  ])
  expect(await greet(agreed['welcomeCode'])).toMatchObject({ errcode: 0 })
  const info = [{ userid: 'LiMei', exteranalopenid: 'wmC' }]
  const asked = await client.post('msgaudit/check_single_agree', { info })
  expect(asked['agreeinfo']).toEqual([
    { ...info[0], agree_status: 'Agree', status_change_time: 1_790_000_000 },
  ])
  expect(await client.post('msgaudit/check_single_agree', { info: [] })).toMatchObject({ errcode: 40063 })
  const many = Array.from({ length: 101 }, () => info[0])
  expect(await client.post('msgaudit/check_single_agree', { info: many })).toMatchObject({ errcode: 40058 })
})

test('there is something new: told at most once in fifteen seconds, as the archive', async () => {
  for (let i = 0; i < 3; i++) await client.sim('POST', 'archive/notify')
  await sim.idle()
  expect(
    receiver.seen.map(({ agentId, xml }) => [agentId, field(xml, 'Event'), field(xml, 'AgentID')]),
  ).toEqual([['2000004', 'msgaudit_notify', '2000004']])
  await sim.advanceTo(sim.now() + 14_999)
  expect(receiver.seen).toHaveLength(1)
  await sim.advanceTo(sim.now() + 1)
  expect(receiver.seen).toHaveLength(2)
  await sim.advanceTo(sim.now() + 60_000)
  expect(receiver.seen).toHaveLength(2)
})

test('only who has a chat, or is in the group, answers', async () => {
  const answer = (body: object) => client.sim('POST', 'archive/answer', body)
  const none = await answer({ userid: 'zhangwei', external_userid: 'wmA' })
  expect(String(none['error'])).toContain('no chat with zhangwei')
  expect(String((await answer({ chat_id: 'wrG', external_userid: 'wmB' }))['error'])).toContain('not in wrG')
  const wrong = await answer({ userid: 'LiMei', external_userid: 'wmA', status: 'Maybe' })
  expect(String(wrong['error'])).toContain('status is one of')
})

test('rule groups: what reaches beyond the one above is refused, and tags go with their group', async () => {
  const call = (path: string, body: object) => client.post(`externalcontact/customer_strategy/${path}`, body)
  const lin = { type: 1, userid: 'limei' }
  const top = await call('create', { strategy_name: '上', admin_list: ['LiMei'], range: [lin] })
  const below = { parent_id: top['strategy_id'], strategy_name: '下', admin_list: ['LiMei'] }
  expect(await call('create', { ...below, range: [{ type: 1, userid: 'zhangwei' }] })).toMatchObject({
    errcode: 40058,
  })
  expect(await call('create', { ...below, range: [{ type: 1, userid: 'nobody' }] })).toMatchObject({
    errcode: 40003,
  })
  expect(await call('create', { ...below, range: [] })).toMatchObject({ errcode: 40063 })
  const made = await client.post('externalcontact/add_strategy_tag', {
    strategy_id: top['strategy_id'],
    group_name: '月龄',
    tag: [{ name: '0-6月' }],
  })
  const tag = (made['tag_group'] as { tag: { id: string }[] }).tag[0]?.id
  await client.post('externalcontact/mark_tag', { userid: 'LiMei', external_userid: 'wmA', add_tag: [tag] })
  expect(sim.world.customer('wmA')?.follows.get('LiMei')?.tagIds.size).toBe(1)
  expect(await call('del', { strategy_id: top['strategy_id'] })).toMatchObject({ errcode: 0 })
  expect(sim.world.customer('wmA')?.follows.get('LiMei')?.tagIds.size).toBe(0)
  const next = await call('create', { strategy_name: '新', admin_list: ['LiMei'], range: [lin] })
  expect(next['strategy_id']).toBe(2)
})
