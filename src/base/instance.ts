/**
 * Notices that an SQLite file is not the one that was served last: a small file beside it holds the same random id and
 * a counter that a server moves up every minute, in the database first. A copy put in place by hand is behind the file;
 * a database carried to another folder has no file there. What cannot be noticed: a copy less than a minute old, and a
 * whole folder put back together, since then both agree. PostgreSQL has no file beside it: there only `restore` marks.
 */
import { randomUUID } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import type { Instant } from './clock.ts'
import type { Db, Tx } from './db.ts'
import { readMeta, writeMeta } from './meta.ts'
import { enterQuarantine, quarantineOf } from './quarantine.ts'

interface Instance {
  readonly id: string
  readonly counter: number
  /** Business time of the last move: how old a copy is. */
  readonly at: Instant
}

const name = 'instance'
const fileOf = (databasePath: string): string => `${databasePath}.instance`

/** At each start of a server, before it does anything. Answers whether the database is a stranger here. */
export async function noticeCopy(
  db: Db,
  databasePath: string,
  now: Instant,
): Promise<'known' | 'first-start' | 'older-copy' | 'other-place'> {
  const found = await db.tx(async (tx) => {
    const inside = parse(await readMeta(tx, name))
    const seen = judge(inside, readFile(databasePath))
    if (seen === 'known' || seen === 'first-start') {
      await bump(tx, inside ?? fresh(), now)
      return seen
    }
    // A new name, so that the same copy is noticed once; a quarantine that stands already says more.
    await bump(tx, fresh(), now)
    if (!(await quarantineOf(tx)))
      await enterQuarantine(tx, { since: now, backupAt: inside?.at ?? null, cause: seen })
    return seen
  })
  await writeFile(db, databasePath)
  return found
}

/** Every minute while a server runs. */
export async function keepCount(db: Db, databasePath: string, now: Instant): Promise<void> {
  await db.tx(async (tx) => bump(tx, parse(await readMeta(tx, name)) ?? fresh(), now), 'bulk')
  await writeFile(db, databasePath)
}

/** A restored database begins under a new name: its quarantine is there already. */
export const forgetInstance = (tx: Tx): Promise<number> => tx.run('DELETE FROM meta WHERE name = $1', [name])

function judge(
  inside: Instance | null,
  beside: Instance | null,
): 'known' | 'first-start' | 'older-copy' | 'other-place' {
  if (inside === null) return 'first-start'
  if (beside?.id !== inside.id) return 'other-place'
  // The database is moved first: it may be ahead by what a crash left unwritten.
  return inside.counter < beside.counter ? 'older-copy' : 'known'
}

const fresh = (): Instance => ({ id: randomUUID(), counter: 0, at: 0 })
const bump = (tx: Tx, before: Instance, now: Instant): Promise<number> =>
  writeMeta(tx, name, JSON.stringify({ id: before.id, counter: before.counter + 1, at: now }))
const parse = (text: string | null): Instance | null =>
  text === null ? null : (JSON.parse(text) as Instance)

/** A file that cannot be read is none: then a person looks, which is the safe side. */
function readFile(databasePath: string): Instance | null {
  const path = fileOf(databasePath)
  if (!existsSync(path)) return null
  try {
    return parse(readFileSync(path, 'utf8'))
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

/** Whole or not at all. */
async function writeFile(db: Db, databasePath: string): Promise<void> {
  const path = fileOf(databasePath)
  const file = openSync(`${path}.new`, 'w', 0o600)
  try {
    writeSync(file, (await readMeta(db.reader, name)) ?? '')
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(`${path}.new`, path)
}
