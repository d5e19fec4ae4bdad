import { expect, test } from 'vitest'
import type { Client, Json } from '../../test/simulator/bench.ts'
import { eachStage } from '../../test/simulator/stage.ts'
import type { Simulator } from './index.ts'

const dayMs = 86_400_000
let sim: Simulator
let client: Client

eachStage({}, (stage) => {
  ;({ sim, client } = stage)
})

const way = (name: string, fields: Json): Promise<Json> =>
  client.post(`externalcontact/${name}_contact_way`, fields)
const add = (fields: Json = {}): Promise<Json> =>
  way('add', { type: 1, scene: 2, user: ['LiMei'], ...fields })
const get = async (id: unknown): Promise<Json> => (await way('get', { config_id: id }))['contact_way'] as Json
const scan = (id: unknown, fields: Json = {}): Promise<Json> => client.sim('POST', `qr/${String(id)}`, fields)

test('a way is read back with every field, overwritten, and gone when deleted', async () => {
  const { config_id: id, qr_code: qr } = await add({
    style: 1,
    remark: '海报',
    state: 'poster7',
    skip_verify: false,
  })
  expect(await get(id)).toEqual({
    config_id: id,
    type: 1,
    scene: 2,
    style: 1,
    remark: '海报',
    skip_verify: false,
    state: 'poster7',
    user: ['LiMei'],
    party: [],
    is_temp: false,
    is_exclusive: false,
    mark_source: true,
    qr_code: qr,
  })
  expect(await add({ scene: 1 })).not.toHaveProperty('qr_code')
  expect(await way('update', { config_id: id, user: ['zhangwei'], mark_source: false })).toMatchObject({
    errcode: 0,
  })
  expect(await get(id)).toMatchObject({
    user: ['zhangwei'],
    remark: '',
    state: '',
    skip_verify: true,
    mark_source: false,
  })
  expect(await get(id)).not.toHaveProperty('style')
  expect(await way('update', { config_id: id, user: [] })).toMatchObject({ errcode: 40058 })
  expect(await way('del', { config_id: id })).toMatchObject({ errcode: 0 })
  for (const name of ['get', 'update', 'del'])
    expect(await way(name, { config_id: id })).toMatchObject({ errcode: 40058 })
  expect(await way('get', {})).toMatchObject({ errcode: 40063 })
  expect(await scan(id)).toHaveProperty('error')
})

test('limits of a way', async () => {
  const refused: [Json, number][] = [
    [{ type: 3 }, 40058],
    [{ type: undefined }, 40063],
    [{ scene: 0 }, 40058],
    [{ style: 4 }, 40058],
    [{ remark: '字'.repeat(31) }, 40058],
    [{ state: 'x'.repeat(31) }, 40058],
    [{ skip_verify: 1 }, 40058],
    [{ user: ['LiMei', 'zhangwei'] }, 40058],
    [{ user: ['nobody'] }, 40003],
    [{ party: [1] }, 40058],
    [{ type: 2, user: [] }, 40063],
    [{ type: 2, party: [9] }, 60123],
    [{ type: 2, party: ['1'] }, 40058],
    [{ type: 2, user: Array.from({ length: 101 }, () => 'LiMei') }, 40058],
    [{ conclusions: { text: { content: '再见' } } }, 40058],
    [{ is_temp: true, expires_in: 14 * 86_400 + 1 }, 40058],
    [{ is_temp: true, chat_expires_in: 0 }, 40058],
    [{ is_temp: true, conclusions: {} }, 40063],
    [{ is_temp: true, conclusions: { text: { content: '字'.repeat(1_334) } } }, 45002],
  ]
  for (const [fields, code] of refused)
    expect((await add(fields))['errcode'], JSON.stringify(fields).slice(0, 80)).toBe(code)
  expect(await add({ remark: '字'.repeat(30), state: 'x'.repeat(30) })).toMatchObject({ errcode: 0 })
  for (let i = 0; i < 99; i++)
    sim.world.addStaff({ userid: `s${i}`, name: '员工', confirm: { mode: 'never' } })
  expect(await add({ type: 2, user: [], party: [1] })).toMatchObject({ errcode: 40058 })
})

test('ways and join ways share a ceiling, temporary ones have one of the day', async () => {
  sim.settings.mostWays = 3
  sim.settings.mostTempWaysPerDay = 1
  const { config_id: first } = await add({ is_temp: true })
  expect(await add({ is_temp: true })).toMatchObject({ errcode: 45009 })
  await client.post('externalcontact/groupchat/add_join_way', { scene: 2, chat_id_list: ['wrG'] })
  await sim.advanceTo(sim.now() + dayMs)
  expect(await add({ is_temp: true })).toMatchObject({ errcode: 0 })
  expect(await add()).toMatchObject({ errcode: 40058 })
  await way('del', { config_id: first })
  expect(await add()).toMatchObject({ errcode: 0 })
})

