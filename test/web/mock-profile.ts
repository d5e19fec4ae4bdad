/** What a made-up customer's profile holds beside her orders and promises. */
import type { CustomerCard } from '../../src/http/contract.ts'

type Profile = Pick<
  CustomerCard,
  'advisors' | 'identities' | 'radar' | 'dynamicTags' | 'attributes' | 'groups' | 'budget' | 'recommendations'
> &
  Partial<Pick<CustomerCard, 'churn' | 'clv' | 'likelyCause' | 'value' | 'satisfaction' | 'openComplaintAt'>>

const axes = [
  ['recency', '近度', 88, 74, '23 天前买过，高于同层平均（74）'],
  ['frequency', '频度', 71, 69, '折合每年购买 11.2 次，与同层平均（69）相当'],
  ['spend', '消费', 92, 78, '折合每年消费 8036 元，高于同层平均（78）'],
  ['engagement', '互动', 40, 46, '最近 90 天互动 3 次，低于同层平均（46）'],
  ['advocacy', '口碑', 60, 38, '最近一次评价 5 分，高于同层平均（38）'],
  ['potential', '潜力', 66, 61, '预计未来一年消费约 5210 元，与同层平均（61）相当'],
] as const

export const profileOf = (over: Partial<Profile> = {}): Profile => ({
  advisors: [
    { userid: 'linlin', name: '林琳' },
    { userid: 'zhoumei', name: '周梅' },
  ],
  identities: { externals: ['wm-wang'], shopIds: ['M10086'], phones: ['···a1F_'] },
  dynamicTags: [
    {
      name: 'clicked-not-bought',
      title: '点过没买',
      reason: '昨天点开「安全座椅」，还没有下单',
      since: '2026-05-19T20:12:00+08:00',
      expires: '2026-05-20T20:12:00+08:00',
    },
  ],
  clv: {
    model: 'pareto-nbd',
    asOf: '2026-05-20',
    alivePercent: 87,
    expectedPurchases: 7.4,
    valueFen: 521_000,
    lowFen: 298_000,
    highFen: 812_000,
  },
  churn: {
    warning: true,
    riskPercent: 45,
    reason: '平均每 16 天买一次，已经 23 天没有购买，近期互动也少了一半',
    since: '2026-05-18',
    alarm: '2026-06-01',
    expectedNext: '2026-05-13',
  },
  radar: {
    asOf: '2026-05-20',
    tierTitle: '高价值',
    axes: axes.map(([axis, title, score, average, words]) => ({ axis, title, score, average, words })),
  },
  value: {
    r: 5,
    f: 4,
    m: 5,
    of: { r: 5, f: 5, m: 5 },
    type: '重要价值',
    valueClass: '高价值忠诚',
    segment: 'Champions',
    actions: ['专属顾问一对一', '新品与限量优先', '季度权益回顾'],
  },
  attributes: [
    { name: 'childBirthday', title: '宝宝生日', value: '2025-11-24' },
    { name: 'skinType', title: '肤质', value: '混合肌' },
  ],
  groups: [{ name: '0-1 岁妈妈群', interest: '辅食' }],
  satisfaction: { lastScore: 5, at: '2026-04-29T10:00:00+08:00', low: 0, answers: 3 },
  budget: {
    today: 1,
    week: 1,
    perDay: 1,
    perWeek: 2,
    month: 8,
    perMonth: 10,
    broadcast: { left: 28, of: 31, period: 'month' },
  },
  recommendations: [
    {
      sku: 'MF-A2-2',
      name: 'A2 奶粉 2 段 800g',
      kind: 'replenish',
      reason: '上次购买已过 23 天，通常约 28 天用完，可以提醒补货',
      priceFen: 30_800,
      stock: 62,
    },
    {
      sku: 'FD-RICE',
      name: '高铁米粉 225g',
      kind: 'together',
      reason: '买过「1 段奶粉 800g」的人常一起买「高铁米粉 225g」（212 位中有 96 位）',
      priceFen: 5_800,
      stock: 140,
    },
    {
      sku: 'CR-BIB',
      name: '防水围兜 2 条装',
      kind: 'together',
      reason: '买过「婴儿湿巾 80 抽」的人常一起买「防水围兜 2 条装」（180 位中有 51 位）',
      priceFen: 3_900,
    },
  ],
  ...over,
})
