/** One line of an orders file, read and checked by itself. */
import type { Who } from '../base/act.ts'
import { isoOf } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'
import type { HashPhone } from '../customer/index.ts'
import { cellAt } from './columns.ts'
import type { Columns, ColumnSpec } from './columns.ts'
import type { DateReader } from './dates.ts'
import { statusOf } from './order-status.ts'
import { readWho, whoColumns } from './who.ts'
import { bad, readFen, readId, readItems, readQuantity } from './values.ts'
import type { Item, MoneyUnit, Parsed } from './values.ts'

/** Names and headers of the exports of 有赞, 微盟, 淘宝/天猫 and 京东 beside our own, each list in order of trust. */
export const orderColumns: readonly ColumnSpec[] = [
  {
    name: 'order',
    headers: ['order_id', 'order', 'order_no', '订单号', '订单编号', '主订单编号', '交易单号', 'basket_id'],
  },
  ...whoColumns,
  {
    name: 'date',
    headers: [
      'date',
      'order_date',
      'ordered_at',
      '下单时间',
      '订单创建时间',
      '创建时间',
      '订单时间',
      '日期',
      '下单日期',
    ],
  },
  {
    name: 'paid',
    headers: ['paid_at', 'paid', '付款时间', '支付时间', '订单付款时间', '买家付款时间', '付款确认时间'],
  },
  {
    name: 'delivered',
    headers: ['delivered_at', 'delivered', '签收时间', '确认收货时间', '收货时间', '送达时间'],
  },
  {
    name: 'orderAmount',
    headers: [
      'order_amount',
      '订单实付金额',
      '实付金额',
      '买家实际支付金额',
      '买家实付金额',
      '订单金额',
      '支付金额',
      '应付金额',
      '买家应付货款',
    ],
    unless: 'amount',
  },
  {
    name: 'amount',
    headers: [
      'amount',
      'revenue',
      'item_amount',
      '商品实际成交金额',
      '商品实付金额',
      '商品金额',
      '小计',
      '金额',
      'sales_value',
    ],
    unless: 'orderAmount',
  },
  { name: 'items', headers: ['items', '商品'] },
  {
    name: 'sku',
    headers: [
      'sku',
      'sku_id',
      '规格编码',
      '商品编码',
      '商品编号',
      '商家编码',
      '商品id',
      'product_id',
      '货号',
    ],
    unless: 'items',
  },
  {
    name: 'quantity',
    headers: ['quantity', 'qty', '数量', '商品数量', '购买数量', '订购数量', '宝贝总数量'],
  },
  { name: 'status', headers: ['status', 'order_status', '订单状态', '交易状态', '退款状态'] },
  {
    name: 'refund',
    headers: ['refund', 'refund_amount', '退款金额', '已退款金额', '实际退款金额', '商品退款金额'],
  },
  { name: 'refunded', headers: ['refunded_at', '退款时间', '退款成功时间', '退款完成时间'] },
]

export type LineState = 'bought' | 'refunded' | 'cancelled' | 'unpaid'

/** What a line says, ready for the spool. */
export interface OrderLine {
  readonly line: number
  readonly raw: string
  /** The line is refused; with it the order it belongs to. */
  readonly refused?: true
  readonly customer: string
  readonly who: Who
  readonly at: Instant
  /** Of this line; null when only the order's amount is known. */
  readonly fen: number | null
  readonly orderFen: number | null
  readonly orderId: string
  readonly items: readonly Item[]
  readonly state: LineState
  /** Taken back of this line; `fen` null = all of it. */
  readonly refund: { readonly fen: number | null; readonly at: Instant | null } | null
  readonly paidAt: Instant | null
  readonly deliveredAt: Instant | null
}

export interface LineParts {
  readonly columns: Columns
  readonly readDate: DateReader
  readonly unit: MoneyUnit
  readonly hashPhone: HashPhone | null
  /** The file has one line per item. */
  readonly byItem: boolean
}

export const isByItem = (columns: Columns): boolean => columns.has('order') && columns.has('sku')

/** What makes two lines of one order the same line, and what names a line that has no order id. */
export const saysOf = ({ customer, at, fen, orderFen }: OrderLine): string =>
  `${customer} ${isoOf(at)} ${String(orderFen ?? fen ?? 0)}`

const optional = <T>(text: string, read: (text: string) => Parsed<T>): Parsed<T | null> =>
  text === '' ? { ok: true, value: null } : read(text)

