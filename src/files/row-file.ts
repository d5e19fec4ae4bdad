/** A table file of any sort we read, as records with line numbers. */
import { extname } from 'node:path'
import { Refusal } from '../base/errors.ts'
import { fileMustExist, openTextTable } from './text-file.ts'
import type { Encoding, TextRecord } from './text-file.ts'
import { xlsxRecords } from './xlsx-file.ts'

export interface RowFile {
  /** The first record, which may be a heading. */
  readonly first: readonly string[]
  /** Tables without quotes and separators have no heading. */
  readonly mayHaveHeader: boolean
  /** All records, the first included. */
  readonly records: AsyncIterable<TextRecord>
}

export async function openRowFile(path: string, encoding: Encoding | null): Promise<RowFile> {
  fileMustExist(path)
  if (extname(path).toLowerCase() === '.xls')
    throw new Refusal('xls', `${path} is in the old .xls format.`, 400, {
      fix: 'Save it as .xlsx or CSV and import that.',
    })
  if (extname(path).toLowerCase() === '.xlsx')
    return { first: await firstOf(xlsxRecords(path), path), mayHaveHeader: true, records: xlsxRecords(path) }
  const table = await openTextTable(path, encoding)
  const again = await openTextTable(path, table.encoding)
  return {
    first: await firstOf(again.records, path),
    mayHaveHeader: table.layout.kind === 'separated',
    records: table.records,
  }
}

async function firstOf(records: AsyncIterable<TextRecord>, path: string): Promise<readonly string[]> {
  for await (const { cells } of records) if (cells) return cells
  throw new Refusal('file-empty', `The file ${path} holds no readable line.`, 400, {
    fix: 'Export it again; it should hold one line per order.',
  })
}
