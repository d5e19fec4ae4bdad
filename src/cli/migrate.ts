/** `migrate`: the schema of this version, after a backup. */
import { readEnv, packageRoot } from '../base/env.ts'
import { wallClock } from '../base/clock.ts'
import { openDatabase } from '../schema.ts'

export interface MigrateDocument {
  readonly database: 'sqlite' | 'postgres'
  readonly migrated: readonly string[]
  readonly backup: string | null
}

export async function runMigrate(): Promise<MigrateDocument> {
  const env = readEnv({ partial: true })
  const { db, migrated, backup } = await openDatabase(
    env.databaseUrl,
    packageRoot,
    'upgrade',
    wallClock.now(),
  )
  await db.close()
  return { database: db.dialect, migrated, backup }
}
