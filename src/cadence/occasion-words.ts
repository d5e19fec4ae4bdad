/** Queries and occasions in words, for whoever asks why a touchpoint looks at somebody. */
import { kinds } from '../interaction/index.ts'
import type { Kind } from '../interaction/index.ts'
import type { Occasion, Query } from './occasion.ts'
import type { BoundCustomer } from './touchpoint.ts'

const ahead = (days: number, what: string): string =>
  days === 0 ? `当天${what}` : `${String(days)} 天后${what}`
const whichPurchase = { first: '首次购买', last: '最近一次购买' } as const

/** One clause: 首次购买后第 7 天的客户. */
export function queryWords(query: Query): string {
  switch (query.find) {
    case 'everybody':
      return '所有人'
    case 'birthday':
      return `${ahead(query.ahead, `过${query.calendar === 'lunar' ? '农历' : ''}${query.child ? '宝宝' : ''}生日`)}的客户`
    case 'children':
      return `${query.anyDay ? '宝宝在这个月龄' : '当天宝宝满月龄'}的客户（${String(query.fromMonths)}–${String(query.toMonths)} 个月，监护人同意使用）`
    case 'tag':
      return `带有动态标签“${query.tag}”的客户`
    case 'used-up':
      return `买过的商品${ahead(query.ahead, '用完')}的客户`
    case 'purchase':
      return `${whichPurchase[query.which]}后第 ${query.daysAgo.map(String).join('、')} 天的客户`
    case 'bought-and-browsed':
      return `买过“${query.bought}”、最近 ${String(query.days)} 天看过“${query.browsed}”没有买的客户`
    case 'answered':
      return `在“${query.question}”里选过 ${query.choices.join('、')} 的客户`
    case 'took-part':
      return `参加过活动“${query.campaign}”、之后没有下单的客户`
    case 'level-ending':
      return `会员等级${ahead(query.ahead, '到期')}、还没保住的客户`
    case 'recommendation':
      return '有搭配商品可推荐的客户'
  }
}

const kindWords = (kind: Kind): string => `“${kinds[kind]}”`
const listed = (all: readonly Kind[]): string => all.map(kindWords).join('、')

/** What makes it due, whatever the day. `query`: of the next day on which it looks for anybody. */
export function looksForWords({ answers }: Pick<BoundCustomer, 'answers'>, query: Query | null): string {
  const parts = [
    ...(query === null ? [] : [queryWords(query)]),
    ...(answers === undefined || answers.length === 0 ? [] : [`发生${listed(answers)}时马上判断`]),
  ]
  return parts.length === 0 ? '近一年没有轮到它的日子' : parts.join('；')
}

/** 商品、原因、数字 of an occasion, as far as it has them; empty for everybody. */
export const occasionWords = ({ words, product, key }: Occasion): string =>
  [words ?? '', product?.name ?? ''].filter((one) => one !== '').join('，') || key

/** What would take back what is still unsent; empty when nothing does. */
export const endingWords = ({ endedBy }: Pick<BoundCustomer, 'endedBy'>): string =>
  endedBy === undefined || endedBy.length === 0 ? '' : `发生${listed(endedBy)}后，还没发出的可能取消`
