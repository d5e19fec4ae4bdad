/**
 * `--lookup FILE --on COLUMN=COLUMN`: each row of the main file gets the columns of the one row of the lookup file with
 * the same key. The lookup file is held in memory, so it is a small one.
 */
import { Refusal } from '../base/errors.ts'
import type { TextRecord } from './text-file.ts'

export interface Lookup {
  readonly path: string
  /** The column of the main file. */
  readonly place: number
  readonly columnName: string
  /** What it adds, by name. */
  readonly columns: readonly string[]
  readonly rows: ReadonlyMap<string, readonly string[]>
}

const maxRows = 200_000

interface Table {
  readonly first: readonly string[]
  readonly records: AsyncIterable<TextRecord>
}

const usage = (message: string, fix: string): Refusal => new Refusal('lookup', message, 400, { fix })
const tidy = (cell: string): string => cell.trim().replace(/^\uFEFF/, '')

function placeOf(column: string, header: readonly string[], path: string): number {
  const place = header.map(tidy).indexOf(column)
  if (place < 0)
    throw usage(
      `--on: ${path} has no column "${column}".`,
      `Its first line reads: ${header.map(tidy).join(' | ').slice(0, 300)}.`,
    )
  return place
}

export async function openLookup(
  path: string,
  table: Table,
  on: string,
  mainHeader: readonly string[],
): Promise<Lookup> {
  const [left = '', right = '', ...more] = on.split('=').map((one) => one.trim())
  if (left === '' || right === '' || more.length > 0)
    throw usage(`--on: "${on}" is not COLUMN=COLUMN.`, 'Write for example --on campaign_id=campaign_id')
  const key = placeOf(right, table.first, path)
  const rows = new Map<string, readonly string[]>()
  let header = true
  for await (const { line, cells, broken } of table.records) {
    if (header && cells) {
      header = false
      continue
    }
    if (!cells)
      throw usage(`${path}, line ${String(line)}: ${broken ?? 'cannot be read'}.`, 'Correct that line.')
    const value = tidy(cells[key] ?? '')
    const before = rows.get(value)
    if (before !== undefined && before.join('\n') !== cells.join('\n'))
      throw usage(
        `${path}, line ${String(line)}: "${value}" stands there twice with different content.`,
        'Keep one line for each key.',
      )
    rows.set(value, cells)
    if (rows.size > maxRows)
      throw usage(`${path} has more than ${String(maxRows)} rows.`, 'A lookup file is a small one.')
  }
  const names = new Set(mainHeader.map(tidy))
  return {
    path,
    place: placeOf(left, mainHeader, 'the file'),
    columnName: left,
    columns: table.first.map(tidy).map((name) => (names.has(name) ? `lookup.${name}` : name)),
    rows,
  }
}

/** The heading gets the names; a row without a match is broken, since its meaning is not known. */
export async function* joined(
  records: AsyncIterable<TextRecord>,
  lookup: Lookup,
): AsyncGenerator<TextRecord> {
  let header = true
  for await (const record of records) {
    if (!record.cells) {
      yield record
      continue
    }
    if (header) {
      header = false
      yield { ...record, cells: [...record.cells, ...lookup.columns] }
      continue
    }
    const key = tidy(record.cells[lookup.place] ?? '')
    const found = lookup.rows.get(key)
    if (found) yield { ...record, cells: [...record.cells, ...found] }
    else
      yield {
        line: record.line,
        raw: record.raw,
        broken: `${lookup.path} has no row for ${lookup.columnName} "${key.slice(0, 60)}"`,
      }
  }
}
