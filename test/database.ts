/** A real, empty, migrated database per test file, once on SQLite and once on PostgreSQL. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, inject } from 'vitest'
import type { Db } from '../src/base/db.ts'
import { openDatabase } from '../src/schema.ts'
import { createDatabase, lendDatabase } from './postgres-pool.ts'
import { databaseUrl, onServer } from './postgres.ts'

export interface TestDatabase {
  readonly url: string
  readonly db: Db
  /** Closes it and removes it. */
  drop(): Promise<void>
}

export type OpenTestDatabase = () => Promise<TestDatabase>

export async function sqliteDatabase(): Promise<TestDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'siyu-test-'))
  const file = join(folder, 'test.db')
  copyFileSync(inject('sqliteTemplate'), file)
  const url = `sqlite:${file}`
  const { db } = await openDatabase(url, folder, 'create', 0)
  // Nobody pulls the plug of a test in this process; those that fall are processes of their own.
  await db.source.query('PRAGMA synchronous = OFF')
  return {
    url,
    db,
    async drop() {
      await db.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A copy of its own, gone afterwards. */
export async function postgresDatabase(server: string): Promise<TestDatabase> {
  const name = await createDatabase(server, inject('postgresCopies'))
  return openedOn(databaseUrl(server, name), async () => {
    await onServer(server, `drop database ${name} with (force)`)
  })
}

/** One that others of this process used before. */
async function lentDatabase(server: string): Promise<TestDatabase> {
  const { url, giveBack } = await lendDatabase(server, inject('postgresCopies'))
  return openedOn(url, giveBack)
}

async function openedOn(url: string, after: () => Promise<void>): Promise<TestDatabase> {
  const { db } = await openDatabase(url, '/', 'create', 0)
  return {
    url,
    db,
    async drop() {
      await db.close()
      await after()
    },
  }
}

/** Runs the same tests on both databases. `open` makes a fresh one each time it is called. */
export function onBothDatabases(name: string, tests: (open: OpenTestDatabase) => void): void {
  describe(`${name} (SQLite)`, () => tests(sqliteDatabase))
  const server = inject('postgresUrl')
  if (server === null) {
    process.stderr.write(`!! skipped on PostgreSQL: ${name}\n`)
    return
  }
  describe(`${name} (PostgreSQL)`, () => tests(() => lentDatabase(server)))
}
