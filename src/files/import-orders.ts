/**
 * Orders from a file into the log. First every line is read and brought to the others of its order (spool.ts), then the
 * orders are written in short transactions of the bulk lane. Each row has a key of its own (the order id, or customer +
 * date + amount + how often that was seen in the file), so a run that was killed is simply run again.
 */
import type { Happening } from '../base/act.ts'
import { dayOf } from '../base/calendar.ts'
import { days } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import { cellAt, findColumns, parseMap, requireColumns } from './columns.ts'
import type { Columns } from './columns.ts'
import { createDateReader } from './dates.ts'
import { anyOrders, knownOrders, recordedKeys, waitingRefunds } from './files.store.ts'
import type { KnownOrder } from './files.store.ts'
import { createTextCounter } from './hash-sets.ts'
import { costSince, createPace, mustHoldRows, rowsPerTransaction, tellOfRejects } from './import.ts'
import type { Cost, ImportOptions, ImportParts } from './import.ts'
import { draftOrders, orderSource, refundOf } from './order-draft.ts'
import type { OrderDraft, Refused } from './order-draft.ts'
import { isByItem, orderColumns, readOrderLine } from './order-line.ts'
import type { LineParts, OrderLine } from './order-line.ts'
import { openRejects } from './rejects.ts'
import type { Rejects } from './rejects.ts'
import { openRowFile } from './row-file.ts'
import type { RowFile } from './row-file.ts'
import { openSpool } from './spool.ts'
import type { Spool } from './spool.ts'
import { createSuspicion } from './suspicion.ts'
import type { Suspicion } from './suspicion.ts'
import { readFen } from './values.ts'

export interface OrdersImported extends Cost {
  readonly lines: number
  readonly customers: number
  /** Orders in the file, without those left out and refused. */
  readonly orders: number
  /** Orders that were new to the log. */
  readonly imported: number
  /** Refunds that were new to the log. */
  readonly refunds: number
  /** Orders beyond the first of a customer on one day. */
  readonly sameDayRepeats: number
  readonly zeroAmounts: number
  /** Lines that said the same as another line of their order. */
  readonly repeatedLines: number
  /** Orders that are no purchases. */
  readonly leftOut: { readonly cancelled: number; readonly unpaid: number; readonly refunded: number }
  readonly rejected: number
}

interface Reading {
  readonly file: RowFile
  readonly parts: LineParts
  readonly firstIsHeader: boolean
  readonly rejects: Rejects
  readonly spool: Spool<OrderLine>
  readonly suspicion: Suspicion
  readonly options: ImportOptions
}

export async function importOrders(parts: ImportParts, options: ImportOptions): Promise<OrdersImported> {
  const startedAt = parts.clock.steady()
  const { file, line, firstIsHeader } = await openOrders(parts, options)
  const rejects = openRejects(options.errorsFile ?? `${options.file}.errors.csv`, options.dryRun === true)
  const spool = openSpool<OrderLine>(file.bytes)
  const suspicion = createSuspicion(line.unit)
  try {
    const lines = await readLines({ file, parts: line, firstIsHeader, rejects, spool, suspicion, options })
    mustHoldRows(lines, options.file, 'order')
    const totals = await writeOrders(parts, options, { spool, rejects, byItem: line.byItem, lines })
    await rejects.close()
    for (const words of suspicion.words()) options.onWarning?.(words)
    tellOfRejects(rejects, options)
    return { lines, ...totals, rejected: rejects.count(), ...costSince(parts.clock, startedAt) }
  } finally {
    spool.close()
    await rejects.close()
  }
}

async function openOrders(
  { clock, hashPhone }: ImportParts,
  options: ImportOptions,
): Promise<{ file: RowFile; line: LineParts; firstIsHeader: boolean }> {
  const file = await openRowFile(options.file, options)
  const unit = options.unit ?? 'yuan'
  const readDate = createDateReader({
    format: options.dateFormat ?? null,
    zone: options.zone,
    notAfter: clock.now() + days(1),
  })
  const map = parseMap(options.map ?? '', orderColumns)
  const looksLikeData = (columns: Columns): boolean =>
    !file.mayHaveHeader ||
    readDate(cellAt(file.first, columns, 'date')).ok ||
    readFen(cellAt(file.first, columns, 'amount'), unit).ok
  const { columns, firstIsHeader } = findColumns(file.first, map, orderColumns, looksLikeData, file.own)
  requireColumns(
    columns,
    [
      ['customer', 'external', 'unionid', 'phone'],
      ['date', 'paid'],
      ['amount', 'orderAmount'],
    ],
    file.first,
  )
  return {
    file,
    firstIsHeader,
    line: { columns, readDate, unit, hashPhone: hashPhone ?? null, byItem: isByItem(columns) },
  }
}

