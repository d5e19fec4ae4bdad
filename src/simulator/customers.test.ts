import { expect, test } from 'vitest'
import type { Client, Json } from '../../test/simulator/bench.ts'
import { eachStage } from '../../test/simulator/stage.ts'
import type { Simulator } from './index.ts'

let sim: Simulator
let client: Client

eachStage({}, (stage) => {
  ;({ sim, client } = stage)
})

test('staff, their customers and each relation can be read', async () => {
  expect(await client.get('externalcontact/get_follow_user_list')).toMatchObject({
    follow_user: ['LiMei', 'zhangwei'],
  })
  expect(await client.get('externalcontact/list', { userid: 'limei' })).toMatchObject({
    external_userid: ['wmA', 'wmB'],
  })
  expect(await client.get('externalcontact/list', { userid: 'nobody' })).toMatchObject({ errcode: 40003 })
  const got = await client.get('externalcontact/get', { external_userid: 'wmB' })
  expect(got).toMatchObject({
    external_contact: { external_userid: 'wmB', name: '陈晨', type: 1, gender: 1 },
    follow_user: [
      { userid: 'LiMei', remark: '二宝妈', createtime: 1_780_000_100, tags: [] },
      { userid: 'zhangwei' },
    ],
  })
  expect(got).not.toHaveProperty('next_cursor')
  expect(await client.get('externalcontact/get', { external_userid: 'wmC' })).toMatchObject({
    errcode: 84061,
  })
  expect(await client.get('externalcontact/get', { external_userid: 'wmX' })).toMatchObject({
    errcode: 40096,
  })
  expect(await client.post('externalcontact/get', {})).toMatchObject({ errcode: 40035 })
  expect(await client.get('user/get', { userid: 'LIMEI' })).toMatchObject({ userid: 'LiMei', name: '李梅' })
  expect(await client.get('user/simplelist', { department_id: '1' })).toMatchObject({
    userlist: [{ name: '李梅' }, {}],
  })
})

test('who deleted the advisor is still shown; whom the advisor deleted is not', async () => {
  sim.world.removeContact('LiMei', 'wmA', 'customer')
  expect(await client.get('externalcontact/list', { userid: 'LiMei' })).toMatchObject({
    external_userid: ['wmA', 'wmB'],
  })
  sim.world.removeContact('LiMei', 'wmA', 'staff')
  sim.world.removeContact('LiMei', 'wmB', 'staff')
  expect(await client.get('externalcontact/list', { userid: 'LiMei' })).toMatchObject({ errcode: 84061 })
  expect(await client.get('externalcontact/get', { external_userid: 'wmA' })).toMatchObject({
    errcode: 84061,
  })
})

test('relations come in pages with an opaque cursor', async () => {
  const page = (fields: Json): Promise<Json> =>
    client.post('externalcontact/batch/get_by_user', {
      userid_list: ['LiMei', 'zhangwei'],
      limit: 2,
      ...fields,
    })
  const first = await page({})
  expect((first['external_contact_list'] as Json[]).length).toBe(2)
  const last = await page({ cursor: first['next_cursor'] })
  expect(last).toMatchObject({
    external_contact_list: [{ follow_info: { userid: 'zhangwei', tag_id: [] } }],
    next_cursor: '',
  })
  expect(await page({ cursor: 'x' })).toMatchObject({ errcode: 50100 })
  expect(await page({ limit: 101 })).toMatchObject({ errcode: 40058 })
  expect(await page({ userid_list: [] })).toMatchObject({ errcode: 40063 })
})

test('a customer with over 500 followers needs a cursor', async () => {
  for (let i = 0; i < 501; i++) {
    sim.world.addStaff({ userid: `s${i}`, name: `员工${i}`, confirm: { mode: 'never' } })
    sim.world.addContact({ userid: `s${i}`, external_userid: 'wmC', silent: true })
  }
  const first = await client.get('externalcontact/get', { external_userid: 'wmC' })
  expect((first['follow_user'] as Json[]).length).toBe(500)
  const rest = await client.get('externalcontact/get', {
    external_userid: 'wmC',
    cursor: String(first['next_cursor']),
  })
  expect(rest['follow_user']).toMatchObject([{ userid: 's500' }])
})

test('remarks are limited and belong to the relation', async () => {
  const remark = (fields: Json): Promise<Json> =>
    client.post('externalcontact/remark', { userid: 'LiMei', external_userid: 'wmB', ...fields })
  expect(await remark({ remark: '字'.repeat(20), remark_mobiles: ['13800000000'] })).toMatchObject({
    errcode: 0,
  })
  expect(await remark({ remark: '字'.repeat(21) })).toMatchObject({ errcode: 40058 })
  expect(await remark({})).toMatchObject({ errcode: 40063 })
  expect(await remark({ remark_mobiles: [''] })).toMatchObject({ errcode: 0 })
  expect(await client.get('externalcontact/get', { external_userid: 'wmB' })).toMatchObject({
    follow_user: [{ remark: '字'.repeat(20), remark_mobiles: [] }, { remark: '' }],
  })
})

