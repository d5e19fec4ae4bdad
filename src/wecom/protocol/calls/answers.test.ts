/** What answers may look like: the documented fields, and the odd forms that are seen besides (WECOM.md §0.1, §3-§8). */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { days, virtualClock } from '../../../base/clock.ts'
import type { WecomApi } from '../api.ts'
import { jpg, png } from '../../../content/media-samples.ts'
import type { Result } from '../result.ts'
import { startTinyWecom } from './tiny-wecom.ts'
import type { TinyWecom } from './tiny-wecom.ts'

let wecom: TinyWecom
let api: WecomApi
const clock = virtualClock(days(20_000))
beforeAll(async () => {
  wecom = await startTinyWecom(clock)
  api = wecom.api
})
afterAll(() => wecom.close())
beforeEach(() => clock.advance(days(2)))

const told = async (body: object, call: () => Promise<Result<unknown>>): Promise<unknown> => {
  wecom.tell('*', { body })
  const result = await call()
  return result.kind === 'ok' ? result.value : result
}
const ok = { errcode: 0, errmsg: 'ok' }
const member = (userid: string) => ({ userid, name: '林', department: [1], open_userid: 'x' })
const file = (bytes: Buffer) => ({ name: 'a', bytes })

describe('staff and customers', () => {
  it('are read with numbers as text, fields nobody knows, and without errcode', async () => {
    expect(await told({ ...ok, userlist: [member('lin')] }, () => api.members())).toEqual({
      userlist: [{ userid: 'lin', name: '林', status: 1, enable: 1 }],
    })
    expect(await told({ follow_user: ['lin'] }, () => api.followUserList())).toEqual({ follow_user: ['lin'] })
    const seen = {
      errcode: '0',
      external_contact: {
        external_userid: 'wm1',
        name: '王姐',
        type: '1',
        gender: '2',
        unionid: 'u1',
        external_profile: { external_attr: [{ type: 0, name: '店', text: { value: '一' } }] },
      },
      follow_user: [
        {
          userid: 'lin',
          remark: '王姐',
          createtime: '1779206400',
          add_way: '10',
          state: 'poster',
          remark_mobiles: null,
          wechat_channels: { nickname: '茶馆', source: '1' },
          tags: [
            { group_name: '分层', tag_name: '高', tag_id: 'et1', type: 1 },
            { tag_name: '爱喝绿茶', type: '2' },
          ],
        },
      ],
    }
    expect(await told(seen, () => api.customer('wm1'))).toMatchObject({
      external_contact: { external_userid: 'wm1', type: 1, gender: 2 },
      follow_user: [
        {
          createtime: 1_779_206_400,
          add_way: 10,
          remark_mobiles: [],
          wechat_channels: { nickname: '茶馆', source: 1 },
          tags: [
            { tag_id: 'et1', type: 1 },
            { tag_name: '爱喝绿茶', type: 2 },
          ],
        },
      ],
      next_cursor: '',
    })
    const follow = { userid: 'lin', createtime: 1, tag_id: ['et1'] }
    const listed = {
      ...ok,
      external_contact_list: [{ external_contact: { external_userid: 'wm1' }, follow_info: follow }],
    }
    expect(await told({ ...listed, next_cursor: 'c2' }, () => api.customersOf(['lin']))).toMatchObject({
      external_contact_list: [{ follow_info: { tag_id: ['et1'] } }],
      next_cursor: 'c2',
    })
  })

  it('that are none at all are an empty list', async () => {
    expect(await told({ errcode: 84061, errmsg: 'no relation' }, () => api.customerIdsOf('lin'))).toEqual([])
    expect(await told({ ...ok, external_userid: ['wm1'] }, () => api.customerIdsOf('lin'))).toEqual(['wm1'])
    expect(await told({ errcode: 40003 }, () => api.customerIdsOf('lin'))).toMatchObject({ code: 40003 })
  })

  it('have ids of other kinds', async () => {
    const served = { is_customer: false, tmp_openid: 'tmp', name: '', follow_userid: 'lin', add_time: '9' }
    expect(
      await told({ ...ok, info_list: [served], next_cursor: '' }, () => api.servedContacts()),
    ).toMatchObject({
      info_list: [{ is_customer: false, add_time: 9 }],
    })
    expect(await told({ ...ok, pending_id: 'p1' }, () => api.convertUnionid({ unionid: 'u1' }))).toEqual({
      external_userid: '',
      pending_id: 'p1',
    })
    const pending = { result: [{ external_userid: 'wm1', pending_id: 'p1' }] }
    expect(await told(pending, () => api.pendingIdsOf(['wm1']))).toEqual(pending)
  })
})

