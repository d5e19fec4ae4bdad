/** What a shop calls the state of an order, in the words of the common exports. */
import { bad } from './values.ts'
import type { Parsed } from './values.ts'

export type OrderStatus = 'bought' | 'refunded' | 'partly-refunded' | 'cancelled' | 'unpaid' | 'closed'

const words: Readonly<Record<OrderStatus, readonly string[]>> = {
  bought: [
    ...[
      'paid',
      'completed',
      'complete',
      'shipped',
      'delivered',
      'finished',
      'success',
      'fulfilled',
      'processing',
    ],
    ...[
      'received',
      'signed',
      'done',
      'ok',
      '已付款',
      '已支付',
      '付款成功',
      '支付成功',
      '待发货',
      '待收货',
      '待评价',
    ],
    ...[
      '等待发货',
      '等待卖家发货',
      '买家已付款',
      '买家已付款,等待卖家发货',
      '卖家已发货',
      '卖家已发货,等待买家确认',
    ],
    ...[
      '已发货',
      '部分发货',
      '等待确认收货',
      '等待收货',
      '等待出库',
      '已出库',
      '已签收',
      '已收货',
      '确认收货',
      '已完成',
    ],
    ...[
      '完成',
      '交易成功',
      '交易完成',
      '订单完成',
      '已评价',
      '无退款',
      '未退款',
      '没有申请退款',
      '正常',
      '退款关闭',
    ],
    ...[
      '退款申请中',
      '退款中',
      '维权中',
      '待自提',
      '已自提',
      '已核销',
      '待核销',
      '待成团',
      '已成团',
      '配送中',
      '运输中',
    ],
  ],
  refunded: [
    ...[
      'refunded',
      'returned',
      'refund',
      '已退款',
      '退款成功',
      '退款完成',
      '全额退款',
      '全部退款',
      '已全额退款',
    ],
    ...['已退货', '退货退款', '已退货退款', '退货完成', '已维权退款'],
  ],
  'partly-refunded': [
    'partially refunded',
    'partially_refunded',
    'partly refunded',
    '部分退款',
    '已部分退款',
  ],
  cancelled: [
    ...[
      'cancelled',
      'canceled',
      'void',
      'voided',
      'expired',
      '已取消',
      '取消',
      '订单取消',
      '用户取消',
      '系统取消',
    ],
    ...['(删除)等待确认收货', '(删除)已取消', '已作废', '拼团失败', '未成团'],
  ],
  unpaid: [
    ...['unpaid', 'pending', 'pending payment', 'awaiting payment', '待付款', '待支付', '未付款', '未支付'],
    ...['等待付款', '等待支付', '等待买家付款', '付款确认中'],
  ],
  closed: ['closed', '交易关闭', '已关闭', '订单关闭', '关闭', '交易已关闭'],
}

const known = new Map(
  Object.entries(words).flatMap(([status, all]) =>
    all.map((one): [string, OrderStatus] => [one, status as OrderStatus]),
  ),
)

const tidy = (text: string): string => text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim()

/** No status means bought. An unknown word is refused: guessing would make purchases, or lose them. */
export function statusOf(text: string): Parsed<OrderStatus> {
  if (text === '') return { ok: true, value: 'bought' }
  const status = known.get(text) ?? known.get(tidy(text)) ?? known.get(tidy(text).replaceAll(' ', ''))
  return status === undefined
    ? bad(
        `the status "${text.slice(0, 40)}" is not known`,
        `write one of 已付款, 已退款, 部分退款, 已取消, 待付款, 交易关闭 (or paid, refunded, cancelled, unpaid)`,
      )
    : { ok: true, value: status }
}
