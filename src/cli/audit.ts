/** `siyu audit verify|list`: does the record of what people did still hold, and what is in it. */
import { auditPage, verifyAudit } from '../access/index.ts'
import type { AuditVerdict } from '../access/index.ts'
import { instantOf, isDay, isoOf } from '../base/calendar.ts'
import { Refusal } from '../base/errors.ts'
import type { Core } from '../core.ts'
import { withCore } from './data.ts'
import { exitCodes, say } from './output.ts'

export const runAuditVerify = ({ db, env }: Pick<Core, 'db' | 'env'>): Promise<AuditVerdict> =>
  verifyAudit(db.reader, env.masterKey)

/** Exit code 1 when it is broken, with the first row where it is. */
export async function auditVerifyVerb(): Promise<AuditVerdict> {
  const verdict = await withCore(runAuditVerify)
  if (verdict.broken !== null) {
    say(`The audit chain is broken at row ${String(verdict.broken.seq)}: ${verdict.broken.why}.`)
    process.exitCode = exitCodes.failed
  }
  return verdict
}

export interface AuditListOptions {
  readonly what?: string
  readonly who?: string
  readonly from?: string
  readonly limit?: number
}

export interface AuditListed {
  readonly total: number
  readonly items: readonly {
    readonly seq: number
    readonly at: string
    readonly who: string
    readonly what: string
    readonly about: string
    readonly detail: unknown
    readonly hash: string
  }[]
}

export async function runAuditList(
  { db }: Pick<Core, 'db'>,
  options: AuditListOptions,
): Promise<AuditListed> {
  const { what, who, from, limit = 100 } = options
  if (from !== undefined && !isDay(from))
    throw new Refusal('usage', `--from ${from} is not a day.`, 400, { fix: 'Write it as 2026-05-20.' })
  const filter = { what, who, from: from === undefined ? undefined : instantOf(from) }
  const { total, rows } = await auditPage(db.reader, filter, { limit: Math.min(limit, 10_000), offset: 0 })
  return {
    total,
    items: rows.map((row) => ({
      seq: row.seq,
      at: isoOf(row.at),
      who: row.who,
      what: row.what,
      about: row.about,
      detail: JSON.parse(row.detail) as unknown,
      hash: row.hash,
    })),
  }
}

export const auditListVerb = (options: AuditListOptions): Promise<AuditListed> =>
  withCore((core) => runAuditList(core, options))
