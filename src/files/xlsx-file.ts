/** Reads the first sheet of an .xlsx row by row; formulas count by their stored result, never by being run. */
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

export async function* xlsxRecords(path: string): AsyncGenerator<TextRecord> {
  const { default: ExcelJS } = await import('exceljs')
  const workbook = new ExcelJS.stream.xlsx.WorkbookReader(path, {
    sharedStrings: 'cache',
    hyperlinks: 'ignore',
    styles: 'cache',
    worksheets: 'emit',
  })
  try {
    for await (const sheet of workbook) {
      for await (const row of sheet) {
        const values = Array.isArray(row.values) ? row.values.slice(1) : []
        const record = recordOf(row.number, Array.from(values))
        if (record) yield record
      }
      return
    }
  } catch (error) {
    if (error instanceof Refusal) throw error
    throw new Refusal('xlsx', `${path} cannot be read as .xlsx: ${messageOf(error)}`, 400, {
      fix: 'Open it in Excel or WPS and save it again as .xlsx, or export CSV.',
    })
  }
}
