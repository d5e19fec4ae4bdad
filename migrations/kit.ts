/** How migrations write tables: the notation of base/table.ts, frozen here so that a released migration never changes. */
import { Table } from 'typeorm'
import type { QueryRunner } from 'typeorm'

export interface Spec {
  readonly unique?: readonly (readonly string[])[]
  readonly index?: readonly (readonly string[])[]
  /** Rows lie in the order of the primary key (SQLite; PostgreSQL keeps its heap). */
  readonly clustered?: boolean
}

const typeOf = (word: string): string => {
  if (word.startsWith('int')) return 'bigint'
  return word.startsWith('real') ? 'double precision' : 'text'
}

export async function createTable(
  runner: QueryRunner,
  name: string,
  columns: Readonly<Record<string, string>>,
  spec: Spec = {},
): Promise<void> {
  await runner.createTable(
    new Table({
      name,
      withoutRowid: spec.clustered ?? false,
      columns: Object.entries(columns).map(([column, word]) => ({
        name: column,
        type: typeOf(word),
        isPrimary: word.endsWith('key'),
        isNullable: word.endsWith('?'),
      })),
      indices: [
        ...(spec.unique ?? []).map((c) => ({
          name: `uq_${name}_${c.join('_')}`,
          columnNames: [...c],
          isUnique: true,
        })),
        ...(spec.index ?? []).map((c) => ({
          name: `ix_${name}_${c.join('_')}`,
          columnNames: [...c],
          isUnique: false,
        })),
      ],
    }),
  )
}

export async function dropTables(runner: QueryRunner, names: readonly string[]): Promise<void> {
  for (const name of names) await runner.dropTable(name)
}
