import { expect, test } from 'vitest'
import { field, type Client, type Json, type Receiver } from '../../test/simulator/bench.ts'
import { eachStage } from '../../test/simulator/stage.ts'
import type { Simulator } from './index.ts'

const dayMs = 86_400_000
let sim: Simulator
let client: Client
let receiver: Receiver

eachStage({ heard: true }, (stage) => {
  ;({ sim, client, receiver } = stage)
})

const call = (name: string, fields: Json = {}): Promise<Json> =>
  client.post(`externalcontact/${name}`, fields)
const pair = (from: string, to: string): Json => ({ handover_userid: from, takeover_userid: to })
/** One code per customer. */
async function hand(path: string, from: string, to: string, ids: string[]): Promise<unknown[]> {
  const answer = await call(path, { ...pair(from, to), external_userid: ids })
  return (answer['customer'] as Json[]).map((one) => one['errcode'])
}
const inService = 'transfer_customer'
const resigned = 'resigned/transfer_customer'
const changes = (): string[] =>
  receiver.seen.map((one) => `${field(one.xml, 'ChangeType')} ${field(one.xml, 'UserID')}`)

test('what a leaver leaves behind is listed, handed over after a day, and then gone from the list', async () => {
  expect(await call(resigned, { ...pair('LiMei', 'zhangwei'), external_userid: ['wmA'] })).toMatchObject({
    errcode: 40097,
  })
  sim.world.markByHand('LiMei', 'wmA', {
    add: [sim.world.tagGroups()[0]?.tags[0]?.id ?? ''],
    remark: '大宝妈',
  })
  sim.world.removeStaff('LiMei')
  const list = (fields: Json = {}): Promise<Json> => call('get_unassigned_list', fields)
  expect(await list()).toMatchObject({
    info: [
      { handover_userid: 'LiMei', external_userid: 'wmA', dimission_time: 1_790_000_000 },
      { external_userid: 'wmB' },
    ],
    is_last: true,
    next_cursor: '',
  })
  const paged = await list({ page_size: 1 })
  expect(paged).toMatchObject({ is_last: false })
  expect(await list({ page_size: 1, cursor: paged['next_cursor'] })).toMatchObject({
    info: [{ external_userid: 'wmB' }],
    is_last: true,
  })
  expect(await list({ cursor: 'nonsense' })).toMatchObject({ errcode: 50100 })
  expect(await list({ page_size: 1_001 })).toMatchObject({ errcode: 40058 })

  await sim.idle()
  receiver.seen.length = 0
  expect(await hand(resigned, 'limei', 'zhangwei', ['wmA', 'wmC', 'wmNone'])).toEqual([0, 40131, 40096])
  expect(await hand(resigned, 'LiMei', 'zhangwei', ['wmA'])).toEqual([40100])
  const result = (): Promise<Json> => call('resigned/transfer_result', pair('LiMei', 'zhangwei'))
  expect(await result()).toMatchObject({ customer: [{ external_userid: 'wmA', status: 2 }], next_cursor: '' })
  expect(await list()).toMatchObject({ info: [{ external_userid: 'wmB' }] })
  await sim.advanceTo(sim.now() + dayMs)
  expect(await result()).toMatchObject({ customer: [{ status: 1, takeover_time: 1_790_086_400 }] })
  expect(changes()).toEqual(['add_external_contact zhangwei'])
  expect(await client.get('externalcontact/get', { external_userid: 'wmA' })).toMatchObject({
    follow_user: [{ userid: 'zhangwei', remark: '大宝妈', add_way: 202, tags: [{ tag_name: '孕期' }] }],
  })
  expect(await hand(resigned, 'LiMei', 'zhangwei', ['wmA'])).toEqual([40131])
  expect(await call(resigned, { ...pair('nobody', 'zhangwei'), external_userid: ['wmA'] })).toMatchObject({
    errcode: 40003,
  })
  expect(await call('transfer_result', pair('LiMei', 'zhangwei'))).toMatchObject({ errcode: 40003 })
  expect(await call('resigned/transfer_result', pair('zhangwei', 'zhangwei'))).toMatchObject({
    errcode: 40097,
  })
})

