/** Who works in the shop and who buys there: names as they look in a Chinese shop's WeCom. */
import type { Random } from './random.ts'
import { randomOf } from './random.ts'
import type { SeededFollow } from '../types.ts'
import type { Nature, ShopAdvisor, ShopCustomer } from './shop.ts'
import { dayMs, dayOf } from './shop.ts'

const minutes = (count: number) => count * 60_000
const hours = (count: number) => count * 3_600_000

/** Eight confirm at once, three let a broadcast wait for hours, one never opens it. */
export const advisors: readonly ShopAdvisor[] = [
  {
    userid: 'zhouyating',
    name: '周雅婷',
    confirm: { mode: 'at-once', afterMs: minutes(0.5) },
    sidebar: 'prompt',
  },
  {
    userid: 'linxiaomei',
    name: '林晓梅',
    confirm: { mode: 'at-once', afterMs: minutes(3) },
    sidebar: 'prompt',
  },
  {
    userid: 'chensijia',
    name: '陈思佳',
    confirm: { mode: 'at-once', afterMs: minutes(1) },
    sidebar: 'prompt',
  },
  { userid: 'wangfang', name: '王芳', confirm: { mode: 'late', afterMs: hours(2) }, sidebar: 'slow' },
  {
    userid: 'liuyiran',
    name: '刘怡然',
    confirm: { mode: 'at-once', afterMs: minutes(6) },
    sidebar: 'prompt',
  },
  {
    userid: 'zhaominhua',
    name: '赵敏华',
    confirm: { mode: 'at-once', afterMs: minutes(2) },
    sidebar: 'prompt',
  },
  { userid: 'sunlijuan', name: '孙丽娟', confirm: { mode: 'late', afterMs: hours(5) }, sidebar: 'slow' },
  {
    userid: 'huangqian',
    name: '黄倩',
    confirm: { mode: 'at-once', afterMs: minutes(12) },
    sidebar: 'prompt',
  },
  {
    userid: 'xuwenjing',
    name: '徐文静',
    confirm: { mode: 'at-once', afterMs: minutes(4) },
    sidebar: 'prompt',
  },
  { userid: 'gaoyue', name: '高悦', confirm: { mode: 'at-once', afterMs: minutes(8) }, sidebar: 'slow' },
  { userid: 'mahaiyan', name: '马海燕', confirm: { mode: 'late', afterMs: hours(20) }, sidebar: 'slow' },
  { userid: 'dengjie', name: '邓洁', confirm: { mode: 'never' }, sidebar: 'never' },
]

const words = (text: string) => text.split(' ')

const surnames =
  '王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤'
const womensNames = words(
  '雨桐 梦琪 佳怡 晓燕 丽华 静 婷婷 思雨 慧敏 雪梅 欣怡 诗涵 玉兰 海霞 倩倩 文君 嘉琳 艳红 晨曦 芷若 淑芬 颖 美玲 可馨 冬梅 雅琴 璐 彩云 秋月 莉莉 菲 若兰',
)
const mensNames = words('浩然 志强 建国 俊杰 宇轩 伟 子豪 明辉 文博 鹏飞 磊 凯')
const babyNames = words(
  '小满 糖糖 果果 安安 豆豆 米粒 朵朵 乐乐 小鱼 汤圆 暖暖 桃子 石头 年糕 小北 一诺 可乐 麦芽 布丁 小树 星星 圆圆 小竹 芒果 花卷 团子 毛豆 知知 一一 小雨点 橙子 阿福',
)
const nicknames = words(
  '慢慢来 向日葵 晴天 风吹麦浪 Cici 小幸运 Luna妈咪 人间四月天 云淡风轻 Amy 一颗柠檬 木子 锦鲤本鲤 早睡早起 Grace 半夏 岁月静好 努力的小杨 不吃香菜 Vivian 海边的风 栗子 阿静 Summer',
)

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** An id of WeCom's look: a fixed beginning and random letters up to 32. */
export function remoteId(random: Random, beginning: string, length = 32): string {
  let id = beginning
  while (id.length < length) id += letters.charAt(random.int(0, letters.length - 1))
  return id
}

