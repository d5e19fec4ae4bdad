import { expect, test } from 'vitest'
import type { Client, Json } from '../../test/simulator/bench.ts'
import { eachStage } from '../../test/simulator/stage.ts'
import type { Simulator } from './index.ts'
import { upload } from './upload.fixture.ts'

const dayMs = 86_400_000
const midnight = Date.parse('2026-09-21T00:00:00+08:00')
const at = (days: number): number => midnight / 1000 + days * 86_400
let sim: Simulator
let client: Client
let kf: string

eachStage({ startAt: midnight }, async (stage) => {
  ;({ sim, client } = stage)
  kf = String((await client.post('kf/account/add', { name: '小店客服' }))['open_kfid'])
})

const call = (name: string, fields: Json = {}): Promise<Json> =>
  client.post(`kf/${name}`, { open_kfid: kf, ...fields })

test('accounts are renamed, get a picture, and disappear', async () => {
  const media = (await upload(sim, 'media/upload', { type: 'image' }))['media_id']
  expect(await call('account/update', { name: '辅食客服', media_id: media })).toMatchObject({ errcode: 0 })
  const [account] = (await call('account/list'))['account_list'] as Json[]
  expect(account).toMatchObject({ open_kfid: kf, name: '辅食客服' })
  expect(account?.['avatar']).toContain(String(media))
  const refused: [Json, number][] = [
    [{}, 40063],
    [{ name: '' }, 40063],
    [{ name: '字'.repeat(17) }, 40058],
    [{ media_id: 'gone' }, 40007],
    [{ open_kfid: 'wkNone', name: 'x' }, 95000],
  ]
  for (const [fields, code] of refused) expect((await call('account/update', fields))['errcode']).toBe(code)
  sim.settings.mostKfAccounts = 1
  expect(await call('account/add', { name: '二号' })).toMatchObject({ errcode: 40058 })
  expect(await call('account/del')).toMatchObject({ errcode: 0 })
  expect(await call('account/del')).toMatchObject({ errcode: 95000 })
  expect(await call('account/list')).toMatchObject({ account_list: [] })
  expect(await call('account/add', { name: '二号' })).toMatchObject({ errcode: 0 })
})

test('servicers come and go, one code each', async () => {
  expect(
    await call('servicer/add', { userid_list: ['limei', 'nobody'], department_id_list: [1, 9] }),
  ).toMatchObject({
    result_list: [
      { userid: 'limei', errcode: 0 },
      { userid: 'nobody', errcode: 40003 },
      { department_id: 1, errcode: 0 },
      { department_id: 9, errcode: 60123 },
    ],
  })
  // Zhang Wei serves by her department alone.
  sim.world.kfSays(kf, 'wmA', '有人吗')
  const assigned = { external_userid: 'wmA', service_state: 3, servicer_userid: 'zhangwei' }
  expect(await call('service_state/trans', assigned)).toMatchObject({ errcode: 0 })
  const list = (): Promise<Json> => client.get('kf/servicer/list', { open_kfid: kf })
  expect(await list()).toMatchObject({ servicer_list: [{ userid: 'LiMei' }, { department_id: 1 }] })
  expect(
    await call('servicer/del', { userid_list: ['LiMei', 'zhangwei'], department_id_list: [1] }),
  ).toMatchObject({
    result_list: [{ errcode: 0 }, { userid: 'zhangwei', errcode: 84083 }, { errcode: 0 }],
  })
  expect(await list()).toMatchObject({ servicer_list: [] })
  expect(await call('servicer/del')).toMatchObject({ errcode: 40063 })
  const staff = Array.from({ length: 2_001 }, (_, i) => `s${i}`)
  for (const userid of staff) sim.world.addStaff({ userid, name: '员工', confirm: { mode: 'never' } })
  for (let i = 0; i < 2_000; i += 100) await call('servicer/add', { userid_list: staff.slice(i, i + 100) })
  expect(await call('servicer/add', { userid_list: ['s7', 's2000'] })).toMatchObject({
    result_list: [{ errcode: 0 }, { userid: 's2000', errcode: 40058 }],
  })
  const many = Array.from({ length: 101 }, () => 'LiMei')
  expect(await call('servicer/add', { userid_list: many })).toMatchObject({ errcode: 40058 })
  expect(
    await call('servicer/add', { department_id_list: Array.from({ length: 21 }, () => 1) }),
  ).toMatchObject({
    errcode: 40058,
  })
})