describe('contact ways and groups', () => {
  it('a way comes as an object, or in an array of one', async () => {
    const way = {
      config_id: 'c1',
      type: '2',
      scene: 2,
      skip_verify: 1,
      is_temp: false,
      state: 'poster',
      qr_code: 'https://a.example/qr',
      user: ['lin'],
      party: ['2', 3],
    }
    const expected = {
      contact_way: { config_id: 'c1', type: 2, skip_verify: true, is_temp: false, party: [2, 3], remark: '' },
    }
    expect(await told({ ...ok, contact_way: way }, () => api.contactWay('c1'))).toMatchObject(expected)
    expect(await told({ ...ok, contact_way: [way] }, () => api.contactWay('c1'))).toMatchObject(expected)
    expect(await told({ ...ok, contact_way: [] }, () => api.contactWay('c1'))).toMatchObject({
      kind: 'unknown',
    })
    expect(
      await told({ ...ok, contact_way: [{ config_id: 'c1' }] }, () =>
        api.contactWays({ start_time: 1, end_time: 2 }),
      ),
    ).toEqual({ contact_way: [{ config_id: 'c1' }], next_cursor: '' })
  })

  it('groups tell who brought whom, and join ways their code', async () => {
    const members = [
      { userid: 'lin', type: 1, join_time: '1', join_scene: 1 },
      { userid: 'wm1', type: '2', join_time: 2, join_scene: '3', invitor: { userid: 'lin' }, state: 's' },
    ]
    const chat = {
      chat_id: 'wr1',
      name: '',
      owner: 'lin',
      create_time: 1,
      member_list: members,
      admin_list: null,
    }
    expect(await told({ ...ok, group_chat: chat }, () => api.group('wr1'))).toMatchObject({
      group_chat: {
        member_list: [{ type: 1 }, { type: 2, join_scene: 3, invitor: { userid: 'lin' }, state: 's' }],
        admin_list: [],
      },
    })
    const way = { config_id: 9, auto_create_room: '1', chat_id_list: ['wr1'], qr_code: 'https://a.example' }
    expect(await told({ ...ok, join_way: way }, () => api.joinWay('9'))).toMatchObject({
      join_way: { config_id: '9', auto_create_room: true, state: '' },
    })
    expect(await told({ ...ok, chat_id: 'wr1' }, () => api.groupOfOpengid('og'))).toEqual({ chat_id: 'wr1' })
    expect(
      await told({ ...ok, text: { content: '欢迎' }, image: { media_id: 'm1', pic_url: '' } }, () =>
        api.groupWelcome('t1'),
      ),
    ).toMatchObject({ text: { content: '欢迎' }, notify: false })
  })
})

