/** A real, empty, migrated database per test file, once on SQLite and once on PostgreSQL. */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { describe, inject } from 'vitest'
import type { Db } from '../src/base/db.ts'
import { openDatabase } from '../src/schema.ts'
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
  return {
    url,
    db,
    async drop() {
      await db.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export async function postgresDatabase(server: string): Promise<TestDatabase> {
  const name = `siyu_${randomBytes(6).toString('hex')}`
  await onServer(server, `create database ${name} ${inject('postgresCopy') ?? ''}`)
  const url = databaseUrl(server, name)
  const { db } = await openDatabase(url, '/', 'create', 0)
  return {
    url,
    db,
    async drop() {
      await db.close()
      await onServer(server, `drop database ${name} with (force)`)
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
  describe(`${name} (PostgreSQL)`, () => tests(() => postgresDatabase(server)))
}
