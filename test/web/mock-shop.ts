/**
 * A made-up maternity shop for looking at the pages: 246 customers, 18 groups and eleven touchpoints, all derived from
 * hashes, so that every count on the calendar equals the list behind it and every run shows the same people.
 */
import type {
  Calendar,
  CalendarDay,
  CalendarEntry,
  CalendarSubject,
  CustomerRow,
  Decision,
  Delivery,
  PromiseState,
  Reason,
} from '../../src/http/contract.ts'

export const now = '2026-05-20T10:12:00+08:00'
export const today = now.slice(0, 10)

const dayMs = 86_400_000
export const addDays = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10)
const weekdayOf = (day: string): number => new Date(`${day}T00:00:00Z`).getUTCDay() || 7

/** FNV-1a: small, even enough, and the same everywhere. */
export const hash = (text: string): number => {
  let value = 2_166_136_261
  for (const letter of text) value = Math.imul(value ^ (letter.codePointAt(0) ?? 0), 16_777_619) >>> 0
  value ^= value >>> 15
  return Math.imul(value, 2_246_822_519) >>> 0
}
export const chance = (text: string): number => hash(text) / 4_294_967_296
export const pick = <T>(list: readonly T[], text: string): T => list[hash(text) % list.length] as T

export const tiers = [
  { tier: 'high', title: '高价值' },
  { tier: 'new', title: '新客' },
  { tier: 'mid', title: '中价值' },
  { tier: 'dormant', title: '沉睡' },
  { tier: 'lead', title: '潜客' },
] as const
type Tier = (typeof tiers)[number]['tier']

const advisors = ['周雨桐', '沈一鸣', '何晓芸', '林佳怡']
const surnames = [...'王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗']
const given = [
  '女士',
  '妈妈',
  '先生',
  '思琪',
  '雅婷',
  '梦洁',
  '子涵',
  '晓燕',
  '丽娟',
  '佳慧',
  '文静',
  '欣怡',
  '志强',
  '海燕',
  '若曦',
]

const tierFor = (index: number): Tier => {
  const share = chance(`tier${index}`)
  if (share < 0.11) return 'high'
  if (share < 0.19) return 'new'
  if (share < 0.55) return 'mid'
  return share < 0.85 ? 'dormant' : 'lead'
}
const tierReason = (tier: Tier, purchases: number, last: string | undefined): string => {
  switch (tier) {
    case 'high':
      return `90 天内购买 ${Math.max(3, purchases - 2)} 次，平均每单在近一年买家的前 20%，近 90 天有互动`
    case 'new':
      return `首次购买在 7 天内（${last ?? today}）`
    case 'mid':
      return `180 天内有购买（最近 ${last ?? today}）`
    case 'dormant':
      return `曾购买 ${purchases} 次，最近一次在 ${last ?? ''}，已超过 180 天`
    case 'lead':
      return '已添加企业微信，还没有购买'
  }
}
const lastDayFor = (tier: Tier, index: number): string | undefined => {
  if (tier === 'lead') return undefined
  const spans = { high: [1, 30], new: [0, 6], mid: [8, 170], dormant: [185, 420] } as const
  const [low, high] = spans[tier]
  return addDays(today, -(low + Math.floor(chance(`last${index}`) * (high - low))))
}
const makeCustomer = (index: number): CustomerRow => {
  const tier = tierFor(index)
  const purchases =
    { high: 7, new: 1, mid: 3, dormant: 2, lead: 0 }[tier] + (tier === 'high' ? hash(`p${index}`) % 6 : 0)
  const last = lastDayFor(tier, index)
  const spentFen = purchases * (8_900 + (hash(`f${index}`) % 40) * 1_000 + (index % 3 === 0 ? 50 : 0))
  const advisor = tier === 'lead' && index % 2 ? undefined : pick(advisors, `advisor${index}`)
  return {
    id: `c${String(index).padStart(3, '0')}`,
    name: `${pick(surnames, `s${index}`)}${pick(given, `g${index}`)}`,
    tier,
    tierTitle: tiers.find((one) => one.tier === tier)?.title ?? tier,
    tierReason: tierReason(tier, purchases, last),
    ...(advisor ? { advisor } : {}),
    ...(advisor && tier === 'high' ? { namedAdvisor: advisor } : {}),
    purchases,
    spentFen,
    ...(last ? { lastPurchaseDay: last } : {}),
    optedOut: chance(`out${index}`) < 0.05,
  }
}
export const customers: readonly CustomerRow[] = Array.from({ length: 246 }, (_, index) =>
  makeCustomer(index + 1),
)
const groups = Array.from({ length: 18 }, (_, index) => ({
  id: `g${index + 1}`,
  name: `${pick(['妈妈成长营', '辅食研究所', '早教交流群', '睡眠互助群', '亲子阅读会'], `gn${index}`)} ${index + 1} 群`,
  advisor: pick(advisors, `ga${index}`),
}))

