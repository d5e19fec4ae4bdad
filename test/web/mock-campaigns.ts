/** Campaigns of the made-up shop: one that comes back and is running, one to come, one stopped, one switched off. */
import type {
  CampaignCounts,
  CampaignList,
  CampaignPartView,
  CampaignRow,
  CampaignRunningView,
  CampaignView,
  PauseShown,
} from '../../src/http/contract.ts'
import { problem, type MockRoute } from './mock-api.ts'

const counts = (of: Partial<Omit<CampaignCounts, 'due'>>): CampaignCounts => {
  const all = { queued: 0, waiting: 0, sent: 0, failed: 0, unknown: 0, ended: 0, declined: 0, ...of }
  return { due: Object.values(all).reduce((sum, n) => sum + n, 0), ...all }
}

const part = (
  name: CampaignPartView['part'],
  title: string,
  day: string,
  at: string,
  more: Partial<CampaignPartView> = {},
): CampaignPartView => ({
  ...{ part: name, title, touchpoint: `return-week-${name}`, day, at, lastDay: day },
  ...{ channel: 'broadcast', channelTitle: '客户群发', tiers: ['mid', 'dormant'] },
  ...{ text: '季度回归周还有三天：老朋友专场，先把想要的记下来。', hasOffer: false, stopped: false },
  ...{ counts: counts({}), reasons: [] },
  ...more,
})
const news = (day: string, text: string, of: Partial<CampaignCounts> = {}): CampaignPartView => {
  const { tiers: _tiers, ...piece } = part('live', '社群播报', day, '10:00', { text, counts: counts(of) })
  return { ...piece, channel: 'group-broadcast', channelTitle: '社群群发' }
}

const may: CampaignRunningView = {
  ...{ from: '2026-05-18', until: '2026-05-24', since: '2026-05-13', phase: 'running' },
  parts: [
    part('early', '抢先通知', '2026-05-13', '14:30', {
      tiers: ['high'],
      lastDay: '2026-05-14',
      counts: counts({ sent: 486, ended: 41, declined: 63 }),
      reasons: [
        { how: 'declined', code: 'holdout', words: '对照组', count: 58 },
        { how: 'ended', code: 'not-confirmed', words: '顾问未在期限内确认', count: 41 },
        { how: 'declined', code: 'opted-out', words: '客户已退订', count: 5 },
      ],
    }),
    part('before', '预告', '2026-05-15', '14:30', {
      lastDay: '2026-05-17',
      counts: counts({ sent: 2_870, failed: 12, ended: 230, declined: 618 }),
      reasons: [
        { how: 'declined', code: 'cap-week', words: '7 天内触达次数已满', count: 344 },
        { how: 'ended', code: 'not-confirmed', words: '顾问未在期限内确认', count: 230 },
        { how: 'declined', code: 'holdout', words: '对照组', count: 274 },
        { how: 'failed', code: 'not-a-friend', words: '已不是好友', count: 12 },
      ],
    }),
    part('start', '开始', '2026-05-18', '10:00', {
      hasOffer: true,
      counts: counts({ sent: 2_204, waiting: 512, unknown: 3, failed: 9, declined: 590 }),
      reasons: [
        { how: 'declined', code: 'gap', words: '与另一次触达相隔太近', count: 318 },
        { how: 'declined', code: 'holdout', words: '对照组', count: 272 },
      ],
    }),
    news('2026-05-18', '回归周第一天：群友专享的组合清单发在评论区。', { sent: 17, waiting: 1 }),
    news('2026-05-20', '过半啦：库存还够，不用抢。', { waiting: 18 }),
    news('2026-05-24', '最后一天：今晚九点半结束，券别忘了用。'),
    part('after', '会后跟进', '2026-05-25', '15:00', {
      ...{ channel: 'advisor-task', channelTitle: '顾问任务', lastDay: '2026-05-27', hasOffer: true },
    }),
  ],
  ...{ countedUntil: '2026-06-01', countedDays: 8, counted: false },
  ...{ told: 3_356, optOuts: 11, tookPart: 742, ordered: 186, orders: 213, fen: 4_862_350 },
  followUp: { quiet: 556, sent: 0, ordered: 0 },
  coupons: { issued: 2_204, redeemed: 131 },
  holdout: {
    heldOut: { people: 332, ordered: 21, fen: 512_000 },
    others: { people: 3_402, ordered: 306, fen: 8_110_000 },
    order: { absolute: { value: 0.0267, low: -0.012, high: 0.058 }, p: 0.21 },
    words:
      '该收到的人下单率比对照组高 2.7 个百分点（95% 区间 -1.2 到 5.8），还看不出增量，多看几场，或把对照组留大一些',
  },
}
const empty = { told: 0, optOuts: 0, tookPart: 0, ordered: 0, orders: 0, fen: 0 }
const february: CampaignRunningView = {
  ...may,
  ...{ from: '2026-02-16', until: '2026-02-22', since: '2026-02-11', phase: 'over' },
  parts: may.parts.map((one) => ({ ...one, counts: counts({ sent: 12 }), reasons: [] })),
  ...{ countedUntil: '2026-03-02', counted: true, fen: 5_120_000 },
  answers: { come: 120, maybe: 44, not: 31 },
  followUp: { quiet: 402, sent: 377, ordered: 41 },
}
const august: CampaignRunningView = {
  ...may,
  ...{ from: '2026-08-17', until: '2026-08-23', since: '2026-08-12', phase: 'upcoming' },
  parts: may.parts.map((one) => ({
    ...one,
    ...{ day: one.day.replace('2026-05', '2026-08'), lastDay: one.lastDay.replace('2026-05', '2026-08') },
    ...{ counts: counts({}), reasons: [] },
  })),
  ...empty,
}

