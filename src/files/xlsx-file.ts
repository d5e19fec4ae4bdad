/** Reads the first sheet of an .xlsx row by row; formulas count by their stored result, never by being run. */
import { statSync } from 'node:fs'
import { DateTime } from 'luxon'
import { Refusal, messageOf } from '../base/errors.ts'
import type { TextRecord } from './text-file.ts'

const maxCellChars = 10_000

/** A date cell is wall time without a zone; it becomes text that the date reader understands. */
function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (value instanceof Date)
    return DateTime.fromJSDate(value, { zone: 'utc' }).toFormat('yyyy-MM-dd HH:mm:ss')
  if (typeof value !== 'object') return ''
  if ('result' in value) return textOf(value.result)
  if ('text' in value) return textOf(value.text)
  if ('richText' in value && Array.isArray(value.richText))
    return value.richText.map((part: { text?: unknown }) => textOf(part.text)).join('')
  return ''
}

const isFormulaWithoutResult = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  ('formula' in value || 'sharedFormula' in value) &&
  !('result' in value && value.result !== undefined)

function recordOf(line: number, values: readonly unknown[]): TextRecord | null {
  const cells = values.map(textOf)
  if (cells.every((cell) => cell.trim() === '')) return null
  const raw = cells.join(',').slice(0, 2_000)
  if (values.some(isFormulaWithoutResult))
    return { line, raw, broken: 'a cell holds a formula without a stored result' }
  if (cells.some((cell) => cell.length > maxCellChars))
    return { line, raw, broken: `a cell is longer than ${String(maxCellChars)} characters` }
  return { line, raw, cells }
}

/** Larger ones are only read as a stream. */
const wholeBytes = 20_000_000

export async function* xlsxRecords(path: string): AsyncGenerator<TextRecord> {
  let isTold = false
  try {
    for await (const record of streamed(path)) {
      isTold = true
      yield record
    }
    return
  } catch (error) {
    // The stream needs the workbook before its sheets, in an order that the format does not ask for.
    const isOrder = error instanceof TypeError && !isTold && statSync(path).size <= wholeBytes
    if (!isOrder) throw unreadable(path, error)
  }
  try {
    yield* whole(path)
  } catch (error) {
    throw unreadable(path, error)
  }
}

const unreadable = (path: string, error: unknown): Refusal =>
  error instanceof Refusal
    ? error
    : new Refusal('xlsx', `${path} cannot be read as .xlsx: ${messageOf(error)}`, 400, {
        fix: 'Open it in Excel or WPS and save it again as .xlsx, or export CSV.',
      })

const recordOfRow = (row: { readonly number: number; readonly values: unknown }): TextRecord | null =>
  recordOf(row.number, Array.isArray(row.values) ? Array.from(row.values.slice(1)) : [])

async function* streamed(path: string): AsyncGenerator<TextRecord> {
  const { default: ExcelJS } = await import('exceljs')
  const workbook = new ExcelJS.stream.xlsx.WorkbookReader(path, {
    sharedStrings: 'cache',
    hyperlinks: 'ignore',
    styles: 'cache',
    worksheets: 'emit',
  })
  for await (const sheet of workbook) {
    for await (const row of sheet) {
      const record = recordOfRow(row)
      if (record) yield record
    }
    return
  }
}

async function* whole(path: string): AsyncGenerator<TextRecord> {
  const { default: ExcelJS } = await import('exceljs')
  const workbook = new ExcelJS.Workbook()
  await workbook.xlsx.readFile(path)
  const records: TextRecord[] = []
  workbook.worksheets[0]?.eachRow((row) => {
    const record = recordOfRow(row)
    if (record) records.push(record)
  })
  yield* records
}