test('a servicer offers an advisor or a group, and the customer takes it', async () => {
  const upgrade = (fields: Json = {}): Promise<Json> =>
    call('customer/upgrade_service', {
      external_userid: 'wmC',
      type: 1,
      member: { userid: 'zhangwei', wording: '专属' },
      ...fields,
    })
  const group = { type: 2, groupchat: { chat_id: 'wrG' } }
  expect(await upgrade()).toMatchObject({ errcode: 40096 })
  sim.world.kfSays(kf, 'wmC', '有人吗')
  expect(await upgrade()).toMatchObject({ errcode: 60011 })
  await client.sim('POST', 'kf/upgrade-range', { userid_list: ['ZHANGWEI'], chat_id_list: ['wrG'] })
  expect(await client.get('kf/customer/get_upgrade_service_config')).toMatchObject({
    member_range: { userid_list: ['zhangwei'] },
    groupchat_range: { chat_id_list: ['wrG'] },
  })
  const refused: [Json, number][] = [
    [{ type: 3 }, 40058],
    [{ member: undefined }, 40063],
    [{ member: { userid: 'nobody' } }, 40003],
    [{ member: { userid: 'LiMei' } }, 60011],
    [{ type: 2, groupchat: { chat_id: 'wrNone' } }, 40058],
    [{ open_kfid: 'wkNone' }, 95000],
  ]
  for (const [fields, code] of refused) expect((await upgrade(fields))['errcode']).toBe(code)
  const take = (): Promise<Json> =>
    client.sim('POST', 'kf/take-upgrade', { open_kfid: kf, external_userid: 'wmC' })
  expect(await take()).toHaveProperty('error')
  expect(await upgrade()).toMatchObject({ errcode: 0 })
  expect(await take()).toMatchObject({ external_userid: 'wmC' })
  expect(await client.get('externalcontact/get', { external_userid: 'wmC' })).toMatchObject({
    follow_user: [{ userid: 'zhangwei' }],
  })
  expect(await upgrade(group)).toMatchObject({ errcode: 0 })
  const cancel = (): Promise<Json> => call('customer/cancel_upgrade_service', { external_userid: 'wmC' })
  expect(await cancel()).toMatchObject({ errcode: 0 })
  expect(await cancel()).toMatchObject({ errcode: 40058 })
  expect(await take()).toHaveProperty('error')
  await upgrade(group)
  expect(await take()).toEqual({ external_userid: 'wmC', chat_id: 'wrG' })
})

test('conversations are counted by day, for the corp and for each servicer', async () => {
  await call('servicer/add', { userid_list: ['LiMei'] })
  await client.sim('POST', 'kf/upgrade-range', { userid_list: ['zhangwei'] })
  sim.world.kfSays(kf, 'wmA', '有人吗')
  sim.world.kfSays(kf, 'wmB', '您好')
  const answer = (userid: string): Promise<Json> =>
    client.sim('POST', 'kf/answers', { open_kfid: kf, external_userid: 'wmA', userid, text: '在' })
  expect(await answer('LiMei')).toHaveProperty('error')
  const trans = (fields: Json): Promise<Json> =>
    call('service_state/trans', {
      external_userid: 'wmA',
      service_state: 3,
      servicer_userid: 'limei',
      ...fields,
    })
  expect(await trans({})).toMatchObject({ errcode: 0 })
  await trans({ external_userid: 'wmB' })
  sim.world.kfSays(kf, 'wmA', '在吗')
  await sim.advanceTo(sim.now() + 30_000)
  expect(await answer('limei')).toHaveProperty('msgid')
  const pulled = (await call('sync_msg'))['msg_list'] as Json[]
  const again = pulled.length > 0 ? pulled : ((await call('sync_msg'))['msg_list'] as Json[])
  expect(again.at(-1)).toMatchObject({ origin: 5, servicer_userid: 'LiMei', text: { content: '在' } })
  await call('customer/upgrade_service', { external_userid: 'wmA', type: 1, member: { userid: 'zhangwei' } })
  await trans({ service_state: 4 })
  sim.world.kfSays(kf, 'wmA', '还在吗')

  const days = { start_time: at(0), end_time: at(1) }
  expect(await call('get_corp_statistic', days)).toMatchObject({ statistic_list: [] })
  await sim.advanceTo(midnight + 2 * dayMs)
  expect(await call('get_corp_statistic', days)).toMatchObject({
    statistic_list: [
      {
        stat_time: at(0),
        statistic: { session_cnt: 3, customer_cnt: 2, customer_msg_cnt: 4, upgrade_service_customer_cnt: 1 },
      },
      { stat_time: at(1), statistic: { session_cnt: 0, customer_msg_cnt: 0 } },
    ],
  })
  const mine = { ...days, servicer_userid: 'LiMei' }
  expect(await call('get_servicer_statistic', mine)).toMatchObject({
    statistic_list: [
      {
        statistic: {
          session_cnt: 2,
          customer_cnt: 2,
          customer_msg_cnt: 1,
          reply_rate: 0.5,
          first_reply_average_sec: 30,
          upgrade_service_customer_cnt: 1,
        },
      },
      { statistic: { session_cnt: 0 } },
    ],
  })
  expect(await call('get_servicer_statistic', { ...days, servicer_userid: 'zhangwei' })).toMatchObject({
    statistic_list: [{ statistic: { session_cnt: 0 } }, {}],
  })
  expect(await call('get_servicer_statistic', { ...days, servicer_userid: 'nobody' })).toMatchObject({
    errcode: 40003,
  })
  expect(await call('get_corp_statistic', { ...days, open_kfid: undefined })).toMatchObject({
    statistic_list: [{ statistic: { session_cnt: 3 } }, {}],
  })
  expect(await call('get_corp_statistic', { ...days, open_kfid: 'wkNone' })).toMatchObject({ errcode: 95000 })
  expect(await call('get_corp_statistic', { start_time: at(0), end_time: at(31) })).toMatchObject({
    errcode: 40058,
  })
  expect(await call('get_corp_statistic', { start_time: at(0) })).toMatchObject({ errcode: 40063 })
  await sim.advanceTo(midnight + 182 * dayMs)
  expect(await call('get_corp_statistic', days)).toMatchObject({ errcode: 40058 })
})

