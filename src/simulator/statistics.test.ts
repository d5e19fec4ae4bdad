import { expect, test } from 'vitest'
import { createClient, type Client, type Json } from '../../test/simulator/bench.ts'
import { eachStage } from '../../test/simulator/stage.ts'
import type { Simulator } from './index.ts'

const dayMs = 86_400_000
const minuteMs = 60_000
/** Midnight in Shanghai. */
const midnight = Date.parse('2026-09-21T00:00:00+08:00')
const at = (days: number): number => midnight / 1000 + days * 86_400
let sim: Simulator
let client: Client

eachStage({ startAt: midnight + 9 * 3_600_000 }, (stage) => {
  ;({ sim, client } = stage)
})

const behavior = (fields: Json = {}): Promise<Json> =>
  client.post('externalcontact/get_user_behavior_data', {
    userid: ['LiMei'],
    start_time: at(0),
    end_time: at(1),
    ...fields,
  })
const groups = (path: string, fields: Json = {}): Promise<Json> =>
  client.post(`externalcontact/groupchat/${path}`, { day_begin_time: at(0), ...fields })
const later = (ms: number): Promise<void> => sim.advanceTo(sim.now() + ms)
const say = (userid: string, externalUserId: string): void => {
  const text = { content: '您好' }
  sim.world.sendChatMessage({ userid, external_userid: externalUserId, msgtype: 'text', text })
}

test('a staff member’s day is counted from what happened in it, once it is over', async () => {
  sim.world.customerSays('wmA', 'LiMei')
  await later(10 * minuteMs)
  say('LiMei', 'wmA')
  say('LiMei', 'wmA')
  sim.world.customerSays('wmB', 'LiMei')
  const { external_userid: id } = sim.world.addContact({ userid: 'LiMei', addWay: 2 })
  sim.world.addContact({ userid: 'LiMei' })
  say('LiMei', id)
  sim.world.customerSays(id, 'LiMei')
  sim.world.customerSays('wmB', 'zhangwei')
  sim.world.removeContact('LiMei', 'wmB', 'customer')
  expect(await behavior()).toMatchObject({ behavior_data: [] })
  await sim.advanceTo(midnight + dayMs)
  const day = {
    stat_time: at(0),
    chat_cnt: 2,
    message_cnt: 3,
    reply_percentage: 50,
    avg_reply_time: 10,
    negative_feedback_cnt: 1,
    new_apply_cnt: 1,
    new_contact_cnt: 2,
  }
  expect(await behavior()).toMatchObject({ errcode: 0, behavior_data: [day] })
  expect(await behavior({ userid: ['LiMei', 'zhangwei'] })).toMatchObject({
    behavior_data: [{ ...day, reply_percentage: 33.33 }],
  })
  expect(await behavior({ userid: undefined, partyid: [1] })).toMatchObject({
    behavior_data: [{ reply_percentage: 33.33 }],
  })
  await sim.advanceTo(midnight + 2 * dayMs)
  const quiet = ((await behavior())['behavior_data'] as Json[])[1]
  expect(quiet).toEqual({
    stat_time: at(1),
    chat_cnt: 0,
    message_cnt: 0,
    negative_feedback_cnt: 0,
    new_apply_cnt: 0,
    new_contact_cnt: 0,
  })
  sim.reset()
  client = createClient(sim)
  expect(await behavior()).toMatchObject({ behavior_data: [{ message_cnt: 0 }, {}] })
})

test('a group send is no chat', async () => {
  const { msgid } = await client.post('externalcontact/add_msg_template', {
    sender: 'LiMei',
    text: { content: '小贴士' },
  })
  sim.world.confirm('LiMei', String(msgid))
  await sim.advanceTo(midnight + dayMs)
  expect(await behavior()).toMatchObject({ behavior_data: [{ message_cnt: 0, chat_cnt: 0 }] })
})

