/**
 * Reads a text table record by record: the encoding is found out beforehand over the whole file, quotes may span
 * lines but not for ever, and each record knows the line it began on. One broken record never swallows the rest.
 */
import { createReadStream, existsSync, statSync } from 'node:fs'
import Papa from 'papaparse'
import { Refusal, messageOf } from '../base/errors.ts'

/** GBK is found out; the platform decodes it as GB18030, which contains it. */
export type Encoding = 'utf-8' | 'gbk' | 'gb18030' | 'utf-16le' | 'utf-16be'

export interface TextRecord {
  /** 1-based line of the file on which it began. */
  readonly line: number
  readonly raw: string
  /** Absent when the record cannot be read. */
  readonly cells?: readonly string[]
  readonly broken?: string
}

/** A record longer than this is a quote that was never closed. */
const maxRecordChars = 65_536
const maxRecordLines = 200
const recordsPerParse = 500

export function fileMustExist(path: string): void {
  if (!existsSync(path) || !statSync(path).isFile())
    throw new Refusal('file-missing', `There is no file ${path}.`, 404, {
      fix: 'Check the path; it is relative to the folder you are in.',
    })
  if (statSync(path).size === 0)
    throw new Refusal('file-empty', `The file ${path} is empty.`, 400, {
      fix: 'Export it again; it should hold one line per row.',
    })
}

async function* chunksOf(path: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 })) yield chunk as Buffer
  } catch (error) {
    throw new Refusal('file-unreadable', `The file ${path} cannot be read: ${messageOf(error)}`, 400, {
      fix: 'Check that you may read it.',
    })
  }
}

/** Decodes strictly; a mistake anywhere in the file decides against an encoding. */
async function decodes(path: string, encoding: string): Promise<boolean> {
  const decoder = new TextDecoder(encoding, { fatal: true })
  try {
    for await (const chunk of chunksOf(path)) decoder.decode(chunk, { stream: true })
    decoder.decode()
    return true
  } catch (error) {
    if (error instanceof TypeError) return false
    throw error
  }
}

export async function encodingOf(path: string, wanted: Encoding | null): Promise<Encoding> {
  for await (const head of chunksOf(path)) {
    const mark = head.length < 2 ? 0 : head.readUInt16BE(0)
    if (mark === 0xfffe || mark === 0xfeff) return utf16(path, mark === 0xfffe ? 'utf-16le' : 'utf-16be')
    if (head.includes(0))
      throw new Refusal('encoding', `${path} is not a text file: it holds NUL bytes.`, 400, {
        fix: 'Import CSV, blank-separated text or .xlsx; save an old .xls as .xlsx first.',
      })
    break
  }
  for (const encoding of wanted === null ? (['utf-8', 'gbk'] as const) : [wanted])
    if (await decodes(path, encoding)) return encoding
  throw new Refusal(
    'encoding',
    wanted === null ? `${path} is neither UTF-8 nor GBK.` : `${path} is not valid ${wanted.toUpperCase()}.`,
    400,
    {
      fix:
        wanted === null
          ? 'Save it as CSV UTF-8 and import that.'
          : `Leave --encoding out to have it detected, or use --encoding ${wanted === 'gbk' ? 'utf-8' : 'gbk'}.`,
    },
  )
}

/** What Excel calls "Unicode text". */
async function utf16(path: string, encoding: Encoding): Promise<Encoding> {
  if (await decodes(path, encoding)) return encoding
  throw new Refusal('encoding', `${path} begins like UTF-16 and is not.`, 400, {
    fix: 'Save it as CSV UTF-8 and import that.',
  })
}

/** Counts the bytes as they are read, for whoever tells how far it is. */
interface Meter {
  bytes: number
}

async function* linesOf(path: string, encoding: Encoding, meter?: Meter): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { ignoreBOM: false })
  let rest = ''
  for await (const chunk of chunksOf(path)) {
    if (meter) meter.bytes += chunk.length
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop() ?? ''
    yield* lines
    // A line without an end is cut here and refused later as too long; the rest of it is not kept.
    if (rest.length > maxRecordChars + 1) rest = rest.slice(0, maxRecordChars + 1)
  }
  rest += decoder.decode()
  if (rest !== '') yield rest.replace(/\r$/, '')
}

export type Layout = { readonly kind: 'blanks' } | { readonly kind: 'separated'; readonly delimiter: string }

const delimiters = [',', '\t', ';', '|'] as const

/** From the first record: a comma, tab, semicolon or bar, else blanks. */
export function layoutOf(first: string): Layout {
  const outsideQuotes = first.replace(/"[^"]*"/g, '')
  const counts = delimiters.map((delimiter) => outsideQuotes.split(delimiter).length - 1)
  const most = Math.max(...counts)
  const delimiter = delimiters[counts.indexOf(most)]
  if (most > 0 && delimiter !== undefined) return { kind: 'separated', delimiter }
  return /\S\s+\S/.test(first.trim()) ? { kind: 'blanks' } : { kind: 'separated', delimiter: ',' }
}

