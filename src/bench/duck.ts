/** Our tables in DuckDB, in memory: the peer that reads columns. */
import type { Reader } from '../base/db.ts'

export interface Duck {
  rows(sql: string): Promise<Record<string, unknown>[]>
  close(): void
}

export interface DuckTable {
  readonly table: string
  readonly columns: Readonly<Record<string, 'text' | 'int'>>
  /** Read in the order of this column, a page at a time. */
  readonly key: string
}

const pageRows = 50_000
const typeNames = { text: 'varchar', int: 'bigint' } as const

export async function openDuck(reader: Reader, tables: readonly DuckTable[]): Promise<Duck> {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  for (const { table, columns, key } of tables) {
    const names = Object.keys(columns)
    const types = Object.entries(columns).map(([name, type]) => `${name} ${typeNames[type]}`)
    await connection.run(`create table ${table} (${types.join(', ')})`)
    const appender = await connection.createAppender(table)
    for (let after = ''; ;) {
      // Whole keys at a time: a page ends where one does.
      const [end] = await reader.rows<{ last: string | null }>(
        `select max(k) as last from (select ${key} as k from ${table} where ${key} > $1 order by ${key} limit ${String(pageRows)}) page`,
        [after],
      )
      const last = end?.last ?? null
      if (last === null) break
      const rows = await reader.rows<Record<string, string | number>>(
        `select ${names.join(', ')} from ${table} where ${key} > $1 and ${key} <= $2`,
        [after, last],
      )
      for (const row of rows) {
        for (const name of names) {
          const value = row[name] ?? 0
          if (typeof value === 'string') appender.appendVarchar(value)
          else appender.appendBigInt(BigInt(value))
        }
        appender.endRow()
      }
      after = last
    }
    appender.closeSync()
  }
  return {
    rows: async (sql) => (await connection.runAndReadAll(sql)).getRowObjects(),
    close: () => connection.closeSync(),
  }
}