test('groups are counted by day and by owner', async () => {
  const made = sim.world.createGroup({ owner: 'zhangwei', name: '二群', members: ['wmB', 'wmC'] })
  sim.world.joinGroup('wrG', ['wmB'])
  sim.world.groupSays('wrG', 'wmA')
  sim.world.groupSays('wrG', 'wmA')
  expect(await client.sim('POST', 'groups/says', { chat_id: 'wrG', member: 'limei' })).toEqual({ ok: true })
  expect(await client.sim('POST', 'groups/says', { chat_id: 'wrG', member: 'wmC' })).toHaveProperty('error')
  const { msgid } = await client.post('externalcontact/add_msg_template', {
    chat_type: 'group',
    sender: 'zhangwei',
    text: { content: '小贴士' },
  })
  sim.world.confirm('zhangwei', String(msgid))
  await sim.advanceTo(midnight + dayMs + 1)
  sim.world.leaveGroup('wrG', ['wmB'])
  sim.world.dismissGroup(made.chatId)
  await sim.advanceTo(midnight + 2 * dayMs)

  expect(await groups('statistic_group_by_day', { day_end_time: at(1) })).toMatchObject({
    items: [
      {
        stat_time: at(0),
        data: {
          new_chat_cnt: 1,
          chat_total: 2,
          chat_has_msg: 2,
          new_member_cnt: 4,
          member_total: 6,
          member_has_msg: 3,
          msg_total: 4,
          migrate_trainee_chat_cnt: 0,
        },
      },
      { stat_time: at(1), data: { new_chat_cnt: 0, chat_total: 1, member_total: 2, msg_total: 0 } },
    ],
  })
  const byOwner = await groups('statistic')
  expect(byOwner).toMatchObject({
    total: 2,
    next_offset: 2,
    items: [
      { owner: 'zhangwei', data: { new_chat_cnt: 1, member_total: 3, msg_total: 1 } },
      { owner: 'LiMei', data: { new_chat_cnt: 0, member_total: 3, msg_total: 3, member_has_msg: 2 } },
    ],
  })
  expect(await groups('statistic', { order_asc: 1, limit: 1 })).toMatchObject({
    total: 2,
    next_offset: 1,
    items: [{ owner: 'LiMei' }],
  })
  expect(await groups('statistic', { offset: 1, limit: 1 })).toMatchObject({
    next_offset: 2,
    items: [{ owner: 'LiMei' }],
  })
  expect(await groups('statistic', { owner_filter: { userid_list: ['limei'] } })).toMatchObject({
    items: [{ owner: 'LiMei' }],
  })
  expect(await groups('statistic', { day_end_time: at(1), order_by: 4 })).toMatchObject({
    items: [
      { owner: 'LiMei', data: { member_total: 2 } },
      { owner: 'zhangwei', data: { new_chat_cnt: 1, chat_total: 0, member_total: 0 } },
    ],
  })
})

test('limits of the statistics', async () => {
  await sim.advanceTo(midnight + 181 * dayMs)
  const refused: [Promise<Json>, number][] = [
    [behavior({ start_time: at(0), end_time: at(0) }), 40058],
    [behavior({ start_time: at(2), end_time: at(32) }), 40058],
    [behavior({ start_time: at(3), end_time: at(2) }), 40058],
    [behavior({ end_time: undefined }), 40063],
    [behavior({ start_time: undefined }), 40063],
    [behavior({ userid: undefined }), 40063],
    [behavior({ userid: ['nobody'] }), 40003],
    [behavior({ userid: Array.from({ length: 101 }, () => 'LiMei') }), 40058],
    [behavior({ userid: undefined, partyid: [9] }), 60123],
    [groups('statistic', { day_begin_time: undefined }), 40063],
    [groups('statistic', { day_begin_time: at(0) }), 40058],
    [groups('statistic', { day_begin_time: at(181) }), 40058],
    [groups('statistic', { day_begin_time: at(180), order_by: 5 }), 40058],
    [groups('statistic', { day_begin_time: at(180), limit: 1_001 }), 40058],
    [groups('statistic', { day_begin_time: at(180), owner_filter: {} }), 40063],
    [groups('statistic_group_by_day', { day_begin_time: at(150), day_end_time: at(180) }), 40058],
  ]
  for (const [answer, code] of refused) expect(await answer).toMatchObject({ errcode: code })
  expect((await behavior({ start_time: at(1), end_time: at(30) }))['behavior_data']).toHaveLength(30)
  const days = await groups('statistic_group_by_day', { day_begin_time: at(151), day_end_time: at(180) })
  expect(days['items']).toHaveLength(30)
})
