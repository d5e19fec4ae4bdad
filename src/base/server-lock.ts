/**
 * One server per SQLite file. The lock is an exclusive transaction on a small file beside the database: the operating
 * system lets go of it when the process dies, however it dies, so a killed server restarts at once.
 */
import { DataSource } from 'typeorm'
import { ConfigMistakes, messageOf } from './errors.ts'

export interface ServerLock {
  release(): Promise<void>
}

export async function takeServerLock(databasePath: string): Promise<ServerLock> {
  const source = new DataSource({ type: 'sqlite', database: `${databasePath}-serve`, busyTimeout: 0 })
  await source.initialize()
  try {
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
