/** Customer cards and games of the made-up shop. */
import type { AdminGame, CustomerCard, CustomerRow } from '../../src/http/contract.ts'
import { profileOf } from './mock-profile.ts'
import { addDays, chance, hash, pick, subjectsOf, today, touchpoints } from './mock-shop.ts'

const goods = [
  '3 段奶粉 900g',
  '拉拉裤 L 码 4 包',
  '婴儿润肤乳',
  '安全座椅',
  '辅食碗套装',
  '早教绘本 6 册',
  '儿童床 1.2m',
]

export const cardOf = ({ namedAdvisor, ...row }: CustomerRow): CustomerCard => {
  const orders = Array.from({ length: row.purchases }, (_, index) => ({
    at: `${addDays(row.lastPurchaseDay ?? today, -index * 23)}T${index % 2 ? '20:41' : '12:08'}:00+08:00`,
    amountFen: Math.round(row.spentFen / row.purchases),
    items: [pick(goods, `${row.id}o${index}`), ...(index % 2 ? [pick(goods, `${row.id}p${index}`)] : [])],
  }))
  const around = Array.from({ length: 14 }, (_, index) => addDays(today, 4 - index))
  return {
    ...row,
    ...profileOf({ radar: { ...profileOf().radar, tierTitle: row.tierTitle } }),
    ...(namedAdvisor === undefined
      ? {}
      : {
          namedAdvisor: {
            ...{
              userid: 'linlin',
              name: namedAdvisor,
              since: '2026-05-11T04:30:00+08:00',
              by: 'clv' as const,
            },
            ...{ rank: 3, among: 246, percent: 5 },
          },
        }),
    externalUserId: `wm${hash(row.id).toString(36)}`,
    remark: `${row.name.slice(0, 1)}家宝宝 18 个月`,
    addedAt: '2025-03-08T16:20:00+08:00',
    ...(row.tier === 'dormant' ? { dormancy: '中度沉睡（高频低额）' } : {}),
    stage: { high: '成熟', new: '转化', mid: '成长', dormant: '衰退', lead: '引流' }[row.tier] ?? '成长',
    ...(row.purchases ? { averageFen: Math.round(row.spentFen / row.purchases) } : {}),
    points: hash(row.id) % 900,
    tags: ['1-3 岁', '敏感肌', '点过没买', '爱投票'].filter((_, index) => chance(`${row.id}t${index}`) < 0.6),
    coupons:
      row.tier === 'dormant'
        ? [
            {
              code: 'HB-7Q2M-KX',
              title: '回归礼 8 折券',
              state: 'issued',
              expiresAt: '2026-05-22T14:30:00+08:00',
            },
          ]
        : [],
    orders,
    timeline: [
      { at: '2026-05-19T20:12:00+08:00', kind: 'click', words: '点开「每日小贴士」里的链接' },
      { at: '2026-05-19T20:13:00+08:00', kind: 'vote', words: '在「宝宝几点睡」里投了：21 点前' },
      { at: '2026-05-17T15:02:00+08:00', kind: 'chat', words: '与顾问聊了 6 句：问安全座椅的尺寸' },
      { at: '2026-05-14T19:48:00+08:00', kind: 'find', words: '寻宝找到第 2 条线索，得 20 积分' },
      ...orders
        .slice(0, 2)
        .map((order) => ({ at: order.at, kind: 'order', words: `下单 ${order.items.join('、')}` })),
    ],
    tierMoves:
      row.tier === 'lead'
        ? []
        : [
            {
              at: `${row.lastPurchaseDay ?? today}T12:09:00+08:00`,
              day: row.lastPurchaseDay ?? today,
              from: row.tier === 'new' ? 'lead' : 'mid',
              fromTitle: row.tier === 'new' ? '潜在客户' : '中活跃',
              to: row.tier,
              toTitle: row.tierTitle,
              cause: 'order',
              causeTitle: '下单',
              reason: row.tierReason,
            },
          ],
    touchpoints: around.flatMap((day) =>
      touchpoints.flatMap((touchpoint) =>
        subjectsOf(touchpoint, day)
          .filter((one) => one.subject === row.id)
          .map((one) => ({ ...one, name: touchpoint.title })),
      ),
    ),
  }
}

export const games: readonly AdminGame[] = [
  {
    id: 'sleep-time',
    kind: 'poll',
    kindTitle: '投票',
    title: '宝宝几点睡？',
    state: 'open',
    opensAt: '2026-05-18T10:00:00+08:00',
    closesAt: '2026-05-22T20:00:00+08:00',
    players: 164,
    result: [
      { label: '20 点前', count: 31 },
      { label: '20 点到 21 点', count: 78 },
      { label: '21 点到 22 点', count: 42 },
      { label: '22 点以后', count: 13 },
    ],
  },
  {
    id: 'may-hunt',
    kind: 'hunt',
    kindTitle: '寻宝',
    title: '五月寻宝：找齐 5 枚小脚印',
    state: 'open',
    opensAt: '2026-05-12T19:30:00+08:00',
    closesAt: '2026-05-30T21:00:00+08:00',
    players: 97,
    result: [
      { label: '第 1 条线索', count: 97 },
      { label: '第 2 条线索', count: 64 },
      { label: '第 3 条线索', count: 28 },
      { label: '第 4 条线索', count: 0 },
      { label: '第 5 条线索', count: 0 },
    ],
  },
  {
    id: 'june-trial',
    kind: 'poll',
    kindTitle: '投票',
    title: '六月试用装选哪一款？',
    state: 'planned',
    opensAt: '2026-05-27T10:00:00+08:00',
    closesAt: '2026-06-01T20:00:00+08:00',
    players: 0,
    result: [],
  },
  {
    id: 'spring-hunt',
    kind: 'hunt',
    kindTitle: '寻宝',
    title: '春日寻宝：三封信',
    state: 'closed',
    opensAt: '2026-04-03T19:30:00+08:00',
    closesAt: '2026-04-19T21:00:00+08:00',
    players: 141,
    result: [
      { label: '第 1 条线索', count: 141 },
      { label: '第 2 条线索', count: 102 },
      { label: '第 3 条线索', count: 76 },
    ],
  },
  {
    id: 'first-food',
    kind: 'poll',
    kindTitle: '投票',
    title: '第一口辅食吃了什么？',
    state: 'closed',
    opensAt: '2026-05-06T10:00:00+08:00',
    closesAt: '2026-05-10T20:00:00+08:00',
    players: 138,
    result: [
      { label: '高铁米粉', count: 96 },
      { label: '蛋黄', count: 21 },
      { label: '果泥', count: 21 },
    ],
  },
]
