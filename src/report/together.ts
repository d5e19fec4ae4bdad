/**
 * Several small reads as one statement: each part becomes a JSON list in one row. A screen that needs fifteen short
 * lists would otherwise wait for fifteen round trips, and most of the work would be asking.
 */
import type { Reader, Row, Value } from '../base/db.ts'

export interface Part {
  readonly columns: readonly string[]
  /** A query with these columns; `$1 …` are this part's own parameters. */
  readonly sql: string
  /** In a prepared statement the names of values given later. */
  readonly params: readonly Value[]
}

interface Together<K extends string> {
  readonly sql: string
  readonly params: readonly Value[]
  readonly columns: readonly (readonly [name: K, columns: readonly string[]])[]
}

/** The rows of each part, in the order its query gives them. */
export function readTogether<K extends string>(
  reader: Reader,
  parts: Readonly<Record<K, Part>>,
): Promise<Record<K, Row[]>> {
  const together = combine(reader, parts)
  return readRows(reader, together, together.params)
}

/** The same, put together once for many readings: each parameter of a part is the name of a value. */
export function prepareTogether<K extends string>(
  reader: Reader,
  parts: Readonly<Record<K, Part>>,
): (values: Readonly<Record<string, Value>>) => Promise<Record<K, Row[]>> {
  const together = combine(reader, parts)
  return (values) =>
    readRows(
      reader,
      together,
      together.params.map((name) => values[String(name)] ?? null),
    )
}

function combine<K extends string>(reader: Reader, parts: Readonly<Record<K, Part>>): Together<K> {
  const entries = Object.entries(parts) as [K, Part][]
  const params: Value[] = []
  const fields = entries.map(
    ([name, part]) => `${listSql(reader, shifted(part, params), part.columns)} as ${name}`,
  )
  return {
    sql: `select ${fields.join(',\n')}`,
    params,
    columns: entries.map(([name, { columns }]) => [name, columns]),
  }
}

async function readRows<K extends string>(
  reader: Reader,
  { sql, columns }: Together<K>,
  params: readonly Value[],
): Promise<Record<K, Row[]>> {
  const [row] = await reader.rows<Record<K, string | null>>(sql, params)
  const answer = {} as Record<K, Row[]>
  for (const [name, names] of columns) {
    const text = row?.[name] ?? '[]'
    answer[name] = text === '[]' ? [] : (JSON.parse(text) as Value[][]).map((values) => named(names, values))
  }
  return answer
}

function named(columns: readonly string[], values: readonly Value[]): Row {
  const row: Record<string, Value> = {}
  for (let i = 0; i < columns.length; i += 1) row[columns[i] ?? ''] = values[i] ?? null
  return row
}

/** Both databases number parameters by their first use, so a part's numbers are moved behind those before it. */
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
