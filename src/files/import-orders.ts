/**
 * Orders from a file into the log, in short transactions of the bulk lane. Each row has a key of its own (the order id,
 * or customer + date + amount + how often that was seen in the file), so a run that was killed is simply run again.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Act, Happening } from '../base/act.ts'
import { dayOf, isoOf } from '../base/calendar.ts'
import { days } from '../base/clock.ts'
import type { Clock, Instant } from '../base/clock.ts'
import type { Db } from '../base/db.ts'
import { Refusal } from '../base/errors.ts'
import { sha256 } from '../base/ids.ts'
import type { Flush } from '../interaction/index.ts'
import { cellAt, findColumns, parseMap, requireColumns } from './columns.ts'
import type { Columns, ColumnSpec } from './columns.ts'
import { recordedKeys } from './files.store.ts'
import { openRejects } from './rejects.ts'
import type { Rejects } from './rejects.ts'
import { openRowFile } from './row-file.ts'
import type { Encoding, TextRecord } from './text-file.ts'
import { createDateReader, readFen, readId, readItems } from './values.ts'
import type { Parsed } from './values.ts'

export interface ImportParts {
  readonly db: Db
  readonly clock: Clock
  readonly act: Act
  readonly flush: Flush
}

export interface ImportOptions {
  readonly file: string
  /** `customer=1,date=3,amount=5`: names or 1-based positions. */
  readonly map?: string | undefined
  readonly dateFormat?: string | undefined
  readonly encoding?: Encoding | undefined
  readonly dryRun?: boolean | undefined
  /** Where refused rows go; beside the file when absent. */
  readonly errorsFile?: string | undefined
  /** Called after each transaction with the lines read so far. */
  readonly onProgress?: ((lines: number) => void) | undefined
  /** Said to the person, on stderr. */
  readonly onWarning?: ((words: string) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

export interface OrdersImported {
  readonly lines: number
  readonly customers: number
  readonly imported: number
  readonly sameDayRepeats: number
  readonly zeroAmounts: number
  readonly rejected: number
  readonly seconds: number
}

const orderColumns: readonly ColumnSpec[] = [
  { name: 'order', headers: ['order_id', 'order', '订单号', '订单编号'] },
  { name: 'customer', headers: ['shop_id', 'customer_id', 'customer', '客户编号', '会员号'] },
  { name: 'external', headers: ['external_userid', 'external'] },
  { name: 'date', headers: ['date', 'order_date', '日期', '下单时间', '付款时间'] },
  { name: 'amount', headers: ['amount', '金额', '实付金额'] },
  { name: 'items', headers: ['items', '商品'] },
]

const source = 'import:orders'
const rowsPerTransaction = 500
const pauseMs = 20

interface OrderRow {
  readonly line: number
  readonly customer: string
  readonly day: string
  readonly amountFen: number
  readonly happening: Happening
}

interface Seen {
  readonly customers: Set<string>
  readonly customerDays: Set<string>
  /** Rows without an order id: how often this customer, instant and amount came already. */
  readonly occurrences: Map<string, number>
  /** Rows with one: the line it came on, and what it said. */
  readonly orderIds: Map<string, { readonly line: number; readonly says: string }>
}

export async function importOrders(parts: ImportParts, options: ImportOptions): Promise<OrdersImported> {
  const { clock } = parts
  const startedAt = clock.steady()
  const file = await openRowFile(options.file, options.encoding ?? null)
  const readDate = createDateReader(options.dateFormat ?? null, clock.now() + days(1))
  const map = parseMap(options.map ?? '', orderColumns)
  const looksLikeData = (columns: Columns): boolean =>
    !file.mayHaveHeader ||
    readDate(cellAt(file.first, columns, 'date')).ok ||
    readFen(cellAt(file.first, columns, 'amount')).ok
  const { columns, firstIsHeader } = findColumns(file.first, map, orderColumns, looksLikeData)
  requireColumns(columns, [['customer', 'external'], ['date'], ['amount']], file.first)

  const rejects = openRejects(options.errorsFile ?? `${options.file}.errors.csv`, options.dryRun === true)
  const seen: Seen = {
    customers: new Set(),
    customerDays: new Set(),
    occurrences: new Map(),
    orderIds: new Map(),
  }
  const totals = { lines: 0, imported: 0, sameDayRepeats: 0, zeroAmounts: 0 }
  let waiting: OrderRow[] = []
  const publish = async (): Promise<void> => {
    if (waiting.length === 0) return
    totals.imported += await record(parts, waiting, options.dryRun === true)
    waiting = []
    options.onProgress?.(totals.lines)
    options.signal?.throwIfAborted()
    if (options.dryRun !== true) await pause(pauseMs)
  }
  try {
    let header = firstIsHeader
    for await (const rec of file.records) {
      if (header && rec.cells) {
        header = false
        continue
      }
      totals.lines += 1
      const row = await readRow(rec, columns, readDate, seen, rejects)
      if (row === null) continue
      count(row, seen, totals)
      waiting.push(row)
      if (waiting.length >= rowsPerTransaction) await publish()
    }
    await publish()
  } finally {
    await rejects.close()
  }
  tellOfRejects(rejects, options)
  mustHoldRows(totals.lines, options.file)
  return {
    lines: totals.lines,
    customers: seen.customers.size,
    imported: totals.imported,
    sameDayRepeats: totals.sameDayRepeats,
    zeroAmounts: totals.zeroAmounts,
    rejected: rejects.count(),
    seconds: Math.round(clock.steady() - startedAt) / 1000,
  }
}

function mustHoldRows(lines: number, path: string): void {
  if (lines === 0)
    throw new Refusal('file-empty', `The file ${path} holds a heading and no rows.`, 400, {
      fix: 'Export it again; it should hold one line per order.',
    })
}

function tellOfRejects(rejects: Rejects, { file, errorsFile, dryRun, onWarning }: ImportOptions): void {
  if (rejects.count() === 0) return
  const path = errorsFile ?? `${file}.errors.csv`
  const trouble = rejects.trouble()
  if (trouble !== null) onWarning?.(`The refused rows could not be written to ${path}: ${trouble}`)
  else if (dryRun !== true) onWarning?.(`${String(rejects.count())} rows were refused; see ${path}`)
}

function count(row: OrderRow, seen: Seen, totals: { sameDayRepeats: number; zeroAmounts: number }): void {
  seen.customers.add(row.customer)
  const customerDay = `${row.customer} ${row.day}`
  if (seen.customerDays.has(customerDay)) totals.sameDayRepeats += 1
  seen.customerDays.add(customerDay)
  if (row.amountFen === 0) totals.zeroAmounts += 1
}

/** Answers the row, or null after noting why it is refused. */
async function readRow(
  { line, raw, cells, broken }: TextRecord,
  columns: Columns,
  readDate: (text: string) => Parsed<Instant>,
  seen: Seen,
  rejects: Rejects,
): Promise<OrderRow | null> {
  const refuse = async (why: string): Promise<null> => {
    await rejects.add(line, why, raw)
    return null
  }
  if (!cells) return refuse(broken ?? 'the row cannot be read')
  const external = cellAt(cells, columns, 'external')
  const shopId = cellAt(cells, columns, 'customer')
  const customer = readId(shopId === '' ? external : shopId, 'customer')
  const at = readDate(cellAt(cells, columns, 'date'))
  const amount = readFen(cellAt(cells, columns, 'amount'))
  const items = readItems(cellAt(cells, columns, 'items'))
  const orderId = cellAt(cells, columns, 'order')
  for (const part of [customer, at, amount, items]) if (!part.ok) return refuse(part.why)
  if (!customer.ok || !at.ok || !amount.ok || !items.ok) return null
  if (external.length > 64) return refuse('the external_userid is longer than 64 characters')
  if (orderId.length > 64) return refuse('the order id is longer than 64 characters')
  const says = `${customer.value} ${isoOf(at.value)} ${String(amount.value)}`
  const before = orderId === '' ? undefined : seen.orderIds.get(orderId)
  if (before && before.says !== says)
    return refuse(
      `order ${orderId} stands on line ${String(before.line)} with another customer, date or amount; one line per order is expected`,
    )
  if (orderId !== '' && !before) seen.orderIds.set(orderId, { line, says })
  return {
    line,
    customer: customer.value,
    day: dayOf(at.value),
    amountFen: amount.value,
    happening: {
      kind: 'order-placed',
      at: at.value,
      source,
      sourceKey: orderId === '' ? rowKey(says, seen) : `order:${orderId}`,
      who: { ...(external === '' ? {} : { external }), ...(shopId === '' ? {} : { shopId }) },
      detail: {
        ...(orderId === '' ? {} : { orderId }),
        amountFen: amount.value,
        items: items.value,
      },
    },
  }
}

/** The nth equal row of a file is the same row in each run, and another one than the first. */
function rowKey(says: string, seen: Seen): string {
  const nth = (seen.occurrences.get(says) ?? 0) + 1
  seen.occurrences.set(says, nth)
  return `row:${sha256(`${says} ${String(nth)}`).slice(0, 32)}`
}

/** Answers how many were new. */
async function record(
  { db, act, flush }: ImportParts,
  rows: readonly OrderRow[],
  dryRun: boolean,
): Promise<number> {
  const happenings = rows.map(({ happening }) => happening)
  if (dryRun) {
    const keys = [...new Set(happenings.map(({ sourceKey }) => sourceKey))]
    return keys.length - (await recordedKeys(db.reader, source, keys))
  }
  const answers = await act({ kind: 'cli', verb: 'import' }, (ctx) => flush(ctx, happenings), 'bulk')
  return answers.filter(({ fresh }) => fresh).length
}
