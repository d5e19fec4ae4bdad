/**
 * `/livez`: the process answers. `/readyz`: what it needs is there, by name. Only the database makes it not ready (it
 * does not answer, or takes nothing: full, read-only, locked): without WeCom the door still takes callbacks and the pages
 * still work, so that is named and stays 200.
 */
import { performance } from 'node:perf_hooks'
import { isoOf } from '../base/calendar.ts'
import type { Db, Reader } from '../base/db.ts'
import { messageOf } from '../base/errors.ts'
import { quarantineOf } from '../base/quarantine.ts'
import { lockHead } from '../interaction/index.ts'

export interface Check {
  readonly name: string
  /** Without it nothing can be served. */
  readonly vital: boolean
  /** Null when all is well, else what is missing, in one sentence. */
  missing(): Promise<string | null>
}

export interface Readiness {
  readonly ready: boolean
  readonly missing: readonly { readonly name: string; readonly why: string }[]
}

/** A check that hangs is a check that fails: probes give up soon. */
const checkMs = 2_000

export async function readiness(checks: readonly Check[]): Promise<Readiness> {
  const looked = await Promise.all(checks.map(async (check) => ({ check, why: await withLimit(check) })))
  const missing = looked.flatMap(({ check, why }) => (why === null ? [] : [{ name: check.name, why }]))
  return { ready: looked.every(({ check, why }) => why === null || !check.vital), missing }
}

async function withLimit(check: Check): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<string>((ok) => {
    timer = setTimeout(() => ok(`no answer within ${String(checkMs)} ms`), checkMs)
  })
  try {
    return await Promise.race([check.missing(), late])
  } catch (error) {
    return messageOf(error)
  } finally {
    clearTimeout(timer)
  }
}

export const databaseCheck = (reader: Reader): Check => ({
  name: 'database',
  vital: true,
  async missing() {
    await reader.rows('select 1 as one')
    return null
  },
})

/** Whoever asks more often than this hears the last good answer. */
const probeEveryMs = 1_000
/** As much as a callback may need: a full database often has a little room left. */
const probeText = 'x'.repeat(16_384)

/**
 * Takes what a callback takes: the head of the log, and room. The row is gone again with the same commit. One probe is
 * under way at most, so a database that hangs keeps one transaction waiting, not one for each question.
 */
export function writesCheck(db: Db): Check {
  let takenAt = Number.NEGATIVE_INFINITY
  let running: Promise<void> | null = null
  async function probe(): Promise<void> {
    await db.tx(async (tx) => {
      await lockHead(tx)
      await tx.insert('meta', [{ name: probeName, value: probeText }])
      await tx.run('DELETE FROM meta WHERE name = $1', [probeName])
    }, 'door')
    takenAt = performance.now()
  }
  return {
    name: 'database-writes',
    vital: true,
    async missing() {
      if (performance.now() - takenAt < probeEveryMs) return null
      running ??= probe().finally(() => {
        running = null
      })
      await running
      return null
    },
  }
}
const probeName = 'write-probe'

/** Named, not vital: callbacks are taken in while a restored database waits for a person. */
export const restoreCheck = (reader: Reader): Check => ({
  name: 'restore',
  vital: false,
  async missing() {
    const found = await quarantineOf(reader)
    if (!found) return null
    const of = found.backupAt === null ? '' : ` of ${isoOf(found.backupAt)}`
    return `this database comes from a backup${of} (${found.cause}); nothing is sent until a person confirms: siyu restore confirm REASON, or the console`
  },
})
