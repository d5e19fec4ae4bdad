/** Which column means what: by `--map customer=1,date=3`, by names in the header, or by the names we expect. */
import { Refusal } from '../base/errors.ts'

export interface ColumnSpec {
  /** What `--map` calls it. */
  readonly name: string
  /** Headers that are understood without a map. */
  readonly headers: readonly string[]
  /** Not looked for by header when the map names this other field. */
  readonly unless?: string
}

export type Columns = ReadonlyMap<string, number>

/** A name, or a 1-based position. */
export type ColumnMap = ReadonlyMap<string, string>

const usage = (message: string, fix: string): Refusal => new Refusal('map', message, 400, { fix })

export function parseMap(text: string, specs: readonly ColumnSpec[]): ColumnMap {
  const map = new Map<string, string>()
  const known = specs.map(({ name }) => name).join(', ')
  for (const part of text.split(',').filter((one) => one.trim() !== '')) {
    const [left = '', right = '', ...more] = part.split('=').map((one) => one.trim())
    if (left === '' || right === '' || more.length > 0)
      throw usage(
        `--map: "${part.trim()}" is not NAME=COLUMN.`,
        'Write for example --map customer=1,date=3,amount=5',
      )
    const spec = specs.find((one) => one.name === left || one.headers.includes(left))
    if (!spec) throw usage(`--map: there is no field "${left}".`, `Use ${known}.`)
    if (map.has(spec.name)) throw usage(`--map names "${spec.name}" twice.`, 'Keep one of them.')
    map.set(spec.name, right)
  }
  return map
}

/** What statistics programs, databases and spreadsheets write for a value that is not there. */
const missing: ReadonlySet<string> = new Set(['NA', 'N/A', '#N/A', 'NULL', 'null', 'NaN', 'nan', '\\N'])

/** Shops write ids as `="123"` or `'123`, so that a spreadsheet leaves their digits alone. */
export const tidy = (cell: string): string => {
  const plain = cell.trim().replace(/^\uFEFF/, '')
  if (plain.length <= 4 && missing.has(plain)) return ''
  const first = plain.charCodeAt(0)
  if (first !== 61 && first !== 39) return plain
  return (/^="([^"]*)"$/.exec(plain) ?? /^'(\d+)$/.exec(plain))?.[1]?.trim() ?? plain
}
const position = (column: string): number | null => (/^\d{1,4}$/.test(column) ? Number(column) - 1 : null)

export interface Found {
  readonly columns: Columns
  readonly firstIsHeader: boolean
}

/** `looksLikeData` says whether the first record, read by position, is a record and not a heading. */
export function findColumns(
  first: readonly string[],
  map: ColumnMap,
  specs: readonly ColumnSpec[],
  looksLikeData: (columns: Columns) => boolean,
  /** Only these first columns are looked through for usual names; those joined from elsewhere must be named. */
  own = first.length,
): Found {
  const header = first.map(tidy)
  const columns = new Map<string, number>()
  let byName = false
  for (const [name, column] of map) {
    const asPosition = header.includes(column) ? null : position(column)
    const index = asPosition ?? header.indexOf(column)
    if (asPosition === null) byName = true
    if (index < 0)
      throw usage(
        `--map ${name}=${column}: the file has no column "${column}".`,
        `Its first line reads: ${header.join(' | ').slice(0, 300)}. Use one of these names, or a position from 1 to ${String(header.length)}.`,
      )
    if (index >= header.length)
      throw usage(
        `--map ${name}=${column}: the file has only ${String(header.length)} columns.`,
        `Use a position from 1 to ${String(header.length)}.`,
      )
    columns.set(name, index)
  }
  const lower = header.slice(0, own).map((cell) => cell.toLowerCase())
  for (const { name, headers, unless } of specs) {
    if (columns.has(name) || (unless !== undefined && map.has(unless))) continue
    // The headers stand in order of trust: 实付金额 before 总金额.
    const found = headers.map((known) => lower.indexOf(known)).find((index) => index >= 0)
    if (found === undefined || [...columns.values()].includes(found)) continue
    columns.set(name, found)
    byName = true
  }
  return { columns, firstIsHeader: byName || !looksLikeData(columns) }
}

export function requireColumns(
  columns: Columns,
  needed: readonly (readonly string[])[],
  first: readonly string[],
): void {
  for (const anyOf of needed) {
    if (anyOf.some((name) => columns.has(name))) continue
    throw usage(
      `No column is known for ${anyOf.join(' or ')}.`,
      `Say which with --map, for example --map ${anyOf[0] ?? ''}=1. The first line reads: ${first.map(tidy).join(' | ').slice(0, 300)}`,
    )
  }
}

export const cellAt = (cells: readonly string[], columns: Columns, name: string): string => {
  const index = columns.get(name)
  return index === undefined ? '' : tidy(cells[index] ?? '')
}
