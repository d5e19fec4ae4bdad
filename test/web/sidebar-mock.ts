/** A desk with a handful of customers, kept in memory: the sidebar's server for its browser tests. */
import { profileOf } from './mock-profile.ts'
import type {
  CouponTemplates,
  CustomerCard,
  IssuedCoupon,
  Me,
  Paged,
  SidebarCoupon,
  SidebarCustomer,
  SidebarTask,
} from '../../src/http/contract.ts'
import { problem, servePage, type Answer, type Call, type PageServer } from './h5-serve.ts'

const now = '2026-05-20T10:05:00+08:00'

const me: Me = {
  userid: 'linlin',
  name: '林琳',
  roles: ['advisor'],
  simulated: false,
  shop: '小葵母婴',
  now,
}

const careText =
  '王女士早上好，小团子快满 6 个月了吧？上次的 1 段奶粉大概还够一周，2 段我帮您留了两罐，换段前三天建议新旧各一半。需要的话点这里看看：https://shop.example/h5/l/p.abc'

export const task = (over: Partial<SidebarTask> = {}): SidebarTask => ({
  promiseId: 'care-1',
  externalUserId: 'wm-wang',
  name: '王女士',
  tier: 'high',
  tierTitle: '高价值',
  touchpoint: 'restage',
  title: '换段关怀',
  why: '宝宝快满 6 个月，1 段奶粉按上次购买推算还能喝 7 天。',
  text: careText,
  dueAt: '2026-05-20T09:30:00+08:00',
  expiresAt: '2026-05-20T21:00:00+08:00',
  state: 'waiting',
  warnings: [],
  ...over,
})

export const card = (over: Partial<CustomerCard> = {}): CustomerCard => ({
  ...profileOf(),
  id: 'c1',
  externalUserId: 'wm-wang',
  name: '王女士',
  remark: '王晓雯 小团子妈妈',
  tier: 'high',
  tierTitle: '高价值',
  tierReason: '近 90 天购买 4 次，客单价前 20%，最近一次互动在 3 天前',
  advisor: '林琳',
  purchases: 12,
  spentFen: 862_050,
  lastPurchaseDay: '2026-04-27',
  optedOut: false,
  addedAt: '2025-06-01T10:00:00+08:00',
  stage: '成熟期',
  averageFen: 71_837,
  level: {
    name: 'gold',
    title: '金卡',
    benefits: ['每月包邮 1 次', '优先客服'],
    keepUntil: '2027-03-01',
    nextTitle: '铂金',
    missingFen: 1_137_950,
    keepMissingFen: 0,
  },
  points: 1280,
  tags: ['孕 · 已生', '奶粉 1 段', '价格不敏感', '爱晒娃', '混合肌', '周末购物', '参加过寻宝', '金卡'],
  coupons: [
    {
      code: 'KUI-8F2K-77QM',
      title: '2 段奶粉立减 30 元',
      state: 'issued',
      expiresAt: '2026-05-31T23:59:00+08:00',
    },
  ],
  orders: [
    { at: '2026-04-27T20:14:00+08:00', amountFen: 59_800, items: ['1 段奶粉 800g × 2'] },
    { at: '2026-04-02T13:40:00+08:00', amountFen: 12_900, items: ['拉拉裤 M 码', '婴儿湿巾 80 抽 × 6'] },
    { at: '2026-03-11T21:02:00+08:00', amountFen: 108_000, items: ['婴儿推车（轻便款）'] },
  ],
  timeline: [
    { at: '2026-05-17T20:31:00+08:00', kind: 'vote', words: '投票「夏天带娃去哪儿」：海边' },
    { at: '2026-05-12T09:50:00+08:00', kind: 'click', words: '点开「换段怎么换」' },
  ],
  tierMoves: [],
  touchpoints: [
    {
      subject: 'c1',
      name: '每周专属内容',
      at: '2026-05-13T10:00:00+08:00',
      decision: 'queued',
      reason: { code: 'due', words: '每周一次的专属内容' },
      state: 'sent',
      text: '王女士，湿疹护理的三个小办法给您整理好了…',
    },
    {
      subject: 'c1',
      name: '每周专属内容',
      at: '2026-05-10T10:00:00+08:00',
      decision: 'declined',
      reason: { code: 'cap', words: '本周已达 2 次上限' },
    },
  ],
  ...over,
})

