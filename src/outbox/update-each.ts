/** Many rows of one table in one statement, also where one column differs from row to row. */
import type { Tx, Value } from '../base/db.ts'
import { places } from './facts.store.ts'

export interface Update {
  readonly columns: Readonly<Record<string, Value>>
  /** More of SET that carries no value. */
  readonly also?: string
  /** A column of texts with a value for each row. */
  readonly each?: { readonly column: string; readonly values: readonly string[] }
}

const most = 1_000

/** Answers how many rows were changed. */
export async function updateEach(
  tx: Tx,
  table: 'parcel' | 'promise',
  ids: readonly string[],
  { columns, also = '', each }: Update,
): Promise<number> {
  const names = Object.keys(columns).filter((name) => name !== each?.column)
  const values = names.map((name) => columns[name] ?? null)
  const sets = names.map((name, i) => `${name} = $${String(i + 1)}`).join(', ')
  let changed = 0
  for (let from = 0; from < ids.length; from += most) {
    const part = ids.slice(from, from + most)
    if (!each) {
      const where = `id in (${places(part.length, names.length + 1)})`
      changed += await tx.run(`UPDATE ${table} SET ${sets}${also} WHERE ${where}`, [...values, ...part])
      continue
    }
    const pairs = JSON.stringify(part.map((id, i) => [id, each.values[from + i]]))
    const at = `$${String(names.length + 1)}`
    const source =
      tx.dialect === 'sqlite'
        ? `select value ->> 0 as id, value ->> 1 as theirs from json_each(${at})`
        : `select e ->> 0 as id, e ->> 1 as theirs from json_array_elements(cast(${at} as json)) e`
    changed += await tx.run(
      `UPDATE ${table} SET ${sets}, ${each.column} = pair.theirs${also} FROM (${source}) pair WHERE ${table}.id = pair.id`,
      [...values, pairs],
    )
  }
  return changed
}