describe('tags and rule groups', () => {
  it('tags tell whether they are deleted in any way', async () => {
    const group = {
      group_id: 'g1',
      group_name: '分层',
      create_time: '1',
      order: 1,
      deleted: 0,
      strategy_id: 1,
      tag: [{ id: 'et1', name: '高', create_time: 2, order: '3', deleted: true }],
    }
    const seen = { deleted: false, create_time: 1, tag: [{ id: 'et1', order: 3, deleted: true }] }
    expect(await told({ ...ok, tag_group: [group] }, () => api.corpTags())).toMatchObject({
      tag_group: [seen],
    })
    expect(await told({ ...ok, tag_group: [group] }, () => api.strategyTags({}))).toMatchObject({
      tag_group: [{ ...seen, strategy_id: 1 }],
    })
    expect(await told(ok, () => api.corpTags())).toEqual({ tag_group: [] })
  })

  it('rule groups have privileges and a range', async () => {
    const strategy = {
      strategy_id: '1',
      strategy_name: '门店',
      admin_list: ['lin'],
      privilege: { contact_me: 0 },
    }
    expect(await told({ ...ok, strategy }, () => api.strategy(1))).toMatchObject({
      strategy: { strategy_id: 1, privilege: { contact_me: false } },
    })
    const range = [
      { type: 1, userid: 'lin' },
      { type: 2, partyid: '3' },
    ]
    expect(await told({ ...ok, range }, () => api.strategyRange(1))).toEqual({
      range: [
        { type: 1, userid: 'lin' },
        { type: 2, partyid: 3 },
      ],
      next_cursor: '',
    })
    expect(await told({ ...ok, strategy: [{ strategy_id: 1 }] }, () => api.strategies())).toMatchObject({
      strategy: [{ strategy_id: 1 }],
    })
  })
})

describe('broadcasts and moments', () => {
  it('a broadcast made by the API has no creator', async () => {
    const one = {
      msgid: 'msg1',
      create_time: '5',
      create_type: '0',
      text: { content: '茶' },
      attachments: null,
    }
    expect(await told({ ...ok, group_msg_list: [one] }, () => api.broadcasts('single', 1, 2))).toMatchObject({
      group_msg_list: [{ create_time: 5, create_type: 0, attachments: [] }],
    })
    const sent = { send_list: [{ chat_id: 'wr1', userid: 'lin', status: '3', send_time: 0 }] }
    expect(await told(sent, () => api.broadcastResults('msg1', 'lin'))).toMatchObject({
      send_list: [{ chat_id: 'wr1', status: 3 }],
    })
    expect(
      await told({ task_list: [{ userid: 'lin', status: '2' }] }, () => api.broadcastTasks('m')),
    ).toMatchObject({ task_list: [{ status: 2 }] })
  })

  it('a moment job has an errcode of its own inside', async () => {
    const result = {
      errcode: 41072,
      errmsg: 'x',
      moment_id: '',
      invalid_sender_list: { user_list: ['lin'], department_list: ['2'] },
      invalid_external_contact_list: { tag_list: ['et1'] },
    }
    expect(
      await told({ ...ok, status: '3', type: 'add_moment_task', result }, () => api.momentJob('j')),
    ).toEqual({
      status: 3,
      result: {
        errcode: 41072,
        moment_id: '',
        invalid_sender_list: { user_list: ['lin'], department_list: [2] },
        invalid_external_contact_list: { tag_list: ['et1'] },
      },
    })
    expect(await told({ ...ok, status: 1 }, () => api.momentJob('j'))).toEqual({ status: 1 })
  })

  it('places come as text, ids in comments with blanks behind them', async () => {
    const one = {
      moment_id: 'mom1',
      create_time: 1,
      image: [{ media_id: 'm1' }],
      location: { latitude: '23.10647', longitude: '113.32446', name: '广州塔' },
    }
    expect(
      await told({ ...ok, moment_list: [one] }, () => api.moments({ start_time: 1, end_time: 2 })),
    ).toMatchObject({ moment_list: [{ location: { latitude: 23.10647, longitude: 113.32446 } }] })
    const comments = {
      comment_list: [{ external_userid: 'wm1 ', create_time: '1' }],
      like_list: [{ userid: 'lin  ', create_time: 2 }],
    }
    expect(await told(comments, () => api.momentComments('mom1', 'lin'))).toEqual({
      comment_list: [{ external_userid: 'wm1', create_time: 1 }],
      like_list: [{ userid: 'lin', create_time: 2 }],
    })
    expect(
      await told({ task_list: [{ userid: 'lin', publish_status: '1' }] }, () => api.momentTasks('mom1')),
    ).toMatchObject({ task_list: [{ publish_status: 1 }] })
    const seen = { customer_list: [{ userid: 'lin', external_userid: 'wm1 ' }] }
    expect(await told(seen, () => api.momentCustomers('mom1', 'lin'))).toMatchObject({
      customer_list: [{ external_userid: 'wm1' }],
    })
  })
})