test('a customer who refuses stays on the list; who has too many customers takes no more', async () => {
  sim.world.removeStaff('LiMei')
  await hand(resigned, 'LiMei', 'zhangwei', ['wmA'])
  await client.sim('POST', 'contacts/refuse-transfer', { external_userid: 'wmA' })
  expect(await call('resigned/transfer_result', pair('LiMei', 'zhangwei'))).toMatchObject({
    customer: [{ status: 3 }],
  })
  expect(await call('get_unassigned_list')).toMatchObject({ info: [{ external_userid: 'wmA' }, {}] })
  expect(await hand(resigned, 'LiMei', 'zhangwei', ['wmA'])).toEqual([0])
  // Somebody else came in between.
  sim.settings.mostCustomersPerStaff = 2
  sim.world.addContact({ userid: 'zhangwei', external_userid: 'wmC' })
  await sim.advanceTo(sim.now() + dayMs)
  expect(await call('resigned/transfer_result', pair('LiMei', 'zhangwei'))).toMatchObject({
    customer: [{ status: 3 }, { status: 4 }],
  })
  expect(field(receiver.seen.at(-1)?.xml ?? '', 'FailReason')).toBe('customer_limit_exceed')
  expect(await hand(resigned, 'LiMei', 'zhangwei', ['wmA', 'wmB'])).toEqual([40099, 0])
})

test('in service each customer answers with a code, and is handed over twice in ninety days', async () => {
  expect(await hand(inService, 'LiMei', 'LiMei', ['wmA'])).toEqual([40130])
  expect(await hand(inService, 'LiMei', 'zhangwei', ['wmC', 'wmNone'])).toEqual([40131, 40096])
  sim.settings.mostCustomersPerStaff = 1
  expect(await hand(inService, 'LiMei', 'zhangwei', ['wmA'])).toEqual([40099])
  sim.settings.mostCustomersPerStaff = null
  for (const [from, to] of [
    ['LiMei', 'zhangwei'],
    ['zhangwei', 'LiMei'],
  ] as const) {
    expect(await hand(inService, from, to, ['wmA'])).toEqual([0])
    await sim.advanceTo(sim.now() + dayMs)
  }
  expect(await hand(inService, 'LiMei', 'zhangwei', ['wmA'])).toEqual([40128])
  await sim.advanceTo(sim.now() + 90 * dayMs)
  expect(await hand(inService, 'LiMei', 'zhangwei', ['wmA'])).toEqual([0])
  const unfit = (errcode?: number): Promise<Json> =>
    client.sim('POST', 'staff/unfit', { userid: 'ZHANGWEI', ...(errcode === undefined ? {} : { errcode }) })
  for (const code of [40098, 40143, 40205]) {
    await unfit(code)
    expect(await hand(inService, 'LiMei', 'zhangwei', ['wmB'])).toEqual([code])
  }
  expect(await unfit(40099)).toHaveProperty('error')
  await unfit()
  const many = Array.from({ length: 101 }, () => 'wmB')
  expect(await call(inService, { ...pair('LiMei', 'zhangwei'), external_userid: many })).toMatchObject({
    errcode: 40058,
  })
  expect(
    await call(inService, {
      ...pair('LiMei', 'zhangwei'),
      external_userid: ['wmB'],
      transfer_success_msg: '字'.repeat(201),
    }),
  ).toMatchObject({ errcode: 40058 })
})

async function failures(path: string, to: string, ids: string[]): Promise<unknown[]> {
  const answer = await call(`groupchat/${path}`, { chat_id_list: ids, new_owner: to })
  return (answer['failed_chat_list'] as Json[]).map(
    (one) => `${String(one['chat_id'])} ${String(one['errcode'])}`,
  )
}