// ------------------------------------------------------------------ reading

const tellEvery = 5_000

/** Answers the number of lines. */
async function readLines(reading: Reading): Promise<number> {
  const { file, parts, rejects, spool, suspicion, options } = reading
  let header = reading.firstIsHeader
  let lines = 0
  for await (const { line, raw, cells, broken } of file.records) {
    if (header && cells) {
      header = false
      continue
    }
    lines += 1
    if (lines % tellEvery === 0) {
      options.signal?.throwIfAborted()
      options.onProgress?.({ phase: 'reading', done: lines, total: file.linesInAll(lines) })
    }
    if (!cells) {
      await rejects.add(line, broken ?? 'the row cannot be read', 'correct the line', raw)
      continue
    }
    const read = readOrderLine(cells, { line, raw }, parts)
    if (!read.ok) {
      await rejects.add(line, read.why, read.fix, raw)
      poison(spool, cellAt(cells, parts.columns, 'order'), line, parts.byItem)
      continue
    }
    const { value } = read
    suspicion.note(value.customer, value.at, value.fen ?? value.orderFen ?? 0)
    const { orderId } = value
    spool.add(
      orderId === ''
        ? `row ${value.customer} ${String(value.at)} ${String(value.fen ?? value.orderFen)}`
        : `id ${orderId}`,
      value,
    )
  }
  suspicion.refused(rejects.count(), lines)
  return lines
}

/** In a file by items a refused line spoils its order: the others wait for its correction. */
function poison(spool: Spool<OrderLine>, orderId: string, line: number, byItem: boolean): void {
  if (!byItem || orderId === '' || /[\u0000-\u001f]/.test(orderId)) return
  spool.add(`id ${orderId}`, {
    line,
    raw: '',
    refused: true,
    customer: '',
    who: {},
    at: 0,
    fen: null,
    orderFen: null,
    orderId,
    items: [],
    state: 'bought',
    refund: null,
    paidAt: null,
    deliveredAt: null,
  })
}

// ------------------------------------------------------------------ writing

type Totals = Omit<OrdersImported, 'lines' | 'rejected' | keyof Cost>

interface Writing {
  readonly spool: Spool<OrderLine>
  readonly rejects: Rejects
  readonly byItem: boolean
  readonly lines: number
}

async function writeOrders(
  parts: ImportParts,
  options: ImportOptions,
  { spool, rejects, byItem, lines }: Writing,
): Promise<Totals> {
  const customers = createTextCounter()
  const customerDays = createTextCounter()
  const totals = { orders: 0, imported: 0, refunds: 0, sameDayRepeats: 0, zeroAmounts: 0, repeatedLines: 0 }
  const leftOut = { cancelled: 0, unpaid: 0, refunded: 0 }
  const pace = createPace(parts)
  const moment = { dryRun: options.dryRun === true, isFirst: !(await anyOrders(parts.db.reader)) }
  let done = 0
  let waiting: OrderDraft[] = []

  const count = (draft: OrderDraft): void => {
    totals.repeatedLines += draft.repeated
    if (draft.leftOut !== null) leftOut[draft.leftOut] += 1
    if (draft.order === null) return
    totals.orders += 1
    customers.add(draft.customer)
    if (customerDays.add(`${draft.customer} ${dayOf(draft.order.at)}`) > 1) totals.sameDayRepeats += 1
    if (draft.amountFen === 0) totals.zeroAmounts += 1
  }
  const publish = async (): Promise<void> => {
    if (waiting.length === 0) return
    const batch = waiting
    waiting = []
    const written = await record(parts, batch, moment)
    for (const { line, why, fix, raw } of written.refused) await rejects.add(line, why, fix, raw)
    const refused = new Set(written.refused.map(({ line }) => line))
    for (const draft of batch) {
      if (!refused.has(draft.line)) count(draft)
      done += draft.lines
    }
    totals.imported += written.orders
    totals.refunds += written.refunds
    options.onProgress?.({ phase: 'writing', done, total: lines })
    options.signal?.throwIfAborted()
    if (options.dryRun !== true) await pace.rest()
  }

  for (const group of spool.groups()) {
    const { drafts, refused } = draftOrders(group, byItem)
    for (const { line, why, fix, raw } of refused) await rejects.add(line, why, fix, raw)
    for (const draft of drafts) {
      waiting.push(draft)
      if (waiting.length >= rowsPerTransaction) await publish()
    }
  }
  await publish()
  return { ...totals, customers: customers.size(), leftOut }
}

