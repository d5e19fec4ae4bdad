/**
 * Several small reads as one statement: each part becomes a JSON list in one row. A screen that needs fifteen short
 * lists would otherwise wait for fifteen round trips, and most of the work would be asking.
 */
import type { Reader, Row, Value } from '../base/db.ts'

export interface Part {
  readonly columns: readonly string[]
  /** A query with these columns; `$1 …` are this part's own parameters. */
  readonly sql: string
  readonly params: readonly Value[]
}

/** The rows of each part, in the order its query gives them. */
export async function readTogether<K extends string>(
  reader: Reader,
  parts: Readonly<Record<K, Part>>,
): Promise<Record<K, Row[]>> {
  const entries = Object.entries(parts) as [K, Part][]
  const params: Value[] = []
  const fields = entries.map(
    ([name, part]) => `${listSql(reader, shifted(part, params), part.columns)} as ${name}`,
  )
  const [row] = await reader.rows<Record<K, string | null>>(`select ${fields.join(',\n')}`, params)
  return Object.fromEntries(
    entries.map(([name, { columns }]) => {
      const lists = JSON.parse(row?.[name] ?? '[]') as Value[][]
      return [
        name,
        lists.map((values) => Object.fromEntries(columns.map((column, i) => [column, values[i] ?? null]))),
      ]
    }),
  ) as Record<K, Row[]>
}

/** Both databases number parameters by their first use, so each use of a part gets a number of its own. */
function shifted({ sql, params }: Part, all: Value[]): string {
  const numbers = new Map<number, number>()
  return sql.replace(/\$(\d+)/g, (_, digits: string) => {
    const own = Number(digits)
    const value = params[own - 1]
    if (value === undefined) throw new Error(`$${digits} has no value in: ${sql.slice(0, 120)}`)
    const known = numbers.get(own) ?? all.push(value)
    numbers.set(own, known)
    return `$${String(known)}`
  })
}

const listSql = ({ dialect }: Reader, sql: string, columns: readonly string[]): string =>
  dialect === 'sqlite'
    ? `(select json_group_array(json_array(${columns.join(', ')})) from (${sql}))`
    : `(select cast(json_agg(json_build_array(${columns.join(', ')})) as text) from (${sql}) part)`
