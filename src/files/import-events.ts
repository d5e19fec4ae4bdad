/**
 * Behaviour from a file into the log: one row, one happening. `--kind` says what all rows are, or a column does. A row
 * is known by its event id, or by what it says and how often the file said that before.
 */
import type { Happening } from '../base/act.ts'
import { days } from '../base/clock.ts'
import { Refusal } from '../base/errors.ts'
import { sha256 } from '../base/ids.ts'
import { cellAt, findColumns, parseMap, requireColumns, tidy } from './columns.ts'
import type { Columns, ColumnSpec } from './columns.ts'
import { createDateReader } from './dates.ts'
import type { DateReader } from './dates.ts'
import { recordedKeys } from './files.store.ts'
import { createTextCounter } from './hash-sets.ts'
import type { TextCounter } from './hash-sets.ts'
import { costSince, createPace, mustHoldRows, rowsPerTransaction, tellOfRejects } from './import.ts'
import type { Cost, ImportOptions, ImportParts } from './import.ts'
import { openRejects } from './rejects.ts'
import { openRowFile } from './row-file.ts'
import type { RowFile } from './row-file.ts'
import { shopEventNames, shopEventOf, shopEvents } from './shop-events.ts'
import type { EventField, ShopEventName } from './shop-events.ts'
import { bad, readFen, readId } from './values.ts'
import type { MoneyUnit, Parsed } from './values.ts'
import { readWho, whoColumns } from './who.ts'

export interface EventsImported extends Cost {
  readonly lines: number
  readonly customers: number
  /** Events that were new to the log. */
  readonly imported: number
  /** Lines with the event id of another line. */
  readonly repeatedLines: number
  /** Of the events in the file, how many of each kind of the log. */
  readonly kinds: Readonly<Record<string, number>>
  readonly rejected: number
}

export interface EventImportOptions extends ImportOptions {
  /** What every row is, when no column says it. */
  readonly kind?: string | undefined
  /** Further columns to keep, separated by commas. */
  readonly detail?: string | undefined
}

const source = 'import:events'

const eventColumns: readonly ColumnSpec[] = [
  { name: 'id', headers: ['event_id', '事件编号'] },
  { name: 'kind', headers: ['kind', 'event', 'event_type', 'type', '类型', '事件', '行为'] },
  ...whoColumns,
  { name: 'date', headers: ['date', 'at', 'time', 'timestamp', 'event_time', '时间', '日期', '发生时间'] },
  { name: 'order', headers: ['order_id', 'order', '订单号', '订单编号'] },
  { name: 'sku', headers: ['sku', 'product_id', '商品编号', '商品编码', '货号'] },
  { name: 'amount', headers: ['amount', '金额', '退款金额'] },
  { name: 'score', headers: ['score', 'rating', '评分', '分数'] },
  { name: 'campaign', headers: ['campaign', 'campaign_id', '活动', '活动编号'] },
  { name: 'coupon', headers: ['coupon', 'coupon_code', 'coupon_upc', '优惠券', '券码'] },
  { name: 'chat', headers: ['chat', 'chat_id', '群', '群id', '群编号'] },
  { name: 'text', headers: ['text', 'comment', 'content', '内容', '评论', '留言'] },
]

/** Fields of the log's detail, by what the map calls them. */
const idFields: Readonly<Partial<Record<string, string>>> = {
  order: 'orderId',
  sku: 'sku',
  campaign: 'campaign',
  coupon: 'coupon',
}
const maxDetails = 20
const maxDetailChars = 500
const maxWordsChars = 5_000

interface RowParts {
  readonly columns: Columns
  /** Name in the detail and place in the file. */
  readonly extras: readonly (readonly [string, number])[]
  readonly allAre: ShopEventName | null
  readonly readDate: DateReader
  readonly unit: MoneyUnit
  readonly hashPhone: ImportParts['hashPhone']
  readonly seen: TextCounter
}