test('a leaver’s groups wait, are being inherited, and have an owner again', async () => {
  const statuses = async (filter: number): Promise<unknown> =>
    (await call('groupchat/list', { limit: 10, status_filter: filter }))['group_chat_list']
  expect(await failures('transfer', 'zhangwei', ['wrG', 'wrNone'])).toEqual(['wrG 90500', 'wrNone 90501'])
  sim.world.removeStaff('LiMei')
  expect(await statuses(1)).toEqual([{ chat_id: 'wrG', status: 1 }])
  expect(await failures('onjob_transfer', 'zhangwei', ['wrG'])).toEqual(['wrG 90502'])
  await sim.idle()
  receiver.seen.length = 0
  expect(await failures('transfer', 'zhangwei', ['wrG'])).toEqual([])
  expect(await failures('transfer', 'zhangwei', ['wrG'])).toEqual(['wrG 90507'])
  expect(await statuses(2)).toEqual([{ chat_id: 'wrG', status: 2 }])
  await sim.advanceTo(sim.now() + 500)
  expect(await statuses(3)).toEqual([{ chat_id: 'wrG', status: 3 }])
  expect(await statuses(1)).toEqual([])
  expect(await failures('transfer', 'zhangwei', ['wrG'])).toEqual(['wrG 90508'])
  expect(await call('groupchat/get', { chat_id: 'wrG' })).toMatchObject({
    group_chat: { owner: 'zhangwei', member_list: [{}, {}, { userid: 'zhangwei', type: 1 }] },
  })
  await sim.idle()
  expect(receiver.seen).toEqual([])
})

test('in service a group changes hands twice in ninety days, and one person takes 300 a day', async () => {
  expect(await failures('onjob_transfer', 'LiMei', ['wrG'])).toEqual(['wrG 90504'])
  expect(await failures('onjob_transfer', 'zhangwei', ['wrG'])).toEqual([])
  expect(sim.world.group('wrG')?.owner).toBe('zhangwei')
  expect(await failures('onjob_transfer', 'LiMei', ['wrG'])).toEqual([])
  expect(await failures('onjob_transfer', 'zhangwei', ['wrG'])).toEqual(['wrG 40128'])
  expect(
    await call('groupchat/onjob_transfer', { chat_id_list: ['wrG'], new_owner: 'nobody' }),
  ).toMatchObject({
    errcode: 40003,
  })
  expect(await call('groupchat/onjob_transfer', { new_owner: 'LiMei' })).toMatchObject({ errcode: 40063 })
  await sim.setCallback(null)
  const ids = Array.from({ length: 301 }, (_, i) => `wr${i}`)
  for (const id of ids) sim.world.createGroup({ owner: 'LiMei', name: id, chat_id: id })
  expect(
    await call('groupchat/onjob_transfer', { chat_id_list: ids.slice(0, 101), new_owner: 'zhangwei' }),
  ).toMatchObject({ errcode: 40058 })
  for (const from of [0, 100])
    expect(await failures('onjob_transfer', 'zhangwei', ids.slice(from, from + 100))).toEqual([])
  // One of the 300 was taken over above.
  expect(await failures('onjob_transfer', 'zhangwei', ids.slice(200, 300))).toEqual(['wr299 45009'])
  await sim.advanceTo(sim.now() + dayMs)
  expect(await failures('onjob_transfer', 'zhangwei', ids.slice(299))).toEqual([])
})

