/** Order lines of a file for measuring only: nothing of it is recorded. One line per item, or orders with an items column. */
import { dayNumber, dayOf } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'
import { cellAt, findColumns, parseMap, requireColumns } from './columns.ts'
import type { Columns, ColumnSpec } from './columns.ts'
import { createDateReader } from './dates.ts'
import { openRowFile } from './row-file.ts'
import type { TextRecord } from './text-file.ts'
import { readId, readItems } from './values.ts'

export interface OrderLine {
  readonly customer: string
  readonly order_key: string
  readonly sku: string
  readonly day_no: number
}

const lineColumns: readonly ColumnSpec[] = [
  { name: 'order', headers: ['order_id', 'order', 'basket_id', '订单号', '订单编号'] },
  {
    name: 'customer',
    headers: ['shop_id', 'customer_id', 'customer', 'household_id', '客户编号', '会员号'],
  },
  { name: 'date', headers: ['date', 'order_date', 'transaction_timestamp', '日期', '下单时间', '付款时间'] },
  { name: 'sku', headers: ['sku', 'product_id', '商品编号', '货号'] },
  { name: 'items', headers: ['items', '商品'] },
]

export interface OrderLinesFile {
  readonly batches: AsyncIterable<readonly OrderLine[]>
  /** Read so far; complete when the batches are. */
  readonly totals: { lines: number; rejected: number }
}

const perBatch = 5_000

export async function openOrderLines(
  path: string,
  options: {
    readonly map?: string | undefined
    readonly dateFormat?: string | undefined
    readonly notAfter: Instant
  },
): Promise<OrderLinesFile> {
  const file = await openRowFile(path, {})
  const readDate = createDateReader({ format: options.dateFormat, notAfter: options.notAfter })
  const { columns, firstIsHeader } = findColumns(
    file.first,
    parseMap(options.map ?? '', lineColumns),
    lineColumns,
    (found) => !file.mayHaveHeader || readDate(cellAt(file.first, found, 'date')).ok,
  )
  requireColumns(columns, [['customer'], ['date'], ['sku', 'items']], file.first)
  const totals = { lines: 0, rejected: 0 }
  async function* batches(): AsyncGenerator<OrderLine[]> {
    let batch: OrderLine[] = []
    let heading = firstIsHeader
    for await (const record of file.records) {
      if (heading) {
        heading = false
        continue
      }
      totals.lines += 1
      const lines = readLines(record, columns, readDate)
      if (lines === null) totals.rejected += 1
      else batch.push(...lines)
      if (batch.length >= perBatch) {
        yield batch
        batch = []
      }
    }
    if (batch.length > 0) yield batch
  }
  return { batches: batches(), totals }
}

function readLines(
  { cells }: TextRecord,
  columns: Columns,
  readDate: ReturnType<typeof createDateReader>,
): OrderLine[] | null {
  if (!cells) return null
  const customer = readId(cellAt(cells, columns, 'customer'), 'customer')
  const at = readDate(cellAt(cells, columns, 'date'))
  if (!customer.ok || !at.ok) return null
  const day = dayOf(at.value)
  // Without an order number a customer's lines of one day are one order.
  const order = cellAt(cells, columns, 'order') || `${customer.value}/${day}`
  const sku = cellAt(cells, columns, 'sku')
  const items =
    sku === '' ? readItems(cellAt(cells, columns, 'items')) : { ok: true as const, value: [{ sku }] }
  if (!items.ok || items.value.length === 0) return null
  return items.value.map((item) => ({
    customer: customer.value,
    order_key: order,
    sku: item.sku,
    day_no: dayNumber(day),
  }))
}
