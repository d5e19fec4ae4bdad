/** Every call there is, with what exactly leaves for it: for the tests of the client, and of client and simulator. */
import type { WecomApi } from '../api.ts'
import { amr, jpg, mp4, png } from '../../../content/media-samples.ts'
import type { Result } from '../result.ts'

export interface Row {
  readonly by: (api: WecomApi) => Promise<Result<unknown>>
  readonly leaves: string
  readonly query?: Readonly<Record<string, string>>
  /** Objects: as JSON, in this order. Buffers: as the file of a form. Absent: a GET. */
  readonly body?: object | string | Buffer
  readonly again: 'again' | 'once'
  readonly token?: 'none'
}

const get = (
  leaves: string,
  again: 'again' | 'once',
  by: Row['by'],
  query: Readonly<Record<string, string>> = {},
): Row => ({ by, leaves: `GET ${leaves}`, query, again })
const post = (
  leaves: string,
  again: 'again' | 'once',
  by: Row['by'],
  body: object | string | Buffer,
  query: Readonly<Record<string, string>> = {},
): Row => ({ by, leaves: `POST ${leaves}`, query, body, again })

const span = { start_time: 1_779_206_400, end_time: 1_779_292_800 }
const pair = { handover_userid: 'lin', takeover_userid: 'wang' }
const kf = { open_kfid: 'wk1', external_userid: 'wm1' }
const way = { type: 2, scene: 2, user: ['lin'], party: [2], state: 'poster', skip_verify: true } as const
const joinWay = { scene: 2, chat_id_list: ['wr1'], auto_create_room: 1, room_base_name: '茶友' } as const
const welcome = { text: { content: '%NICKNAME%，你好' }, image: { media_id: 'm1' } } as const
const moment = {
  text: { content: '春茶' },
  attachments: [
    { msgtype: 'image', image: { media_id: 'm1' } },
    { msgtype: 'link', link: { title: '春茶', url: 'https://a.example', media_id: 'm2' } },
  ],
  visible_range: {
    sender_list: { user_list: ['lin'], department_list: [2] },
    external_contact_list: { tag_list: ['et1'] },
  },
} as const
const strategy = {
  parent_id: 1,
  strategy_name: '门店',
  admin_list: ['lin'],
  privilege: { contact_me: false },
  range: [
    { type: 1, userid: 'lin' },
    { type: 2, partyid: 3 },
  ],
} as const
const link = { link_name: '春茶', range: { user_list: ['lin'], department_list: [] }, skip_verify: true }
const rule = {
  rule_name: '私单',
  word_list: ['转账'],
  semantics_list: [1, 3],
  intercept_type: 1,
  applicable_range: { user_list: ['lin'] },
} as const
const product = {
  description: '春茶 250 克',
  price: 12_800,
  product_sn: 'SPRING250',
  attachments: [{ type: 'image', image: { media_id: 'm1' } }],
} as const
const card = {
  card_type: 'text_notice',
  main_title: { title: '今天的任务', desc: '三位客户' },
  card_action: { type: 1, url: 'https://a.example' },
} as const
const raw = '{ "touser" :"lin",  "text":{"content":"你好"} }'
const file = (bytes: Buffer, name: string) => ({ name, bytes })