const list = (fields: Json = {}): Promise<Json> => client.post('externalcontact/contact_list', fields)

test('contact_list shows customers per advisor and strangers per group; a reading lasts four hours', async () => {
  sim.world.joinGroup('wrG', ['wmC'])
  const all = await list()
  expect(all).toMatchObject({
    next_cursor: '',
    info_list: [
      {
        is_customer: true,
        external_userid: 'wmA',
        name: '王静',
        follow_userid: 'LiMei',
        add_time: 1_780_000_000,
      },
      { external_userid: 'wmB', follow_userid: 'LiMei' },
      { external_userid: 'wmB', follow_userid: 'zhangwei' },
      { is_customer: false, name: '刘洋', chat_id: 'wrG', chat_name: '辅食群' },
    ],
  })
  const ids = (answer: Json): unknown[] => (answer['info_list'] as Json[]).map((one) => one['tmp_openid'])
  expect(ids(all)[1]).toBe(ids(all)[2])
  expect(ids(await list())[0]).not.toBe(ids(all)[0])
  expect((all['info_list'] as Json[])[3]).not.toHaveProperty('external_userid')
  const first = await list({ limit: 3 })
  sim.world.removeContact('LiMei', 'wmA', 'staff')
  expect((await list({ limit: 3, cursor: first['next_cursor'] }))['info_list']).toMatchObject([
    { name: '刘洋' },
  ])
  await sim.advanceTo(sim.now() + 4 * 3_600_000 + 1)
  expect(await list({ limit: 3, cursor: first['next_cursor'] })).toMatchObject({ errcode: 50100 })
  expect(await list({ cursor: 'nonsense' })).toMatchObject({ errcode: 50100 })
  expect(await list({ limit: 1_001 })).toMatchObject({ errcode: 40058 })
})

test('unionids lead to customers, or to a pending id of somebody who is none yet', async () => {
  const convert = (unionid: unknown, openid: unknown): Promise<Json> =>
    client.post('idconvert/unionid_to_external_userid', { unionid, openid, subject_type: 0 })
  expect(await convert('uA', 'oAAAAAA')).toMatchObject({ errcode: 0, external_userid: 'wmA' })
  expect(await convert('uA', 'oBBBBBB')).toMatchObject({ errcode: 610014 })
  expect(await convert('uNone', 'oNone')).toMatchObject({ errcode: 610014 })
  expect(await convert('uA', undefined)).toMatchObject({ errcode: 40063 })
  sim.world.removeContact('LiMei', 'wmA', 'staff')
  const older = (unionid: string): Promise<Json> =>
    client.post('externalcontact/unionid_to_external_userid', { unionid })
  expect(await older('uNone')).toMatchObject({ errcode: 610014 })
  expect(await older('uA')).toMatchObject({ errcode: 610014 })
  const pending = await convert('uA', 'oAAAAAA')
  expect(pending).toMatchObject({ pending_id: expect.any(String) })
  const batch = (fields: Json): Promise<Json> =>
    client.post('idconvert/batch/external_userid_to_pending_id', fields)
  expect(await batch({ external_userid: ['wmA', 'wmNone'] })).toMatchObject({
    result: [{ external_userid: 'wmA', pending_id: pending['pending_id'] }],
  })
  expect(await batch({ external_userid: ['wmA', 'wmB'], chat_id: 'wrG' })).toMatchObject({
    result: [{ external_userid: 'wmA' }],
  })
  expect(await batch({ external_userid: ['wmA'], chat_id: 'wrNone' })).toMatchObject({ errcode: 40058 })
  expect(await batch({ external_userid: Array.from({ length: 101 }, () => 'wmA') })).toMatchObject({
    errcode: 40058,
  })
})
