/**
 * `restore`: a backup into an empty database, which begins in quarantine. The file is read twice: once to see that all
 * of it is whole, once to write it in one transaction. Afterwards whoever was erased after the backup is erased again.
 */
import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { migrations } from '../migrations/index.ts'
import { system } from './base/act.ts'
import type { Instant } from './base/clock.ts'
import { openDb, sqlitePath } from './base/db.ts'
import type { Db, Tx } from './base/db.ts'
import { ConfigMistakes, Refusal } from './base/errors.ts'
import { forgetInstance } from './base/instance.ts'
import { enterQuarantine } from './base/quarantine.ts'
import { takeServerLock } from './base/server-lock.ts'
import type { Core } from './core.ts'
import { identitiesInParts, keyOf } from './customer/index.ts'
import { readBackupFile } from './files/index.ts'
import type { Cells, Manifest } from './files/index.ts'
import { eraseCustomer, readErasureList } from './privacy.ts'
import { tables } from './schema.ts'

export interface RestoreParts {
  readonly databaseUrl: string
  readonly root: string
  /** The corp of the environment; null when none is set. */
  readonly corp: string | null
  readonly now: Instant
}

export interface Loaded {
  readonly backupAt: Instant
  readonly rows: number
  readonly migrations: readonly string[]
}

/** What a fresh schema holds by itself, and what belongs to a run that is over. */
const seeds = new Set(['log_head', 'meta', 'segment_state', 'churn_state', 'migrations'])
const ofOneRun = ['worker_lease', 'session', 'oauth_state', 'wecom_token', 'rate_bucket']

export async function loadBackup(parts: RestoreParts, file: string): Promise<Loaded> {
  if (!existsSync(file)) throw new Refusal('not-found', `There is no file ${file}.`, 404)
  // Whose it is and how new is said before anything else that may be wrong with it.
  const { manifest } = await readBackupFile(file, (seen) => {
    mayBeRead(seen, parts)
    return Promise.resolve()
  })
  const path = sqlitePath(parts.databaseUrl, parts.root)
  const lock = path === null ? null : await takeServerLock(path)
  try {
    const known = migrations.filter(({ name }) => manifest.migrations.includes(name))
    const db = await openDb({ url: parts.databaseUrl, root: parts.root, tables, migrations: known })
    try {
      await mustBeEmpty(db, manifest)
      await db.source.runMigrations({ transaction: 'each' })
      const rows = await db.tx((tx) => load(tx, manifest, file, parts.now), 'bulk')
      return { backupAt: manifest.createdAt, rows, migrations: manifest.migrations }
    } finally {
      await db.close()
    }
  } finally {
    await lock?.release()
  }
}

function mayBeRead(manifest: Manifest, { corp }: RestoreParts): void {
  const names = new Set(migrations.map(({ name }) => name))
  const newer = manifest.migrations.filter((name) => !names.has(name))
  if (newer.length > 0)
    throw new ConfigMistakes('The backup is newer than this version of Siyu:', [
      `it has ${newer.join(', ')}; install the version that took it, or a later one`,
    ])
  if (corp !== null && manifest.corp !== null && manifest.corp !== corp)
    throw new ConfigMistakes('The backup belongs to somebody else:', [
      `it was taken of ${manifest.corp}, the environment says ${corp}; set WECOM_CORP_ID, or use another backup`,
    ])
}

async function mustBeEmpty(db: Db, manifest: Manifest): Promise<void> {
  const exists = await tableNames(db)
  for (const name of exists) {
    if (seeds.has(name)) continue
    const [row] = await db.reader.rows(`select 1 as one from ${name} limit 1`)
    if (row)
      throw new Refusal('not-empty', `The database holds data already (table ${name}).`, 409, {
        fix: 'Set DATABASE_URL to a database that does not exist yet; a restore never mixes two histories.',
      })
  }
  if (!exists.includes('migrations')) return
  const applied = (await db.reader.rows<{ name: string }>('select name from migrations')).map(
    ({ name }) => name,
  )
  if (applied.some((name) => !manifest.migrations.includes(name)))
    throw new Refusal('other-schema', 'The empty database has a newer schema than the backup.', 409, {
      fix: 'Remove the empty database first; restore makes the schema of the backup and brings it up to date.',
    })
}

async function tableNames(db: Db): Promise<string[]> {
  const known = new Set([...tables.map(({ name }) => name), 'migrations'])
  const rows = await db.reader.rows<{ name: string }>(
    db.dialect === 'sqlite'
      ? `select name from sqlite_master where type = 'table'`
      : `select table_name as name from information_schema.tables where table_schema = current_schema()`,
  )
  return rows.map(({ name }) => name).filter((name) => known.has(name))
}

/** One transaction: all of it, or nothing. Never sees a file that changed since it was checked, since it checks again. */
async function load(tx: Tx, manifest: Manifest, file: string, now: Instant): Promise<number> {
  for (const name of Object.keys(manifest.tables)) await tx.run(`DELETE FROM ${name}`)
  const { rows } = await readBackupFile(file, async ({ tables: columnsOf }, table, part) => {
    await tx.insert(table, objectsOf(columnsOf[table] ?? [], part))
  })
  for (const name of ofOneRun) if (name in manifest.tables) await tx.run(`DELETE FROM ${name}`)
  await forgetInstance(tx)
  await enterQuarantine(tx, { since: now, backupAt: manifest.createdAt, cause: 'restored' })
  return rows
}

const objectsOf = (columns: readonly string[], part: readonly Cells[]): Record<string, Cells[number]>[] =>
  part.map((cells) => Object.fromEntries(columns.map((column, i) => [column, cells[i] ?? null])))

// ------------------------------------------------------------------ after the load

export interface Finished {
  readonly erasedAgain: number
}

/** On the opened database: what was erased after the backup is erased again, and the log says where all came from. */
export async function finishRestore(
  core: ErasingParts,
  listFile: string,
  file: string,
  loaded: Loaded,
): Promise<Finished> {
  const erasedAgain = await eraseAgain(core, listFile)
  await core.act(system('restore'), (ctx) => {
    ctx.record({
      kind: 'database-restored',
      at: ctx.now,
      source: 'restore',
      sourceKey: `restored:${ctx.newId()}`,
      who: {},
      detail: { file: basename(file), backupAt: loaded.backupAt, rows: loaded.rows, erasedAgain },
    })
    return Promise.resolve()
  })
  return { erasedAgain }
}

type ErasingParts = Pick<Core, 'db' | 'act' | 'clock' | 'erasures'>

/** Also at each start of a server in quarantine, so that a copy put in place by hand forgets them too. */
export async function eraseAgain(core: ErasingParts, listFile: string): Promise<number> {
  const wanted = new Map<string, Instant>()
  for (const { hash, at } of readErasureList(listFile)) wanted.set(hash, Math.max(at, wanted.get(hash) ?? 0))
  if (wanted.size === 0) return 0
  const customers = new Set<string>()
  for await (const part of identitiesInParts(core.db.reader)) {
    const listed = part.filter((one) => wanted.has(core.erasures.hashOf(one)))
    const erased = await core.erasures.erasedAmong(core.db.reader, listed)
    for (const one of listed)
      if ((erased.get(keyOf(one)) ?? 0) < (wanted.get(core.erasures.hashOf(one)) ?? 0))
        customers.add(one.customer)
  }
  for (const customer of customers)
    // Into no list: it stands there already, with the day on which she asked for it.
    await eraseCustomer({ ...core, listFile: null }, customer, '备份恢复后再次删除')
  return customers.size
}