test('groups list by owner and show members with their version', async () => {
  const list = (fields: Json): Promise<Json> =>
    client.post('externalcontact/groupchat/list', { limit: 100, ...fields })
  expect(await list({ owner_filter: { userid_list: ['LiMei'] } })).toMatchObject({
    group_chat_list: [{ chat_id: 'wrG', status: 0 }],
  })
  expect(await list({ owner_filter: { userid_list: ['zhangwei'] } })).toMatchObject({ group_chat_list: [] })
  expect(await list({ limit: undefined })).toMatchObject({ errcode: 40063 })
  const get = async (): Promise<Json> =>
    (await client.post('externalcontact/groupchat/get', { chat_id: 'wrG', need_name: 1 }))[
      'group_chat'
    ] as Json
  const before = await get()
  expect(before).toMatchObject({
    owner: 'LiMei',
    member_list: [
      { userid: 'LiMei', type: 1 },
      { userid: 'wmA', type: 2, unionid: 'uA', name: '王静' },
    ],
  })
  sim.world.joinGroup('wrG', ['wmB'], { scene: 3, state: 'poster' })
  const after = await get()
  expect(after).toMatchObject({ member_list: [{}, {}, { userid: 'wmB', join_scene: 3, state: 'poster' }] })
  expect(after['member_version']).not.toBe(before['member_version'])
})

test('an app edits its own tags; the console’s are read-only to it', async () => {
  const add = (names: string[], group = '分层'): Promise<Json> =>
    client.post('externalcontact/add_corp_tag', { group_name: group, tag: names.map((name) => ({ name })) })
  const made = (await add(['高价值', '高价值', '沉睡']))['tag_group'] as {
    group_id: string
    tag: { id: string; name: string }[]
  }
  expect(made.tag.map((tag) => tag.name)).toEqual(['高价值', '沉睡'])
  expect(((await add(['潜力']))['tag_group'] as Json)['group_id']).toBe(made.group_id)
  expect(await add([])).toMatchObject({ errcode: 40063 })
  const [high, dormant] = made.tag.map((tag) => tag.id)
  expect(await client.post('externalcontact/edit_corp_tag', { id: high, name: '高净值' })).toMatchObject({
    errcode: 0,
  })
  const console = sim.world.tagGroups().find((group) => group.name === '阶段')
  expect(await client.post('externalcontact/edit_corp_tag', { id: console?.id, name: 'x' })).toMatchObject({
    errcode: 48002,
  })
  expect(await client.post('externalcontact/del_corp_tag', { tag_id: ['etNone'] })).toMatchObject({
    errcode: 40068,
  })

  const mark = (fields: Json): Promise<Json> =>
    client.post('externalcontact/mark_tag', { userid: 'LiMei', external_userid: 'wmB', ...fields })
  expect(await mark({ add_tag: [high, dormant] })).toMatchObject({ errcode: 0 })
  expect(await mark({ remove_tag: [dormant] })).toMatchObject({ errcode: 0 })
  expect(await mark({})).toMatchObject({ errcode: 40063 })
  expect(await mark({ add_tag: ['etNone'] })).toMatchObject({ errcode: 40068 })
  expect(await mark({ external_userid: 'wmC', add_tag: [high] })).toMatchObject({ errcode: 84061 })
  // Tags belong to the pair, so the other advisor's relation stays bare.
  expect(await client.get('externalcontact/get', { external_userid: 'wmB' })).toMatchObject({
    follow_user: [
      { tags: [{ group_name: '分层', tag_name: '高净值', tag_id: high, type: 1 }] },
      { tags: [] },
    ],
  })
  expect(await client.post('externalcontact/del_corp_tag', { group_id: [made.group_id] })).toMatchObject({
    errcode: 0,
  })
  expect(await client.post('externalcontact/get_corp_tag_list', {})).toMatchObject({
    tag_group: [{ group_name: '阶段' }],
  })
})

test('two calls that mark one customer at the same time collide', async () => {
  const id = sim.world.tagGroups()[0]?.tags[0]?.id
  const mark = (who: string): Promise<Json> =>
    client.post('externalcontact/mark_tag', { userid: 'LiMei', external_userid: who, add_tag: [id] })
  await mark('wmA')
  sim.settings.latencyMs = 60
  const codes = (await Promise.all([mark('wmA'), mark('wmA'), mark('wmB')])).map(
    (answer) => answer['errcode'],
  )
  expect(codes.sort()).toEqual([0, 0, 45033])
  expect(await mark('wmA')).toMatchObject({ errcode: 0 })
})

test('media expire after three days', async () => {
  const form = new FormData()
  form.append('media', new Blob([Buffer.from('a picture of a baby')]), 'baby.png')
  const token = String(
    (
      (await (
        await fetch(
          `${sim.url}/cgi-bin/gettoken?corpid=${sim.credentials.corpId}&corpsecret=${sim.credentials.agentSecret}`,
        )
      ).json()) as Json
    )['access_token'],
  )
  const answer = await fetch(`${sim.url}/cgi-bin/media/upload?access_token=${token}&type=image`, {
    method: 'POST',
    body: form,
  })
  const { media_id: mediaId } = (await answer.json()) as Json
  const read = await fetch(`${sim.url}/cgi-bin/media/get?access_token=${token}&media_id=${String(mediaId)}`)
  expect(await read.text()).toBe('a picture of a baby')
  const send = (): Promise<Json> =>
    client.post('externalcontact/add_msg_template', {
      sender: 'LiMei',
      attachments: [{ msgtype: 'image', image: { media_id: mediaId } }],
    })
  expect(await send()).toMatchObject({ errcode: 0 })
  await sim.advanceTo(sim.now() + 3 * 86_400_000 + 1)
  expect(await send()).toMatchObject({ errcode: 40007 })
})

test('a staff member who leaves the corp takes the relations along', async () => {
  sim.world.removeStaff('zhangwei')
  expect(await client.get('externalcontact/get', { external_userid: 'wmB' })).toMatchObject({
    follow_user: [{ userid: 'LiMei' }],
  })
  expect(await client.get('externalcontact/get_follow_user_list')).toMatchObject({ follow_user: ['LiMei'] })
  expect(await client.get('user/get', { userid: 'zhangwei' })).toMatchObject({ errcode: 60111 })
})