export const couponAtCounter = (over: Partial<SidebarCoupon> = {}): SidebarCoupon => ({
  code: 'KUF2K77QM3',
  title: '2 段奶粉立减 30 元',
  terms: '减30元，满199元可用',
  state: 'issued',
  expiresAt: '2026-05-31T23:59:00+08:00',
  owner: '赵**',
  ...over,
})

export interface DeskState {
  coupon: SidebarCoupon
  tasks: SidebarTask[]
  cards: CustomerCard[]
  me: Me
  /** Answer this to the next calls of a path instead, until removed. */
  faults: Map<string, Answer>
}

const settled = (state: DeskState, call: Call, id: string, verb: string): Answer => {
  const found = state.tasks.find(({ promiseId }) => promiseId === id)
  if (!found) return problem(404, 'not-found', '没有这项任务')
  const next: Record<string, SidebarTask['state']> = {
    intent: 'intent',
    settle: call.body['result'] === 'sent' ? 'sent' : 'waiting',
    skip: 'skipped',
  }
  const to = next[verb]
  if (!to) return problem(404, 'not-found', '没有这个地址')
  const text = verb === 'intent' ? String(call.body['text']) : found.text
  const changed: SidebarTask = { ...found, state: to, text }
  state.tasks = state.tasks.map((one) => (one === found ? changed : one))
  return { body: changed }
}

const customerAnswer = (state: DeskState, id: string): Answer => {
  const customer = state.cards.find(({ externalUserId }) => externalUserId === id)
  if (!customer) return problem(404, 'not-found', '这位客户由其他顾问负责', '需要接手请联系管理员调整负责人')
  const tasks = state.tasks.filter(({ externalUserId }) => externalUserId === id)
  return { body: { customer, tasks } satisfies SidebarCustomer }
}

const optOut = (state: DeskState, id: string, optedOut: boolean): Answer => {
  state.cards = state.cards.map((one) => (one.externalUserId === id ? { ...one, optedOut } : one))
  return { body: { optedOut } }
}

const templates: CouponTemplates = {
  templates: [
    { name: 'care-20', title: '专属 20 元券', terms: '减20元，满99元可用', validDays: 7 },
    { name: 'free-shipping', title: '包邮券', terms: '包邮一次', validDays: 30 },
  ],
}

/** Codes are compared as the server does: blanks and small letters mean nothing. */
const atCounter = (state: DeskState, typed: string, verb: string): Answer => {
  if (typed.toUpperCase().replace(/[\s-]/g, '') !== state.coupon.code)
    return problem(404, 'coupon-unknown', '查无此券', '请核对券码，共 10 位，没有 0、O、1、I、L')
  if (verb === 'redeem') {
    if (state.coupon.why) return problem(409, 'coupon-redeemed', state.coupon.why)
    state.coupon = { ...state.coupon, state: 'redeemed', why: '已核销于 05-20 10:05' }
  }
  return { body: state.coupon }
}

const handOut = (call: Call): Answer => {
  const chosen = templates.templates.find(({ name }) => name === call.body['template'])
  if (!chosen) return problem(404, 'unknown-template', '没有这种券')
  const coupon = {
    code: 'ABCDEFGHJK',
    title: chosen.title,
    terms: chosen.terms,
    state: 'issued' as const,
    expiresAt: '2026-05-27T10:05:00+08:00',
  }
  const text = `送您一张「${chosen.title}」，${chosen.terms}：https://shop.example/h5/#/coupon/${coupon.code}`
  return { body: { coupon, text } satisfies IssuedCoupon }
}

