/**
 * Tables as data: one short literal gives TypeORM its EntitySchema. The same notation is used by `migrations/kit.ts`,
 * and a test proves that both describe one schema on both databases.
 *
 * Column words: `text`, `int` (64-bit, safe range), `real`; `?` = may be null; `key` = part of the primary key.
 * JSON is stored as text, instants as epoch milliseconds, yes/no as 0/1, so that both databases agree.
 */
import { EntitySchema } from 'typeorm'
import type { EntitySchemaColumnOptions } from 'typeorm'

export type ColumnWord = 'text' | 'text?' | 'int' | 'int?' | 'real' | 'real?' | 'text key' | 'int key'

export interface TableSpec {
  readonly columns: Readonly<Record<string, ColumnWord>>
  readonly unique?: readonly (readonly string[])[]
  readonly index?: readonly (readonly string[])[]
  /** An index without the rows whose first column is null, for columns that most rows leave empty. */
  readonly sparse?: readonly (readonly string[])[]
  /** Rows lie in the order of the primary key on SQLite: what is read by its first column is read in one piece. */
  readonly clustered?: boolean
}

export interface TableDefinition {
  readonly name: string
  readonly spec: TableSpec
  readonly schema: EntitySchema
}

const typeOf = (word: ColumnWord): 'text' | 'bigint' | 'double precision' => {
  if (word.startsWith('int')) return 'bigint'
  return word.startsWith('real') ? 'double precision' : 'text'
}

export const indexName = (kind: 'ix' | 'uq', table: string, columns: readonly string[]): string =>
  `${kind}_${table}_${columns.join('_')}`

export function table(
  name: string,
  columns: TableSpec['columns'],
  more: Omit<TableSpec, 'columns'> = {},
): TableDefinition {
  const entries = Object.entries(columns).map(([column, word]): [string, EntitySchemaColumnOptions] => [
    column,
    { name: column, type: typeOf(word), primary: word.endsWith('key'), nullable: word.endsWith('?') },
  ])
  const indices = [
    ...(more.unique ?? []).map((columns) => ({
      name: indexName('uq', name, columns),
      columns: [...columns],
      unique: true,
    })),
    ...(more.index ?? []).map((columns) => ({
      name: indexName('ix', name, columns),
      columns: [...columns],
      unique: false,
    })),
    ...(more.sparse ?? []).map((columns) => ({
      name: indexName('ix', name, columns),
      columns: [...columns],
      unique: false,
      where: `${columns[0] ?? ''} IS NOT NULL`,
    })),
  ]
  const schema = new EntitySchema({
    name,
    tableName: name,
    columns: Object.fromEntries(entries),
    indices,
    withoutRowid: more.clustered ?? false,
  })
  return { name, spec: { columns, ...more }, schema }
}