interface Touchpoint {
  readonly name: string
  readonly title: string
  readonly channel: string
  readonly channelTitle: string
  readonly at: string
  readonly weekdays: readonly number[]
  readonly tiers?: readonly Tier[]
  readonly share?: number
  readonly text: (name: string) => string
}
const task = { channel: 'advisor-task', channelTitle: '顾问任务' }
const groupCast = { channel: 'group-broadcast', channelTitle: '社群群发' }
const broadcast = { channel: 'customer-broadcast', channelTitle: '客户群发' }
const every = [1, 2, 3, 4, 5, 6, 7]
const calls = (name: string): string =>
  name.length > 2 && !name.endsWith('女士') && !name.endsWith('先生') && !name.endsWith('妈妈')
    ? `${name.slice(1)}`
    : name

export const touchpoints: readonly Touchpoint[] = [
  {
    name: 'daily-tip',
    title: '每日小贴士',
    ...groupCast,
    at: '10:00',
    weekdays: every,
    text: () =>
      '【今日小贴士】入夏后宝宝洗澡水温 37～38℃ 最舒服，洗完 3 分钟内涂润肤乳。你家宝宝爱洗澡吗？点开投一票：https://siyu.example/h5/l/b.7Kq2',
  },
  {
    name: 'order-guide',
    title: '下单后指引',
    ...task,
    at: '10:30',
    weekdays: every,
    tiers: ['new'],
    share: 0.5,
    text: (name) => `${calls(name)}，您的安全座椅已签收，这里有 2 分钟的安装视频，装好后拍张照我帮您检查。`,
  },
  {
    name: 'follow-up-24h',
    title: '新客 24 小时回访',
    ...task,
    at: '14:30',
    weekdays: every,
    tiers: ['new'],
    share: 0.4,
    text: (name) => `${calls(name)}，宝贝用着还习惯吗？有任何不合适直接告诉我。`,
  },
  {
    name: 'replenish',
    title: '奶粉补货提醒',
    ...task,
    at: '15:00',
    weekdays: every,
    tiers: ['high', 'mid'],
    share: 0.06,
    text: (name) => `${calls(name)}，按您家的用量，3 段奶粉大约还够 6 天，要不要我先帮您留两罐？`,
  },
  {
    name: 'weekly-care',
    title: '每周专属关怀',
    ...task,
    at: '14:30',
    weekdays: [1, 2, 3, 4],
    tiers: ['high'],
    share: 0.3,
    text: (name) => `${calls(name)}，宝宝快一岁半了，这周给您整理了 5 道补铁辅食，附食材清单。`,
  },
  {
    name: 'wake-up',
    title: '唤醒阶梯',
    ...broadcast,
    at: '14:30',
    weekdays: [2, 4],
    tiers: ['dormant'],
    share: 0.55,
    text: () => '好久不见！为您准备了一张 8 折券，48 小时内有效，点开领取：https://siyu.example/h5/l/b.9Xm4',
  },
  {
    name: 'hunt-clue',
    title: '寻宝线索',
    ...groupCast,
    at: '19:30',
    weekdays: [2, 4, 6],
    text: () =>
      '【寻宝第 3 条线索】它藏在“睡前三件事”里，找到暗号回来换积分：https://siyu.example/h5/l/b.3Tz8',
  },
  {
    name: 'topic-poll',
    title: '周三话题投票',
    ...groupCast,
    at: '20:00',
    weekdays: [3],
    text: () => '本周话题：宝宝几点睡？投票得 10 积分：https://siyu.example/h5/l/b.5Yp1',
  },
  {
    name: 'photo-draw',
    title: '周五晒娃抽奖',
    ...groupCast,
    at: '19:30',
    weekdays: [5],
    text: () => '晒一张宝宝的笑脸，周日 20:00 开奖。规则与奖品在这里：https://siyu.example/h5/l/b.8Wd6',
  },
  {
    name: 'birthday-care',
    title: '生日关怀',
    ...task,
    at: '09:40',
    weekdays: [2, 3, 6, 7],
    tiers: ['high', 'mid', 'dormant'],
    share: 0.015,
    text: (name) => `${calls(name)}，祝宝宝生日快乐！积分今天双倍，另外给您留了一份小礼物。`,
  },
  {
    name: 'member-day',
    title: '会员日邀请',
    ...broadcast,
    at: '15:00',
    weekdays: [3],
    tiers: ['high', 'mid'],
    share: 1,
    text: () => '每月 20 日会员日：全场积分双倍，前 100 名送试用装：https://siyu.example/h5/l/b.2Rc9',
  },
]