interface Whole {
  readonly line: number
  readonly raw: string
  readonly broken?: string
}

const openQuote = (text: string): boolean => text.includes('"') && (text.split('"').length - 1) % 2 === 1

/** Joins lines while a quote is open. A quote that stays open spoils only the line it stands in. */
async function* wholeRecords(lines: AsyncIterable<string>, quoted: boolean): AsyncGenerator<Whole> {
  let number = 0
  let open: { line: number; parts: string[]; chars: number } | null = null
  for await (const text of lines) {
    number += 1
    if (open === null) {
      if (quoted && openQuote(text)) open = { line: number, parts: [text], chars: text.length }
      else yield* single(number, text)
      continue
    }
    open.parts.push(text)
    open.chars += text.length
    if (openQuote(text)) {
      yield* single(open.line, open.parts.join('\n'))
      open = null
    } else if (open.parts.length > maxRecordLines || open.chars > maxRecordChars) {
      yield* afterOpenQuote(open)
      open = null
    }
  }
  if (open !== null) yield* afterOpenQuote(open)
}

function* single(line: number, raw: string): Generator<Whole> {
  if (raw.trim() === '') return
  if (raw.length > maxRecordChars)
    yield { line, raw: raw.slice(0, 200), broken: `longer than ${String(maxRecordChars)} characters` }
  else if (raw.includes('\u0000'))
    yield { line, raw: raw.replaceAll('\u0000', '?').slice(0, 200), broken: 'the line holds a NUL character' }
  else yield { line, raw }
}

function* afterOpenQuote({ line, parts }: { line: number; parts: readonly string[] }): Generator<Whole> {
  const [first = '', ...others] = parts
  yield { line, raw: first, broken: 'a quote (") is opened and never closed' }
  for (const [i, text] of others.entries()) yield* single(line + 1 + i, text)
}

export interface TextTable {
  readonly encoding: Encoding
  readonly layout: Layout
  readonly records: AsyncIterable<TextRecord>
  readonly bytesRead: () => number
}

export async function openTextTable(path: string, wanted: Encoding | null): Promise<TextTable> {
  const encoding = await encodingOf(path, wanted)
  let first: string | null = null
  for await (const line of linesOf(path, encoding)) {
    if (line.trim() === '') continue
    first = line
    break
  }
  if (first === null)
    throw new Refusal('file-empty', `The file ${path} holds only blank lines.`, 400, {
      fix: 'Export it again; it should hold one line per row.',
    })
  const layout = layoutOf(first)
  const meter: Meter = { bytes: 0 }
  return {
    encoding,
    layout,
    records: parsed(linesOf(path, encoding, meter), layout),
    bytesRead: () => meter.bytes,
  }
}

async function* parsed(lines: AsyncIterable<string>, layout: Layout): AsyncGenerator<TextRecord> {
  if (layout.kind === 'blanks') {
    for await (const whole of wholeRecords(lines, false))
      yield whole.broken === undefined ? { ...whole, cells: whole.raw.trim().split(/\s+/) } : whole
    return
  }
  let waiting: Whole[] = []
  for await (const whole of wholeRecords(lines, true)) {
    waiting.push(whole)
    if (waiting.length < recordsPerParse) continue
    yield* parseBatch(waiting, layout.delimiter)
    waiting = []
  }
  yield* parseBatch(waiting, layout.delimiter)
}

/** Many records in one call, since a call costs more than a record; one by one when something is odd. */
function* parseBatch(batch: readonly Whole[], delimiter: string): Generator<TextRecord> {
  const good = batch.filter(({ broken }) => broken === undefined)
  const table = cellsOf(good.map(({ raw }) => raw).join('\n'), delimiter)
  const together = table.errors.length === 0 && table.data.length === good.length
  let i = 0
  for (const whole of batch) {
    if (whole.broken !== undefined) {
      yield whole
      continue
    }
    const cells = together ? table.data[i] : undefined
    i += 1
    yield cells ? { ...whole, cells } : parseOne(whole, delimiter)
  }
}

function parseOne(whole: Whole, delimiter: string): TextRecord {
  const { data, errors } = cellsOf(whole.raw, delimiter)
  const [cells] = data
  const [error] = errors
  if (error || !cells || data.length !== 1)
    return { ...whole, broken: error ? messageOf(new Error(error.message)) : 'quotes do not match' }
  return { ...whole, cells }
}

const cellsOf = (
  text: string,
  delimiter: string,
): { data: string[][]; errors: readonly { message: string }[] } =>
  text === '' ? { data: [], errors: [] } : Papa.parse<string[]>(text, { delimiter, newline: '\n' })