const answer = (state: DeskState, call: Call): Answer | undefined => {
  const fault = state.faults.get(call.path)
  if (fault) return fault
  const [, , , area, id = '', verb = ''] = call.path.split('/').map(decodeURIComponent)
  if (area === 'me') return { body: state.me }
  if (area === 'jssdk') {
    const signature = { timestamp: 1_779_243_000, nonceStr: 'nonce', signature: 'a'.repeat(40) }
    return { body: { corpId: 'ww1', agentId: '1000002', config: signature, agentConfig: signature } }
  }
  if (area === 'today')
    return { body: { total: state.tasks.length, items: state.tasks } satisfies Paged<SidebarTask> }
  if (area === 'promises') return settled(state, call, id, verb)
  if (area === 'coupon-templates') return { body: templates }
  if (area === 'coupons') return atCounter(state, id, verb)
  if (area !== 'customers') return undefined
  if (verb === 'coupons') return handOut(call)
  if (verb === 'opt-out') return optOut(state, id, true)
  if (verb === 'opt-in') return optOut(state, id, false)
  return customerAnswer(state, id)
}

export const serveDesk = async (
  over: Partial<DeskState> = {},
): Promise<PageServer & { state: DeskState }> => {
  const state: DeskState = {
    tasks: [
      task(),
      task({
        promiseId: 'wake-1',
        externalUserId: 'wm-li',
        name: '李妈妈',
        tier: 'dormant',
        tierTitle: '沉睡',
        title: '沉睡唤醒 · 8 折券',
        why: '93 天没有购买，往常每 35 天买一次；8 折券只发这一次。',
        warnings: ['11 小时前刚聊过'],
      }),
      task({
        promiseId: 'new-1',
        externalUserId: 'wm-chen',
        name: '陈先生',
        tier: 'new',
        tierTitle: '新客',
        title: '新客 24 小时回访',
        why: '昨天第一次下单（恒温壶），问问用得怎么样。',
      }),
      task({
        promiseId: 'done-1',
        externalUserId: 'wm-zhao',
        name: '赵姐',
        tier: 'mid',
        tierTitle: '活跃',
        state: 'sent',
      }),
    ],
    cards: [
      card(),
      card({
        id: 'c2',
        externalUserId: 'wm-li',
        name: '李妈妈',
        tier: 'dormant',
        tierTitle: '沉睡',
        tierReason: '最近一次购买在 93 天前',
      }),
      card({
        id: 'c3',
        externalUserId: 'wm-chen',
        name: '陈先生',
        tier: 'new',
        tierTitle: '新客',
        tierReason: '首次购买在 1 天前',
      }),
    ],
    me,
    coupon: couponAtCounter(),
    faults: new Map(),
    ...over,
  }
  const server = await servePage('sidebar', (call) => answer(state, call))
  return { ...server, state }
}

export const weComAgent =
  'Mozilla/5.0 (Linux; Android 13; M2012K11AC) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/116.0.0.0 Mobile Safari/537.36 wxwork/4.1.36 MicroMessenger/7.0.1 NetType/WIFI Language/zh ColorScheme/Light'

/**
 * The client's side of the JS-SDK, put into the page before it loads. `answers` overrides by API name; the answer
 * `null` leaves the call pending for ever, as real clients do.
 */
export const fakeBridge = (
  chat: { entry: string; externalUserId?: string },
  answers: Record<string, Record<string, unknown> | null> = {},
): string => `
  window.bridgeCalls = [];
  const answers = Object.assign({
    agentConfig: { err_msg: 'agentConfig:ok' },
    preVerifyJSAPI: { err_msg: 'preVerifyJSAPI:ok' },
    getContext: { err_msg: 'getContext:ok', entry: ${JSON.stringify(chat.entry)} },
    getCurExternalContact: ${JSON.stringify(
      chat.externalUserId
        ? { err_msg: 'getCurExternalContact:ok', userId: chat.externalUserId }
        : { err_msg: 'getCurExternalContact:fail without context of external contact' },
    )},
    sendChatMessage: { err_msg: 'sendChatMessage:ok' },
    openEnterpriseChat: { err_msg: 'openEnterpriseChat:ok' },
  }, ${JSON.stringify(answers)});
  window.bridgeAnswers = answers;
  window.WeixinJSBridge = {
    invoke(name, params, done) {
      window.bridgeCalls.push({ name, params });
      const answer = name in answers ? answers[name] : { err_msg: name + ':fail function not exist' };
      if (answer) setTimeout(() => done(Object.assign({}, answer)), 5);
    },
    on() {},
  };
`