export function readOrderLine(
  cells: readonly string[],
  { line, raw }: { readonly line: number; readonly raw: string },
  parts: LineParts,
): Parsed<OrderLine> {
  const { columns, readDate, unit } = parts
  const text = (name: string): string => cellAt(cells, columns, name)
  const who = readWho(text, parts.hashPhone)
  if (!who.ok) return who
  const paid = optional(text('paid'), readDate)
  if (!paid.ok) return paid
  // A shop that exports only when it was paid means that instant.
  const at = text('date') === '' && paid.value !== null ? paid : readDate(text('date'))
  if (!at.ok) return at
  const orderFen = optional(text('orderAmount'), (one) => readFen(one, unit))
  if (!orderFen.ok) return orderFen
  const fen =
    orderFen.value !== null && text('amount') === ''
      ? { ok: true as const, value: null }
      : needsAmount(text('amount'), unit, columns, parts.byItem)
  if (!fen.ok) return fen
  const items = readLineItems(text, parts, fen.value)
  if (!items.ok) return items
  const orderId = text('order') === '' ? { ok: true as const, value: '' } : readId(text('order'), 'order id')
  if (!orderId.ok) return orderId
  const delivered = optional(text('delivered'), readDate)
  if (!delivered.ok) return delivered
  const sold = readState(text, parts)
  if (!sold.ok) return sold
  if (orderId.value === '' && ((orderFen.value ?? fen.value ?? 0) < 0 || sold.value.refund?.fen))
    return bad(
      'a refund needs the id of the order it takes back',
      'map the column of the order id with --map order=…',
    )
  return {
    ok: true,
    value: {
      line,
      raw,
      customer: who.value.name,
      who: who.value.who,
      at: at.value ?? 0,
      fen: fen.value,
      orderFen: orderFen.value,
      orderId: orderId.value,
      items: items.value,
      ...sold.value,
      paidAt: paid.value,
      deliveredAt: delivered.value,
    },
  }
}

/** In a file by items the order's amount may stand on its first line only. */
const needsAmount = (
  text: string,
  unit: MoneyUnit,
  columns: Columns,
  byItem: boolean,
): Parsed<number | null> =>
  text === '' && byItem && columns.has('orderAmount') ? { ok: true, value: null } : readFen(text, unit)

function readLineItems(
  text: (name: string) => string,
  { byItem, unit }: LineParts,
  fen: number | null,
): Parsed<readonly Item[]> {
  if (!byItem) return readItems(text('items'), unit)
  const sku = text('sku')
  // A line without an article (postage, a discount) counts in the amount only.
  if (sku === '') return { ok: true, value: [] }
  const id = readId(sku, 'sku')
  if (!id.ok) return id
  const quantity = readQuantity(text('quantity'))
  if (!quantity.ok) return quantity
  if (quantity.value < 0 && (fen ?? 0) > 0)
    return bad('the quantity is negative and the amount is not', 'give both the same sign')
  if (quantity.value < 0 || (fen ?? 0) < 0) return { ok: true, value: [] }
  return {
    ok: true,
    value: [{ sku: id.value, quantity: quantity.value, ...(fen === null ? {} : { amountFen: fen }) }],
  }
}

function readState(
  text: (name: string) => string,
  { columns, readDate, unit }: LineParts,
): Parsed<Pick<OrderLine, 'state' | 'refund'>> {
  const status = statusOf(text('status'))
  if (!status.ok) return status
  const amount = optional(text('refund'), (one) => readFen(one, unit))
  if (!amount.ok) return amount
  const day = optional(text('refunded'), readDate)
  if (!day.ok) return day
  const fen = Math.abs(amount.value ?? 0)
  const refund = fen > 0 ? { fen, at: day.value } : null
  switch (status.value) {
    case 'bought':
      return { ok: true, value: { state: 'bought', refund } }
    case 'unpaid':
    case 'cancelled':
      return { ok: true, value: { state: status.value, refund: null } }
    case 'closed': {
      // 交易关闭 means "never paid" or "paid and taken back"; the payment tells which.
      const neverPaid = columns.has('paid') && text('paid') === ''
      if (neverPaid) return { ok: true, value: { state: 'cancelled', refund: null } }
      return { ok: true, value: { state: 'refunded', refund: refund ?? { fen: null, at: day.value } } }
    }
    case 'refunded':
      return { ok: true, value: { state: 'refunded', refund: refund ?? { fen: null, at: day.value } } }
    case 'partly-refunded':
      return refund === null
        ? bad('the order was refunded in part, and no column says how much', 'map it with --map refund=…')
        : { ok: true, value: { state: 'bought', refund } }
  }
}
