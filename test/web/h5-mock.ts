/** A poll, a hunt and one member, kept in memory: the members' pages' server for their browser tests. */
import type { HuntView, Player, PlayResult, PollView, Referral } from '../../src/http/contract.ts'
import { problem, servePage, type Answer, type Call, type PageServer } from './h5-serve.ts'

/** Far enough ahead of any machine's clock that a page never thinks the game is over. */
const closesAt = new Date(Date.now() + 26 * 3_600_000).toISOString()

export const poll = (over: Partial<PollView> = {}): PollView => ({
  kind: 'poll',
  id: 'poll-1',
  title: '夏天带娃，你最想去哪儿？',
  intro: '选出大家最想去的地方，下周三的妈妈课堂就讲它。',
  state: 'open',
  closesAt,
  points: 5,
  most: 1,
  options: [
    { id: 'sea', label: '海边玩沙', votes: 46 },
    { id: 'hill', label: '山里避暑', votes: 31 },
    { id: 'museum', label: '科技馆、博物馆', votes: 22 },
    { id: 'home', label: '哪儿也不去，在家吹空调', votes: 17 },
  ],
  players: 116,
  mine: [],
  ...over,
})

export const hunt = (over: Partial<HuntView> = {}): HuntView => ({
  kind: 'hunt',
  id: 'hunt-1',
  title: '老客户寻宝：找回小葵花',
  intro: '五片花瓣藏在店里店外，集齐就能换一份辅食礼盒。',
  state: 'open',
  closesAt,
  prize: '婴儿辅食礼盒（价值 128 元）',
  prizesLeft: 12,
  clues: [
    {
      id: 'c1',
      number: 1,
      riddle: '奶粉罐上会笑的花是什么花？',
      releasedAt: '2026-05-18T10:00:00+08:00',
      found: true,
    },
    {
      id: 'c2',
      number: 2,
      riddle: '我有四只脚却不会走，宝宝天天睡在我怀里。我是谁？',
      releasedAt: '2026-05-19T10:00:00+08:00',
      found: false,
    },
    {
      id: 'c3',
      number: 3,
      riddle: '翻开上周五的小贴士，第三条里藏着一种水果。',
      releasedAt: '2026-05-20T10:00:00+08:00',
      found: false,
    },
    { id: 'c4', number: 4, releasedAt: '2099-05-21T10:00:00+08:00', found: false },
    { id: 'c5', number: 5, releasedAt: '2099-05-22T10:00:00+08:00', found: false },
  ],
  found: 1,
  finishers: 3,
  board: [
    { name: '王**', found: 5 },
    { name: '小团**', found: 5 },
    { name: '李*', found: 4 },
    { name: '花花**', found: 3 },
  ],
  ...over,
})

export const player = (over: Partial<Player> = {}): Player => ({
  name: '小团子妈妈',
  points: 1280,
  level: {
    name: 'silver',
    title: '银卡',
    benefits: ['每两个月包邮 1 次', '生日当月双倍积分'],
    keepUntil: '2027-03-01',
    nextTitle: '金卡',
    missingFen: 380_000,
    keepMissingFen: 0,
  },
  coupons: [
    {
      code: 'KUI8F2K77QM3',
      title: '2 段奶粉立减 30 元',
      state: 'issued',
      expiresAt: '2099-05-31T23:59:00+08:00',
    },
    {
      code: 'KUI2B9XPLM04',
      title: '满 199 减 20',
      state: 'redeemed',
      expiresAt: '2026-05-01T23:59:00+08:00',
    },
  ],
  games: [
    { id: 'poll-1', title: '夏天带娃，你最想去哪儿？', kind: 'poll', state: 'open' },
    { id: 'hunt-1', title: '老客户寻宝：找回小葵花', kind: 'hunt', state: 'open' },
    { id: 'poll-0', title: '最想要的满月礼', kind: 'poll', state: 'closed' },
  ],
  subscription: {
    marketing: true,
    service: true,
    topics: [
      { name: 'baby', title: '育儿小贴士', on: true },
      { name: 'offer', title: '优惠和新品', on: true },
      { name: 'game', title: '投票和寻宝', on: false },
    ],
  },
  signIn: { points: 2, done: false },
  shipping: { times: 1, months: 2, left: 1, until: '2099-06-30' },
  donation: {
    cause: '乡村小学图书角',
    match: 1,
    least: 10,
    mine: { points: 20, matched: 20 },
    all: { points: 1_240, matched: 1_240, people: 31 },
  },
  simulated: false,
  shop: '小葵母婴',
  ...over,
})

const referral: Referral = {
  on: true,
  link: 'https://shop.example/h5/r/ABCDEFGH',
  mine: '邀请好友奖励券（减50元，无门槛）',
  theirs: '好友见面礼券（减50元，无门槛）',
  afterDays: 7,
  joined: 3,
  waiting: 1,
  credited: 2,
}

