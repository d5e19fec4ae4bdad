/** `backup`, `restore`, `restore confirm`. */
import { existsSync, mkdirSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { migrations } from '../../migrations/index.ts'
import { isoOf } from '../base/calendar.ts'
import { wallClock } from '../base/clock.ts'
import type { Instant } from '../base/clock.ts'
import { sqlitePath } from '../base/db.ts'
import { packageRoot, readEnv } from '../base/env.ts'
import { Refusal } from '../base/errors.ts'
import { confirmRestore } from '../delivery/index.ts'
import type { RestoreConfirmed } from '../delivery/index.ts'
import { writeBackup } from '../files/index.ts'
import { erasureListFile } from '../privacy.ts'
import { finishRestore, loadBackup } from '../restore.ts'
import { openDatabase, tables } from '../schema.ts'
import { withCore } from './data.ts'
import { say } from './output.ts'

export interface BackupDocument {
  readonly file: string
  readonly createdAt: string
  readonly tables: number
  readonly rows: number
  readonly bytes: number
  readonly sha256: string
  readonly seconds: number
}

export async function backupVerb(given: string | undefined): Promise<BackupDocument> {
  const env = readEnv({ partial: true })
  const now = wallClock.now()
  const startedAt = wallClock.steady()
  const file = given === undefined ? defaultFile(env.databaseUrl, now) : resolve(given)
  if (existsSync(file))
    throw new Refusal('file-exists', `${file} exists already.`, 409, { fix: 'Give another name.' })
  mkdirSync(dirname(file), { recursive: true })
  const { db } = await openDatabase(env.databaseUrl, packageRoot, 'create', now)
  try {
    const names = migrations.map(({ name }) => name)
    const { createdAt, ...written } = await writeBackup({ db, tables, migrations: names, now }, file)
    say(
      'Keep the master key and erasures.jsonl apart from it: neither is in the file, and a restore needs both.',
    )
    return { ...written, createdAt: isoOf(createdAt), seconds: secondsSince(startedAt) }
  } finally {
    await db.close()
  }
}

function defaultFile(databaseUrl: string, now: Instant): string {
  const path = sqlitePath(databaseUrl, packageRoot)
  const folder = join(path === null ? resolve(packageRoot, 'data') : dirname(path), 'backups')
  return join(folder, `siyu-${isoOf(now).slice(0, 19).replace(/[-:]/g, '').replace('T', '-')}.jsonl.gz`)
}

const secondsSince = (startedAt: number): number => Math.round((wallClock.steady() - startedAt) / 10) / 100

export interface RestoreDocument {
  readonly backupAt: string
  readonly rows: number
  /** Customers whose erasure came after the backup. */
  readonly erasedAgain: number
  readonly quarantined: true
  readonly next: string
  readonly seconds: number
}

export async function restoreVerb(given: string): Promise<RestoreDocument> {
  const env = readEnv({ partial: true })
  const startedAt = wallClock.steady()
  const file = resolve(given)
  const corp = env.wecom.corpId === 'offline' ? null : env.simulated ? 'simulated' : env.wecom.corpId
  const loaded = await loadBackup(
    { databaseUrl: env.databaseUrl, root: packageRoot, corp, now: wallClock.now() },
    file,
  )
  // What the backup's own version did not have yet.
  const { db } = await openDatabase(env.databaseUrl, packageRoot, 'upgrade', wallClock.now())
  await db.close()
  const listFile = erasureListFile(env.databaseUrl, packageRoot)
  if (!existsSync(listFile))
    say(`There is no ${listFile}: nobody who was erased after the backup is erased again.`)
  const { erasedAgain } = await withCore((core) => finishRestore(core, listFile, file, loaded))
  return {
    backupAt: isoOf(loaded.backupAt),
    rows: loaded.rows,
    erasedAgain,
    quarantined: true,
    next: 'Look at what was sent since the backup, then: siyu restore confirm REASON (or the banner in the console).',
    seconds: secondsSince(startedAt),
  }
}

export const confirmRestoreVerb = (reason: string): Promise<RestoreConfirmed> =>
  withCore((core) =>
    confirmRestore(
      core.act,
      { kind: 'cli', verb: 'restore' },
      { by: `${userInfo().username} (cli)`, reason },
    ),
  )