export const callTable: Readonly<Record<keyof WecomApi, Row>> = {
  // ---- staff
  followUserList: get('externalcontact/get_follow_user_list', 'again', (api) => api.followUserList()),
  member: get('user/get', 'again', (api) => api.member('lin'), { userid: 'lin' }),
  members: get('user/simplelist', 'again', (api) => api.members(), {
    department_id: '1',
    fetch_child: '1',
  }),
  // ---- customers
  customer: get('externalcontact/get', 'again', (api) => api.customer('wm1', 'c1'), {
    external_userid: 'wm1',
    cursor: 'c1',
  }),
  customersOf: post('externalcontact/batch/get_by_user', 'again', (api) => api.customersOf(['lin']), {
    userid_list: ['lin'],
    limit: 100,
  }),
  customerIdsOf: get('externalcontact/list', 'again', (api) => api.customerIdsOf('lin'), { userid: 'lin' }),
  servedContacts: post('externalcontact/contact_list', 'again', (api) => api.servedContacts('c1'), {
    limit: 1_000,
    cursor: 'c1',
  }),
  remark: post(
    'externalcontact/remark',
    'again',
    (api) => api.remark({ userid: 'lin', external_userid: 'wm1', remark: '王姐', remark_mobiles: [''] }),
    { userid: 'lin', external_userid: 'wm1', remark: '王姐', remark_mobiles: [''] },
  ),
  externalOf: post(
    'externalcontact/unionid_to_external_userid',
    'again',
    (api) => api.externalOf({ unionid: 'u1', openid: 'o1' }),
    { unionid: 'u1', openid: 'o1' },
  ),
  convertUnionid: post(
    'idconvert/unionid_to_external_userid',
    'again',
    (api) => api.convertUnionid({ unionid: 'u1', openid: 'o1', subject_type: 0 }),
    { unionid: 'u1', openid: 'o1', subject_type: 0 },
  ),
  pendingIdsOf: post(
    'idconvert/batch/external_userid_to_pending_id',
    'again',
    (api) => api.pendingIdsOf(['wm1'], 'wr1'),
    { chat_id: 'wr1', external_userid: ['wm1'] },
  ),
  openidOf: post('externalcontact/convert_to_openid', 'again', (api) => api.openidOf('wm1'), {
    external_userid: 'wm1',
  }),
  // ---- contact ways
  addContactWay: post('externalcontact/add_contact_way', 'once', (api) => api.addContactWay(way), way),
  contactWay: post('externalcontact/get_contact_way', 'again', (api) => api.contactWay('c1'), {
    config_id: 'c1',
  }),
  contactWays: post('externalcontact/list_contact_way', 'again', (api) => api.contactWays(span), {
    ...span,
    limit: 1_000,
  }),
  updateContactWay: post(
    'externalcontact/update_contact_way',
    'again',
    (api) => api.updateContactWay({ config_id: 'c1', state: 'shop' }),
    { config_id: 'c1', state: 'shop' },
  ),
  deleteContactWay: post('externalcontact/del_contact_way', 'once', (api) => api.deleteContactWay('c1'), {
    config_id: 'c1',
  }),
  closeTempChat: post(
    'externalcontact/close_temp_chat',
    'once',
    (api) => api.closeTempChat({ userid: 'lin', external_userid: 'wm1' }),
    { userid: 'lin', external_userid: 'wm1' },
  ),
  // ---- groups
  groups: post('externalcontact/groupchat/list', 'again', (api) => api.groups(['lin']), {
    status_filter: 0,
    owner_filter: { userid_list: ['lin'] },
    limit: 1_000,
  }),
  groupsToInherit: post(
    'externalcontact/groupchat/list',
    'again',
    (api) => api.groupsToInherit(1, ['lin'], 'c1'),
    { status_filter: 1, owner_filter: { userid_list: ['lin'] }, limit: 1_000, cursor: 'c1' },
  ),
  group: post('externalcontact/groupchat/get', 'again', (api) => api.group('wr1'), {
    chat_id: 'wr1',
    need_name: 1,
  }),
  groupOfOpengid: post('externalcontact/opengid_to_chatid', 'again', (api) => api.groupOfOpengid('og1'), {
    opengid: 'og1',
  }),
  addJoinWay: post(
    'externalcontact/groupchat/add_join_way',
    'once',
    (api) => api.addJoinWay(joinWay),
    joinWay,
  ),
  joinWay: post('externalcontact/groupchat/get_join_way', 'again', (api) => api.joinWay('j1'), {
    config_id: 'j1',
  }),
  updateJoinWay: post(
    'externalcontact/groupchat/update_join_way',
    'again',
    (api) => api.updateJoinWay({ config_id: 'j1', ...joinWay }),
    { config_id: 'j1', ...joinWay },
  ),
  deleteJoinWay: post('externalcontact/groupchat/del_join_way', 'once', (api) => api.deleteJoinWay('j1'), {
    config_id: 'j1',
  }),
  // ---- tags
  corpTags: post('externalcontact/get_corp_tag_list', 'again', (api) => api.corpTags(), {}),
  corpTagsOf: post(
    'externalcontact/get_corp_tag_list',
    'again',
    (api) => api.corpTagsOf({ group_id: ['g1'] }),
    { group_id: ['g1'] },
  ),
  addCorpTags: post(
    'externalcontact/add_corp_tag',
    'again',
    (api) => api.addCorpTags({ name: '分层' }, ['高', '中'], 1_000_002),
    { group_name: '分层', tag: [{ name: '高' }, { name: '中' }], agentid: 1_000_002 },
  ),
  editCorpTag: post(
    'externalcontact/edit_corp_tag',
    'again',
    (api) => api.editCorpTag({ id: 'et1', name: '高客', order: 1 }, 1_000_002),
    { id: 'et1', name: '高客', order: 1, agentid: 1_000_002 },
  ),
  deleteCorpTags: post(
    'externalcontact/del_corp_tag',
    'once',
    (api) => api.deleteCorpTags({ tag_id: ['et1'] }, 1_000_002),
    { tag_id: ['et1'], agentid: 1_000_002 },
  ),
  markTags: post(
    'externalcontact/mark_tag',
    'again',
    (api) => api.markTags({ staff: 'lin', external: 'wm1' }, ['et1'], []),
    { userid: 'lin', external_userid: 'wm1', add_tag: ['et1'] },
  ),
  strategyTags: post(
    'externalcontact/get_strategy_tag_list',
    'again',
    (api) => api.strategyTags({ strategy_id: 1 }),
    { strategy_id: 1 },
  ),
  addStrategyTags: post(
    'externalcontact/add_strategy_tag',
    'once',
    (api) => api.addStrategyTags({ strategy_id: 1, group_name: '分层', tag: [{ name: '高' }] }),
    { strategy_id: 1, group_name: '分层', tag: [{ name: '高' }] },
  ),
  editStrategyTag: post(
    'externalcontact/edit_strategy_tag',
    'again',
    (api) => api.editStrategyTag({ id: 'st1', name: '中' }),
    { id: 'st1', name: '中' },
  ),
  deleteStrategyTags: post(
    'externalcontact/del_strategy_tag',
    'once',
    (api) => api.deleteStrategyTags({ group_id: ['g1'] }),
    { group_id: ['g1'] },
  ),
  strategies: post('externalcontact/customer_strategy/list', 'again', (api) => api.strategies(), {
    limit: 1_000,
  }),
  strategy: post('externalcontact/customer_strategy/get', 'again', (api) => api.strategy(1), {
    strategy_id: 1,
  }),
  strategyRange: post(
    'externalcontact/customer_strategy/get_range',
    'again',
    (api) => api.strategyRange(1, 'c1'),
    { strategy_id: 1, limit: 1_000, cursor: 'c1' },
  ),
  createStrategy: post(
    'externalcontact/customer_strategy/create',
    'once',
    (api) => api.createStrategy(strategy),
    strategy,
  ),
  editStrategy: post(
    'externalcontact/customer_strategy/edit',
    'again',
    (api) => api.editStrategy({ strategy_id: 1, range_del: [{ type: 1, userid: 'lin' }] }),
    { strategy_id: 1, range_del: [{ type: 1, userid: 'lin' }] },
  ),
  deleteStrategy: post('externalcontact/customer_strategy/del', 'once', (api) => api.deleteStrategy(1), {
    strategy_id: 1,
  }),
  // ---- welcome and templates
  sendWelcome: post('externalcontact/send_welcome_msg', 'once', (api) => api.sendWelcome(raw), raw),
  addGroupWelcome: post(
    'externalcontact/group_welcome_template/add',
    'once',
    (api) => api.addGroupWelcome({ ...welcome, notify: 0 }),
    { ...welcome, notify: 0 },
  ),
  editGroupWelcome: post(
    'externalcontact/group_welcome_template/edit',
    'again',
    (api) => api.editGroupWelcome({ template_id: 't1', ...welcome }),
    { template_id: 't1', ...welcome },
  ),
  groupWelcome: post('externalcontact/group_welcome_template/get', 'again', (api) => api.groupWelcome('t1'), {
    template_id: 't1',
  }),
  deleteGroupWelcome: post(
    'externalcontact/group_welcome_template/del',
    'once',
    (api) => api.deleteGroupWelcome('t1'),
    { template_id: 't1' },
  ),
  // ---- broadcasts
  addBroadcast: post('externalcontact/add_msg_template', 'once', (api) => api.addBroadcast(raw), raw),
  broadcasts: post(
    'externalcontact/get_groupmsg_list_v2',
    'again',
    (api) => api.broadcasts('single', 1, 2, 'c1'),
    { chat_type: 'single', start_time: 1, end_time: 2, filter_type: 2, limit: 100, cursor: 'c1' },
  ),
  broadcastTasks: post('externalcontact/get_groupmsg_task', 'again', (api) => api.broadcastTasks('msg1'), {
    msgid: 'msg1',
    limit: 1_000,
  }),
  broadcastResults: post(
    'externalcontact/get_groupmsg_send_result',
    'again',
    (api) => api.broadcastResults('msg1', 'lin', 'c1'),
    { msgid: 'msg1', userid: 'lin', limit: 1_000, cursor: 'c1' },
  ),
  remindBroadcast: post(
    'externalcontact/remind_groupmsg_send',
    'once',
    (api) => api.remindBroadcast('msg1'),
    { msgid: 'msg1' },
  ),
  cancelBroadcast: post(
    'externalcontact/cancel_groupmsg_send',
    'again',
    (api) => api.cancelBroadcast('msg1'),
    { msgid: 'msg1' },
  ),
  // ---- moments
  addMoment: post('externalcontact/add_moment_task', 'once', (api) => api.addMoment(moment), moment),
  momentJob: get('externalcontact/get_moment_task_result', 'again', (api) => api.momentJob('job1'), {
    jobid: 'job1',
  }),
  cancelMoment: post('externalcontact/cancel_moment_task', 'once', (api) => api.cancelMoment('mom1'), {
    moment_id: 'mom1',
  }),
  moments: post(
    'externalcontact/get_moment_list',
    'again',
    (api) => api.moments({ ...span, filter_type: 0 }),
    { ...span, filter_type: 0, limit: 20 },
  ),
  momentTasks: post('externalcontact/get_moment_task', 'again', (api) => api.momentTasks('mom1'), {
    moment_id: 'mom1',
    limit: 1_000,
  }),
  momentCustomers: post(
    'externalcontact/get_moment_customer_list',
    'again',
    (api) => api.momentCustomers('mom1', 'lin'),
    { moment_id: 'mom1', userid: 'lin', limit: 1_000 },
  ),
  momentResults: post(
    'externalcontact/get_moment_send_result',
    'again',
    (api) => api.momentResults('mom1', 'lin', 'c1'),
    { moment_id: 'mom1', userid: 'lin', limit: 5_000, cursor: 'c1' },
  ),
  momentComments: post(
    'externalcontact/get_moment_comments',
    'again',
    (api) => api.momentComments('mom1', 'lin'),
    { moment_id: 'mom1', userid: 'lin' },
  ),
  // ---- hand-over
  transferCustomers: post(
    'externalcontact/transfer_customer',
    'once',
    (api) => api.transferCustomers({ ...pair, external_userid: ['wm1'], transfer_success_msg: '您好' }),
    { ...pair, external_userid: ['wm1'], transfer_success_msg: '您好' },
  ),
  transferResults: post(
    'externalcontact/transfer_result',
    'again',
    (api) => api.transferResults(pair, 'c1'),
    { ...pair, cursor: 'c1' },
  ),
  transferResigned: post(
    'externalcontact/resigned/transfer_customer',
    'once',
    (api) => api.transferResigned({ ...pair, external_userid: ['wm1'] }),
    { ...pair, external_userid: ['wm1'] },
  ),
  transferResignedResults: post(
    'externalcontact/resigned/transfer_result',
    'again',
    (api) => api.transferResignedResults(pair),
    pair,
  ),
  unassigned: post('externalcontact/get_unassigned_list', 'again', (api) => api.unassigned('c1'), {
    page_size: 1_000,
    cursor: 'c1',
  }),
  transferResignedGroups: post(
    'externalcontact/groupchat/transfer',
    'once',
    (api) => api.transferResignedGroups({ chat_id_list: ['wr1'], new_owner: 'wang' }),
    { chat_id_list: ['wr1'], new_owner: 'wang' },
  ),
  transferGroups: post(
    'externalcontact/groupchat/onjob_transfer',
    'once',
    (api) => api.transferGroups({ chat_id_list: ['wr1'], new_owner: 'wang' }),
    { chat_id_list: ['wr1'], new_owner: 'wang' },
  ),
  // ---- statistics
  staffBehaviour: post(
    'externalcontact/get_user_behavior_data',
    'again',
    (api) => api.staffBehaviour({ userid: ['lin'], ...span }),
    { userid: ['lin'], ...span },
  ),
  groupStatistics: post(
    'externalcontact/groupchat/statistic',
    'again',
    (api) =>
      api.groupStatistics({ day_begin_time: 1, owner_filter: { userid_list: ['lin'] }, order_by: 2 }, 500),
    {
      day_begin_time: 1,
      owner_filter: { userid_list: ['lin'] },
      order_by: 2,
      offset: 500,
      limit: 1_000,
    },
  ),
  groupStatisticsByDay: post(
    'externalcontact/groupchat/statistic_group_by_day',
    'again',
    (api) => api.groupStatisticsByDay({ day_begin_time: 1, owner_filter: { userid_list: ['lin'] } }),
    { day_begin_time: 1, owner_filter: { userid_list: ['lin'] } },
  ),
  // ---- acquisition
  acquisitionLinks: post(
    'externalcontact/customer_acquisition/list_link',
    'again',
    (api) => api.acquisitionLinks(),
    { limit: 100 },
  ),
  acquisitionLink: post(
    'externalcontact/customer_acquisition/get',
    'again',
    (api) => api.acquisitionLink('l1'),
    { link_id: 'l1' },
  ),
  createAcquisitionLink: post(
    'externalcontact/customer_acquisition/create_link',
    'once',
    (api) => api.createAcquisitionLink(link),
    link,
  ),
  updateAcquisitionLink: post(
    'externalcontact/customer_acquisition/update_link',
    'again',
    (api) => api.updateAcquisitionLink({ link_id: 'l1', link_name: '夏茶' }),
    { link_id: 'l1', link_name: '夏茶' },
  ),
  deleteAcquisitionLink: post(
    'externalcontact/customer_acquisition/delete_link',
    'once',
    (api) => api.deleteAcquisitionLink('l1'),
    { link_id: 'l1' },
  ),
  acquisitionCustomers: post(
    'externalcontact/customer_acquisition/customer',
    'again',
    (api) => api.acquisitionCustomers('l1', 'c1'),
    { link_id: 'l1', limit: 1_000, cursor: 'c1' },
  ),
  acquisitionQuota: get('externalcontact/customer_acquisition_quota', 'again', (api) =>
    api.acquisitionQuota(),
  ),
  acquisitionStatistic: post(
    'externalcontact/customer_acquisition/statistic',
    'again',
    (api) => api.acquisitionStatistic('l1', span),
    { link_id: 'l1', ...span },
  ),
  acquisitionChat: post(
    'externalcontact/customer_acquisition/get_chat_info',
    'again',
    (api) => api.acquisitionChat('k1'),
    { chat_key: 'k1' },
  ),
  // ---- album
  addProduct: post('externalcontact/add_product_album', 'once', (api) => api.addProduct(product), product),
  product: post('externalcontact/get_product_album', 'again', (api) => api.product('p1'), {
    product_id: 'p1',
  }),
  products: post('externalcontact/get_product_album_list', 'again', (api) => api.products(), { limit: 100 }),
  updateProduct: post(
    'externalcontact/update_product_album',
    'again',
    (api) => api.updateProduct({ product_id: 'p1', price: 9_900 }),
    { product_id: 'p1', price: 9_900 },
  ),
  deleteProduct: post('externalcontact/delete_product_album', 'once', (api) => api.deleteProduct('p1'), {
    product_id: 'p1',
  }),
  // ---- sensitive words
  addInterceptRule: post(
    'externalcontact/add_intercept_rule',
    'once',
    (api) => api.addInterceptRule(rule),
    rule,
  ),
  interceptRules: get('externalcontact/get_intercept_rule_list', 'again', (api) => api.interceptRules()),
  interceptRule: post('externalcontact/get_intercept_rule', 'again', (api) => api.interceptRule('r1'), {
    rule_id: 'r1',
  }),
  updateInterceptRule: post(
    'externalcontact/update_intercept_rule',
    'again',
    (api) => api.updateInterceptRule({ rule_id: 'r1', extra_rule: { semantics_list: [] } }),
    { rule_id: 'r1', extra_rule: { semantics_list: [] } },
  ),
  deleteInterceptRule: post(
    'externalcontact/del_intercept_rule',
    'once',
    (api) => api.deleteInterceptRule('r1'),
    { rule_id: 'r1' },
  ),
  // ---- messages to staff
  sendMessage: post('message/send', 'once', (api) => api.sendMessage(raw), raw),
  updateCard: post(
    'message/update_template_card',
    'once',
    (api) => api.updateCard({ userids: ['lin'], agentid: 1, response_code: 'rc', template_card: card }),
    { userids: ['lin'], agentid: 1, response_code: 'rc', template_card: card },
  ),
  recallMessage: post('message/recall', 'once', (api) => api.recallMessage('m1'), { msgid: 'm1' }),
  // ---- internal groups
  createChat: post(
    'appchat/create',
    'once',
    (api) => api.createChat({ name: '店长群', owner: 'lin', userlist: ['lin', 'wang'], chatid: 'shop1' }),
    { name: '店长群', owner: 'lin', userlist: ['lin', 'wang'], chatid: 'shop1' },
  ),
  updateChat: post(
    'appchat/update',
    'again',
    (api) => api.updateChat({ chatid: 'shop1', add_user_list: ['zhao'] }),
    { chatid: 'shop1', add_user_list: ['zhao'] },
  ),
  chat: get('appchat/get', 'again', (api) => api.chat('shop1'), { chatid: 'shop1' }),
  sendToChat: post(
    'appchat/send',
    'once',
    (api) => api.sendToChat({ chatid: 'shop1', msgtype: 'markdown', markdown: { content: '**早**' } }),
    { chatid: 'shop1', msgtype: 'markdown', markdown: { content: '**早**' } },
  ),
  // ---- robots
  sendByRobot: {
    ...post(
      'webhook/send',
      'once',
      (api) =>
        api.sendByRobot('key1', { msgtype: 'text', text: { content: '早', mentioned_list: ['@all'] } }),
      { msgtype: 'text', text: { content: '早', mentioned_list: ['@all'] } },
      { key: 'key1' },
    ),
    token: 'none',
  },
  sendImageByRobot: {
    ...post(
      'webhook/send',
      'once',
      (api) => api.sendImageByRobot('key1', file(png(1, 1), 'a.png')),
      {
        msgtype: 'image',
        image: {
          base64: 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABAAAAAAAAAAAA',
          md5: '692498a04d535b4cf93f07ef342d313e',
        },
      },
      { key: 'key1' },
    ),
    token: 'none',
  },
  uploadForRobot: {
    ...post(
      'webhook/upload_media',
      'again',
      (api) => api.uploadForRobot('key1', 'file', file(Buffer.from('一二三'), '表.csv')),
      Buffer.from('一二三'),
      { key: 'key1', type: 'file' },
    ),
    token: 'none',
  },
  // ---- 微信客服
  addKfAccount: post('kf/account/add', 'once', (api) => api.addKfAccount({ name: '小思', media_id: 'm1' }), {
    name: '小思',
    media_id: 'm1',
  }),
  deleteKfAccount: post('kf/account/del', 'once', (api) => api.deleteKfAccount('wk1'), { open_kfid: 'wk1' }),
  updateKfAccount: post(
    'kf/account/update',
    'again',
    (api) => api.updateKfAccount({ open_kfid: 'wk1', name: '思语' }),
    { open_kfid: 'wk1', name: '思语' },
  ),
  kfAccounts: post('kf/account/list', 'again', (api) => api.kfAccounts(100), { offset: 100, limit: 100 }),
  kfContactWay: post('kf/add_contact_way', 'again', (api) => api.kfContactWay('wk1', 'poster'), {
    open_kfid: 'wk1',
    scene: 'poster',
  }),
  addServicers: post(
    'kf/servicer/add',
    'once',
    (api) => api.addServicers({ open_kfid: 'wk1', userid_list: ['lin'], department_id_list: [2] }),
    { open_kfid: 'wk1', userid_list: ['lin'], department_id_list: [2] },
  ),
  removeServicers: post(
    'kf/servicer/del',
    'once',
    (api) => api.removeServicers({ open_kfid: 'wk1', userid_list: ['lin'] }),
    { open_kfid: 'wk1', userid_list: ['lin'] },
  ),
  servicers: get('kf/servicer/list', 'again', (api) => api.servicers('wk1'), { open_kfid: 'wk1' }),
  kfState: post('kf/service_state/get', 'again', (api) => api.kfState(kf), kf),
  changeKfState: post(
    'kf/service_state/trans',
    'once',
    (api) => api.changeKfState({ ...kf, service_state: 3, servicer_userid: 'lin' }),
    { ...kf, service_state: 3, servicer_userid: 'lin' },
  ),
  pullKf: post('kf/sync_msg', 'again', (api) => api.pullKf({ open_kfid: 'wk1', cursor: 'c1', token: 'tk' }), {
    open_kfid: 'wk1',
    cursor: 'c1',
    token: 'tk',
    limit: 1_000,
  }),
  sendKf: post(
    'kf/send_msg',
    'once',
    (api) =>
      api.sendKf({
        touser: 'wm1',
        open_kfid: 'wk1',
        msgid: 'own1',
        msgtype: 'msgmenu',
        msgmenu: { head_content: '喝哪种？', list: [{ type: 'click', click: { id: '1', content: '绿茶' } }] },
      }),
    {
      touser: 'wm1',
      open_kfid: 'wk1',
      msgid: 'own1',
      msgtype: 'msgmenu',
      msgmenu: { head_content: '喝哪种？', list: [{ type: 'click', click: { id: '1', content: '绿茶' } }] },
    },
  ),
  sendKfOnEvent: post(
    'kf/send_msg_on_event',
    'once',
    (api) => api.sendKfOnEvent({ code: 'cd', msgid: 'own2', msgtype: 'text', text: { content: '您好' } }),
    { code: 'cd', msgid: 'own2', msgtype: 'text', text: { content: '您好' } },
  ),
  kfCustomers: post('kf/customer/batchget', 'again', (api) => api.kfCustomers(['wm1'], true), {
    external_userid_list: ['wm1'],
    need_enter_session_context: 1,
  }),
  kfUpgradeConfig: get('kf/customer/get_upgrade_service_config', 'again', (api) => api.kfUpgradeConfig()),
  upgradeService: post(
    'kf/customer/upgrade_service',
    'once',
    (api) => api.upgradeService({ ...kf, type: 1, member: { userid: 'lin', wording: '加我' } }),
    { ...kf, type: 1, member: { userid: 'lin', wording: '加我' } },
  ),
  cancelUpgrade: post('kf/customer/cancel_upgrade_service', 'once', (api) => api.cancelUpgrade(kf), kf),
  kfCorpStatistics: post(
    'kf/get_corp_statistic',
    'again',
    (api) => api.kfCorpStatistics({ open_kfid: 'wk1', ...span }),
    { open_kfid: 'wk1', ...span },
  ),
  kfServicerStatistics: post(
    'kf/get_servicer_statistic',
    'again',
    (api) => api.kfServicerStatistics({ servicer_userid: 'lin', ...span }),
    { servicer_userid: 'lin', ...span },
  ),
  // ---- who stands there
  visitor: get('auth/getuserinfo', 'once', (api) => api.visitor('code1'), { code: 'code1' }),
  visitorByOldPath: get('user/getuserinfo', 'once', (api) => api.visitorByOldPath('code1'), {
    code: 'code1',
  }),
  memberDetail: post('auth/getuserdetail', 'again', (api) => api.memberDetail('ut1'), { user_ticket: 'ut1' }),
  corpTicket: get('get_jsapi_ticket', 'again', (api) => api.corpTicket()),
  agentTicket: get('ticket/get', 'again', (api) => api.agentTicket(), { type: 'agent_config' }),
  callbackAddresses: get('getcallbackip', 'again', (api) => api.callbackAddresses()),
  // ---- files
  uploadMedia: post(
    'media/upload',
    'again',
    (api) => api.uploadMedia('voice', file(amr(2), '留言.amr')),
    amr(2),
    { type: 'voice' },
  ),
  uploadPicture: post(
    'media/uploadimg',
    'again',
    (api) => api.uploadPicture(file(jpg(9, 9), 'a.jpg')),
    jpg(9, 9),
  ),
  uploadAttachment: post(
    'media/upload_attachment',
    'again',
    (api) => api.uploadAttachment('moment', 'video', file(mp4(9), 'a.mp4')),
    mp4(9),
    { media_type: 'video', attachment_type: '1' },
  ),
  uploadByUrl: post(
    'media/upload_by_url',
    'once',
    (api) =>
      api.uploadByUrl({ scene: 1, type: 'video', filename: 'a.mp4', url: 'https://a.example/a', md5: 'd4' }),
    { scene: 1, type: 'video', filename: 'a.mp4', url: 'https://a.example/a', md5: 'd4' },
  ),
  uploadByUrlResult: post('media/get_upload_by_url_result', 'again', (api) => api.uploadByUrlResult('job1'), {
    jobid: 'job1',
  }),
  media: get('media/get', 'again', (api) => api.media('m1'), { media_id: 'm1' }),
  mediaOfPage: get('media/get/jssdk', 'again', (api) => api.mediaOfPage('m1'), { media_id: 'm1' }),
  // ---- session archive
  archivedStaff: post('msgaudit/get_permit_user_list', 'again', (api) => api.archivedStaff(2), { type: 2 }),
  archiveAgreements: post(
    'msgaudit/check_single_agree',
    'again',
    (api) => api.archiveAgreements([{ userid: 'lin', exteranalopenid: 'wm1' }]),
    { info: [{ userid: 'lin', exteranalopenid: 'wm1' }] },
  ),
  archiveRoomAgreements: post(
    'msgaudit/check_room_agree',
    'again',
    (api) => api.archiveRoomAgreements('wr1'),
    { roomid: 'wr1' },
  ),
  archivedRoom: post('msgaudit/groupchat/get', 'again', (api) => api.archivedRoom('wr1'), { roomid: 'wr1' }),
  archivedRobot: get('msgaudit/get_robot_info', 'again', (api) => api.archivedRobot('rb1'), {
    robot_id: 'rb1',
  }),
}