export interface ClubState {
  player: Player
  poll: PollView
  hunt: HuntView
  signedIn: boolean
  faults: Map<string, Answer>
}

/** Right for every clue. */
export const rightAnswer = '婴儿床'

const vote = (state: ClubState, choices: readonly string[]): PlayResult => {
  const { mine } = state.poll
  const first = mine.length === 0
  const options = state.poll.options.map((option) => ({
    ...option,
    votes: option.votes + Number(choices.includes(option.id)) - Number(mine.includes(option.id)),
  }))
  state.poll = { ...state.poll, options, mine: choices, players: state.poll.players + Number(first) }
  return { game: state.poll, words: first ? '投票成功' : '已改好', accepted: true, points: first ? 5 : 0 }
}

const guess = (state: ClubState, clueId: string, answer: string): PlayResult => {
  if (answer !== rightAnswer)
    return { game: state.hunt, words: '答案不对，再想想', accepted: false, points: 0 }
  const clues = state.hunt.clues.map((clue) => (clue.id === clueId ? { ...clue, found: true } : clue))
  const found = clues.filter((clue) => clue.found).length
  state.hunt = { ...state.hunt, clues, found }
  const result: PlayResult = { game: state.hunt, words: '找到了！', accepted: true, points: 10 }
  if (found < clues.length) return result
  const coupon = {
    code: 'GIFT9K2M4Q7X',
    title: '辅食礼盒兑换券',
    state: 'issued',
    expiresAt: closesAt,
  } as const
  state.player = { ...state.player, coupons: [coupon, ...state.player.coupons] }
  return { ...result, coupon }
}

const changeSubscription = (state: ClubState, call: Call): Answer => {
  const wanted = call.body as {
    marketing: boolean
    service: boolean
    topics: { name: string; on: boolean }[]
  }
  const topics = state.player.subscription.topics.map((topic) => ({
    ...topic,
    on: wanted.topics.find(({ name }) => name === topic.name)?.on ?? topic.on,
  }))
  state.player = {
    ...state.player,
    subscription: { marketing: wanted.marketing, service: wanted.service, topics },
  }
  return { body: state.player.subscription }
}

const signIn = (state: ClubState): object => {
  const points = state.player.signIn?.done ? 0 : 2
  state.player = {
    ...state.player,
    points: state.player.points + points,
    signIn: { points: 2, done: true },
  }
  return { points }
}

const takeShipping = (state: ClubState): object => {
  const coupon = {
    code: 'SHIP9K2M4Q7X',
    title: '会员包邮券',
    state: 'issued',
    expiresAt: '2099-07-01T00:00:00+08:00',
  } as const
  const { shipping } = state.player
  if (!shipping) throw new Error('This player has no free deliveries.')
  state.player = {
    ...state.player,
    shipping: { ...shipping, left: 0 },
    coupons: [coupon, ...state.player.coupons],
  }
  return coupon
}

const donate = (state: ClubState, points: number): object => {
  const { donation } = state.player
  if (!donation) throw new Error('This shop collects for nothing.')
  const add = <T extends { points: number; matched: number }>(sums: T): T => ({
    ...sums,
    points: sums.points + points,
    matched: sums.matched + points,
  })
  state.player = {
    ...state.player,
    points: state.player.points - points,
    donation: { ...donation, mine: add(donation.mine), all: add(donation.all) },
  }
  return { points, matched: points }
}

const answer = (state: ClubState, call: Call): Answer | undefined => {
  const fault = state.faults.get(call.path)
  if (fault) return fault
  const [, , , area, id, verb] = call.path.split('/').map(decodeURIComponent)
  if (area === 'login') return { body: '登录页' }
  if (!state.signedIn) return problem(401, 'sign-in', '请先登录', '/api/public/login')
  if (area === 'me') return { body: state.player }
  if (area === 'sign-in') return { body: signIn(state) }
  if (area === 'free-shipping') return { body: takeShipping(state) }
  if (area === 'donations') return { body: donate(state, Number(call.body['points'])) }
  if (area === 'referral') return { body: referral }
  if (area === 'subscription') {
    return call.method === 'PUT' ? changeSubscription(state, call) : { body: state.player.subscription }
  }
  const game = [state.poll, state.hunt].find((one) => one.id === id)
  if (area !== 'games' || !game) return problem(404, 'not-found', '没有这个活动')
  if (verb !== 'play') return { body: game }
  if (game.kind === 'poll') return { body: vote(state, call.body['choices'] as string[]) }
  return { body: guess(state, String(call.body['clue']), String(call.body['answer'])) }
}

export const serveClub = async (
  over: Partial<ClubState> = {},
): Promise<PageServer & { state: ClubState }> => {
  const state: ClubState = {
    player: player(),
    poll: poll(),
    hunt: hunt(),
    signedIn: true,
    faults: new Map(),
    ...over,
  }
  const server = await servePage('h5', (call) => answer(state, call))
  return { ...server, state }
}
