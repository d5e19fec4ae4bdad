/**
 * A database that came from a backup does not know what was said after it was taken. Until a person has looked, nothing
 * is sent, nothing is taken back, and no job runs; callbacks are still taken in. The mark is a row of `meta`.
 */
import { performance } from 'node:perf_hooks'
import type { Instant } from './clock.ts'
import type { Reader, Tx } from './db.ts'
import { readMeta, writeMeta } from './meta.ts'

/** `restored`: by the verb; `older-copy`, `other-place`: a file put in place by hand, see instance.ts. */
export type QuarantineCause = 'restored' | 'older-copy' | 'other-place'

export interface Quarantine {
  readonly since: Instant
  /** What the data knows of; null when that cannot be told. */
  readonly backupAt: Instant | null
  readonly cause: QuarantineCause
}

const name = 'quarantine'
const slotsName = 'jobs-not-before'

export async function quarantineOf(reader: Reader): Promise<Quarantine | null> {
  const text = await readMeta(reader, name)
  return text === null ? null : (JSON.parse(text) as Quarantine)
}

const believedMs = 500
let entered = 0

/**
 * For loops that ask at every turn. A database is put back while no server works on it, so that it is not in quarantine
 * is believed for half a second; whoever writes an intent asks `quarantineOf` in the transaction.
 */
export function createQuarantineWatch(reader: Reader): () => Promise<boolean> {
  let believed = { until: Number.NEGATIVE_INFINITY, entered }
  return async () => {
    if (performance.now() < believed.until && believed.entered === entered) return false
    const next = { until: performance.now() + believedMs, entered }
    if ((await quarantineOf(reader)) !== null) return true
    believed = next
    return false
  }
}

/** Slots of jobs that were running in the backup ran on somewhere else: they are not repeated. */
export async function enterQuarantine(tx: Tx, quarantine: Quarantine): Promise<void> {
  entered += 1
  await writeMeta(tx, name, JSON.stringify(quarantine))
  await tx.run(`UPDATE job_slot SET state = 'missed' WHERE state IN ('running', 'failed')`)
}

/** Slots due before `now` are recorded as missed. */
export async function leaveQuarantine(tx: Tx, now: Instant): Promise<void> {
  await writeMeta(tx, slotsName, String(now))
  await tx.run('DELETE FROM meta WHERE name = $1', [name])
}

/** No slot due before this instant runs. */
export async function jobsNotBefore(reader: Reader): Promise<Instant> {
  return Number((await readMeta(reader, slotsName)) ?? 0)
}
