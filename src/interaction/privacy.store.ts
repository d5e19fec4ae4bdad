import type { Reader, Row, Tx, Value } from '../base/db.ts'
import type { TableDefinition } from '../base/table.ts'
import { asText, keyOf, replaceRows, rowsOfKeys, shapeOf } from './rebuild.store.ts'
import type { Key, Shape } from './rebuild.store.ts'

const chunk = 500
const places = (values: readonly unknown[], from = 1): string =>
  values.map((_, i) => `$${String(i + from)}`).join(', ')

export async function dumpRows(
  reader: Reader,
  table: string,
  of: string,
  values: readonly string[],
): Promise<Row[]> {
  const rows: Row[] = []
  for (let from = 0; from < values.length; from += chunk) {
    const part = values.slice(from, from + chunk)
    rows.push(...(await reader.rows<Row>(`select * from ${table} where ${of} in (${places(part)})`, part)))
  }
  return rows
}

/** `blank` null: the rows go. */
export async function eraseRows(
  tx: Tx,
  table: string,
  of: string,
  values: readonly string[],
  blank: Readonly<Record<string, Value>> | null,
): Promise<void> {
  const columns = Object.keys(blank ?? {})
  if (blank !== null && columns.length === 0) return
  for (let from = 0; from < values.length; from += chunk) {
    const part = values.slice(from, from + chunk)
    if (blank === null) await tx.run(`DELETE FROM ${table} WHERE ${of} IN (${places(part)})`, part)
    else
      await tx.run(
        `UPDATE ${table} SET ${columns.map((column, i) => `${column} = $${String(i + 1)}`).join(', ')}
         WHERE ${of} IN (${places(part, columns.length + 1)})`,
        [...columns.map((column) => blank[column] ?? null), ...part],
      )
  }
}

// ------------------------------------------------------------------ one name for another, everywhere

/** Turns a cell into what it says under the new names. */
export type Rename = (text: string, column: string) => string

const textColumns = ({ spec }: TableDefinition): string[] =>
  Object.entries(spec.columns).flatMap(([column, word]) => (word.startsWith('text') ? [column] : []))

const escaped = (text: string): string => text.replace(/[\\%_]/g, (sign) => `\\${sign}`)

const pageRows = 20_000

/** Keys of the rows in which one of these names stands, as the database finds them: perhaps as a part of another name. */
export async function keysNaming(
  reader: Reader,
  definition: TableDefinition,
  names: readonly string[],
): Promise<Key[]> {
  const shape = shapeOf(definition)
  const columns = textColumns(definition)
  if (columns.length === 0 || names.length === 0) return []
  const condition = columns
    .map((column) => names.map((_, i) => `${column} like $${String(i + 1)} escape '\\'`).join(' or '))
    .join(' or ')
  const likes = names.map((name) => `%${escaped(name)}%`)
  const select = `select ${shape.key.join(', ')} from ${shape.name} where (${condition})`
  if (shape.name !== 'log') return (await reader.rows(`${select}`, likes)).map((row) => keyOf(shape, row))
  const keys: Key[] = []
  const [head] = await reader.rows<{ seq: number }>('select seq from log_head where id = 1')
  for (let from = 0; from < (head?.seq ?? 0); from += pageRows)
    for (const row of await reader.rows(
      `${select} and seq > ${String(from)} and seq <= ${String(from + pageRows)}`,
      likes,
    ))
      keys.push(keyOf(shape, row))
  return keys
}

/** Rewrites the text cells of these rows; answers how many changed. */
export async function renameRows(
  tx: Tx,
  definition: TableDefinition,
  keys: readonly Key[],
  rename: Rename,
): Promise<number> {
  const shape: Shape = shapeOf(definition)
  const columns = new Set(textColumns(definition))
  let changed = 0
  for (let from = 0; from < keys.length; from += chunk) {
    const part = keys.slice(from, from + chunk)
    const found = await rowsOfKeys(tx, shape, part)
    const before: Key[] = []
    const after: Row[] = []
    for (const key of part) {
      const row = found.get(asText(key))
      if (!row) continue
      const renamed: Row = Object.fromEntries(
        Object.entries(row).map(([column, value]) => [
          column,
          typeof value === 'string' && columns.has(column) ? rename(value, column) : value,
        ]),
      )
      if (shape.columns.every((column) => row[column] === renamed[column])) continue
      before.push(key)
      after.push(renamed)
    }
    await replaceRows(tx, shape, before, after)
    changed += after.length
  }
  return changed
}

/** Keys of her rows in one table, under the names she has until now. */
export async function keysOfRows(
  tx: Tx,
  definition: TableDefinition,
  of: string,
  values: readonly string[],
): Promise<Key[]> {
  const shape = shapeOf(definition)
  const keys: Key[] = []
  for (let from = 0; from < values.length; from += chunk) {
    const part = values.slice(from, from + chunk)
    const rows = await tx.rows(
      `select ${shape.key.join(', ')} from ${shape.name} where ${of} in (${places(part)})`,
      part,
    )
    for (const row of rows) keys.push(keyOf(shape, row))
  }
  return keys
}

/** Her words, and what she told of herself: rows stay, without what they said. */
export async function eraseWords(tx: Tx, seqs: readonly number[]): Promise<void> {
  for (let from = 0; from < seqs.length; from += chunk) {
    const part = seqs.slice(from, from + chunk)
    await tx.run(
      `DELETE FROM log_words WHERE log_id IN (SELECT id FROM log WHERE seq IN (${places(part)}))`,
      part,
    )
    await tx.run(
      `UPDATE log SET detail = '{}' WHERE kind = 'customer-described' AND seq IN (${places(part)})`,
      part,
    )
  }
}

/** What was said in the rows with these keys; the rows stay. Under the log's lock, or a copy on its way in keeps its words. */
export async function forgetWords(tx: Tx, source: string, keys: readonly string[]): Promise<void> {
  for (let from = 0; from < keys.length; from += chunk) {
    const part = keys.slice(from, from + chunk)
    await tx.run(
      `DELETE FROM log_words WHERE log_id IN (SELECT id FROM log WHERE source = $1 AND source_key IN (${places(part, 2)}))`,
      [source, ...part],
    )
  }
}
