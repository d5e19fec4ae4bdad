import { encrypt as officialEncrypt } from '@wecom/crypto'
import { expect, test } from 'vitest'
import { field, type Client, type Receiver } from '../../test/simulator/bench.ts'
import { eachStage } from '../../test/simulator/stage.ts'
import { createCodec } from './codec.ts'
import type { Simulator } from './index.ts'

let sim: Simulator
let receiver: Receiver
let client: Client

eachStage({ heard: true, settings: { callbackDeadlineMs: 150, callbackRetryMs: 5 } }, (stage) => {
  ;({ sim, client, receiver } = stage)
})

test('the codec agrees with the official library in both directions', () => {
  const { callbackToken, callbackAesKey, corpId } = sim.credentials
  expect(callbackAesKey).toMatch(/^[A-Za-z0-9]{43}$/)
  expect(corpId).toMatch(/^ww[0-9a-f]{16}$/)
  const codec = createCodec(callbackToken, callbackAesKey, corpId)
  for (const words of ['', '你好', 'x'.repeat(15), 'x'.repeat(500)]) {
    expect(codec.decrypt(officialEncrypt(callbackAesKey, words, corpId))).toBe(words)
    expect(codec.decrypt(codec.encrypt(words, Buffer.alloc(16, 'r')))).toBe(words)
  }
})

test('the address is saved only when the handshake succeeds', async () => {
  const good = await client.sim('POST', 'callback-url', { url: receiver.url })
  expect(good).toMatchObject({ url: receiver.url, verification: { ok: true, status: 200 } })
  const bad = await client.sim('POST', 'callback-url', { url: `${sim.url}/nothing` })
  expect(String(bad['error'])).toContain('did not verify')
  expect((await client.sim('GET', 'callbacks'))['url']).toBe(receiver.url)
})

test('a new contact is told as sys, encrypted for the corp, without an AgentID', async () => {
  const added = await client.sim('POST', 'contacts/add', {
    external_userid: 'wmC',
    userid: 'limei',
    state: 'door',
  })
  await sim.idle()
  expect(receiver.seen).toHaveLength(1)
  const [event] = receiver.seen
  expect(event).toMatchObject({ receiveId: sim.credentials.corpId, agentId: '' })
  const names = [
    'FromUserName',
    'CreateTime',
    'Event',
    'ChangeType',
    'UserID',
    'ExternalUserID',
    'State',
    'WelcomeCode',
  ]
  expect(names.map((name) => field(event?.xml ?? '', name))).toEqual([
    'sys',
    '1790000000',
    'change_external_contact',
    'add_external_contact',
    'LiMei',
    'wmC',
    'door',
    added['welcomeCode'],
  ])
})

test('an event without an answer is cut off at the deadline and comes three times, freshly sealed', async () => {
  receiver.script.push('hang', 'reset', 'fail-500', 'ok')
  sim.world.staffSays('LiMei', '今天讲什么 ]]> ?')
  expect(sim.busy()).toBe(true)
  await sim.idle()
  expect(receiver.seen).toHaveLength(3)
  expect(new Set(receiver.seen.map((one) => one.xml)).size).toBe(1)
  expect(new Set(receiver.seen.map((one) => one.nonce)).size).toBe(3)
  expect(new Set(receiver.seen.map((one) => one.encrypted)).size).toBe(3)
  expect(receiver.seen[0]?.agentId).toBe('1000002')
  expect(await client.sim('GET', 'callbacks')).toMatchObject({
    rows: [{ state: 'given-up', tries: 3, status: 500 }],
  })
  expect(receiver.script).toEqual(['ok'])
})

test('by the newer wording an answer of 500 is not tried again', async () => {
  await client.sim('POST', 'settings', { callbackRetryNon200: false })
  receiver.script.push('fail-500')
  sim.world.removeContact('LiMei', 'wmA', 'customer')
  await sim.idle()
  expect(receiver.seen.map((one) => field(one.xml, 'ChangeType'))).toEqual(['del_follow_user'])
})

test('a slow receiver never blocks the API, and the agenda waits for its callbacks', async () => {
  receiver.script.push('hang', 'hang', 'hang')
  sim.world.staffSays('LiMei', '一')
  const begun = performance.now()
  await client.get('externalcontact/get_follow_user_list')
  expect(performance.now() - begun).toBeLessThan(140)
  await sim.idle()
  sim.world.schedule(sim.now() + 1000, () => void sim.world.staffSays('LiMei', '二'))
  receiver.seen.length = 0
  await sim.advanceTo(sim.now() + 2000)
  expect(receiver.seen.map((one) => field(one.xml, 'Content'))).toEqual(['二'])
})

test('faults double and delay callbacks; any inner body can be sent', async () => {
  sim.addFault({ api: 'callback', kind: 'duplicate', times: 1 })
  sim.addFault({ api: 'callback', kind: 'slow', ms: 20, times: 1 })
  await client.sim('POST', 'callback', { xml: '<xml><A>1</A></xml>' })
  await sim.idle()
  expect(receiver.seen.map((one) => one.xml)).toEqual(['<xml><A>1</A></xml>', '<xml><A>1</A></xml>'])
})

test('people change groups and tags with an event, the API without', async () => {
  const { world } = sim
  world.joinGroup('wrG', ['wmB', 'wmNew'], { scene: 3 })
  sim.settings.memChangeList = 'cdata'
  world.leaveGroup('wrG', ['wmA'])
  world.changeGroup('wrG', { name: '辅食二群', owner: 'zhangwei', notice: '好' })
  const tag = world.createTag('来源', '门店')
  world.renameTag(tag.id, '小店')
  world.markByHand('LiMei', 'wmB', { add: [tag.id] })
  world.deleteTag(tag.id)
  world.dismissGroup('wrG')
  await sim.idle()
  const told = receiver.seen.map(
    (one) =>
      `${field(one.xml, 'ChangeType')} ${field(one.xml, 'UpdateDetail') ?? field(one.xml, 'TagType') ?? ''}`,
  )
  expect(told.sort()).toEqual(
    [
      'create tag',
      'create tag_group',
      'delete tag',
      'dismiss ',
      'edit_external_contact ',
      'update add_member',
      'update change_name',
      'update change_notice',
      'update change_owner',
      'update del_member',
      'update tag',
    ].sort(),
  )
  const joined = receiver.seen.find((one) => one.xml.includes('add_member'))?.xml ?? ''
  const left = receiver.seen.find((one) => one.xml.includes('del_member'))?.xml ?? ''
  expect(joined).toContain(
    '<MemChangeList><Item><![CDATA[wmB]]></Item><Item><![CDATA[wmNew]]></Item></MemChangeList>',
  )
  expect(left).toContain('<MemChangeList><![CDATA[wmA]]></MemChangeList>')
  expect(field(left, 'LastMemVer')).toBe(field(joined, 'CurMemVer'))

  receiver.seen.length = 0
  const made = await client.post('externalcontact/add_corp_tag', {
    group_name: '分层',
    tag: [{ name: '高价值' }],
  })
  const id = (made['tag_group'] as { tag: { id: string }[] }).tag[0]?.id
  await client.post('externalcontact/mark_tag', { userid: 'LiMei', external_userid: 'wmA', add_tag: [id] })
  await client.post('externalcontact/remark', { userid: 'LiMei', external_userid: 'wmA', remark: '新客' })
  await sim.idle()
  expect(receiver.seen).toEqual([])
})