test('rule groups have tags of their own, which staff put on customers like any other', async () => {
  const { strategy_id: id } = await client.sim('POST', 'strategies/create', {
    name: '母婴部',
    admins: ['LiMei'],
  })
  await client.sim('POST', 'strategies/create', { name: '辅食部' })
  expect(await call('customer_strategy/list')).toMatchObject({
    strategy: [{ strategy_id: 1 }, { strategy_id: 2 }],
    next_cursor: '',
  })
  const paged = await call('customer_strategy/list', { limit: 1 })
  expect(await call('customer_strategy/list', { limit: 1, cursor: paged['next_cursor'] })).toMatchObject({
    strategy: [{ strategy_id: 2 }],
  })
  expect(await call('customer_strategy/get', { strategy_id: id })).toMatchObject({
    strategy: { strategy_id: id, parent_id: 0, strategy_name: '母婴部', admin_list: ['LiMei'] },
  })
  expect(await call('customer_strategy/get', { strategy_id: 9 })).toMatchObject({ errcode: 40058 })

  const add = (fields: Json): Promise<Json> => call('add_strategy_tag', { strategy_id: id, ...fields })
  const made = (
    await add({ group_name: '月龄', tag: [{ name: '3月' }, { name: '3月' }, { name: '6月', order: 2 }] })
  )['tag_group'] as { group_id: string; strategy_id: number; tag: { id: string; name: string }[] }
  expect(made).toMatchObject({
    strategy_id: id,
    group_name: '月龄',
    tag: [{ name: '3月' }, { name: '6月', order: 2 }],
  })
  const [early, late] = made.tag.map((tag) => tag.id)
  expect(early).toMatch(/^st/)
  expect(await add({ group_id: made.group_id, tag: [{ name: '9月' }] })).toMatchObject({
    tag_group: { group_id: made.group_id, tag: [{ name: '9月' }] },
  })
  expect(await add({ group_id: 'stNone', tag: [{ name: 'x' }] })).toMatchObject({ errcode: 40068 })
  expect(await add({ group_name: '月龄', tag: [] })).toMatchObject({ errcode: 40063 })
  expect(await add({ strategy_id: 9, group_name: 'x', tag: [{ name: 'x' }] })).toMatchObject({
    errcode: 40058,
  })
  const list = (fields: Json = {}): Promise<Json> =>
    call('get_strategy_tag_list', { strategy_id: id, ...fields })
  expect(await list()).toMatchObject({ tag_group: [{ tag: [{}, {}, { name: '9月' }] }] })
  expect(await list({ tag_id: [late] })).toMatchObject({ tag_group: [{ tag: [{ name: '6月' }] }] })
  expect(await list({ strategy_id: 2 })).toMatchObject({ tag_group: [] })
  expect(await call('get_corp_tag_list')).toMatchObject({ tag_group: [{ group_name: '阶段' }] })

  expect(
    await call('mark_tag', { userid: 'LiMei', external_userid: 'wmA', add_tag: [early, late] }),
  ).toMatchObject({ errcode: 0 })
  expect(await client.get('externalcontact/get', { external_userid: 'wmA' })).toMatchObject({
    follow_user: [{ tags: [{ tag_name: '3月', type: 3 }, { tag_id: late }] }],
  })
  expect(await call('edit_strategy_tag', { id: early, name: '三月' })).toMatchObject({ errcode: 0 })
  expect(await call('edit_strategy_tag', { id: early, name: '6月' })).toMatchObject({ errcode: 40058 })
  expect(await call('edit_strategy_tag', { id: made.group_id, order: 3 })).toMatchObject({ errcode: 0 })
  const corp = sim.world.tagGroups()[0]?.tags[0]?.id
  expect(await call('edit_strategy_tag', { id: corp, name: 'x' })).toMatchObject({ errcode: 40068 })
  expect(await call('del_strategy_tag', { tag_id: [corp] })).toMatchObject({ errcode: 40068 })
  expect(await call('del_strategy_tag')).toMatchObject({ errcode: 40063 })
  expect(await call('del_strategy_tag', { tag_id: [late] })).toMatchObject({ errcode: 0 })
  expect(await client.get('externalcontact/get', { external_userid: 'wmA' })).toMatchObject({
    follow_user: [{ tags: [{ tag_name: '三月' }] }],
  })
  expect(await call('del_strategy_tag', { group_id: [made.group_id] })).toMatchObject({ errcode: 0 })
  expect(await list()).toMatchObject({ tag_group: [] })
  expect(await call('del_strategy_tag', { group_id: [made.group_id] })).toMatchObject({ errcode: 40068 })
  await sim.idle()
  expect(receiver.seen).toEqual([])
})

test('corp tags and rule group tags share the ceiling of 10,000', async () => {
  await client.sim('POST', 'strategies/create', { name: '母婴部' })
  const names = (from: number, count: number): Json[] =>
    Array.from({ length: count }, (_, i) => ({ name: `t${from + i}` }))
  for (let i = 0; i < 19; i++) await call('add_corp_tag', { group_name: '大组', tag: names(i * 500, 500) })
  const strategy = (tag: Json[]): Promise<Json> =>
    call('add_strategy_tag', { strategy_id: 1, group_name: '月龄', tag })
  expect(await strategy(names(0, 498))).toMatchObject({ errcode: 0 })
  expect(await strategy(names(900, 1))).toMatchObject({ errcode: 40126 })
  expect(await call('add_corp_tag', { group_name: '大组', tag: [{ name: 'x' }] })).toMatchObject({
    errcode: 40126,
  })
})
