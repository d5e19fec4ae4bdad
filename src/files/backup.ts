/**
 * A logical copy of our own tables, taken in one snapshot beside whatever is being written; works for both databases
 * and goes from one to the other. What is not in it: the master key and the list of erasures, which are kept apart on
 * purpose.
 */
import { stat } from 'node:fs/promises'
import type { Instant } from '../base/clock.ts'
import type { Db, Tx, Value } from '../base/db.ts'
import { readMeta } from '../base/meta.ts'
import type { TableDefinition } from '../base/table.ts'
import { writeBackupFile } from './backup-file.ts'
import type { Cells } from './backup-file.ts'

const rowsPerPart = 2_000

export interface BackupParts {
  readonly db: Db
  readonly tables: readonly TableDefinition[]
  /** Names of the migrations that this version knows, oldest first. */
  readonly migrations: readonly string[]
  readonly now: Instant
}

export interface BackedUp {
  readonly file: string
  readonly createdAt: Instant
  readonly tables: number
  readonly rows: number
  readonly bytes: number
  readonly sha256: string
}

export async function writeBackup(parts: BackupParts, file: string): Promise<BackedUp> {
  const { db, tables, migrations, now } = parts
  const written = await db.aside(async (scratch) => {
    await scratch.rows(
      db.dialect === 'sqlite' ? 'BEGIN' : 'BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY',
    )
    try {
      const manifest = {
        createdAt: now,
        dialect: db.dialect,
        // The first read takes the snapshot.
        corp: await readMeta(scratch, 'corp'),
        migrations: [...migrations],
        tables: Object.fromEntries(tables.map(({ name, spec }) => [name, Object.keys(spec.columns)])),
      }
      return await writeBackupFile(
        file,
        manifest,
        tables.map((table) => ({ table: table.name, parts: () => rowsOf(scratch, table) })),
      )
    } finally {
      await scratch.rows('ROLLBACK')
    }
  })
  return { file, createdAt: now, tables: tables.length, bytes: (await stat(file)).size, ...written }
}

/** In the order of the primary key, from one key to the next: each part is found by its index. */
async function* rowsOf(scratch: Tx, { name, spec }: TableDefinition): AsyncGenerator<Cells[]> {
  const columns = Object.keys(spec.columns)
  const key = Object.entries(spec.columns).flatMap(([column, word]) => (word.endsWith('key') ? [column] : []))
  const order = key.join(', ')
  let after: Value[] | null = null
  for (;;) {
    const beyond: string =
      after === null ? '' : `where (${order}) > (${key.map((_, i) => `$${String(i + 1)}`).join(', ')})`
    const rows: Record<string, Value>[] = await scratch.rows(
      `select ${columns.join(', ')} from ${name} ${beyond} order by ${order} limit ${String(rowsPerPart)}`,
      after ?? [],
    )
    const last = rows.at(-1)
    if (!last) return
    yield rows.map((row) => columns.map((column) => row[column] ?? null))
    if (rows.length < rowsPerPart) return
    after = key.map((column) => last[column] ?? null)
  }
}
