import type { Reader, Row, Tx, Value } from '../base/db.ts'
import type { TableDefinition } from '../base/table.ts'

const places = (count: number, from = 1): string =>
  Array.from({ length: count }, (_, i) => `$${String(i + from)}`).join(', ')

/** How a table is paged, looked up and written, from its definition alone. */
export interface Shape {
  readonly name: string
  readonly columns: readonly string[]
  readonly key: readonly string[]
  /** In a list of values PostgreSQL takes a bare parameter for text. */
  readonly keyTypes: readonly string[]
}

export const shapeOf = ({ name, spec }: TableDefinition): Shape => ({
  name,
  columns: Object.keys(spec.columns).sort(),
  key: Object.entries(spec.columns).flatMap(([column, word]) => (word.endsWith('key') ? [column] : [])),
  keyTypes: Object.values(spec.columns).flatMap((word) =>
    word.endsWith('key') ? [word.startsWith('int') ? 'bigint' : 'text'] : [],
  ),
})

export type Key = readonly Value[]
export const keyOf = (shape: Shape, row: Row): Key => shape.key.map((column) => row[column] ?? null)
export const asText = (key: Key): string => JSON.stringify(key)

export async function countRows(reader: Reader, { name }: Shape): Promise<number> {
  const [row] = await reader.rows<{ n: number }>(`select cast(count(*) as bigint) as n from ${name}`)
  return row?.n ?? 0
}

/** The next rows in this database's own order of keys; two databases may sort text differently. */
export function pageOf(
  reader: Reader,
  { name, columns, key }: Shape,
  after: Key | null,
  limit: number,
): Promise<Row[]> {
  const past = after === null ? '' : `where (${key.join(', ')}) > (${places(key.length)})`
  return reader.rows(
    `select ${columns.join(', ')} from ${name} ${past} order by ${key.join(', ')} limit ${String(limit)}`,
    after ?? [],
  )
}

const perLook = 250

/** The rows with these keys, by the key as text. */
export async function rowsOfKeys(
  reader: Reader,
  shape: Shape,
  keys: readonly Key[],
): Promise<Map<string, Row>> {
  const { name, columns, key, keyTypes } = shape
  const tuple = (i: number): string =>
    keyTypes.map((type, k) => `cast($${String(i * key.length + k + 1)} as ${type})`).join(', ')
  const found = new Map<string, Row>()
  for (let from = 0; from < keys.length; from += perLook) {
    const part = keys.slice(from, from + perLook)
    const [only] = key
    const where =
      key.length === 1 && only !== undefined
        ? `${only} in (${places(part.length)})`
        : `(${key.join(', ')}) in (values ${part.map((_, i) => `(${tuple(i)})`).join(', ')})`
    for (const row of await reader.rows(
      `select ${columns.join(', ')} from ${name} where ${where}`,
      part.flat(),
    ))
      found.set(asText(keyOf(shape, row)), row)
  }
  return found
}

/** Makes these keys hold exactly these rows. */
export async function replaceRows(
  tx: Tx,
  { name, key }: Shape,
  keys: readonly Key[],
  rows: readonly Row[],
): Promise<void> {
  const where = key.map((column, i) => `${column} = $${String(i + 1)}`).join(' and ')
  for (const one of keys) await tx.run(`DELETE FROM ${name} WHERE ${where}`, one)
  await tx.insert(name, rows)
}