describe('hand-over, statistics, links, album, words', () => {
  it('each customer handed over has its own code', async () => {
    const pair = { handover_userid: 'lin', takeover_userid: 'wang' }
    const customer = [
      { external_userid: 'wm1', errcode: '40128' },
      { external_userid: 'wm2', errcode: 0 },
    ]
    expect(
      await told({ ...ok, customer }, () =>
        api.transferCustomers({ ...pair, external_userid: ['wm1', 'wm2'] }),
      ),
    ).toEqual({
      customer: [
        { external_userid: 'wm1', errcode: 40128 },
        { external_userid: 'wm2', errcode: 0 },
      ],
    })
    const result = [{ external_userid: 'wm1', status: '1', takeover_time: 5 }]
    expect(await told({ ...ok, customer: result }, () => api.transferResults(pair))).toMatchObject({
      customer: [{ status: 1 }],
    })
    const info = [{ handover_userid: 'lin', external_userid: 'wm1', dimission_time: '7' }]
    expect(await told({ ...ok, info, is_last: false, next_cursor: 'c2' }, () => api.unassigned())).toEqual({
      info: [{ handover_userid: 'lin', external_userid: 'wm1', dimission_time: 7 }],
      is_last: false,
      next_cursor: 'c2',
    })
    const failed = { failed_chat_list: [{ chat_id: 'wr1', errcode: 90500, errmsg: 'x' }] }
    expect(
      await told({ ...ok, ...failed }, () => api.transferGroups({ chat_id_list: ['wr1'], new_owner: 'w' })),
    ).toEqual(failed)
  })

  it('a day without chats has no percentage', async () => {
    const behavior_data = [
      { stat_time: 1, chat_cnt: '3', reply_percentage: '60.25', avg_reply_time: 1 },
      { stat_time: 2, chat_cnt: 0 },
    ]
    const read = await told({ behavior_data }, () =>
      api.staffBehaviour({ userid: ['lin'], start_time: 1, end_time: 2 }),
    )
    expect(read).toMatchObject({
      behavior_data: [{ chat_cnt: 3, reply_percentage: 60.25 }, { message_cnt: 0 }],
    })
    const owner = { owner_filter: { userid_list: ['lin'] }, day_begin_time: 1 }
    const items = [{ owner: 'lin', data: { chat_total: '2' } }]
    expect(await told({ total: 1, next_offset: 1, items }, () => api.groupStatistics(owner))).toMatchObject({
      items: [{ data: { chat_total: 2, msg_total: 0 } }],
    })
    const daily = [{ stat_time: '1', data: { msg_total: 4 } }]
    expect(await told({ items: daily }, () => api.groupStatisticsByDay(owner))).toMatchObject({
      items: [{ stat_time: 1 }],
    })
  })

  it('links, quotas and chats of acquisition', async () => {
    const link = { link_name: '春茶', url: 'https://a.example', create_time: '1', skip_verify: true }
    expect(
      await told({ ...ok, link, range: { user_list: ['lin'] } }, () => api.acquisitionLink('l1')),
    ).toMatchObject({ link: { create_time: 1 }, range: { user_list: ['lin'], department_list: [] } })
    expect(await told({ ...ok, link_id_list: ['l1', 2] }, () => api.acquisitionLinks())).toMatchObject({
      link_id_list: ['l1', '2'],
    })
    const quota = { total: '1000', balance: 500, quota_list: [{ expire_date: 1, balance: '500' }] }
    expect(await told({ ...ok, ...quota }, () => api.acquisitionQuota())).toMatchObject({
      total: 1_000,
      quota_list: [{ balance: 500 }],
    })
    const came = { external_userid: 'wm1', userid: 'lin', chat_status: '1', state: 's' }
    expect(await told({ customer_list: [came] }, () => api.acquisitionCustomers('l1'))).toMatchObject({
      customer_list: [{ chat_status: 1 }],
    })
    const chat = { userid: 'lin', external_userid: 'wm1', chat_info: { recv_msg_cnt: '3', link_id: 'l1' } }
    expect(await told({ ...ok, ...chat }, () => api.acquisitionChat('k'))).toMatchObject({
      chat_info: { recv_msg_cnt: 3, state: '' },
    })
    expect(
      await told({ click_link_customer_cnt: '2' }, () =>
        api.acquisitionStatistic('l1', { start_time: 1, end_time: 2 }),
      ),
    ).toEqual({ click_link_customer_cnt: 2, new_customer_cnt: 0 })
  })

  it('ids of rules and products come as text or as numbers', async () => {
    const rule = {
      rule_id: 42,
      rule_name: '私单',
      word_list: ['转账'],
      extra_rule: { semantics_list: ['1', 3] },
      intercept_type: '1',
      applicable_range: { user_list: ['lin'] },
    }
    expect(await told({ ...ok, rule }, () => api.interceptRule('42'))).toEqual({
      rule: {
        rule_id: '42',
        rule_name: '私单',
        word_list: ['转账'],
        semantics_list: [1, 3],
        intercept_type: 1,
        applicable_range: { user_list: ['lin'], department_list: [] },
      },
    })
    const rule_list = [{ rule_id: 'r1', rule_name: '私单', create_time: '1' }]
    expect(await told({ ...ok, rule_list }, () => api.interceptRules())).toMatchObject({
      rule_list: [{ rule_id: 'r1', create_time: 1 }],
    })
    const product = { product_id: 7, description: '春茶', price: '12800', attachments: [] }
    expect(await told({ ...ok, product }, () => api.product('7'))).toMatchObject({
      product: { product_id: '7', price: 12_800 },
    })
    expect(await told({ ...ok, product_list: [product] }, () => api.products())).toMatchObject({
      product_list: [{ product_id: '7' }],
    })
  })
})