const reasons: Readonly<Record<string, string>> = {
  planned: '轮到这位客户，时段和频次都允许',
  'planned-group': '今天这个群还没有群发',
  'opted-out': '已退订营销消息',
  'cap-week': '本周 1 对 1 营销已满 2 次',
  'cap-gap': '距上次营销不足 48 小时',
  'open-complaint': '有未解决的售后',
  'group-cap': '今天已有一条社群群发，内容并入其中',
  holdout: '属于对照组，不发送',
  'ladder-used': '12 个月内已领过唤醒券',
  'just-talked': '12 小时内刚与顾问聊过',
  quota: '企业微信本月群发次数已用完',
  window: '过了发送时段，顺延到下一时段',
  'advisor-busy': '顾问今天任务已满 30 条，顺延到明天',
}
const reasonOf = (code: string): Reason => ({ code, words: reasons[code] ?? code })

const declines: Readonly<Record<string, readonly (readonly [string, number])[]>> = {
  'advisor-task': [
    ['cap-week', 0.07],
    ['cap-gap', 0.05],
    ['open-complaint', 0.03],
    ['just-talked', 0.04],
  ],
  'customer-broadcast': [
    ['cap-week', 0.14],
    ['ladder-used', 0.09],
    ['holdout', 0.08],
    ['quota', 0.05],
    ['open-complaint', 0.02],
  ],
  'group-broadcast': [['group-cap', 0.06]],
}
interface Verdict {
  readonly decision: Decision
  readonly reason: Reason
}
const judge = (touchpoint: Touchpoint, key: string, optedOut: boolean): Verdict => {
  if (optedOut) return { decision: 'declined', reason: reasonOf('opted-out') }
  if (touchpoint.name === 'hunt-clue' && chance(`tip${key}`) < 0.3)
    return { decision: 'declined', reason: reasonOf('group-cap') }
  let draw = chance(`why${key}`)
  for (const [code, share] of declines[touchpoint.channel] ?? []) {
    if (draw < share) return { decision: 'declined', reason: reasonOf(code) }
    draw -= share
  }
  if (touchpoint.channel === 'advisor-task' && draw < 0.08)
    return { decision: 'later', reason: reasonOf('advisor-busy') }
  if (touchpoint.channel === 'customer-broadcast' && draw < 0.05)
    return { decision: 'later', reason: reasonOf('window') }
  return {
    decision: 'queued',
    reason: reasonOf(touchpoint.channel === 'group-broadcast' ? 'planned-group' : 'planned'),
  }
}
const stateFor = (day: string, at: string, key: string): PromiseState => {
  if (day > today || (day === today && at > now.slice(11, 16))) return 'queued'
  const draw = chance(`state${key}`)
  if (day === today) return draw < 0.55 ? 'sent' : 'waiting'
  if (draw < 0.9) return 'sent'
  return draw < 0.96 ? 'expired' : 'refused'
}

