/** Interest groups: who would sit in them is decided by the child's age; a few members are nobody's contact. */
import type { SeededGroup, SeededMember } from '../types.ts'
import { monthsOf, remoteId } from './people.ts'
import { randomOf } from './random.ts'
import type { ShopCustomer } from './shop.ts'
import { dayMs } from './shop.ts'

const topics: readonly {
  readonly topic: string
  readonly name: string
  readonly owner: string
  readonly months: readonly [from: number, to: number]
  readonly size: number
  readonly notice: string
}[] = [
  {
    topic: '辅食',
    name: '小禾辅食交流营',
    owner: 'zhouyating',
    months: [5, 20],
    size: 52,
    notice: '每天一条辅食小知识，食谱请发群里～',
  },
  {
    topic: '早教',
    name: '小禾早教游戏屋',
    owner: 'linxiaomei',
    months: [3, 36],
    size: 46,
    notice: '每周三晚上一起玩早教游戏。',
  },
  {
    topic: '孕期营养',
    name: '小禾孕期营养课堂',
    owner: 'chensijia',
    months: [-9, 2],
    size: 24,
    notice: '孕期问题以医嘱为准，群内只聊饮食。',
  },
  {
    topic: '睡眠',
    name: '小禾宝宝睡眠互助群',
    owner: 'liuyiran',
    months: [0, 18],
    size: 44,
    notice: '一起熬过夜醒，不评判任何一种哄睡。',
  },
  {
    topic: '亲子阅读',
    name: '小禾亲子阅读打卡群',
    owner: 'zhaominhua',
    months: [10, 72],
    size: 50,
    notice: '每天读一本，打卡有积分。',
  },
  {
    topic: '断奶学步',
    name: '小禾断奶学步班',
    owner: 'wangfang',
    months: [9, 24],
    size: 30,
    notice: '学步鞋、断奶经验都可以问。',
  },
  {
    topic: '晒娃',
    name: '小禾晒娃福利群',
    owner: 'huangqian',
    months: [-9, 84],
    size: 56,
    notice: '晒娃随意，请勿转发他人宝宝照片。',
  },
  {
    topic: '护理',
    name: '小禾宝宝护理答疑群',
    owner: 'xuwenjing',
    months: [0, 36],
    size: 34,
    notice: '红屁屁、湿疹护理经验交流，病情请就医。',
  },
]

/** `strangers` are handed out to the groups in turn, each to one group. */
export function groupsOf(
  seed: number,
  contacts: readonly ShopCustomer[],
  strangers: readonly ShopCustomer[],
  now: number,
): SeededGroup[] {
  return topics.map((topic, index) => {
    const random = randomOf(seed, 'group', index)
    const createdAt = now - random.int(200, 500) * dayMs
    const near = contacts.filter((customer) => {
      const months = monthsOf(customer, now)
      return months >= topic.months[0] && months <= topic.months[1]
    })
    const outside = strangers.filter((_, number) => number % topics.length === index)
    const joined = (customer: ShopCustomer): SeededMember => {
      const since = Math.max(createdAt, (customer.follow[0]?.createtime ?? 0) * 1000)
      return {
        userid: customer.external_userid,
        type: 2,
        join_time: Math.floor(random.between(since, now) / 1000),
      }
    }
    const owner: SeededMember = { userid: topic.owner, type: 1, join_time: Math.floor(createdAt / 1000) }
    return {
      chat_id: remoteId(random, 'wrXh'),
      name: topic.name,
      owner: topic.owner,
      create_time: Math.floor(createdAt / 1000),
      notice: topic.notice,
      members: [
        owner,
        ...random.sample(near, topic.size - outside.length).map(joined),
        ...outside.map(joined),
      ],
    }
  })
}
