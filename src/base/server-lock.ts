/**
 * One server per SQLite file. The lock is an exclusive transaction on a small file beside the database: the operating
 * system lets go of it when the process dies, however it dies, so a killed server restarts at once.
 */
import { existsSync } from 'node:fs'
import { DataSource } from 'typeorm'
import { quietSqlite } from './db.ts'
import { ConfigMistakes, messageOf } from './errors.ts'

export interface ServerLock {
  release(): Promise<void>
}

const lockFile = (database: string, busyTimeout: number): DataSource =>
  new DataSource({ type: 'sqlite', driver: quietSqlite(), database, busyTimeout })

export async function takeServerLock(databasePath: string): Promise<ServerLock> {
  const source = lockFile(`${databasePath}-serve`, 500)
  await source.initialize()
  try {
    // The timeout outlasts somebody who only looks whether we are here (isServed).
    await source.query('BEGIN EXCLUSIVE')
  } catch (error) {
    await source.destroy()
    if (!/SQLITE_BUSY/.test(messageOf(error))) throw error
    throw new ConfigMistakes('Another server works on this database:', [
      `${databasePath} is served already; stop that process first, or use PostgreSQL to run several`,
    ])
  }
  return {
    async release() {
      await source.query('ROLLBACK')
      await source.destroy()
    },
  }
}

/** Does a server hold the lock just now? */
export async function isServed(databasePath: string): Promise<boolean> {
  const path = `${databasePath}-serve`
  if (!existsSync(path)) return false
  const source = lockFile(path, 0)
  try {
    await source.initialize()
    await source.query('select count(*) from sqlite_master')
    return false
  } catch (error) {
    if (!/SQLITE_BUSY/.test(messageOf(error))) throw error
    return true
  } finally {
    if (source.isInitialized) await source.destroy()
  }
}