export async function importEvents(parts: ImportParts, options: EventImportOptions): Promise<EventsImported> {
  const startedAt = parts.clock.steady()
  const { file, row, firstIsHeader } = await openEvents(parts, options)
  const rejects = openRejects(options.errorsFile ?? `${options.file}.errors.csv`, options.dryRun === true)
  const customers = createTextCounter()
  const keys = createTextCounter()
  const kinds: Record<string, number> = {}
  const pace = createPace(parts)
  let lines = 0
  let imported = 0
  let repeatedLines = 0
  let waiting: Happening[] = []
  const publish = async (): Promise<void> => {
    if (waiting.length === 0) return
    const batch = waiting
    waiting = []
    imported += await record(parts, batch, options.dryRun === true)
    options.onProgress?.({ phase: 'writing', done: lines, total: file.linesInAll(lines) })
    options.signal?.throwIfAborted()
    if (options.dryRun !== true) await pace.rest()
  }
  try {
    let header = firstIsHeader
    for await (const { line, raw, cells, broken } of file.records) {
      if (header && cells) {
        header = false
        continue
      }
      lines += 1
      const read = cells ? readEvent(cells, row) : bad(broken ?? 'the row cannot be read', 'correct the line')
      if (!read.ok) {
        await rejects.add(line, read.why, read.fix, raw)
        continue
      }
      const { name, happening } = read.value
      customers.add(name)
      kinds[happening.kind] = (kinds[happening.kind] ?? 0) + 1
      // The same event id again is the same event.
      if (keys.add(happening.sourceKey) === 1) waiting.push(happening)
      else repeatedLines += 1
      if (waiting.length >= rowsPerTransaction) await publish()
    }
    await publish()
  } finally {
    await rejects.close()
  }
  mustHoldRows(lines, options.file, 'event')
  tellOfRejects(rejects, options)
  return {
    lines,
    customers: customers.size(),
    imported,
    repeatedLines,
    kinds,
    rejected: rejects.count(),
    ...costSince(parts.clock, startedAt),
  }
}

const kindFix = `Use one of ${shopEventNames.join(', ')}.`

async function openEvents(
  { clock, hashPhone }: ImportParts,
  options: EventImportOptions,
): Promise<{ file: RowFile; row: RowParts; firstIsHeader: boolean }> {
  const allAre = options.kind === undefined ? null : shopEventOf(options.kind)
  if (options.kind !== undefined && allAre === null)
    throw new Refusal('usage', `--kind ${options.kind} is not known.`, 400, { fix: kindFix })
  const file = await openRowFile(options.file, options)
  const readDate = createDateReader({
    format: options.dateFormat ?? null,
    zone: options.zone,
    notAfter: clock.now() + days(1),
  })
  const map = parseMap(options.map ?? '', eventColumns)
  const { columns, firstIsHeader } = findColumns(
    file.first,
    map,
    eventColumns,
    (found) => !file.mayHaveHeader || readDate(cellAt(file.first, found, 'date')).ok,
    file.own,
  )
  requireColumns(columns, [['customer', 'external', 'unionid', 'phone'], ['date']], file.first)
  if (allAre === null && !columns.has('kind'))
    throw new Refusal('map', 'Nothing says what happened.', 400, {
      fix: `Say it for the whole file with --kind, or map the column with --map kind=…. ${kindFix}`,
    })
  return {
    file,
    firstIsHeader,
    row: {
      columns,
      extras: extrasOf(options.detail ?? '', file.first),
      allAre,
      readDate,
      unit: options.unit ?? 'yuan',
      hashPhone,
      seen: createTextCounter(),
    },
  }
}

function extrasOf(detail: string, first: readonly string[]): [string, number][] {
  const header = first.map(tidy)
  const names = detail
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
  if (names.length > maxDetails)
    throw new Refusal('usage', `--detail names more than ${String(maxDetails)} columns.`, 400, {
      fix: 'Keep fewer.',
    })
  return names.map((name) => {
    const place = header.indexOf(name)
    if (place < 0)
      throw new Refusal('usage', `--detail: the file has no column "${name}".`, 400, {
        fix: `Its first line reads: ${header.join(' | ').slice(0, 300)}.`,
      })
    return [name, place]
  })
}