interface Words {
  readonly name: string
  readonly remark: string
  readonly gender: 0 | 1 | 2
}

function wordsOf(random: Random): Words {
  const surname = random.pick([...surnames])
  const baby = random.pick(babyNames)
  const father = random.chance(0.12)
  const given = random.pick(father ? mensNames : womensNames)
  const parent = father ? '爸爸' : random.pick(['妈妈', '妈妈', '麻麻', '妈咪'])
  const name = random.pick([
    `${baby}${parent}`,
    `${surname}${given}`,
    random.pick(nicknames),
    `${baby}${parent}${surname}`,
  ])
  const remark = `${surname}${father ? '先生' : '女士'} ${baby}${father ? '爸爸' : '妈妈'}`
  return { name, remark, gender: random.chance(0.05) ? 0 : father ? 1 : 2 }
}

/**
 * The population: how often people buy and how long they stay is Pareto/NBD, what they spend is Gamma-Gamma.
 * A mean household orders every five weeks and stays about half a year; the spread between households is wide.
 */
export const populationOf = {
  r: 0.9,
  alphaWeeks: 4.6,
  s: 0.75,
  betaWeeks: 16,
  spendShape: 5,
  spendQ: 3.5,
  spendGammaYuan: 130,
} as const

/** `buys: false` is a contact who never orders by herself. */
export function natureOf(random: Random, entersAt: number, buys: boolean): Nature {
  const population = populationOf
  const ordersPerWeek = random.gamma(population.r, population.alphaWeeks)
  const dropoutPerWeek = random.gamma(population.s, population.betaWeeks)
  const lifetimeDays = Math.min(random.exponential(dropoutPerWeek) * 7, 36_500)
  const spendRate = random.gamma(population.spendQ, population.spendGammaYuan)
  const curiosity = Math.min(1, random.gamma(2.2, 5))
  const irritability = random.next() ** 4
  return {
    ordersPerWeek: buys ? ordersPerWeek : 0,
    leavesAt: entersAt + lifetimeDays * dayMs,
    spendRate,
    curiosity,
    irritability,
  }
}

/** Ages at which households find the shop: most come with a newborn, some in pregnancy, few with a big child. */
function childBirthdayOf(random: Random, entersAt: number): string {
  const [from, to] = random.pick([
    [-7, 0],
    [0, 6],
    [0, 6],
    [0, 6],
    [6, 12],
    [6, 12],
    [12, 36],
    [12, 36],
    [36, 66],
  ] as const)
  return dayOf(entersAt - random.between(from, to) * 30.4 * dayMs)
}

export interface Arrival {
  readonly seed: number
  readonly number: number
  readonly entersAt: number
  readonly buys: boolean
  readonly follow: readonly SeededFollow[]
}

/** A customer as she is on the day she comes; the population uses it for those who join later, too. */
export function customerOf(arrival: Arrival): ShopCustomer {
  const random = randomOf(arrival.seed, 'customer', arrival.number)
  const said = wordsOf(random)
  return {
    external_userid: remoteId(random, 'wmXh'),
    openid: remoteId(random, 'oXh', 28),
    unionid: remoteId(random, 'ozU', 28),
    shopId: `XH${String(100_000 + arrival.number)}`,
    name: said.name,
    gender: said.gender,
    // An advisor writes down whom she talks to; a follow that brings its own remark keeps it.
    follow: arrival.follow.map((follow) => ({ remark: said.remark, ...follow })),
    childBirthday: childBirthdayOf(random, arrival.entersAt),
    nature: natureOf(random, arrival.entersAt, arrival.buys),
  }
}

/** The child's age in months at an instant, negative before birth. */
export function monthsOf(customer: Pick<ShopCustomer, 'childBirthday'>, at: number): number {
  return (at - Date.parse(`${customer.childBirthday}T00:00:00+08:00`)) / (30.4 * dayMs)
}