describe('messages and chats inside', () => {
  it('a partly failed message says ok, and who did not get it in either form', async () => {
    expect(
      await told({ ...ok, msgid: 'm1', invaliduser: 'wang|zhao' }, () => api.sendMessage('{}')),
    ).toMatchObject({
      msgid: 'm1',
      invaliduser: 'wang|zhao',
      invalidparty: '',
    })
    const update = { agentid: 1, response_code: 'rc', button: { replace_name: '已确认' } }
    for (const invaliduser of [['wang', 'zhao'], 'wang|zhao'])
      expect(await told({ ...ok, invaliduser, invalidparty: [2] }, () => api.updateCard(update))).toEqual({
        invaliduser: ['wang', 'zhao'],
        invalidparty: ['2'],
        invalidtag: [],
      })
    const chat_info = { chatid: 'shop1', name: '店长群', owner: 'lin', userlist: ['lin'] }
    expect(await told({ ...ok, chat_info }, () => api.chat('shop1'))).toEqual({ chat_info })
  })
})

describe('微信客服', () => {
  it('a page of messages keeps what it knows, and one odd part hides nothing else', async () => {
    const common = { open_kfid: 'wk1', external_userid: 'wm1', send_time: '1779206400', origin: '3' }
    const msg_list = [
      { ...common, msgid: '1', msgtype: 'text', text: { content: '在吗', menu_id: '101' } },
      {
        ...common,
        msgid: '2',
        msgtype: 'location',
        location: { latitude: '23.1', longitude: 113.3, name: '' },
      },
      { ...common, msgid: '3', msgtype: 'image', image: 'not as documented' },
      {
        msgid: '4',
        send_time: 1,
        origin: 4,
        msgtype: 'event',
        event: { event_type: 'enter_session', open_kfid: 'wk1', external_userid: 'wm1', welcome_code: 'wc' },
      },
      {
        msgid: '5',
        send_time: 1,
        origin: 4,
        msgtype: 'event',
        event: { event_type: 'msg_send_fail', fail_msgid: 'own1', fail_type: '6' },
      },
      { ...common, msgid: '6', msgtype: 'channels_shop_order', channels_shop_order: { order_id: '1' } },
    ]
    expect(
      await told({ ...ok, next_cursor: 'c2', has_more: '1', msg_list }, () =>
        api.pullKf({ open_kfid: 'wk1' }),
      ),
    ).toMatchObject({
      next_cursor: 'c2',
      has_more: true,
      msg_list: [
        { origin: 3, send_time: 1_779_206_400, text: { menu_id: '101' } },
        { location: { latitude: 23.1 } },
        { msgid: '3', msgtype: 'image' },
        { external_userid: '', event: { event_type: 'enter_session', welcome_code: 'wc', scene: '' } },
        { event: { fail_msgid: 'own1', fail_type: 6 } },
        { msgtype: 'channels_shop_order' },
      ],
    })
    expect(
      await told({ ...ok, next_cursor: 'c3', has_more: 1 }, () => api.pullKf({ open_kfid: 'wk1' })),
    ).toEqual({
      next_cursor: 'c3',
      has_more: true,
      msg_list: [],
    })
  })

  it('leaves out a token that is stale, once', async () => {
    wecom.tell(
      'kf/sync_msg',
      { body: { errcode: 95007 } },
      { body: { ...ok, has_more: 0, next_cursor: 'c1' } },
    )
    wecom.came.length = 0
    expect(await api.pullKf({ open_kfid: 'wk1', token: 'old' })).toMatchObject({ kind: 'ok' })
    expect(wecom.came.map(({ body }) => body.toString().includes('"token"'))).toEqual([true, false])
    wecom.tell('kf/sync_msg', { body: { errcode: 95007 } })
    wecom.came.length = 0
    expect(await api.pullKf({ open_kfid: 'wk1' })).toMatchObject({ code: 95007 })
    expect(wecom.came).toHaveLength(1)
    wecom.tell('kf/sync_msg')
  })

  it('accounts, servicers, states, customers and figures', async () => {
    const account = { open_kfid: 'wk1', name: '小思', avatar: '', manage_privilege: 'true' }
    expect(await told({ ...ok, account_list: [account] }, () => api.kfAccounts())).toMatchObject({
      account_list: [{ manage_privilege: true }],
    })
    const result_list = [
      { userid: 'lin', errcode: '0' },
      { department_id: '2', errcode: 95014, errmsg: 'x' },
    ]
    expect(
      await told({ ...ok, result_list }, () => api.addServicers({ open_kfid: 'wk1', userid_list: ['lin'] })),
    ).toMatchObject({ result_list: [{ errcode: 0 }, { department_id: 2, errcode: 95014 }] })
    expect(
      await told({ ...ok, servicer_list: [{ userid: 'lin', status: '1' }] }, () => api.servicers('wk1')),
    ).toMatchObject({ servicer_list: [{ status: 1 }] })
    const pair = { open_kfid: 'wk1', external_userid: 'wm1' }
    expect(
      await told({ ...ok, service_state: '3', servicer_userid: 'lin' }, () => api.kfState(pair)),
    ).toEqual({
      service_state: 3,
      servicer_userid: 'lin',
    })
    expect(await told(ok, () => api.changeKfState({ ...pair, service_state: 1 }))).toEqual({ msg_code: '' })
    const one = {
      external_userid: 'wm1',
      nickname: '王姐',
      gender: '2',
      enter_session_context: { scene: 's' },
    }
    expect(await told({ ...ok, customer_list: [one] }, () => api.kfCustomers(['wm1']))).toMatchObject({
      customer_list: [{ gender: 2, enter_session_context: { scene: 's', scene_param: '' } }],
      invalid_external_userid: [],
    })
    const range = { member_range: { userid_list: ['lin'], department_id_list: ['2'] } }
    expect(await told({ ...ok, ...range }, () => api.kfUpgradeConfig())).toMatchObject({
      member_range: { department_id_list: [2] },
    })
    const span = { start_time: 1, end_time: 2 }
    const statistic_list = [{ stat_time: 1, statistic: { session_cnt: '2', reply_rate: '0.5' } }]
    expect(await told({ ...ok, statistic_list }, () => api.kfServicerStatistics(span))).toMatchObject({
      statistic_list: [{ statistic: { session_cnt: 2, reply_rate: 0.5, customer_cnt: 0 } }],
    })
    expect(await told({ ...ok, statistic_list }, () => api.kfCorpStatistics(span))).toMatchObject({
      statistic_list: [{ statistic: { session_cnt: 2 } }],
    })
  })
})