interface Written {
  readonly orders: number
  readonly refunds: number
  readonly refused: readonly Refused[]
}

async function record(
  { db, act, flush }: ImportParts,
  drafts: readonly OrderDraft[],
  { dryRun, isFirst }: { readonly dryRun: boolean; readonly isFirst: boolean },
): Promise<Written> {
  if (dryRun) {
    const { happenings, refused } = await compare(db.reader, drafts, isFirst)
    const keys = happenings.map(({ sourceKey }) => sourceKey)
    const known = await recordedKeys(db.reader, orderSource, keys)
    return { ...tally(happenings, (one) => !known.has(one.sourceKey)), refused }
  }
  return act(
    { kind: 'cli', verb: 'import' },
    async (ctx) => {
      const { happenings, refused } = await compare(ctx.tx, drafts, isFirst)
      const answers = await flush(ctx, happenings)
      return { ...tally(happenings, (_, i) => answers[i]?.fresh === true), refused }
    },
    'bulk',
  )
}

function tally(
  happenings: readonly Happening[],
  isFresh: (happening: Happening, index: number) => boolean,
): { orders: number; refunds: number } {
  const fresh = happenings.filter(isFresh)
  return {
    orders: fresh.filter(({ kind }) => kind === 'order-placed').length,
    refunds: fresh.filter(({ kind }) => kind === 'order-refunded').length,
  }
}

/** What the drafts mean in relation to what is known: the same for a run and for its rehearsal. */
async function compare(
  reader: Reader,
  drafts: readonly OrderDraft[],
  isFirst: boolean,
): Promise<{ happenings: Happening[]; refused: Refused[] }> {
  // The amount of an order stands in the log once and for all; nothing is there to compare with a first import.
  const ids = isFirst ? [] : drafts.map(({ orderId }) => orderId).filter((id) => id !== '')
  const known = await knownOrders(reader, ids)
  const asking = drafts.filter(({ total }) => total !== null).map(({ orderId }) => orderId)
  const waiting = await waitingRefunds(
    reader,
    asking.filter((id) => !known.has(id)),
  )
  const happenings: Happening[] = []
  const refused: Refused[] = []
  for (const draft of drafts) {
    const before = known.get(draft.orderId)
    if (before && draft.order && before.amountFen !== draft.amountFen) {
      refused.push({
        line: draft.line,
        raw: draft.raw,
        why: `order ${draft.orderId} is known already with the amount ${yuan(before.amountFen)}, not ${yuan(draft.amountFen)}`,
        fix: 'an order never changes once it is in: tell what was given back as a refund',
      })
      continue
    }
    if (draft.order) happenings.push(draft.order)
    if (draft.delivered) happenings.push(draft.delivered)
    happenings.push(...draft.refunds)
    happenings.push(...takenBack(draft, before, waiting.get(draft.orderId)))
  }
  return { happenings, refused }
}

const yuan = (fen: number): string => (fen / 100).toFixed(2)

/**
 * A refund column tells the total so far; what is new is the total less what is known. An order that is known and now
 * stands there as cancelled was taken back as a whole.
 */
function takenBack(
  { orderId, who, total, leftOut, amountFen, order }: OrderDraft,
  before: KnownOrder | undefined,
  waiting: number | null | undefined,
): Happening[] {
  const cancelled = leftOut !== null && before ? { fen: null, at: before.at } : null
  const asked = total ?? cancelled
  if (asked === null || orderId === '') return []
  const amount = before?.amountFen ?? (order ? amountFen : 0)
  const known = before ? before.refundedFen : waiting === null ? amount : (waiting ?? 0)
  const wanted = asked.fen ?? amount
  if (known >= wanted && (amount > 0 || before !== undefined || waiting !== undefined)) return []
  const fen = asked.fen === null ? null : wanted - known
  const key = `refund:${orderId}:total:${asked.fen === null ? 'all' : String(asked.fen)}`
  return [refundOf(who, orderId, key, fen, asked.at)]
}
