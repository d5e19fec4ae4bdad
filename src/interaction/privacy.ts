/**
 * A person's right to know what is kept of her, and to have it forgotten. Each folder lists its tables that hold
 * something of a person; `app`-level code walks the lists. Forgetting keeps her facts, so that no figure of the shop
 * changes, under names that say nothing: every identity and every id made of one is replaced by a keyed hash, in all
 * tables and in the log alike. As the store only ever compares identities, the log told again gives exactly the
 * renamed tables.
 */
import type { Reader, Tx, Value } from '../base/db.ts'
import type { TableDefinition } from '../base/table.ts'
import { dumpRows, eraseRows, keysOfRows } from './privacy.store.ts'
import type { Key } from './rebuild.store.ts'

export interface PersonalTable {
  readonly table: string
  /** The column that says whose row it is. */
  readonly of: string
  /** What stands in it: a customer's id, an identity as seen, or either. */
  readonly by: 'customer' | 'identity' | 'either'
  /** Rows that say who she is go; rows of facts stay under her new name, `blank` without her words. */
  readonly then: 'delete' | 'keep'
  readonly blank?: Readonly<Record<string, Value>>
}

export interface Privacy {
  readonly folder: string
  readonly tables: readonly PersonalTable[]
}

export interface Person {
  /** Her id now, and those from before merges. */
  readonly customers: readonly string[]
  /** Values of all her identities. */
  readonly identities: readonly string[]
}

const valuesFor = ({ by }: PersonalTable, { customers, identities }: Person): readonly string[] => {
  if (by === 'customer') return customers
  return by === 'identity' ? identities : [...customers, ...identities]
}

/** Everything that these folders keep of her, by folder and table. */
export async function dumpPerson(
  reader: Reader,
  folders: readonly Privacy[],
  person: Person,
): Promise<Record<string, Record<string, unknown[]>>> {
  const dump: Record<string, Record<string, unknown[]>> = {}
  for (const { folder, tables } of folders)
    for (const one of tables) {
      const rows = await dumpRows(reader, one.table, one.of, valuesFor(one, person))
      if (rows.length > 0) dump[folder] = { ...dump[folder], [one.table]: rows }
    }
  return dump
}

export async function erasePerson(tx: Tx, folders: readonly Privacy[], person: Person): Promise<void> {
  for (const { tables } of folders)
    for (const one of tables)
      await eraseRows(
        tx,
        one.table,
        one.of,
        valuesFor(one, person),
        one.then === 'delete' ? null : (one.blank ?? {}),
      )
}

/** Keys of everything of hers in this table that is kept. */
export async function keysOfPerson(
  tx: Tx,
  definition: TableDefinition,
  folders: readonly Privacy[],
  person: Person,
): Promise<Key[]> {
  const keys: Key[] = []
  for (const { tables } of folders)
    for (const one of tables)
      if (one.table === definition.name)
        keys.push(...(await keysOfRows(tx, definition, one.of, valuesFor(one, person))))
  return [...new Map(keys.map((key) => [JSON.stringify(key), key])).values()]
}

/** Columns that may name a person: each table with one is in some folder's list, or in the list of exceptions of the test. */
export const looksPersonal = ({ spec }: TableDefinition): boolean =>
  Object.keys(spec.columns).some((column) =>
    ['customer', 'external', 'player', 'subject', 'member', 'shop_id', 'phone_hash', 'union_id'].includes(
      column,
    ),
  )