describe('who stands there, files, archive', () => {
  it('a visitor is told in small letters or in capitals', async () => {
    expect(await told({ ...ok, userid: 'lin', user_ticket: 'ut' }, () => api.visitor('c'))).toEqual({
      userid: 'lin',
      ticket: 'ut',
    })
    expect(await told({ ...ok, UserId: 'lin', DeviceId: '' }, () => api.visitorByOldPath('c'))).toEqual({
      userid: 'lin',
    })
    expect(await told({ ...ok, OpenId: 'o1', external_userid: 'wm1' }, () => api.visitor('c'))).toEqual({
      openid: 'o1',
      external: 'wm1',
    })
    expect(await told({ ...ok, userid: 'lin', gender: '1' }, () => api.memberDetail('ut'))).toMatchObject({
      gender: 1,
      mobile: '',
    })
    expect(await told({ ...ok, ticket: 'tk', expires_in: '7200' }, () => api.corpTicket())).toEqual({
      ticket: 'tk',
      expires_in: 7_200,
    })
    expect(await told({ ip_list: ['1.2.3.4'] }, () => api.callbackAddresses())).toEqual({
      ip_list: ['1.2.3.4'],
    })
  })

  it('the time of an upload is a number or text', async () => {
    const media = { type: 'image', media_id: 'm1' }
    for (const created_at of ['1380000000', 1_380_000_000])
      expect(
        await told({ ...ok, ...media, created_at }, () => api.uploadMedia('image', file(png(1, 1)))),
      ).toEqual({
        ...media,
        created_at: 1_380_000_000,
      })
    expect(
      await told({ ...ok, url: 'https://a.example/p' }, () => api.uploadPicture(file(jpg(1, 1)))),
    ).toEqual({
      url: 'https://a.example/p',
    })
    const detail = { errcode: '0', media_id: 'm1', created_at: '5' }
    expect(await told({ ...ok, status: '2', detail }, () => api.uploadByUrlResult('j'))).toMatchObject({
      status: 2,
      detail: { media_id: 'm1', created_at: 5 },
    })
    expect(
      await told({ media_id: 'm1', created_at: 5 }, () => api.uploadForRobot('k', 'file', file(png(1, 1)))),
    ).toEqual({ media_id: 'm1', created_at: 5 })
  })

  it('agreements keep the spelling of WeCom', async () => {
    const agreeinfo = [
      { status_change_time: '1562766651', userid: 'lin', exteranalopenid: 'wm1', agree_status: 'Agree' },
    ]
    expect(await told({ ...ok, agreeinfo }, () => api.archiveRoomAgreements('wr1'))).toEqual({
      agreeinfo: [{ ...agreeinfo[0], status_change_time: 1_562_766_651 }],
    })
    expect(await told({ ...ok, ids: ['lin'] }, () => api.archivedStaff())).toEqual({ ids: ['lin'] })
    const members = [{ memberid: 'lin', jointime: '5' }]
    expect(
      await told({ ...ok, roomname: '店', creator: 'lin', members }, () => api.archivedRoom('r')),
    ).toMatchObject({ members: [{ jointime: 5 }], notice: '' })
    const data = { robot_id: 'rb1', name: '小思', creator_userid: 'lin' }
    expect(await told({ ...ok, data }, () => api.archivedRobot('rb1'))).toEqual({ data })
  })
})