// ------------------------------------------------------------------ one row

function readEvent(
  cells: readonly string[],
  parts: RowParts,
): Parsed<{ readonly name: string; readonly happening: Happening }> {
  const { columns, readDate } = parts
  const text = (name: string): string => cellAt(cells, columns, name)
  const event = parts.allAre ?? shopEventOf(text('kind'))
  if (event === null) return bad(`the kind "${text('kind').slice(0, 40)}" is not known`, kindFix)
  const who = readWho(text, parts.hashPhone ?? null)
  if (!who.ok) return who
  const at = readDate(text('date'))
  if (!at.ok) return at
  const needs: readonly EventField[] = shopEvents[event].needs
  const missing = needs.find((field) => text(field) === '')
  if (missing !== undefined)
    return bad(`${event} needs the field ${missing}`, `fill it in, or map its column with --map ${missing}=…`)
  const detail = readDetail(cells, text, parts)
  if (!detail.ok) return detail
  const chat = text('chat')
  const words = text('text')
  if (words.length > maxWordsChars)
    return bad('the text is too long', `keep it under ${String(maxWordsChars)} characters`)
  const { kind } = shopEvents[event]
  const named = { ...who.value.who, ...(chat === '' ? {} : { chat }) }
  const id = text('id')
  if (id.length > 128) return bad('the event id is longer than 128 characters', 'check the column of the id')
  return {
    ok: true,
    value: {
      name: who.value.name,
      happening: {
        kind,
        at: at.value,
        source,
        sourceKey:
          id === '' ? contentKey([kind, at.value, named, detail.value, words], parts.seen) : `event:${id}`,
        who: named,
        detail: detail.value,
        ...(words === '' ? {} : { said: words }),
      },
    },
  }
}

/** The nth equal row of a file is the same event in each run, and another one than the first. */
function contentKey(content: unknown, seen: TextCounter): string {
  const says = JSON.stringify(content)
  return `row:${sha256(`${says} ${String(seen.add(says))}`).slice(0, 32)}`
}

function readDetail(
  cells: readonly string[],
  text: (name: string) => string,
  { extras, unit }: RowParts,
): Parsed<Record<string, unknown>> {
  const detail: Record<string, unknown> = {}
  for (const [name, place] of extras) {
    const value = tidy(cells[place] ?? '')
    if (value.length > maxDetailChars)
      return bad(`${name} is too long`, `keep it under ${String(maxDetailChars)} characters`)
    if (value !== '') detail[name] = value
  }
  for (const [field, key] of Object.entries(idFields)) {
    if (key === undefined || text(field) === '') continue
    const id = readId(text(field), field)
    if (!id.ok) return id
    detail[key] = id.value
  }
  if (text('amount') !== '') {
    const amount = readFen(text('amount'), unit)
    if (!amount.ok) return amount
    // A refund is told as 12.50 by one shop and as -12.50 by the next.
    detail['amountFen'] = Math.abs(amount.value)
  }
  if (text('score') !== '') {
    const score = /^-?\d{1,6}(\.\d{1,3})?$/.exec(text('score'))
    if (!score) return bad(`"${text('score').slice(0, 40)}" is not a score`, 'write digits, such as 4')
    detail['score'] = Number(text('score'))
  }
  return { ok: true, value: detail }
}

/** Answers how many were new. */
async function record(
  { db, act, flush }: ImportParts,
  happenings: readonly Happening[],
  dryRun: boolean,
): Promise<number> {
  if (dryRun) {
    const keys = happenings.map(({ sourceKey }) => sourceKey)
    return keys.length - (await recordedKeys(db.reader, source, keys)).size
  }
  const answers = await act({ kind: 'cli', verb: 'import' }, (ctx) => flush(ctx, happenings), 'bulk')
  return answers.filter(({ fresh }) => fresh).length
}
