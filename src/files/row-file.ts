/** A table file of any sort we read, as records with line numbers; a second, small file may be joined to it. */
import { statSync } from 'node:fs'
import { extname } from 'node:path'
import { Refusal } from '../base/errors.ts'
import { joined, openLookup } from './lookup.ts'
import type { Lookup } from './lookup.ts'
import { fileMustExist, openTextTable } from './text-file.ts'
import type { Encoding, TextRecord } from './text-file.ts'
import { xlsxRecords } from './xlsx-file.ts'

export interface RowFile {
  /** The first record, which may be a heading. */
  readonly first: readonly string[]
  /** How many of the columns are its own and not joined to it; absent = all. */
  readonly own?: number
  /** Tables without quotes and separators have no heading. */
  readonly mayHaveHeader: boolean
  /** All records, the first included. */
  readonly records: AsyncIterable<TextRecord>
  /** About how much text it holds. */
  readonly bytes: number
  /** How many lines there will be, judged by those read so far; null when nobody can know. */
  linesInAll(linesSoFar: number): number | null
}

export interface RowFileOptions {
  readonly encoding?: Encoding | undefined
  readonly lookup?: string | undefined
  readonly on?: string | undefined
}

export async function openRowFile(path: string, { encoding, lookup, on }: RowFileOptions): Promise<RowFile> {
  const file = await openPlain(path, encoding ?? null)
  if (lookup === undefined && on === undefined) return file
  if (lookup === undefined || on === undefined)
    throw new Refusal('usage', '--lookup and --on belong together.', 400, {
      fix: 'Write --lookup FILE --on COLUMN=COLUMN: the column of this file and the one of the lookup file.',
    })
  const second = await openPlain(lookup, null)
  return join(file, await openLookup(lookup, second, on, file.first))
}

const join = (file: RowFile, lookup: Lookup): RowFile => ({
  ...file,
  own: file.first.length,
  first: [...file.first, ...lookup.columns],
  records: joined(file.records, lookup),
})

async function openPlain(path: string, encoding: Encoding | null): Promise<RowFile> {
  fileMustExist(path)
  const { size } = statSync(path)
  if (extname(path).toLowerCase() === '.xls')
    throw new Refusal('xls', `${path} is in the old .xls format.`, 400, {
      fix: 'Save it as .xlsx or CSV and import that.',
    })
  if (extname(path).toLowerCase() === '.xlsx')
    return {
      first: await firstOf(xlsxRecords(path), path),
      mayHaveHeader: true,
      records: xlsxRecords(path),
      bytes: size * 8,
      linesInAll: () => null,
    }
  const table = await openTextTable(path, encoding)
  const again = await openTextTable(path, table.encoding)
  return {
    first: await firstOf(again.records, path),
    mayHaveHeader: table.layout.kind === 'separated',
    records: table.records,
    bytes: size,
    linesInAll: (lines) => Math.max(lines, Math.round((lines * size) / Math.max(1, table.bytesRead()))),
  }
}

async function firstOf(records: AsyncIterable<TextRecord>, path: string): Promise<readonly string[]> {
  for await (const { cells } of records) if (cells) return cells
  throw new Refusal('file-empty', `The file ${path} holds no readable line.`, 400, {
    fix: 'Export it again; it should hold one line per row.',
  })
}