describe('an answer that lacks what was made is unknown', () => {
  const strategy = { strategy_name: 'x', admin_list: [], range: [] }
  const span = { scene: 2, chat_id_list: [] } as const
  const product = { description: '', price: 1, attachments: [] }
  const rule = { rule_name: '', word_list: [], intercept_type: 2, applicable_range: {} } as const
  const byUrl = { scene: 1, type: 'file', filename: '', url: '', md5: '' } as const
  const said = { msgtype: 'text', text: { content: '好' } } as const
  const handOver = { handover_userid: 'lin', takeover_userid: 'wang', external_userid: ['wm1'] }
  const writes: Readonly<Record<string, (of: WecomApi) => Promise<Result<unknown>>>> = {
    addContactWay: (of) => of.addContactWay({ type: 1, scene: 2, user: ['lin'] }),
    addJoinWay: (of) => of.addJoinWay(span),
    addGroupWelcome: (of) => of.addGroupWelcome({}),
    addCorpTags: (of) => of.addCorpTags({ name: '分层' }, ['高'], 1),
    addStrategyTags: (of) => of.addStrategyTags({ strategy_id: 1, tag: [] }),
    createStrategy: (of) => of.createStrategy(strategy),
    addBroadcast: (of) => of.addBroadcast('{}'),
    addMoment: (of) => of.addMoment({}),
    createAcquisitionLink: (of) => of.createAcquisitionLink({ link_name: '', range: {} }),
    addProduct: (of) => of.addProduct(product),
    addInterceptRule: (of) => of.addInterceptRule(rule),
    sendMessage: (of) => of.sendMessage('{}'),
    createChat: (of) => of.createChat({ userlist: ['lin', 'wang'] }),
    addKfAccount: (of) => of.addKfAccount({ name: '', media_id: '' }),
    sendKf: (of) => of.sendKf({ touser: 'wm1', open_kfid: 'wk1', ...said }),
    sendKfOnEvent: (of) => of.sendKfOnEvent({ code: 'c', ...said }),
    transferCustomers: (of) => of.transferCustomers(handOver),
    transferResigned: (of) => of.transferResigned(handOver),
    addServicers: (of) => of.addServicers({ open_kfid: 'wk1' }),
    uploadMedia: (of) => of.uploadMedia('file', file(Buffer.alloc(9))),
    uploadPicture: (of) => of.uploadPicture(file(png(1, 1))),
    uploadByUrl: (of) => of.uploadByUrl(byUrl),
    uploadForRobot: (of) => of.uploadForRobot('k', 'file', file(Buffer.alloc(9))),
  }
  it.each(Object.entries(writes))('%s', async (_, write) => {
    expect(await told(ok, () => write(api))).toMatchObject({ kind: 'unknown' })
    expect(await told({ errcode: 'zero' }, () => write(api))).toMatchObject({ kind: 'unknown' })
    expect(await told([], () => write(api))).toMatchObject({ kind: 'unknown' })
  })
})