test('a temporary way makes a contact that ends by itself or by the API, and expires', async () => {
  const { config_id: id } = await add({
    is_temp: true,
    expires_in: 3_600,
    chat_expires_in: 7_200,
    conclusions: { text: { content: '再见' }, image: { pic_url: 'https://a.example/bye.png' } },
  })
  expect(await get(id)).toMatchObject({
    is_temp: true,
    expires_in: 3_600,
    chat_expires_in: 7_200,
    conclusions: { text: { content: '再见' }, image: {} },
  })
  const first = (await scan(id))['external_userid']
  const second = (await scan(id))['external_userid']
  const follows = async (who: unknown): Promise<unknown> =>
    (await client.get('externalcontact/get', { external_userid: String(who) }))['errcode']
  const close = (who: unknown): Promise<Json> =>
    client.post('externalcontact/close_temp_chat', { userid: 'LiMei', external_userid: who })
  expect(await follows(first)).toBe(0)
  expect(await close(first)).toMatchObject({ errcode: 0 })
  expect(await close(first)).toMatchObject({ errcode: 84061 })
  expect(await close('wmA')).toMatchObject({ errcode: 40058 })
  expect(await close('wmNone')).toMatchObject({ errcode: 40096 })
  expect(await follows(first)).toBe(84061)
  await sim.advanceTo(sim.now() + 3_600_001)
  expect(await scan(id)).toHaveProperty('error')
  expect(await way('update', { config_id: id, user: ['LiMei'] })).toMatchObject({ errcode: 40058 })
  expect(await follows(second)).toBe(0)
  await sim.advanceTo(sim.now() + 3_600_000)
  expect(await follows(second)).toBe(84061)
})

test('a temporary way may be for one person, an exclusive one leads back to the same advisor', async () => {
  const { config_id: own } = await add({ is_temp: true, user: ['zhangwei'], unionid: 'uA' })
  expect(await scan(own, { external_userid: 'wmC' })).toHaveProperty('error')
  expect(await scan(own, { external_userid: 'wmA' })).toMatchObject({ external_userid: 'wmA' })
  const { config_id: id } = await add({ type: 2, user: [], party: [1], is_exclusive: true })
  sim.world.removeContact('zhangwei', 'wmB', 'customer')
  sim.world.removeContact('LiMei', 'wmB', 'staff')
  await scan(id, { external_userid: 'wmB' })
  expect(await client.get('externalcontact/get', { external_userid: 'wmB' })).toMatchObject({
    follow_user: [{ userid: 'zhangwei' }],
  })
})

test('a way of several people leads past who left and who is a contact already', async () => {
  const { config_id: id } = await add({ type: 2, user: ['LiMei', 'zhangwei'] })
  const userids = async (who: unknown): Promise<unknown[]> =>
    (
      (await client.get('externalcontact/get', { external_userid: String(who) }))['follow_user'] as Json[]
    ).map((one) => one['userid'])
  await scan(id, { external_userid: 'wmA' })
  expect(await userids('wmA')).toEqual(['LiMei', 'zhangwei'])
  expect(await scan(id, { external_userid: 'wmA' })).toHaveProperty('error')
  sim.world.removeStaff('LiMei')
  expect(await userids((await scan(id))['external_userid'])).toEqual(['zhangwei'])
  sim.world.removeStaff('zhangwei')
  expect(await scan(id)).toHaveProperty('error')
})

test('ways are listed by time and page, temporary ones not at all', async () => {
  const first = (await add())['config_id']
  await add({ is_temp: true })
  await sim.advanceTo(sim.now() + 60_000)
  const second = (await add())['config_id']
  const list = (fields: Json): Promise<Json> => way('list', fields)
  expect(await list({})).toMatchObject({
    contact_way: [{ config_id: first }, { config_id: second }],
    next_cursor: '',
  })
  expect(await list({ start_time: 1_790_000_060 })).toMatchObject({ contact_way: [{ config_id: second }] })
  expect(await list({ end_time: 1_790_000_059 })).toMatchObject({ contact_way: [{ config_id: first }] })
  const paged = await list({ limit: 1 })
  expect(await list({ limit: 1, cursor: paged['next_cursor'] })).toMatchObject({
    contact_way: [{ config_id: second }],
    next_cursor: '',
  })
  expect(await list({ limit: 1_001 })).toMatchObject({ errcode: 40058 })
  expect(await list({ cursor: 'nonsense' })).toMatchObject({ errcode: 50100 })
  expect(await list({ start_time: 2, end_time: 1 })).toMatchObject({ errcode: 40058 })
})