const runnings = [february, may, august]
const spans = runnings.map(({ from, until, since, phase }) => ({ from, until, since, phase }))
const returnWeek: CampaignRow = {
  ...{ name: 'return-week', title: '季度回归周', phase: 'running', repeats: true },
  running: { from: may.from, until: may.until, since: may.since, phase: may.phase },
  counts: counts({ sent: 5_577, waiting: 531, failed: 21, unknown: 3, ended: 271, declined: 1_271 }),
  tookPart: may.tookPart,
}
const others: readonly CampaignRow[] = [
  {
    ...{ name: 'opening', title: '新店开业', phase: 'upcoming', repeats: false },
    running: { from: '2026-06-01', until: '2026-06-01', since: '2026-05-28', phase: 'upcoming' },
    ...{ counts: counts({}), tookPart: 0 },
  },
  {
    ...{ name: 'double-11', title: '双十一囤货节', phase: 'disabled', repeats: false },
    running: { from: '2025-11-09', until: '2025-11-11', since: '2025-11-04', phase: 'over' },
    ...{ counts: counts({}), tookPart: 0 },
  },
]

const pause: PauseShown = {
  ...{ scope: 'campaign', name: 'return-week', title: '活动：季度回归周', by: '林佳' },
  ...{ at: '2026-05-20T10:12:00+08:00', reason: '券面金额写错' },
}

/** `none`: a shop without campaigns. */
export const campaignRoutes = (none = false): readonly MockRoute[] => {
  const state = { stopped: false }
  const shown = (): CampaignRow => (state.stopped ? { ...returnWeek, phase: 'stopped', pause } : returnWeek)
  const viewOf = (first: string | null): CampaignView => {
    const { counts: _counts, tookPart: _tookPart, running: _running, ...head } = shown()
    return { ...head, spans, runnings: [runnings.find(({ from }) => from === first) ?? may] }
  }
  const turn = (stopped: boolean): MockRoute => ({
    method: 'POST',
    path: `/api/admin/${stopped ? 'pause' : 'resume'}`,
    answer: ({ body }) => {
      if (body['scope'] !== 'campaign' || body['name'] !== 'return-week')
        return problem(422, 'bad-pause', '要暂停哪一个，没有写清楚')
      state.stopped = stopped
      return { body: { paused: stopped } }
    },
  })
  return [
    {
      method: 'GET',
      path: '/api/admin/campaigns',
      answer: () => {
        const body: CampaignList = { items: none ? [] : [shown(), ...others] }
        return { body }
      },
    },
    {
      method: 'GET',
      path: '/api/admin/campaigns/:name',
      answer: ({ params, query }) =>
        params['name'] === returnWeek.name && !none
          ? { body: viewOf(query.get('from')) }
          : problem(404, 'not-found', '没有这个活动', '它可能已从节奏里删去，或改了名字；回到活动列表看看'),
    },
    turn(true),
    turn(false),
  ]
}
