/** Every table of every folder, and how a database gets them. */
import { statSync } from 'node:fs'
import { migrations } from '../migrations/index.ts'
import { accessTables } from './access/index.ts'
import type { Instant } from './base/clock.ts'
import { openDb, sqlitePath } from './base/db.ts'
import type { Db, SqliteEngine } from './base/db.ts'
import { ConfigMistakes } from './base/errors.ts'
import { jobTables } from './base/jobs.tables.ts'
import type { TableDefinition } from './base/table.ts'
import { cadenceTables } from './cadence/index.ts'
import { contentTables } from './content/index.ts'
import { customerTables } from './customer/index.ts'
import { deliveryTables } from './delivery/index.ts'
import { gameTables } from './game/index.ts'
import { interactionTables } from './interaction/index.ts'
import { orderTables } from './order/index.ts'
import { outboxTables } from './outbox/index.ts'
import { reportTables } from './report/index.ts'
import { rewardTables } from './reward/index.ts'
import { segmentTables } from './segment/index.ts'
import { wecomTables } from './wecom/index.ts'

export const tables: readonly TableDefinition[] = [
  ...jobTables,
  ...interactionTables,
  ...contentTables,
  ...customerTables,
  ...orderTables,
  ...outboxTables,
  ...segmentTables,
  ...rewardTables,
  ...gameTables,
  ...cadenceTables,
  ...deliveryTables,
  ...reportTables,
  ...wecomTables,
  ...accessTables,
]

/** `upgrade`: serve and migrate; `create`: every other verb makes an empty schema but refuses an older one. */
export type SchemaMode = 'upgrade' | 'create'

export interface Opened {
  readonly db: Db
  /** Names of migrations that ran now. */
  readonly migrated: readonly string[]
  /** Where the copy taken before an upgrade lies (SQLite). */
  readonly backup: string | null
}

export async function openDatabase(
  url: string,
  root: string,
  mode: SchemaMode,
  now: Instant,
  engine?: SqliteEngine,
): Promise<Opened> {
  const db = await openDb({ url, root, tables, migrations, engine })
  try {
    return await db.inTurn(() => prepareSchema(db, sqlitePath(url, root), mode, now))
  } catch (error) {
    await db.close()
    throw error
  }
}

async function prepareSchema(db: Db, path: string | null, mode: SchemaMode, now: Instant): Promise<Opened> {
  const applied = await appliedNames(db)
  const known = new Set(migrations.map(({ name }) => name))
  const newer = applied.filter((name) => !known.has(name))
  if (newer.length > 0) {
    throw new ConfigMistakes('The database is newer than this version of Siyu:', [
      `it has ${newer.join(', ')}; install the newer version again, or restore the backup taken before the upgrade`,
    ])
  }
  const pending = migrations.filter(({ name }) => !applied.includes(name))
  if (pending.length === 0) return { db, migrated: [], backup: null }
  if (applied.length > 0 && mode === 'create') {
    throw new ConfigMistakes('The database has an older schema:', [
      `${String(pending.length)} migrations are pending; run \`npm run -s siyu -- migrate\` (it takes a backup first), or start \`serve\``,
    ])
  }
  let backup: string | null = null
  if (applied.length > 0 && path !== null && statSync(path).size > 0) {
    backup = `${path}.before-${pending[0]?.name ?? ''}-${String(now)}`
    await db.source.query(`VACUUM INTO '${backup.replaceAll("'", "''")}'`)
  }
  const ran = await db.source.runMigrations({ transaction: 'each' })
  return { db, migrated: ran.map(({ name }) => name), backup }
}

async function appliedNames(db: Db): Promise<string[]> {
  const exists =
    db.dialect === 'sqlite'
      ? `select name from sqlite_master where type = 'table' and name = 'migrations'`
      : `select table_name as name from information_schema.tables where table_schema = current_schema() and table_name = 'migrations'`
  const [found] = await db.reader.rows(exists)
  if (!found) return []
  return (await db.reader.rows<{ name: string }>('select name from migrations order by id')).map(
    ({ name }) => name,
  )
}