/** Everybody whom a touchpoint concerns on a day: the one source of every figure in this shop. */
export const subjectsOf = (touchpoint: Touchpoint, day: string): CalendarSubject[] => {
  if (
    !touchpoint.weekdays.includes(weekdayOf(day)) ||
    (touchpoint.name === 'member-day' && !day.endsWith('-20'))
  )
    return []
  const make = (
    id: string,
    name: string,
    advisor: string | undefined,
    optedOut: boolean,
    tier?: string,
  ): CalendarSubject => {
    const key = `${touchpoint.name}:${day}:${id}`
    const verdict = judge(touchpoint, key, optedOut)
    const queued = verdict.decision === 'queued'
    return {
      subject: id,
      name,
      ...(tier ? { tier } : {}),
      ...(advisor ? { advisor } : {}),
      at: `${day}T${touchpoint.at}:00+08:00`,
      ...verdict,
      ...(queued ? { state: stateFor(day, touchpoint.at, key), text: touchpoint.text(name) } : {}),
    }
  }
  if (!touchpoint.tiers) return groups.map((group) => make(group.id, group.name, group.advisor, false))
  return customers
    .filter((one) => touchpoint.tiers?.some((tier) => tier === one.tier))
    .filter((one) => chance(`in:${touchpoint.name}:${day}:${one.id}`) < (touchpoint.share ?? 1))
    .map((one) => make(one.id, one.name, one.advisor, one.optedOut, one.tier))
}

const entryOf = (touchpoint: Touchpoint, day: string): CalendarEntry | undefined => {
  const subjects = subjectsOf(touchpoint, day)
  if (subjects.length === 0) return undefined
  const count = (test: (one: CalendarSubject) => boolean): number => subjects.filter(test).length
  const skipped = subjects.filter((one) => one.decision !== 'queued')
  const codes = [...new Set(skipped.map((one) => one.reason.code))]
  return {
    touchpoint: touchpoint.name,
    title: touchpoint.title,
    channel: touchpoint.channel,
    channelTitle: touchpoint.channelTitle,
    at: touchpoint.at,
    planned: day > today || (day === today && touchpoint.at > now.slice(11, 16)),
    queued: count((one) => one.decision === 'queued'),
    later: count((one) => one.decision === 'later'),
    declined: count((one) => one.decision === 'declined'),
    sent: count((one) => one.state === 'sent'),
    waiting: count((one) => one.state === 'waiting'),
    reasons: codes.map((code) => ({
      ...reasonOf(code),
      count: skipped.filter((one) => one.reason.code === code).length,
    })),
  }
}

const festivals: Readonly<Record<string, string>> = {
  '2026-05-01': '劳动节',
  '2026-05-10': '母亲节',
  '2026-05-21': '小满',
  '2026-06-01': '儿童节',
  '2026-06-19': '端午节',
}

const labour = { holiday: '劳动节', mark: 'rest' } as const
const stateHolidays: Readonly<Record<string, Pick<CalendarDay, 'holiday' | 'mark'>>> = {
  '2026-05-01': labour,
  '2026-05-02': labour,
  '2026-05-03': labour,
  '2026-05-04': labour,
  '2026-05-05': labour,
  '2026-05-09': { holiday: '劳动节', mark: 'work' },
}

export const calendarOf = (from: string, days: number, cadenceVersion: number): Calendar => ({
  from,
  cadenceVersion,
  missingHolidayYears: addDays(from, days - 1) >= '2027' ? [2027] : [],
  days: Array.from({ length: days }, (_, index) => {
    const day = addDays(from, index)
    const festival = festivals[day]
    const state = stateHolidays[day]
    return {
      day,
      weekday: weekdayOf(day),
      isToday: day === today,
      ...(festival ? { festival } : {}),
      ...(state ?? {}),
      entries: touchpoints.flatMap((touchpoint) => entryOf(touchpoint, day) ?? []),
    }
  }),
})

export const deliveries: readonly Delivery[] = Array.from({ length: 9 }, (_, index) =>
  addDays(today, 1 - index),
).flatMap((day) =>
  touchpoints.flatMap((touchpoint) =>
    subjectsOf(touchpoint, day).map((one): Delivery => ({
      id: `${touchpoint.name}:${one.subject}:${day}`,
      touchpoint: touchpoint.name,
      title: touchpoint.title,
      channel: touchpoint.channel,
      channelTitle: touchpoint.channelTitle,
      subject: one.subject,
      name: one.name,
      ...(one.advisor ? { sender: one.advisor } : {}),
      at: one.at,
      decision: one.decision,
      ...(one.state ? { state: one.state } : {}),
      reason: one.reason,
      ...(one.text ? { text: one.text } : {}),
      ...(one.state === 'sent' ? { settledAt: `${day}T${touchpoint.at.slice(0, 2)}:52:00+08:00` } : {}),
    })),
  ),
)
